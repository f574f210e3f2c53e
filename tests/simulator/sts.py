"""The token endpoint: authorization code, refresh token, password, client credentials.

Source: https://learn.microsoft.com/entra/identity-platform/v2-protocols
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace

import orjson

from .aadsts import Refused
from .clock import Clock
from .directory import App, Tenant, User
from .store import Store
from .tokens import ACCESS_LIFE, REFRESH_LIFE, Grant

CLOUDS = {
    "global": "https://graph.microsoft.com",
    "usgov_high": "https://graph.microsoft.us",
    "usgov_dod": "https://dod-graph.microsoft.us",
    "china": "https://microsoftgraph.chinacloudapi.cn",
}
ANY_TENANT = {"organizations", "common"}
_PLAIN = {"openid", "profile", "offline_access", "email"}
_OTHER_RESOURCES = {"https://outlook.office365.com", "https://outlook.office.com"}


class TokenService:
    """Checks grants and hands out tokens.

    :ivar resource: the Graph of this cloud, audience of its tokens
    :ivar refresh_once: a refresh token dies with its use (Entra itself lets the old one
        live on for confidential clients)
    """

    def __init__(self, store: Store, clock: Clock, cloud: str) -> None:
        self.store = store
        self.clock = clock
        self.resource = CLOUDS[cloud]
        self.aliases: set[str] = set()
        self.refresh_once = False

    # -- directory --------------------------------------------------------------------

    def tenant(self, name: str) -> Tenant | None:
        """The tenant that an address names; None for one that is open to any tenant.

        :raises Refused: 90002
        """
        if name.lower() in ANY_TENANT:
            return None
        tenant = self.store.directory.tenant(name)
        if tenant is None:
            raise Refused(90002, name)
        return tenant

    def app(self, client_id: str, tenant: Tenant | None) -> App:
        """The app registration, if it may be used at that tenant.

        :raises Refused: 700016, 50194
        """
        app = self.store.directory.apps.get(client_id)
        name = tenant.id if tenant else "organizations"
        if app is None:
            raise Refused(700016, client_id, name)
        if tenant is None and not app.multi_tenant:
            raise Refused(50194, client_id)
        if tenant is not None and tenant.id != app.tenant_id and not app.multi_tenant:
            raise Refused(700016, client_id, name)
        return app

    def check_secret(self, app: App, secret: str | None) -> None:
        """A confidential client must prove who it is.

        :raises Refused: 7000218, 7000215, 7000222
        """
        if not secret:
            if app.public and not app.secrets:
                return
            raise Refused(7000218)
        known = next(
            (
                s
                for s in app.secrets
                if hmac.compare_digest(s.encode(), secret.encode())
            ),
            None,
        )
        if known is None:
            raise Refused(7000215, app.id)
        ends = app.secrets[known]
        if ends and ends <= self.clock.now():
            raise Refused(7000222, app.id)

    def check_user(self, login: str, password: str, tenant: Tenant | None) -> User:
        """Log in and password of a user.

        :raises Refused: 50034, 50053, 50057, 50126
        """
        directory = self.store.directory
        user = directory.user(login)
        name = tenant.id if tenant else login.rpartition("@")[2]
        if user is None or (tenant is not None and user.tenant_id != tenant.id):
            raise Refused(50034, login, name)
        home = directory.tenants[user.tenant_id]
        if login.rpartition("@")[2].lower() in home.federated:
            # The cloud holds no password of a federated user: it cannot check any.
            raise Refused(home.federated_code)
        self.check_state(user)
        if not user.password or not hmac.compare_digest(
            user.password.encode(), password.encode()
        ):
            raise Refused(50126)
        return user

    def check_state(self, user: User) -> None:
        """Whether the account is in a state to get tokens.

        :raises Refused: 50053, 50057, or what the test set
        """
        if user.locked:
            raise Refused(50053)
        if not user.enabled:
            raise Refused(50057)
        if user.sign_in_error:
            raise Refused(user.sign_in_error, user.upn)

    def scopes(self, text: str, tenant: str) -> tuple[str, set[str]]:
        """Resource and bare names of a ``scope`` parameter.

        :raises Refused: 70011, 500011
        """
        resource, names = "", set()
        for scope in text.split():
            if scope.lower() in _PLAIN:
                continue
            head, slash, name = scope.rpartition("/")
            if slash and resource and head != resource:
                raise Refused(70011, scope)
            resource = resource or head
            names.add(name)
        resource = resource.rstrip("/") or self.resource
        if resource in self.aliases:
            resource = self.resource
        if resource != self.resource and resource not in _OTHER_RESOURCES:
            raise Refused(500011, resource, tenant)
        return resource, names

    # -- grants -----------------------------------------------------------------------

    def answer(self, tenant_name: str, form: dict[str, str], origin: str) -> dict:
        """Answer a POST to the token endpoint.

        :raises Refused: every refusal
        """
        tenant = self.tenant(tenant_name)
        for name in ("grant_type", "client_id"):
            if not form.get(name):
                raise Refused(900144, name)
        app = self.app(form["client_id"], tenant)
        self.check_secret(app, form.get("client_secret"))
        handlers = {
            "authorization_code": self._by_code,
            "refresh_token": self._by_refresh,
            "password": self._by_password,
            "client_credentials": self._by_client,
        }
        handler = handlers.get(form["grant_type"])
        if handler is None:
            raise Refused(9002313)
        return handler(app, tenant, tenant_name, {**form, "origin": origin})

    def _by_code(
        self, app: App, tenant: Tenant | None, name: str, form: dict[str, str]
    ) -> dict:
        grant = self.store.tokens.codes.get(form.get("code", ""))
        if grant is None or grant.app_id != app.id:
            raise Refused(9002313)
        with self.store.tokens.lock:
            if grant.used:
                raise Refused(54005)
            grant.used = True
        if grant.expires <= self.clock.now():
            raise Refused(70008)
        if grant.redirect_uri != form.get("redirect_uri", ""):
            raise Refused(50011, form.get("redirect_uri", ""), app.id)
        self._check_verifier(grant, form.get("code_verifier", ""))
        user = self.store.directory.users[grant.user_id]
        scopes = form.get("scope", "") or " ".join(grant.scopes)
        return self._for_user(app, user, scopes, form, grant.nonce)

    @staticmethod
    def _check_verifier(grant: Grant, verifier: str) -> None:
        if not grant.challenge:
            return
        digest = hashlib.sha256(verifier.encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != grant.challenge:
            raise Refused(501481)

    def _by_refresh(
        self, app: App, tenant: Tenant | None, name: str, form: dict[str, str]
    ) -> dict:
        grant = self.store.tokens.refresh.get(form.get("refresh_token", ""))
        if grant is None or grant.app_id != app.id:
            raise Refused(9002313)
        user = self.store.directory.users.get(grant.user_id)
        if user is None:
            raise Refused(50034, grant.user_id, name)
        if max(user.password_changed, user.revoked) >= grant.issued:
            raise Refused(50173)
        self.check_state(user)
        if grant.expires <= self.clock.now():
            raise Refused(700082)
        if self.refresh_once:
            with self.store.tokens.lock:
                if grant.used:
                    raise Refused(70008)
                grant.used = True
        return self._for_user(app, user, form.get("scope", ""), form)

    def _by_password(
        self, app: App, tenant: Tenant | None, name: str, form: dict[str, str]
    ) -> dict:
        if name.lower() in ("common", "consumers"):
            raise Refused(9001023)
        user = self.check_user(
            form.get("username", ""), form.get("password", ""), tenant
        )
        if user.mfa:
            claims = '{"access_token":{"capolids":{"essential":true,"values":["mfa"]}}}'
            raise Refused(50076, self.resource, claims=claims)
        return self._for_user(app, user, form.get("scope", ""), form)

    def _by_client(
        self, app: App, tenant: Tenant | None, name: str, form: dict[str, str]
    ) -> dict:
        if tenant is None:
            raise Refused(50059)
        scope = form.get("scope", "")
        if not scope.endswith("/.default") or " " in scope:
            raise Refused(1002012, scope)
        resource, _names = self.scopes(scope, tenant.id)
        grant = self._grant(app, "", tenant.id, resource, app.roles, form)
        return self._access(grant, {"roles": sorted(app.roles), "idtyp": "app"})

    def _grant(
        self,
        app: App,
        user_id: str,
        tenant_id: str,
        resource: str,
        scopes: set[str],
        form: dict[str, str],
    ) -> Grant:
        now = self.clock.now()
        return Grant(
            app.id,
            user_id,
            frozenset(scopes),
            resource,
            tenant_id,
            now,
            now + ACCESS_LIFE,
            claims=_claim_names(form.get("claims", "")),
        )

    def _access(self, grant: Grant, claims: dict) -> dict:
        whole = {
            "aud": grant.audience,
            "appid": grant.app_id,
            "tid": grant.tenant_id,
            "iat": int(grant.issued),
            "exp": int(grant.expires),
            **claims,
        }
        return {
            "token_type": "Bearer",
            "expires_in": ACCESS_LIFE - 1,
            "ext_expires_in": ACCESS_LIFE - 1,
            "access_token": self.store.tokens.add_access(grant, whole),
        }

    def _for_user(
        self, app: App, user: User, scope: str, form: dict[str, str], nonce: str = ""
    ) -> dict:
        resource, names = self.scopes(scope, user.tenant_id)
        allowed = app.consented(user.id)
        if ".default" in names:
            names = set(allowed)
        missing = names - allowed
        if missing:
            raise Refused(65001, app.id)
        grant = self._grant(app, user.id, user.tenant_id, resource, names, form)
        claims = {"oid": user.id, "upn": user.upn, "scp": " ".join(sorted(names))}
        answer = self._access(grant, claims)
        asked = scope.split()
        answer["scope"] = " ".join(s for s in asked if s.lower() != "offline_access")
        self._add_extras(answer, app, user, asked, form, replace(grant, nonce=nonce))
        return answer

    def _add_extras(
        self,
        answer: dict,
        app: App,
        user: User,
        asked: list[str],
        form: dict[str, str],
        grant: Grant,
    ) -> None:
        if "offline_access" in asked:
            lasting = replace(
                grant, expires=grant.issued + REFRESH_LIFE, used=False, nonce=""
            )
            answer["refresh_token"] = self.store.tokens.add_refresh(lasting)
        if "openid" in asked:
            answer["id_token"] = self._id_token(app, user, form, grant)
        if form.get("client_info"):
            info = orjson.dumps({"uid": user.id, "utid": user.tenant_id})
            answer["client_info"] = base64.urlsafe_b64encode(info).decode().rstrip("=")

    def _id_token(
        self, app: App, user: User, form: dict[str, str], grant: Grant
    ) -> str:
        claims = {
            "aud": app.id,
            "iss": f"{form['origin']}/{user.tenant_id}/v2.0",
            "iat": int(grant.issued),
            "nbf": int(grant.issued) - 300,
            "exp": int(grant.expires),
            "name": user.name,
            "oid": user.id,
            "preferred_username": user.upn,
            "sub": hashlib.sha256(f"{app.id}{user.id}".encode()).hexdigest(),
            "tid": user.tenant_id,
            "ver": "2.0",
        }
        if grant.nonce:
            claims["nonce"] = grant.nonce
        return self.store.tokens.jwt(claims)


def _claim_names(text: str) -> frozenset[str]:
    """Names of the access token's claims that a request asks for."""
    try:
        wanted = orjson.loads(text or "{}").get("access_token") or {}
    except (orjson.JSONDecodeError, AttributeError):
        raise Refused(9002313) from None
    return frozenset(wanted)
