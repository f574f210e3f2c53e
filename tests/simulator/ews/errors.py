"""How EWS refuses: one item of an answer, or the whole request as a SOAP fault.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
"""

from __future__ import annotations

from .xml import NAMESPACES, Element, add, make, name

NOT_FOUND = "The specified object was not found in the store."
_TEXTS = {
    "ErrorAccessDenied": "Access is denied. Check credentials and try again.",
    "ErrorBatchProcessingStopped": "Unable to continue processing the batch.",
    "ErrorCannotCreateContactInNonContactFolder": (
        "Cannot create a contact in a non-contact Folder."
    ),
    "ErrorFolderExists": "A folder with the specified name already exists.",
    "ErrorFolderNotFound": "The specified folder could not be found in the store.",
    "ErrorInternalServerError": (
        "An internal server error occurred. The operation failed."
    ),
    "ErrorInternalServerTransientError": (
        "An internal server error occurred. Try again later."
    ),
    "ErrorInvalidIdEmpty": "Id must be non-empty.",
    "ErrorInvalidIdMalformed": "Id is malformed.",
    "ErrorInvalidServerVersion": "The specified server version is invalid.",
    "ErrorInvalidSyncStateData": (
        "Synchronization state data is corrupt or otherwise invalid."
    ),
    "ErrorIrresolvableConflict": (
        "The send or update operation could not be performed because the change key "
        "passed in the request does not match the current change key for the item."
    ),
    "ErrorItemNotFound": NOT_FOUND,
    "ErrorMailboxStoreUnavailable": (
        "The mailbox database is temporarily unavailable., Cannot open mailbox."
    ),
    "ErrorNonExistentMailbox": ("The SMTP address has no mailbox associated with it."),
    "ErrorSchemaValidation": "The request failed schema validation.",
    "ErrorServerBusy": (
        "The server cannot service this request right now. Try again later."
    ),
}


class EwsError(Exception):
    """One item of a request is refused; HTTP 200.

    :param code: response code
    :param text: the words; "" = the usual ones
    :param values: name → value of ``MessageXml``
    """

    def __init__(
        self, code: str, text: str = "", values: dict[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.text = text or _TEXTS.get(code, code)
        self.values = values or {}


class SoapFault(EwsError):
    """The whole request is refused: HTTP 500 and a SOAP fault.

    :ivar line: of the request, for a violation of the schema
    """

    line = 0


def violation(text: str, element: Element | None = None) -> SoapFault:
    """The fault for a request that the schema does not allow."""
    fault = SoapFault("ErrorSchemaValidation", "", {"Violation": text})
    fault.line = element.sourceline if element is not None else 0
    return fault


def message_xml(parent: Element, error: EwsError, prefix: str = "m") -> None:
    """``MessageXml`` with the values of an error."""
    if not error.values:
        return
    holder = add(parent, f"{prefix}:MessageXml")
    for key, value in error.values.items():
        if key in ("Violation", "LineNumber", "LinePosition"):
            add(holder, f"t:{key}", value)
        else:
            add(holder, "t:Value", value, Name=key)


def fault_body(error: SoapFault) -> Element:
    """The fault as the body of an envelope, in the form of Exchange 2010 and later."""
    fault = make("s:Fault", "s")
    code = add_plain(fault, "faultcode", f"a:{error.code}", {"a": NAMESPACES["t"]})
    code.text = f"a:{error.code}"
    text, violated = error.text, error.values.get("Violation")
    if violated:
        text = f"{text.rstrip('.')}: {violated}"
    said = add_plain(fault, "faultstring", text)
    said.set("{http://www.w3.org/XML/1998/namespace}lang", "en-US")
    detail = add_plain(fault, "detail", None, {"e": NAMESPACES["e"]})
    add(detail, "e:ResponseCode", error.code)
    add(detail, "e:Message", error.text)
    if violated:
        error.values = {
            "LineNumber": str(error.line or 1),
            "LinePosition": "2",
            "Violation": violated,
        }
    message_xml(detail, error, "t")
    return fault


def add_plain(
    parent: Element, tag: str, text: str | None, spaces: dict | None = None
) -> Element:
    """A child without namespace, as the parts of a fault are."""
    from lxml import etree

    found = etree.SubElement(parent, tag, nsmap=spaces)
    if text is not None:
        found.text = text
    return found


def add_error(message: Element, error: EwsError) -> None:
    """Fill a response message with an error."""
    message.set("ResponseClass", "Error")
    add(message, "m:MessageText", error.text)
    add(message, "m:ResponseCode", error.code)
    add(message, "m:DescriptiveLinkKey", "0")
    message_xml(message, error)


__all__ = ["EwsError", "SoapFault", "add_error", "fault_body", "name", "violation"]
