"""ResolveNames: people of the directory by a piece of their name or address.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/resolvenames-operation
"""

from __future__ import annotations

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
        users = [
            user
            for user in request.service.store.directory.users.values()
            if user.mail
            and any(
                text.lower().startswith(wanted)
                for text in (
                    user.name,
                    user.mail,
                    user.upn,
                    *user.aliases,
                    x500_name(user),
                )
            )
        ]
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


OPERATIONS = {"ResolveNames": resolve_names}
