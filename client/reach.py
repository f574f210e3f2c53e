"""Whether a server can be reached at all, step by step, for those who set it up.

The session's own errors say that a request failed; these functions say at which step.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping

from .answer import Answer
from .links import Origin
from .transport import Http, Transport, tls_context
from .transport_errors import transport_error

#: Seconds to wait for a connection.
_TIMEOUT = 10.0


def resolve(url: str) -> list[str]:
    """The IP addresses of a server.

    :raises TransportError: its name is not known
    :raises ValueError: the address is not usable
    """
    origin = Origin.of(url)
    try:
        found = socket.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise transport_error(error) from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def connect(url: str, ca_pem: str | None = None) -> str:
    """Open a connection and close it; with https the certificate is verified.

    :param ca_pem: certificates to trust instead of the public ones
    :return: the version of TLS, "" for plain http
    :raises TransportError: nobody listens, or the certificate is not trusted
    :raises ValueError: the address or the certificate is not usable
    """
    origin = Origin.of(url)
    context = tls_context(ca_pem) if origin.scheme == "https" else None
    try:
        address = (origin.host, origin.port)
        with socket.create_connection(address, _TIMEOUT) as plain:
            if context is None:
                return ""
            with context.wrap_socket(plain, server_hostname=origin.host) as tls:
                return tls.version() or ""
    except OSError as error:
        raise transport_error(error) from None


def knock(
    url: str, ca_pem: str | None = None, proxies: Mapping[str, str] | None = None
) -> Answer:
    """What a server says to somebody who has not signed in: 401 where all is well.

    :raises TransportError: it does not answer
    :raises ValueError: the address or the certificate is not usable
    """
    Origin.of(url)
    http = Http(
        Transport(ca_pem=ca_pem, timeout=(_TIMEOUT, 20.0)),
        proxies=proxies,
        max_bytes=2**20,
        total=30.0,
    )
    try:
        return http.fetch("GET", url, headers={"Accept": "application/json"})
    finally:
        http.close()
