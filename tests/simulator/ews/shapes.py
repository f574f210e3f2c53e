"""What a request wants to see of items and folders: base shape and further properties.

Source: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/property-sets-and-response-shapes-in-ews-in-exchange
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .errors import EwsError, SoapFault, violation
from .extended import Tag, read_tag
from .uris import SINCE
from .xml import Element, child, children, is_true, local, text_of

BASES = ("IdOnly", "Default", "AllProperties")
BODIES = ("Best", "HTML", "Text")


@dataclass
class Shape:
    """A response shape.

    :ivar base: ``IdOnly``, ``Default`` or ``AllProperties``
    :ivar uris: further properties
    :ivar tags: MAPI properties
    :ivar body: ``Best``, ``HTML`` or ``Text``
    :ivar brief: it is a list, which shows less (FindItem, SyncFolderItems)
    :ivar plans: room for what rendering works out of the rest, by kind of item
    """

    base: str = "IdOnly"
    uris: set[str] = field(default_factory=set)
    tags: list[Tag] = field(default_factory=list)
    mime: bool = False
    body: str = "Best"
    brief: bool = False
    plans: dict = field(default_factory=dict)


def read_shape(
    element: Element | None, version: int, level: int, brief: bool = False
) -> Shape:
    """The shape that a request asks for.

    :param version: of the request; ``level`` that of the server
    :raises SoapFault: for what the schema of the version does not know
    """
    shape = Shape(brief=brief)
    if element is None:
        return shape
    shape.base = text_of(element, "t:BaseShape", "IdOnly")
    shape.mime = is_true(text_of(element, "t:IncludeMimeContent"))
    shape.body = text_of(element, "t:BodyType", "Best")
    if shape.base not in BASES:
        raise violation(
            f"The 'BaseShape' element has the value '{shape.base}'.", element
        )
    if shape.body not in BODIES:
        raise violation(
            f"The 'BodyType' element has the value '{shape.body}'.", element
        )
    for path in children(child(element, "t:AdditionalProperties")):
        uri = read_path(path, version, level)
        if isinstance(uri, str):
            shape.uris.add(uri)
        else:
            shape.tags.append(uri)
    return shape


def read_path(path: Element, version: int, level: int) -> str | Tag:
    """A ``FieldURI``, ``IndexedFieldURI`` or ``ExtendedFieldURI``.

    An index is joined on with a blank: ``contacts:EmailAddress EmailAddress1``.

    :raises SoapFault: ErrorSchemaValidation for a field that the server does not know,
        ErrorIncorrectSchemaVersion for one of a version after the request's
    """
    kind = local(path)
    if kind == "ExtendedFieldURI":
        return read_tag(path)
    uri = path.get("FieldURI") or ""
    if kind not in ("FieldURI", "IndexedFieldURI") or SINCE.get(uri, 99) > level:
        raise violation(
            f"The 'FieldURI' attribute is invalid - The value '{uri}' is invalid "
            "according to its datatype "
            "'http://schemas.microsoft.com/exchange/services/2006/types:"
            "UnindexedFieldURIType' - The Enumeration constraint failed.",
            path,
        )
    if SINCE[uri] > version:
        raise SoapFault(
            "ErrorIncorrectSchemaVersion",
            "The request is valid but does not match the schema version that it names.",
        )
    index = path.get("FieldIndex")
    if (kind == "IndexedFieldURI") != (index is not None):
        raise EwsError("ErrorInvalidPropertyRequest")
    return uri if index is None else f"{uri} {index}"
