"""ResolveNames: people of the directory by a piece of their name or address.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/resolvenames-operation
"""

from __future__ import annotations

from ..directory import User
from .errors import EwsError
from .people import x500_name
from .request import Request, answer_each
from .xml import Element, add, flag, text_of

_MOST = 100


def resolve_names(request: Request, body: Element) -> Element:
    """ResolveNames."""
    wanted = text_of(body, "m:UnresolvedEntry").lower()
    wanted = wanted.removeprefix("smtp:").removeprefix("ex:")

    def work(_part: object, message: Element) -> None:
        known = request.service.store.directory.users.values()
        users = [user for user in known if user.mail and _is_called(user, wanted)]
        if not wanted or not users:
            raise EwsError("ErrorNameResolutionNoResults", "No results were found.")
        if len(users) > 1:
            message.set("ResponseClass", "Warning")
            message.remove(message[0])
            text = "Multiple results were found."
            add(message, "m:MessageText", text)
            add(message, "m:ResponseCode", "ErrorNameResolutionMultipleResults")
            add(message, "m:DescriptiveLinkKey", "0")
        found = add(message, "m:ResolutionSet")
        found.set("TotalItemsInView", str(len(users)))
        found.set("IncludesLastItemInRange", flag(len(users) <= _MOST))
        for user in users[:_MOST]:
            box = add(add(found, "t:Resolution"), "t:Mailbox")
            add(box, "t:Name", user.name)
            add(box, "t:EmailAddress", user.mail)
            add(box, "t:RoutingType", "SMTP")
            add(box, "t:MailboxType", "Mailbox")

    return answer_each(request, "ResolveNames", [None], work)


def _is_called(user: User, wanted: str) -> bool:
    """Whether one of a user's names or addresses begins like this."""
    names = (user.name, user.mail, user.upn, *user.aliases, x500_name(user))
    return any(name.lower().startswith(wanted) for name in names)


OPERATIONS = {"ResolveNames": resolve_names}
