"""Sign-in: the parts of Microsoft Entra ID that an app meets.

``/{tenant}/oauth2/v2.0/authorize`` (signin.py), ``/token`` (sts.py), discovery, and the
check of access tokens for Graph.
"""

from __future__ import annotations

import base64
from urllib.parse import unquote

import orjson
from werkzeug.wrappers import Request, Response

from .aadsts import Refused
from .clock import Clock
from .errors import GraphError
from .requests_log import RequestLog
from .signin import SignIn
from .store import Store
from .sts import TokenService
from .tokens import ACCESS_LIFE, Grant, Principal


class Identity:
    """Issues and checks tokens."""

    def __init__(
        self, store: Store, clock: Clock, requests: RequestLog, cloud: str = "global"
    ) -> None:
        self.store = store
        self.clock = clock
        self.requests = requests
        self.tokens = TokenService(store, clock, cloud)
        self.sign_in = SignIn(self.tokens)
        # user id → (time, claims of the challenge)
        self.challenges: dict[str, tuple[float, dict]] = {}

    # -- tokens for Graph -------------------------------------------------------------

    def challenge(self, extra: str = "") -> str:
        """The ``WWW-Authenticate`` of a 401."""
        return (
            'Bearer realm="", authorization_uri="https://login.microsoftonline.com/'
            'common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"'
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
        if grant.audience != self.tokens.resource:
            raise self._refused("Access token validation failure. Invalid audience.")
        revoked = self.store.tokens.revoked_apps.get(grant.app_id, 0.0)
        user = self.store.directory.users.get(grant.user_id)
        if grant.user_id:
            if user is None:
                raise self._refused("The identity of the calling user is invalid.")
            revoked = max(revoked, user.revoked)
            self._check_challenge(grant)
        if revoked >= grant.issued:
            raise self._refused("Access token has been revoked.")
        return Principal(grant.app_id, grant.user_id, grant.scopes)

    def _check_challenge(self, grant: Grant) -> None:
        asked = self.challenges.get(grant.user_id)
        if asked is None:
            return
        since, claims = asked
        wanted = set(claims.get("access_token", {}))
        if grant.issued >= since and wanted <= grant.claims:
            return
        text = base64.b64encode(orjson.dumps(claims)).decode()
        extra = f', error="insufficient_claims", claims="{text}"'
        raise GraphError(
            401,
            "InvalidAuthenticationToken",
            "Continuous access evaluation resulted in challenge with result: "
            "InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp",
            {"WWW-Authenticate": self.challenge(extra)},
        )

    def _refused(self, message: str) -> GraphError:
        headers = {"WWW-Authenticate": self.challenge()}
        return GraphError(401, "InvalidAuthenticationToken", message, headers)

    def issue(
        self,
        app_id: str,
        user_id: str,
        scopes: set[str],
        life: float = ACCESS_LIFE,
        audience: str = "",
    ) -> str:
        """Hand out an access token without any sign-in (for tests)."""
        now = self.clock.now()
        user = self.store.directory.users.get(user_id)
        app = self.store.directory.apps[app_id]
        audience = audience or self.tokens.resource
        grant = Grant(
            app_id,
            user_id,
            frozenset(scopes),
            audience,
            user.tenant_id if user else app.tenant_id,
            now,
            now + life,
        )
        return self.store.tokens.add_access(grant, {"aud": audience, "appid": app_id})

    # -- HTTP -------------------------------------------------------------------------

    def __call__(self, request: Request, path: str) -> Response:
        # The log holds no query and no body: both carry secrets.
        entry = self.requests.start(request.method, path, {}, b"", self.clock.now())
        try:
            response = self._answer(request, path)
        except Refused as refused:
            response = _json(refused.body(self.clock), refused.status)
        self.requests.finish(entry, response.status_code)
        return response

    def _answer(self, request: Request, path: str) -> Response:
        segments = [unquote(part) for part in path.split("/") if part]
        tenant, rest = (segments[0], "/".join(segments[1:])) if segments else ("", "")
        low = rest.lower()
        if low == "oauth2/v2.0/token" and request.method == "POST":
            form = {name: value for name, value in request.form.items()}
            return _json(self.tokens.answer(tenant, form, _origin(request)))
        if low == "oauth2/v2.0/authorize":
            return self.sign_in.answer(request, tenant)
        if low.endswith(".well-known/openid-configuration"):
            return _json(self._configuration(tenant, _origin(request)))
        if low == "discovery/instance":
            return _json(self._instance(request))
        if low.startswith("userrealm/"):
            return _json(self._realm(segments[-1]))
        if low.endswith("discovery/v2.0/keys"):
            return _json({"keys": []})
        return Response("Not found", status=404)

    def _configuration(self, tenant_name: str, origin: str) -> dict:
        tenant = self.tokens.tenant(tenant_name)
        name = tenant.id if tenant else tenant_name
        base = f"{origin}/{name}"
        issuer = name if tenant else "{tenantid}"
        return {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["HS256"],
            "response_types_supported": ["code"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{origin}/{issuer}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
            "msgraph_host": self.tokens.resource.removeprefix("https://"),
        }

    @staticmethod
    def _instance(request: Request) -> dict:
        endpoint = request.args.get("authorization_endpoint", "")
        tenant = endpoint.split("/")[3] if endpoint.count("/") > 3 else "common"
        origin = _origin(request)
        return {
            "tenant_discovery_endpoint": f"{origin}/{tenant}/v2.0/.well-known/"
            "openid-configuration",
            "api-version": "1.1",
            "metadata": [
                {
                    "preferred_network": request.host,
                    "preferred_cache": request.host,
                    "aliases": [request.host, request.host.partition(":")[0]],
                }
            ],
        }

    def _realm(self, login: str) -> dict:
        domain = login.rpartition("@")[2].lower()
        tenant = self.store.directory.tenant(domain)
        answer = {
            "ver": "1.0",
            "account_type": "Unknown" if tenant is None else "Managed",
            "domain_name": domain,
            "cloud_instance_name": "microsoftonline.com",
            "cloud_audience_urn": "urn:federation:MicrosoftOnline",
        }
        if tenant is not None and domain in tenant.federated:
            answer.update(
                account_type="Federated",
                federation_protocol="WSTrust",
                federation_metadata_url=f"https://sts.{domain}/adfs/services/trust/mex",
                federation_active_auth_url=f"https://sts.{domain}/adfs/services/trust"
                "/2005/usernamemixed",
            )
        return answer


def _origin(request: Request) -> str:
    return f"{request.scheme}://{request.host}"


def _json(body: dict, status: int = 200) -> Response:
    response = Response(orjson.dumps(body), status=status)
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.headers["Cache-Control"] = "no-store, no-cache"
    return response
