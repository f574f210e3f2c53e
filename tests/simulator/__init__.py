"""Microsoft 365 (and later Exchange) on this machine, for the tests and the demo.

``with Simulator() as sim:`` serves in threads of this process; ``python
tests/simulator`` serves on its own. Everything here is free of Odoo.
"""

from .faults import Fault
from .quirks import Quirks
from .server import Simulator
from .store import APP_ID, APP_SECRET, TENANT_DOMAIN, TENANT_ID
from .throttle import Limits

__all__ = [
    "APP_ID",
    "APP_SECRET",
    "TENANT_DOMAIN",
    "TENANT_ID",
    "Fault",
    "Limits",
    "Quirks",
    "Simulator",
]
