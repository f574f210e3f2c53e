"""What the tests with exchangelib share: a user's account at a version."""

from exchangelib import (
    BASIC,
    DELEGATE,
    Account,
    Build,
    Configuration,
    Contact,
    Credentials,
    EWSDateTime,
    EWSTimeZone,
    ExtendedProperty,
    Version,
)
from exchangelib.protocol import BaseProtocol, CachingProtocol

ANNA = "anna@contoso.example"
BERLIN = EWSTimeZone("Europe/Berlin")
UTC = EWSTimeZone("UTC")
BUILDS = {
    "2010_SP2": Build(14, 3, 513, 0),
    "2013_SP1": Build(15, 0, 1497, 48),
    "15.2": Build(15, 2, 1544, 11),
}


class OdooRecord(ExtendedProperty):
    """The mark of the connector."""

    property_set_id = "7c1b5d0e-3f0a-4b52-9d64-2f9b6ad1c0e7"
    property_name = "OdooRecord"
    property_type = "String"


Contact.register("odoo_record", OdooRecord)
BaseProtocol.RETRY_WAIT = 1
BaseProtocol.TIMEOUT = 20


def account(sim, address=ANNA, version="15.2", auth=BASIC):
    """A user's account at a server of a version."""
    CachingProtocol.clear_cache()
    sim.quirks.exchange_version = version
    config = Configuration(
        service_endpoint=sim.ews_url,
        credentials=Credentials(address, "secret"),
        auth_type=auth,
        version=Version(BUILDS[version]),
    )
    return Account(
        address,
        config=config,
        autodiscover=False,
        access_type=DELEGATE,
        default_timezone=UTC,
    )


def at(day, hour, minute=0, zone=BERLIN):
    """A moment of March 2026."""
    return EWSDateTime(2026, 3, day, hour, minute, tzinfo=zone)
