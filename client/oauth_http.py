"""The HTTP client which MSAL works with: ours, with every limit in force."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from .answer import Answer
from .error_answers import error_from_answer
from .errors import AuthenticationError, LinkRefused, Throttled, TransportError
from .transport import Http

#: Seconds for which the addresses of a sign-in service are remembered by the process.
_KEEP = 3600.0
_configurations: dict[tuple[int, str], tuple[float, OAuthAnswer]] = {}
_guard = threading.Lock()


class OAuthAnswer:
    """An answer in the form which MSAL expects."""

    def __init__(self, answer: Answer) -> None:
        self.status_code = answer.status
        self.text = answer.content.decode("utf-8", "replace")
        self.headers: dict[str, str] = dict(answer.headers)

    def raise_for_status(self) -> None:
        """Called by MSAL where it cannot go on after an error.

        :raises Throttled: the service is busy
        :raises TransportError: it failed
        """
        if self.status_code >= 400:
            error = error_from_answer(self.status_code, self.headers, self.text)
            if isinstance(error, (Throttled, TransportError)):
                raise error
            raise TransportError(
                "The sign-in service failed.", status=self.status_code, code=error.code
            )


class OAuthHttp:
    """``get`` and ``post`` for MSAL; https only.

    :param authority: the sign-in address. MSAL drops its port where it asks for the
        kind of a user, so that is put back here.
    """

    def __init__(self, http: Http, authority: str) -> None:
        self._http = http
        self._authority = urlsplit(authority)

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_options: Any,
    ) -> OAuthAnswer:
        """Discovery documents, and whether a user's directory is federated."""
        url = self._address(url, params)
        if "/.well-known/" in url:
            return self._configuration(url, headers or {})
        answer = self._fetch("GET", url, headers or {})
        if "/userrealm/" in url.lower():
            _refuse_federated(answer)
        return answer

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_options: Any,
    ) -> OAuthAnswer:
        """Requests for tokens.

        :raises TransportError: the answer is not JSON (MSAL would write it to the log)
        :raises Throttled: the service is busy
        """
        body = urlencode(data) if isinstance(data, Mapping) else data or ""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._fetch(
            "POST",
            self._address(url, params),
            {**kind, **(headers or {})},
            body.encode() if isinstance(body, str) else body,
        )
        if answer.status_code == 429 or answer.status_code >= 500:
            answer.raise_for_status()
        _check_json(answer)
        return answer

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _configuration(self, url: str, headers: Mapping[str, str]) -> OAuthAnswer:
        """The discovery document, remembered by the process for an hour."""
        key = (id(self._http.trust), url)
        with _guard:
            until, answer = _configurations.get(key, (0.0, None))
        if answer is not None and until > time.monotonic():
            return answer
        answer = self._fetch("GET", url, headers)
        if answer.status_code == 200:
            _check_json(answer)
            with _guard:
                if len(_configurations) > 200:
                    _configurations.clear()
                _configurations[key] = (time.monotonic() + _KEEP, answer)
        return answer

    def _fetch(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: bytes | None = None,
    ) -> OAuthAnswer:
        texts = {str(name): str(value) for name, value in headers.items() if value}
        return OAuthAnswer(self._http.fetch(method, url, headers=texts, data=data))

    def _address(self, url: str, params: Mapping[str, str] | None) -> str:
        parts = urlsplit(url)
        if parts.scheme != "https" or "@" in parts.netloc:
            raise LinkRefused("A sign-in is only sent over https.", sent=False)
        netloc = parts.netloc
        if parts.port is None and parts.hostname == self._authority.hostname:
            netloc = self._authority.netloc
        query = "&".join(filter(None, [parts.query, urlencode(params or {})]))
        return urlunsplit(("https", netloc, parts.path, query, ""))


def _check_json(answer: OAuthAnswer) -> None:
    with suppress(ValueError, RecursionError):
        if isinstance(json.loads(answer.text), dict):
            return
    raise TransportError(
        "The sign-in service's answer is not what was expected.",
        status=answer.status_code,
    )


def _refuse_federated(answer: OAuthAnswer) -> None:
    """A federated directory would want the password at a third server: not from us."""
    try:
        realm = json.loads(answer.text)
    except (ValueError, RecursionError):
        return
    kind = realm.get("account_type") if isinstance(realm, dict) else None
    if str(kind).lower() == "federated":
        raise AuthenticationError(
            "The organisation of this user has a sign-in of its own; "
            "please sign in with Microsoft instead of a password.",
            reason="federated",
        )
