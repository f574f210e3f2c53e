"""Sign-in: the parts of Microsoft Entra ID that an app meets (work in progress)."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from .clock import Clock
from .errors import GraphError
from .store import Store
from .tokens import ACCESS_LIFE, Grant, Principal

GRAPH = "https://graph.microsoft.com"


class Identity:
    """Issues and checks tokens."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock

    def challenge(self, extra: str = "") -> str:
        """The ``WWW-Authenticate`` of a 401."""
        return (
            'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common'
            '/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"'
            + extra
        )

    def principal(self, token: str) -> Principal:
        """Who an access token stands for.

        :raises GraphError: 401
        """
        grant = self.store.tokens.access.get(token)
        if grant is None:
            raise self._refused(
                "CompactToken validation failed with reason code: 80049228."
            )
        if grant.expires <= self.clock.now():
            raise self._refused("Lifetime validation failed, the token is expired.")
        return Principal(grant.app_id, grant.user_id, grant.scopes)

    def _refused(self, message: str) -> GraphError:
        headers = {"WWW-Authenticate": self.challenge()}
        return GraphError(401, "InvalidAuthenticationToken", message, headers)

    def issue(
        self, app_id: str, user_id: str, scopes: set[str], life: float = ACCESS_LIFE
    ) -> str:
        """Hand out an access token without any sign-in (for tests)."""
        now = self.clock.now()
        user = self.store.directory.users.get(user_id)
        tenant = user.tenant_id if user else self.store.directory.apps[app_id].tenant_id
        grant = Grant(
            app_id, user_id, frozenset(scopes), GRAPH, tenant, now, now + life
        )
        return self.store.tokens.add_access(grant, {"aud": GRAPH, "appid": app_id})

    def __call__(self, request: Request, path: str) -> Response:
        return Response("Not found", status=404)
