"""The mapper inside Odoo: Exchange without a second service.

An ``exchange.server`` whose address is ``embedded:`` is spoken to as any other; only
that the requests go to an application in this process instead of over the network.
"""

from functools import lru_cache

from ..client import WsgiTransport
from ..mapper import Application, Settings, SettingsError, discovered

#: What the administrator enters (or gets) as the address of the e-mails.
SCHEME = "embedded:"
#: How the client knows it; no request with it ever leaves.
BASE = "http://localhost/exchangeRestApi/api"


def is_embedded(address):
    """Whether an address means the mapper inside Odoo."""
    return (address or "").strip().lower().startswith(SCHEME)


def transport(ews_url, ca_pem, proxy, timeout):
    """The connections of a session to the mapper for one Exchange server.

    :param timeout: seconds to wait for a sign of life
    :raises ValueError: the address is not usable, in one plain sentence
    """
    return WsgiTransport(_application(ews_url, ca_pem or "", proxy or "", timeout))


@lru_cache(maxsize=16)
def _application(ews_url, ca_pem, proxy, timeout):
    """One for each server and process: it keeps the users' connections."""
    return Application(check(ews_url, ca_pem, proxy, timeout))


def check(ews_url, ca_pem="", proxy="", timeout=60.0):
    """The settings of the mapper for an Exchange server.

    :raises ValueError: they are not usable, in one plain sentence
    """
    try:
        return Settings.of_server(
            ews_url or "",
            ca_pem=ca_pem,
            proxy=proxy,
            timeout=timeout,
            total=2 * timeout,
        )
    except SettingsError as error:
        raise ValueError(str(error)) from None


def discover(address, login, password, ca_pem="", proxy=""):
    """Where the Exchange server of a mailbox is, as Autodiscover says.

    :return: (address of its web services or "", server of another domain that was not
        asked or "")
    """
    settings = check("https://localhost", ca_pem or "", proxy or "", timeout=10.0)
    return discovered(settings, address, login, password)
