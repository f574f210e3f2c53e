"""What the tests of Exchange Web Services share: a bare SOAP client."""

import requests
from lxml import etree

SPACES = {
    "s": "http://schemas.xmlsoap.org/soap/envelope/",
    "m": "http://schemas.microsoft.com/exchange/services/2006/messages",
    "t": "http://schemas.microsoft.com/exchange/services/2006/types",
    "e": "http://schemas.microsoft.com/exchange/services/2006/errors",
}
_DECLARED = " ".join(f'xmlns:{k}="{v}"' for k, v in SPACES.items() if k != "e")
INBOX = '<t:DistinguishedFolderId Id="inbox"/>'
ONLY_ID = "<t:BaseShape>IdOnly</t:BaseShape>"
ALL = "<t:BaseShape>AllProperties</t:BaseShape>"


class Reply:
    """An answer: status, document, what is in it."""

    def __init__(self, answer: requests.Response) -> None:
        self.http = answer
        self.status = answer.status_code
        self.root = etree.fromstring(answer.content) if answer.content else None

    def all(self, path: str) -> list:
        """Elements (or texts, attributes) of an XPath."""
        return self.root.xpath(f"//{path}", namespaces=SPACES)

    def one(self, path: str):
        """The only one."""
        found = self.all(path)
        assert len(found) == 1, (path, self.http.text)
        return found[0]

    def text(self, path: str) -> str:
        """The text of the only one."""
        return self.one(path).text or ""

    @property
    def codes(self) -> list[str]:
        """The response codes, in order."""
        return [e.text for e in self.all("m:ResponseCode") + self.all("e:ResponseCode")]


class Soap:
    """A client with a version and a session of its own."""

    def __init__(self, url: str, user: str, password: str = "secret") -> None:
        self.url = url
        self.version = "Exchange2013_SP1"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (user, password)
        self.header = ""
        self.last: requests.Response | None = None

    def raw(self, body: str, **options) -> requests.Response:
        """One request with a body of SOAP; the answer as it is."""
        version = options.pop("version", self.version)
        wanted = f'<t:RequestServerVersion Version="{version}"/>' if version else ""
        text = (
            f'<?xml version="1.0" encoding="utf-8"?><s:Envelope {_DECLARED}><s:Header>'
            f"{wanted}{self.header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
        )
        headers = {"Content-Type": "text/xml; charset=utf-8"}
        return self.session.post(
            self.url, data=text.encode(), headers=headers, timeout=60, **options
        )

    def call(self, body: str, **options) -> Reply:
        """One request, its answer parsed strictly."""
        self.last = self.raw(body, **options)
        return Reply(self.last)

    def good(self, body: str, **options) -> Reply:
        """One request that must succeed in all its parts."""
        reply = self.call(body, **options)
        assert reply.status == 200, reply.http.text
        assert set(reply.codes) == {"NoError"}, reply.http.text
        return reply

    def sync(self, folder: str, state: str = "", most: int = 100, shape: str = ONLY_ID):
        """SyncFolderItems of a folder (an element)."""
        state = f"<m:SyncState>{state}</m:SyncState>" if state else ""
        return self.call(
            f"<m:SyncFolderItems><m:ItemShape>{shape}</m:ItemShape>"
            f"<m:SyncFolderId>{folder}</m:SyncFolderId>{state}"
            f"<m:MaxChangesReturned>{most}</m:MaxChangesReturned></m:SyncFolderItems>"
        )

    def get(self, *keys: str, shape: str = ALL, **options) -> Reply:
        """GetItem."""
        items = "".join(f'<t:ItemId Id="{key}"/>' for key in keys)
        return self.call(
            f"<m:GetItem><m:ItemShape>{shape}</m:ItemShape><m:ItemIds>{items}"
            "</m:ItemIds></m:GetItem>",
            **options,
        )


def changes(reply: Reply) -> list[tuple[str, str]]:
    """(kind, id) of what SyncFolderItems told, in order."""
    rows = reply.one("m:Changes")
    return [
        (etree.QName(row).localname, row.xpath(".//t:ItemId/@Id", namespaces=SPACES)[0])
        for row in rows
    ]


def update(
    box, key, change_key, inner, how="AlwaysOverwrite", kind="Message", extra=""
):
    """UpdateItem with the inside of Updates."""
    named = f' ChangeKey="{change_key}"' if change_key else ""
    return box.call(
        f'<m:UpdateItem ConflictResolution="{how}" MessageDisposition="SaveOnly">'
        f'<m:ItemChanges><t:ItemChange><t:ItemId Id="{key}"{named}/><t:Updates>'
        f"{inner}</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>"
    )


def set_field(uri, value, kind="Message"):
    """SetItemField of a field."""
    path = uri if uri.startswith("<") else f'<t:FieldURI FieldURI="{uri}"/>'
    return f"<t:SetItemField>{path}<t:{kind}>{value}</t:{kind}></t:SetItemField>"
