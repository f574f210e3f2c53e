"""An Exchange server that says what a test tells it to, in the forms of real ones.

The simulator keeps a mailbox and plays by the schema; this one keeps nothing and says
what is seldom heard.
"""

import contextlib
import http.server
import threading

from lxml import etree

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
_VERSION = (
    f'<h:ServerVersionInfo xmlns:h="{TYPES}" MajorVersion="15" MinorVersion="1" '
    'MajorBuildNumber="2507" MinorBuildNumber="6" Version="V2017_07_11"/>'
)


def local(element):
    """The name of an element without its namespace."""
    return etree.QName(element).localname


def ids_of(request):
    """The ids that a request names, in order."""
    return [
        one.get("Id") or one.get("OccurrenceId")
        for one in request.iter()
        if isinstance(one.tag, str)
        and local(one) in ("ItemId", "RecurringMasterItemId", "AttachmentId")
    ]


def wants(request, path):
    """Whether a request asks for a property."""
    return any(one.get("FieldURI") == path for one in request.iter())


def said(content="", code="NoError", kind="Success", words=""):
    """One response message: (class, code, words, content)."""
    return kind, code, words, content


def failed(code, content="", kind="Error", words="Not now."):
    """A response message of a failure."""
    return kind, code, words, content


#: The content of a FindItem's message, around its items.
FOUND = (
    '<m:RootFolder TotalItemsInView="1" IncludesLastItemInRange="true"><t:Items>{}'
    "</t:Items></m:RootFolder>"
)


def mail(key, subject="Hello"):
    """The element of a mail."""
    return f'<t:Message><t:ItemId Id="{key}" ChangeKey="CQAA"/>{subject}</t:Message>'


def synced(*keys):
    """The answer of SyncFolderItems: these mails are new."""
    rows = "".join(f"<t:Create>{mail(key, '')}</t:Create>" for key in keys)
    return [
        said(
            "<m:SyncState>c3RhdGU=</m:SyncState>"
            "<m:IncludesLastItemInRange>true</m:IncludesLastItemInRange>"
            f"<m:Changes>{rows}</m:Changes>"
        )
    ]


def items(*elements):
    """A response message of GetItem for each of these elements."""
    return [said(f"<m:Items>{one}</m:Items>") for one in elements]


class Spoken:
    """``with Spoken() as server: server.answers["GetItem"] = lambda request: [...]``.

    :ivar answers: operation → what makes its response messages of the request
    :ivar first: HTTP answers (status, headers, body) before anything else is said
    :ivar challenge: the ``WWW-Authenticate`` headers; only Basic ever succeeds; None =
        everybody may ask
    :ivar heard: (operation, element), every request
    :ivar signs: the schemes of the ``Authorization`` headers, "" for none
    """

    def __init__(self):
        self.forget()

    def forget(self):
        """Be as a new one."""
        self.answers, self.first, self.heard, self.signs = {}, [], [], []
        self.challenge = None

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"server_says": self})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        serve, pause = self._server.serve_forever, {"poll_interval": 0.05}
        threading.Thread(target=serve, kwargs=pause, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/EWS/Exchange.asmx"
        return self

    def __exit__(self, *_exc):
        self._server.shutdown()
        self._server.server_close()

    def answer(self, sign, data):
        """Status, headers and body for a request."""
        scheme = sign.partition(" ")[0]
        self.signs.append(scheme)
        if self.first:
            return self.first.pop(0)
        if self.challenge and f"{scheme} realm" not in " ".join(self.challenge):
            return 401, [("WWW-Authenticate", one) for one in self.challenge], b""
        request = etree.fromstring(data).find(f"{{{SOAP}}}Body")[0]
        name = local(request)
        self.heard.append((name, request))
        told = self.answers[name](request)
        return told if isinstance(told, tuple) else (200, [], envelope(name, told))

    def calls(self, name):
        """How often an operation was asked for."""
        return sum(1 for heard, _request in self.heard if heard == name)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_says = None

    def do_POST(self):
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        sign = self.headers.get("Authorization") or ""
        status, headers, body = self.server_says.answer(sign, data)
        self.send_response_only(status)
        if "Date" not in dict(headers):
            self.send_header("Date", self.date_time_string())
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *_args):
        pass


def envelope(operation, messages):
    """The answer of an operation, as Exchange 2013 and later write it."""
    rows = [
        f'<m:{operation}ResponseMessage ResponseClass="{kind}">'
        + (f"<m:MessageText>{words}</m:MessageText>" if words else "")
        + f"<m:ResponseCode>{code}</m:ResponseCode>{content}"
        f"</m:{operation}ResponseMessage>"
        for kind, code, words, content in messages
    ]
    return (
        f'<s:Envelope xmlns:s="{SOAP}"><s:Header>{_VERSION}</s:Header><s:Body>'
        f'<m:{operation}Response xmlns:m="{MESSAGES}" xmlns:t="{TYPES}">'
        f"<m:ResponseMessages>{''.join(rows)}</m:ResponseMessages>"
        f"</m:{operation}Response></s:Body></s:Envelope>"
    ).encode()
