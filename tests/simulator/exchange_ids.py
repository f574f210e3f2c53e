"""One id format into another: the bridge between Graph and EWS.

Source: https://learn.microsoft.com/graph/api/user-translateexchangeids
"""

from __future__ import annotations

from .call import Answer, Call
from .errors import bad_request, item_not_found
from .mailbox import Item
from .routing import Router
from .shapes import read_shape

FORMATS = (
    "entryId",
    "ewsId",
    "immutableEntryId",
    "restId",
    "restImmutableEntryId",
)
_SHAPE = {"inputIds": ["str"], "sourceIdType": FORMATS, "targetIdType": FORMATS}
_MOST = 1000
# EWS and entry ids are plain base64, REST ids the form that is safe in addresses.
_TO_REST = str.maketrans("/+", "-_")
_TO_PLAIN = str.maketrans("-_", "/+")


def translate(call: Call) -> Answer:
    """POST translateExchangeIds."""
    values = read_shape(call.json(), _SHAPE, "translateExchangeIds")
    ids = values.get("inputIds")
    if not ids or not values.get("sourceIdType") or not values.get("targetIdType"):
        raise bad_request("inputIds, sourceIdType and targetIdType are needed.")
    if len(ids) > _MOST:
        raise bad_request(f"At most {_MOST} ids can be translated at a time.")
    rows = [_row(call, source, values["targetIdType"]) for source in ids]
    context = f"{call.root}/$metadata#Collection(microsoft.graph.convertIdResult)"
    return Answer(200, {"@odata.context": context, "value": rows})


def _row(call: Call, source: str | None, wanted: str) -> dict:
    item = call.mailbox.items.get((source or "").translate(_TO_REST))
    if item is None:
        error = item_not_found()
        details = {"code": error.code, "message": error.message}
        return {"sourceId": source, "targetId": None, "errorDetails": details}
    return {"sourceId": source, "targetId": item_id(item, wanted)}


def item_id(item: Item, wanted: str) -> str:
    """The id of an item in one of the formats."""
    immutable = "immutable" in wanted.lower()
    found = item.rest_id(immutable)
    return found if wanted.startswith("rest") else found.translate(_TO_PLAIN)


def register(router: Router) -> None:
    """Add the path."""
    # User.Read is enough, and every token has it.
    router.add("POST", "translateExchangeIds")(translate)
