"""The user behind a path: ``/me`` and ``/users/{id | userPrincipalName}``.

Source: https://learn.microsoft.com/graph/api/user-get
"""

from __future__ import annotations

from dataclasses import replace

from .call import Answer, Call
from .directory import User
from .errors import GraphError, access_denied, bad_request
from .mailbox import Mailbox
from .odata import check_select, project
from .properties import USER
from .tokens import Principal


def find_user(call: Call, segments: list[str]) -> tuple[User, list[str]]:
    """The user that the first segments name, and the segments after it.

    :raises GraphError: as the service refuses unknown users and ``/me`` of an app
    """
    directory = call.service.store.directory
    head = segments[0].lower() if segments else ""
    if head == "me":
        if not call.principal.user_id:
            raise bad_request(
                "/me request is only valid with delegated authentication flow."
            )
        user = directory.users.get(call.principal.user_id)
        if user is None:
            raise _unknown(call.principal.user_id)
        return user, segments[1:]
    if head == "users" and len(segments) > 1:
        user = directory.user(segments[1])
        if user is None or not user.enabled and user.mailbox == "none":
            if len(segments) > 2:
                raise GraphError(
                    404,
                    "ErrorInvalidUser",
                    f"The requested user '{segments[1]}' is invalid.",
                )
            raise _unknown(segments[1])
        return user, segments[2:]
    raise bad_request(f"Resource not found for the segment '{head}'.")


def _unknown(key: str) -> GraphError:
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{key}' does not exist or one of its queried reference-property "
        "objects are not present.",
    )


def get_user(call: Call, user: User) -> Answer:
    """GET me or users/{id}."""
    own = user.id == call.principal.user_id
    if not call.principal.may("User", False, False) and not (
        own and any(scope.startswith("User.") for scope in call.principal.scopes)
    ):
        raise GraphError(
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )
    select = call.options.select
    check_select(select, USER, "user")
    shown = project(user.full_entity() if select else user.entity(), select)
    context = f"{call.root}/$metadata#users/$entity"
    return Answer(200, {"@odata.context": context, **shown})


def mailbox_of(call: Call, user: User) -> Mailbox:
    """The user's mailbox, if it is in the cloud and open to who asks.

    :raises GraphError: 403, or 404 MailboxNotEnabledForRESTAPI
    """
    service = call.service
    if user.mailbox != "online" or user.id not in service.store.mailboxes:
        raise GraphError(
            404,
            "MailboxNotEnabledForRESTAPI",
            "REST API is not yet supported for this mailbox."
            if user.mailbox == "on_premises"
            else "The mailbox is either inactive, soft-deleted, or is hosted "
            "on-premise.",
        )
    principal = call.principal
    if not principal.user_id:
        app = service.store.directory.apps.get(principal.app_id)
        limited = app.only_mailboxes if app is not None else None
        if limited is not None and user.id not in limited:
            raise access_denied("Access to OData is disabled.")
    elif principal.user_id != user.id and principal.user_id not in user.shared_with:
        raise access_denied()
    return service.store.mailboxes[user.id]


def granted(call: Call, user: User) -> Principal:
    """The caller with the rights that RBAC for applications gives at this mailbox."""
    principal = call.principal
    app = call.service.store.directory.apps.get(principal.app_id)
    if principal.user_id or app is None or user.id not in app.mailbox_roles:
        return principal
    return replace(principal, scopes=principal.scopes | app.mailbox_roles[user.id])
