"""Signing in with Microsoft, by MSAL: one app registration at one tenant of one cloud.

Three ways: the user signs in at Microsoft's own page (authorization code with PKCE);
the user's password is passed on (where an administrator allows that); or the
application signs in for itself.  Tokens live in an MSAL cache, a text which the caller
keeps secret.

Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow,
https://learn.microsoft.com/entra/identity-platform/v2-oauth-ropc and
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import quote

import msal  # type: ignore[import-untyped]
from requests.adapters import BaseAdapter

from .errors import AuthenticationError, ClientError, TransportError
from .oauth_cache import cached, loaded
from .oauth_errors import error_from_result
from .oauth_http import OAuthHttp
from .transport import Http, Transport, tls_context

# MSAL calls passwords deprecated and form_post better; the first is the administrator's
# choice, the second would come back without the cookie of the browser's session
warnings.filterwarnings("ignore", module=r"msal\.")

#: cloud → (host of the sign-in, host of Graph)
#: https://learn.microsoft.com/graph/deployments
CLOUDS: dict[str, tuple[str, str]] = {
    "global": ("login.microsoftonline.com", "graph.microsoft.com"),
    "usgov_high": ("login.microsoftonline.us", "graph.microsoft.us"),
    "usgov_dod": ("login.microsoftonline.us", "dod-graph.microsoft.us"),
    "china": ("login.chinacloudapi.cn", "microsoftgraph.chinacloudapi.cn"),
}
#: What a user grants. MSAL itself adds openid, profile and offline_access.
PERMISSIONS = (
    "User.Read",
    "Mail.ReadWrite",
    "Calendars.ReadWrite",
    "Contacts.ReadWrite",
)

T = TypeVar("T")


@dataclass(frozen=True)
class TokenAnswer:
    """An access token.

    :ivar cache: the cache, to be stored in place of the one given
    :ivar changed: whether it differs from the one given (refresh tokens rotate: a cache
        that is not stored may be worthless)
    """

    access_token: str = field(repr=False)
    cache: str = field(repr=False)
    changed: bool = False


@dataclass(frozen=True)
class SignIn(TokenAnswer):
    """Who signed in.

    :ivar username: the login, mostly the main e-mail address
    :ivar home_account_id: MSAL's key of the account, the same after each sign-in
    :ivar tenant_id: the directory of the user
    """

    username: str = ""
    home_account_id: str = ""
    tenant_id: str = ""


class OAuthApp:
    """One app registration.

    :param tenant_id: the directory (id or domain), ``organizations`` or ``common``
    :param client_secret: ``None`` for a public client
    :param cloud: a key of :data:`CLOUDS`
    :param authority: another sign-in address, ``https://host[:port]/tenant``
    :param resource: another address of the service, ``https://graph.microsoft.com``
    :param ca_pem: certificates to trust instead of the public ones
    :param timeout: (connect, read) in seconds
    :raises ValueError: an unknown cloud, or an unusable certificate
    """

    def __init__(
        self,
        *,
        tenant_id: str,
        client_id: str,
        client_secret: str | None = None,
        cloud: str = "global",
        authority: str | None = None,
        resource: str | None = None,
        ca_pem: str | None = None,
        proxies: Mapping[str, str] | None = None,
        timeout: tuple[float, float] = (10.0, 30.0),
        adapter: BaseAdapter | None = None,
    ) -> None:
        if cloud not in CLOUDS:
            raise ValueError("This cloud is not known.")
        login_host, graph_host = CLOUDS[cloud]
        tenant = quote(tenant_id.strip().strip("/"), safe=".-_")
        self.authority = (authority or f"https://{login_host}/{tenant}").rstrip("/")
        self.resource = (resource or f"https://{graph_host}").rstrip("/")
        # without a prefix a permission means the global Graph
        prefix = (
            ""
            if self.resource == "https://graph.microsoft.com"
            else self.resource + "/"
        )
        self.scopes = [prefix + permission for permission in PERMISSIONS]
        self.application_scopes = [f"{self.resource}/.default"]
        self.client_id = client_id.strip()
        self._client_secret = client_secret or None
        self._adapter, self._ca_pem = adapter, ca_pem
        self._proxies, self._timeout = proxies, timeout
        tls_context(ca_pem)

    def start_sign_in(
        self,
        redirect_uri: str,
        *,
        login_hint: str | None = None,
        prompt: str | None = None,
        claims: str | None = None,
    ) -> dict[str, Any]:
        """Begin a sign-in at Microsoft's page: send the browser to ``["auth_uri"]``.

        The answer holds the PKCE secret: keep it on the server, bound to the browser's
        session (JSON can hold it), and find it again by its ``["state"]``.
        """

        def begin(app: Any) -> dict[str, Any]:
            flow: dict[str, Any] = app.initiate_auth_code_flow(
                self.scopes,
                redirect_uri=redirect_uri,
                login_hint=login_hint,
                prompt=prompt,
                claims_challenge=claims,
            )
            return flow

        return self._run(begin, msal.SerializableTokenCache())

    def finish_sign_in(self, flow: dict[str, Any], params: Mapping[str, str]) -> SignIn:
        """The sign-in which the browser brings back.

        :param flow: of :meth:`start_sign_in`; good for one try
        :param params: the query of the call-back
        :raises AuthenticationError: refused, cancelled, or not the answer to this flow
        """
        cache = msal.SerializableTokenCache()
        result = self._run(
            lambda app: app.acquire_token_by_auth_code_flow(dict(flow), dict(params)),
            cache,
        )
        return self._sign_in(result, cache)

    def token_by_password(self, login: str, password: str) -> SignIn:
        """Sign in with a user's password.  Only for directories without a second
        factor.

        :raises AuthenticationError: with the reason why Microsoft refuses it
        """
        login = login.strip()
        if not login or set(login) & set("/?#\\ ") or not login.isprintable():
            raise AuthenticationError(
                "This is not a user name.", reason="wrong_password", code="login"
            )
        cache = msal.SerializableTokenCache()
        result = self._run(
            lambda app: app.acquire_token_by_username_password(
                login, password, self.scopes
            ),
            cache,
        )
        return self._sign_in(result, cache)

    def token_silent(self, cache: str, claims: str | None = None) -> TokenAnswer:
        """An access token without the user: out of the cache, or by its refresh token.

        While the token in the cache is valid this costs no request at all.

        :param claims: JSON text of a claims challenge; "" = a new token in any case
        :raises AuthenticationError: the user must sign in again
        """
        store = loaded(cache)
        if claims is None:
            token = cached(store, self.client_id, self.scopes)
            if token:
                return TokenAnswer(token, cache)

        def renew(app: Any) -> dict[str, Any] | None:
            accounts = app.get_accounts()
            if not accounts:
                return None
            found: dict[str, Any] | None = app.acquire_token_silent_with_error(
                self.scopes,
                account=accounts[0],
                force_refresh=claims is not None,
                claims_challenge=claims or None,
            )
            return found

        return self._token(self._run(renew, store), store)

    def token_for_application(
        self, cache: str = "", claims: str | None = None
    ) -> TokenAnswer:
        """An access token for the application itself, out of the cache or a new one.

        :param cache: of the last call, "" at first
        :param claims: as in :meth:`token_silent`
        """
        store = loaded(cache) if claims is None else msal.SerializableTokenCache()
        if claims is None:
            token = cached(store, self.client_id, self.application_scopes)
            if token:
                return TokenAnswer(token, cache)
        if not self._client_secret:
            raise AuthenticationError(
                "The application has no client secret.", reason="client_secret"
            )
        result = self._run(
            lambda app: app.acquire_token_for_client(
                self.application_scopes, claims_challenge=claims or None
            ),
            store,
        )
        return self._token(result, store)

    def cached_token(self, cache: str, *, application: bool = False) -> str:
        """The access token in a cache that is valid for a while, "" if there is none;
        asks nobody.

        :param application: one for the application itself
        """
        scopes = self.application_scopes if application else self.scopes
        return cached(loaded(cache), self.client_id, scopes)

    def close(self) -> None:
        """Close the connection to the sign-in."""
        if "_http" in vars(self):
            self._http.close()

    @cached_property
    def _http(self) -> OAuthHttp:
        """Made when it is first needed: most tokens are in the cache."""
        transport = self._adapter or Transport(
            ca_pem=self._ca_pem, timeout=self._timeout
        )
        http = Http(transport, proxies=self._proxies, max_bytes=2 * 2**20, total=60.0)
        return OAuthHttp(http, self.authority)

    def _run(self, step: Callable[[Any], T], cache: Any) -> T:
        """One step of MSAL with this cache; its many exceptions become ours."""
        with _as_client_errors():
            return step(self._app(cache))

    def _app(self, cache: Any) -> Any:
        kind = msal.PublicClientApplication
        options: dict[str, Any] = {}
        if self._client_secret:
            kind = msal.ConfidentialClientApplication
            # False: never ask the environment for a region to sign in at
            options = {"client_credential": self._client_secret, "azure_region": False}
        return kind(
            self.client_id,
            authority=self.authority,
            token_cache=cache,
            http_client=self._http,
            # the address is the administrator's choice: nobody else is asked about it
            instance_discovery=False,
            **options,
        )

    def _token(self, result: Mapping[str, Any] | None, cache: Any) -> TokenAnswer:
        token = _access_token(result)
        # asked first: writing it down makes MSAL forget that it changed
        changed = bool(cache.has_state_changed)
        return TokenAnswer(token, cache.serialize(), changed)

    def _sign_in(self, result: Mapping[str, Any], cache: Any) -> SignIn:
        token = _access_token(result)
        claims = result.get("id_token_claims")
        claims = claims if isinstance(claims, Mapping) else {}
        accounts = list(cache.search(cache.CredentialType.ACCOUNT))
        account = accounts[0] if accounts else {}
        return SignIn(
            token,
            cache.serialize(),
            True,
            username=str(
                claims.get("preferred_username") or account.get("username", "")
            ),
            home_account_id=str(account.get("home_account_id", "")),
            tenant_id=str(claims.get("tid") or account.get("realm", "")),
        )


def _access_token(result: Mapping[str, Any] | None) -> str:
    """The token of an MSAL result.

    :raises AuthenticationError: it has none
    """
    if result is None:
        raise AuthenticationError(
            "There is no sign-in (any more); please sign in again.", reason="expired"
        )
    token = result.get("access_token")
    if not isinstance(token, str) or not token:
        raise error_from_result(result)
    return token


@contextmanager
def _as_client_errors() -> Iterator[None]:
    """MSAL raises ValueError, RuntimeError and more: give them our names.

    Their texts are not passed on, they may quote what was sent.
    """
    try:
        yield
    except ClientError:
        raise
    except ValueError as error:
        raise _from_value_error(error) from None
    except msal.exceptions.MsalServiceError:
        raise TransportError("The sign-in service failed.") from None
    except (RuntimeError, KeyError, TypeError, AttributeError):
        raise AuthenticationError(
            "The sign-in service's answer cannot be trusted; please sign in again.",
            reason="refused",
        ) from None


def _from_value_error(error: ValueError) -> ClientError:
    """MSAL says ValueError for an unknown tenant and for a forged call-back alike."""
    if "authority" in str(error).lower() or "oidc" in str(error).lower():
        return AuthenticationError(
            "Microsoft does not know this tenant.",
            reason="unknown_tenant",
            code="invalid_tenant",
        )
    return AuthenticationError(
        "This is not the answer to the sign-in that was begun; please sign in again.",
        reason="refused",
        code="state_mismatch",
    )
