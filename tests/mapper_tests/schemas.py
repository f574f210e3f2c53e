"""Validation of SOAP requests against the schemas of Exchange, where they are at hand.

They are Microsoft's and no part of this project.  EWS_SCHEMA names the folder with one
folder for each version (``2010_SP2``, ``2013_SP1``).
"""

import copy
import os
import re
from functools import lru_cache
from pathlib import Path

from lxml import etree

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "ews-schema"
_XML = b'<xs:import namespace="http://www.w3.org/XML/1998/namespace"'
_TRANSITIONS = re.compile(
    rb'(<xs:complexType name="ArrayOfTransitionsType">\s*<xs:sequence>).*?(</xs:seq)',
    re.DOTALL,
)


def folder():
    """Where the schemas are, None when they are not here."""
    for path in (os.environ.get("EWS_SCHEMA"), _BESIDE):
        if path and (Path(path) / "2010_SP2" / "types.xsd").is_file():
            return Path(path)
    return None


class _Files(etree.Resolver):
    """Finds the files that the schemas import, mended where libxml2 refuses them."""

    def __init__(self, home):
        self._home = home

    def resolve(self, url, _public, context):
        name = Path(url).name.lower()
        path = self._home / name
        if not path.is_file():
            path = self._home.parent / name
        data = path.read_bytes()
        if b"RecurringDayTransition" in data:
            one = rb'\1<xs:element ref="t:Transition" maxOccurs="unbounded"/>\2'
            data = _TRANSITIONS.sub(one, data)
        if name == "types.xsd":
            data = data.replace(_XML + b"/>", _XML + b' schemaLocation="xml.xsd"/>')
        return self.resolve_string(data, context, base_url=str(path))


@lru_cache
def schema(version):
    """The schema of a version."""
    home = folder() / version
    parser = etree.XMLParser()
    parser.resolvers.add(_Files(home))
    text = (
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
        f'<xs:import namespace="{TYPES}" schemaLocation="types.xsd"/>'
        f'<xs:import namespace="{MESSAGES}" schemaLocation="messages.xsd"/>'
        "</xs:schema>"
    )
    root = etree.fromstring(text, parser, base_url=str(home / "whole.xsd"))
    return etree.XMLSchema(root.getroottree())


def problems(content, version):
    """What is wrong with an envelope, for the schema of a version."""
    root = etree.fromstring(content)
    found = []
    parts = list(root.find(f"{SOAP}Header")) + list(root.find(f"{SOAP}Body"))
    for part in parts:
        checked = schema(version)
        if not checked.validate(etree.ElementTree(copy.deepcopy(part))):
            found += [f"line {e.line}: {e.message}" for e in checked.error_log]
    return found
