"""Who asks: this machine, or somebody else."""

from __future__ import annotations

import ipaddress

from werkzeug.wrappers import Request


def is_local(request: Request) -> bool:
    """Whether a request comes from this machine and names it as its host."""
    try:
        here = ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        here = False
    host = request.host.rpartition(":")[0] or request.host
    return here and host in ("localhost", "127.0.0.1", "[::1]")
