"""The photo of a contact: read and write; there is no way to delete one.

Source: https://learn.microsoft.com/graph/api/profilephoto-get and profilephoto-update
"""

from __future__ import annotations

import io

from PIL import Image, UnidentifiedImageError

from .call import Answer, Call
from .contacts import contact_named
from .errors import GraphError, bad_request
from .ids import change_key
from .routing import Router

MOST_BYTES = 4 * 2**20


def _photo(call: Call) -> dict:
    photo = contact_named(call).extra.get("photo")
    if photo is None:
        raise GraphError(404, "ErrorItemNotFound", "The photo wasn't found.")
    return photo


def get_photo(call: Call) -> Answer:
    """GET contacts/{id}/photo: what is known of it."""
    photo = _photo(call)
    context = call.context("contacts/photo/$entity")
    return Answer(200, {"@odata.context": context, **photo["data"]})


def get_value(call: Call) -> Answer:
    """GET contacts/{id}/photo/$value: the picture."""
    photo = _photo(call)
    kind = photo["data"]["@odata.mediaContentType"]
    etag = {"ETag": photo["data"]["@odata.mediaEtag"]}
    return Answer(200, photo["content"], etag, content_type=kind)


def put_value(call: Call) -> Answer:
    """PUT (or PATCH) contacts/{id}/photo/$value: a picture below 4 MB.

    Neither the contact's change key nor its delta know of it.
    """
    item = contact_named(call)
    content = call.body if isinstance(call.body, bytes) else b""
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if len(content) >= MOST_BYTES:
        raise GraphError(413, "ErrorImageTooLarge", "The photo is larger than 4 MB.")
    try:
        with Image.open(io.BytesIO(content)) as image:
            width, height = image.size
    except (UnidentifiedImageError, OSError, ValueError):
        raise bad_request("The content is no image.", "ErrorInvalidImage") from None
    key = change_key(call.mailbox.id, call.mailbox.step())
    item.extra["photo"] = {
        "content": content,
        "data": {
            "@odata.mediaContentType": kind if kind.startswith("image/") else "image/*",
            "@odata.mediaEtag": f'"{key}"',
            "id": f"{width}x{height}",
            "width": width,
            "height": height,
        },
    }
    return Answer(200)


def register(router: Router) -> None:
    """Add the paths of photos."""
    for head in ("", "contactFolders/{contactFolder}/"):
        photo = f"{head}contacts/{{contact}}/photo"
        router.add("GET", photo, "Contacts")(get_photo)
        router.add("GET", f"{photo}/$value", "Contacts")(get_value)
        for method in ("PUT", "PATCH"):
            router.add(method, f"{photo}/$value", "Contacts")(put_value)
