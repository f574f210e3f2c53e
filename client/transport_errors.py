"""What a failed exchange means, in words an administrator can act on."""

from __future__ import annotations

import http.client
import socket
import ssl

import requests
from urllib3 import exceptions as pool

from .errors import TransportError

#: Whatever an exchange may fail with; anything else is a mistake of ours.
FAILURES = (
    requests.RequestException,
    pool.HTTPError,
    http.client.HTTPException,
    OSError,
    UnicodeError,
)
_UNSENT = (
    pool.NewConnectionError,
    pool.ConnectTimeoutError,
    pool.LocationParseError,
    requests.exceptions.ConnectTimeout,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidProxyURL,
)

# The first line that fits counts: a special error comes wrapped in general ones.
_KINDS: tuple[tuple[tuple[type[BaseException], ...], str, bool], ...] = (
    (
        (pool.ProxyError, requests.exceptions.ProxyError),
        "The configured proxy cannot be used.",
        False,
    ),
    ((socket.gaierror,), "The name of the server is not known.", False),
    (
        (ConnectionRefusedError,),
        "The server does not accept connections (is it running?).",
        False,
    ),
    (
        (ssl.SSLError, requests.exceptions.SSLError, pool.SSLError),
        "No secure connection could be made with the server.",
        False,
    ),
    (
        (requests.Timeout, pool.TimeoutError, TimeoutError),
        "The server did not answer in time.",
        False,
    ),
    (
        (requests.exceptions.ContentDecodingError, pool.DecodeError),
        "The server's answer could not be unpacked.",
        False,
    ),
    (
        (
            ConnectionError,
            pool.ProtocolError,
            http.client.HTTPException,
            requests.exceptions.ChunkedEncodingError,
        ),
        "The connection to the server was cut.",
        False,
    ),
    (
        (
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            requests.exceptions.InvalidHeader,
            pool.LocationParseError,
            UnicodeError,
        ),
        "The address or a header of the request is not valid.",
        True,
    ),
)


def transport_error(error: BaseException) -> TransportError:
    """The :class:`TransportError` for what requests, urllib3 or a socket raised.

    Only the kind of the failure is used, never its text: that holds whole addresses.
    """
    causes = _causes(error)
    words, permanent = _words(causes)
    unsent = permanent or any(isinstance(cause, _UNSENT) for cause in causes)
    return TransportError(words, sent=not unsent, permanent=permanent)


def _causes(error: BaseException) -> list[BaseException]:
    """The error, and those it wraps."""
    found: list[BaseException] = []
    queue: list[object] = [error]
    while queue and len(found) < 20:
        cause = queue.pop(0)
        if not isinstance(cause, BaseException) or cause in found:
            continue
        found.append(cause)
        inner = [getattr(cause, "reason", None), getattr(cause, "original_error", None)]
        queue += [*inner, *cause.args, cause.__cause__, cause.__context__]
    return found


def _words(causes: list[BaseException]) -> tuple[str, bool]:
    """(sentence, whether trying again at once is of no use)."""
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return _certificate_words(causes), True
    for kinds, words, permanent in _KINDS:
        if any(isinstance(cause, kinds) for cause in causes):
            return words, permanent
    return "The server cannot be reached.", False


def _certificate_words(causes: list[BaseException]) -> str:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            # 10: expired, 62: other host name (X509_V_ERR_* of OpenSSL)
            if cause.verify_code == 10:
                return "The certificate of the server has expired."
            if cause.verify_code in (62, 64):
                return "The certificate of the server is for another name."
    return "The certificate of the server is not trusted."
