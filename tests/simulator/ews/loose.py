"""Answers as a lenient server gives them, which clients have to stand as well.

Seen at an EWS server that is not Exchange: parts out of the order of the schema,
fractions of seconds, times where dates belong, faults without a response code.
"""

from __future__ import annotations

import re

from ..call import Answer
from .errors import SoapFault, add_plain
from .xml import Element, add, make, name, write

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:Z|[+-]\d\d:\d\d)?")
_LAST = ("ExtendedProperty", "StartTimeZone", "EndTimeZone", "ModifiedOccurrences")


def loosen(body: Element) -> None:
    """Take the body of an answer out of shape."""
    for element in list(body.iter()):
        text = element.text or ""
        if element.tag in (name("t:StartDate"), name("t:EndDate")):
            element.text = _DATE.sub(r"\1T00:00:00.000000Z", text)
        elif _TIME.fullmatch(text):
            element.text = _TIME.sub(r"\1.345761800Z", text)
    for tag in _LAST:
        for element in list(body.iter(name(f"t:{tag}"))):
            parent = element.getparent()
            if parent is not None:
                parent.append(element)


def refusal(fault: SoapFault) -> Answer:
    """A fault in words alone."""
    envelope = make("s:Envelope", "s")
    out = add(add(envelope, "s:Body"), "s:Fault")
    add_plain(out, "faultcode", "SOAP:Client")
    add_plain(out, "faultstring", fault.text)
    return Answer(500, write(envelope), content_type="text/xml; charset=utf-8")
