"""Requests and answers against the official schemas, where these are at hand.

The schemas are Microsoft's and no part of this project: the environment variable
``EWS_SCHEMA`` names a folder with one subfolder for each version (``2010_SP1``,
``2010_SP2``, ``2013_SP1``, ``15.2``), each with types.xsd and messages.xsd.
"""

from __future__ import annotations

import copy
import os
import re
import tempfile
from pathlib import Path

from lxml import etree

from .versions import V2010_SP1, V2010_SP2, V2013_SP1
from .xml import NAMESPACES, Element

_XML = b'<xs:import namespace="http://www.w3.org/XML/1998/namespace"/>'
# In one of the files at hand, which its keeper changed, libxml2 stumbles over this.
_TRANSITIONS = re.compile(
    rb'(<xs:complexType name="ArrayOfTransitionsType">\s*<xs:sequence>).*?'
    rb"(</xs:sequence>)",
    re.S,
)
_ANY = rb'\1<xs:element ref="t:Transition" maxOccurs="unbounded"/>\2'
_LANG = (
    b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace='
    b'"http://www.w3.org/XML/1998/namespace"><xs:attribute name="lang" '
    b'type="xs:language"/></xs:schema>'
)


def folder() -> Path | None:
    """Where the schemas are, if anywhere."""
    root = Path(__file__).resolve().parents[3]
    for place in (os.environ.get("EWS_SCHEMA"), root.parent / "shared" / "ews-schema"):
        if place and (Path(place) / "2013_SP1" / "messages.xsd").is_file():
            return Path(place)
    return None


def _file_of(version: int) -> str:
    if version <= V2010_SP1:
        return "2010_SP1"
    if version == V2010_SP2:
        return "2010_SP2"
    return "2013_SP1" if version <= V2013_SP1 else "15.2"


class Schemas:
    """The schemas of a folder, each read when it is first needed."""

    _read: dict[tuple[Path, str], etree.XMLSchema] = {}

    def __init__(self, path: Path) -> None:
        self.path = path

    def problems(self, body: Element, version: int) -> list[str]:
        """What is wrong with the body of a request or an answer, in words.

        :param version: whose schema counts
        """
        label = _file_of(version)
        schema = self._read.get((self.path, label))
        if schema is None:
            schema = self._read[self.path, label] = _load(self.path / label)
        document = etree.ElementTree(copy.deepcopy(body))
        if schema.validate(document):
            return []
        return [_in_short(entry.message) for entry in schema.error_log]


def _in_short(message: str) -> str:
    for prefix, space in NAMESPACES.items():
        message = message.replace(f"{{{space}}}", f"{prefix}:")
    return message


def _load(path: Path) -> etree.XMLSchema:
    with tempfile.TemporaryDirectory(prefix="schema-") as scratch:
        types = (path / "types.xsd").read_bytes()
        types = types.replace(_XML, _XML[:-2] + b' schemaLocation="xml.xsd"/>')
        types = _TRANSITIONS.sub(_ANY, types)
        Path(scratch, "types.xsd").write_bytes(types)
        Path(scratch, "messages.xsd").write_bytes((path / "messages.xsd").read_bytes())
        Path(scratch, "xml.xsd").write_bytes(_LANG)
        return etree.XMLSchema(etree.parse(str(Path(scratch, "messages.xsd"))))
