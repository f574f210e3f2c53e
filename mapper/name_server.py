"""What the name server tells of Autodiscover (SRV), where the package is there.

Source: https://learn.microsoft.com/exchange/architecture/client-access/autodiscover
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

#: Seconds that name servers get; where there are none in reach, nobody waits longer.
_PATIENCE = 3.0
#: Servers that are worth a question.
_MOST = 3


def autodiscover_servers(domain: str) -> list[tuple[str, int]]:
    """Host and port of the servers that a domain names, the preferred one first.

    None where it names none, where no name server answers, and without ``dnspython``.
    Nothing vouches for the answer: it is a hint, and no reason to trust a server.
    """
    try:
        resolver = import_module("dns.resolver")
        failure: type[Exception] = import_module("dns.exception").DNSException
    except ImportError:
        return []
    name = f"_autodiscover._tcp.{domain}."
    try:
        answer = resolver.resolve(name, "SRV", lifetime=_PATIENCE)
    except (failure, OSError):
        return []
    records: list[Any] = sorted(answer, key=lambda one: (one.priority, -one.weight))
    found = [(_host(record.target), int(record.port)) for record in records]
    return [(host, port) for host, port in found if host and port][:_MOST]


def _host(target: Any) -> str:
    """A name as it stands in addresses, "" for the dot that means nobody."""
    return str(target.to_text(omit_final_dot=True)).lower().strip(".")
