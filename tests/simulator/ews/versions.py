"""Versions of Exchange: what a server is, what a request may ask of it.

A request is checked and answered by the schema of the version that it names
(``RequestServerVersion``); without the header that is Exchange 2007.
Sources: https://learn.microsoft.com/exchange/client-developer/web-service-reference/requestserverversion
and the enumeration ExchangeVersionType of each schema.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from .errors import SoapFault
from .xml import NAMESPACES, Element, child, name

# In the order of their schemas.
NAMES = (
    "Exchange2007",
    "Exchange2007_SP1",
    "Exchange2010",
    "Exchange2010_SP1",
    "Exchange2010_SP2",
    "Exchange2013",
    "Exchange2013_SP1",
    "Exchange2015",
    "Exchange2016",
)
(V2007, V2007_SP1, V2010, V2010_SP1, V2010_SP2, V2013, V2013_SP1, _V2015, V2016) = (
    range(len(NAMES))
)
_ODD = ("Exchange2009", "Exchange2012")  # in the schema of 2016, never released


@dataclass(frozen=True, slots=True)
class Server:
    """One version of Exchange that the simulator plays.

    :ivar level: the newest version that a request may name
    :ivar version: the text of ServerVersionInfo, which tells little
    """

    label: str
    level: int
    major: int
    minor: int
    build: int
    revision: int
    version: str

    def info(self, header: Element) -> None:
        """Add ``ServerVersionInfo`` to the header of an answer."""
        told = etree.SubElement(
            header, name("t:ServerVersionInfo"), nsmap={"h": NAMESPACES["t"]}
        )
        told.set("MajorVersion", str(self.major))
        told.set("MinorVersion", str(self.minor))
        told.set("MajorBuildNumber", str(self.build))
        told.set("MinorBuildNumber", str(self.revision))
        told.set("Version", self.version)


SERVERS = {
    server.label: server
    for server in (
        Server("2010_SP2", V2010_SP2, 14, 3, 513, 0, "Exchange2010_SP2"),
        Server("2013_SP1", V2013_SP1, 15, 0, 1497, 48, "V2_23"),
        Server("15.2", V2016, 15, 2, 1544, 11, "V2017_07_11"),
    )
}


def requested(header: Element | None, server: Server, checked: bool = True) -> int:
    """The version that a request names.

    :param checked: whether the server minds
    :raises SoapFault: ErrorInvalidServerVersion for one that the server does not know
    """
    found = child(header, "t:RequestServerVersion") if header is not None else None
    if found is None:
        return V2007
    wanted = found.get("Version") or ""
    if server.level >= V2016 and (wanted in _ODD or wanted.startswith("V201")):
        return server.level
    if not checked and wanted not in NAMES:
        return server.level
    if not checked:
        return min(NAMES.index(wanted), server.level)
    if wanted not in NAMES or NAMES.index(wanted) > server.level:
        raise SoapFault("ErrorInvalidServerVersion")
    return NAMES.index(wanted)
