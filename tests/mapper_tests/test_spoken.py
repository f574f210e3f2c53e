"""What real Exchange servers say and the simulator does not: nothing lost, no 500."""

import codecs

import pytest
from served import Served
from spoken import (
    FOUND,
    SOAP,
    TYPES,
    Spoken,
    envelope,
    failed,
    ids_of,
    items,
    mail,
    said,
    synced,
    wants,
)
from test_security import plain

MAILS = "me/mailFolders/inbox/messages"
ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"
BUSY = '<m:MessageXml><t:Value Name="BackOffMilliseconds">7000</t:Value></m:MessageXml>'


# -- one item that fails ---------------------------------------------------------------


@pytest.mark.parametrize(
    "code", ["ErrorCorruptData", "ErrorInternalServerError", "ErrorVirusDetected"]
)
@pytest.mark.parametrize("others", [2, 0])
def test_a_mail_that_exchange_fails_on_hinders_no_other(spoken, code, others):
    keys = ["AAMkBAD0", "AAMkGOOD", "AAMkFINE"][: others + 1]

    def get(request):
        full = wants(request, "item:Subject")
        return [
            failed(code, "<m:Items/>")
            if key == "AAMkBAD0" and (full or others)
            else items(mail(key, "<t:Subject>Hello</t:Subject>"))[0]
            for key in ids_of(request)
        ]

    spoken.answers = {"SyncFolderItems": lambda _r: synced(*keys), "GetItem": get}
    answer = spoken.ask(f"{MAILS}/delta")
    assert answer.status_code == 200, answer.text
    rows = {row["id"]: row.get("subject") for row in answer.json()["value"]}
    assert rows == {"AAMkBAD0": None, **dict.fromkeys(keys[1:], "Hello")}
    assert spoken.ask("me/messages/AAMkBAD0").status_code in (422, 502)


def test_a_mailbox_that_fails_is_no_mailbox_of_broken_mails(spoken):
    keys = ["AAMkAAA0", "AAMkAAA1"]
    spoken.answers = {
        "SyncFolderItems": lambda _r: synced(*keys),
        "GetItem": lambda request: [
            failed("ErrorInternalServerError", "<m:Items/>") for _key in ids_of(request)
        ],
    }
    assert spoken.ask(f"{MAILS}/delta").status_code == 502
    keys.pop()
    assert spoken.ask(f"{MAILS}/delta").status_code == 502


def test_what_failed_once_is_asked_for_again(spoken):
    tries = []

    def get(request):
        tries.append(ids_of(request))
        if len(tries) == 1:
            return [
                *items(mail("AAMkAAA0", "<t:Subject>One</t:Subject>")),
                failed("ErrorInternalServerError", "<m:Items/>"),
            ]
        return items(mail("AAMkAAA1", "<t:Subject>Two</t:Subject>"))

    spoken.answers = {
        "SyncFolderItems": lambda _r: synced("AAMkAAA0", "AAMkAAA1"),
        "GetItem": get,
    }
    rows = spoken.ask(f"{MAILS}/delta").json()["value"]
    assert [row["subject"] for row in rows] == ["One", "Two"]
    assert tries == [["AAMkAAA0", "AAMkAAA1"], ["AAMkAAA1"]]


def test_a_busy_server_is_not_asked_for_the_rest_of_a_page(spoken):
    keys = [f"AAMkAA{number:02}" for number in range(8)]

    def get(request):
        rows = items(*(mail(key, "") for key in ids_of(request)))
        stopped = failed("ErrorBatchProcessingStopped", "<m:Items/>", "Warning")
        busy = failed("ErrorServerBusy", BUSY + "<m:Items/>")
        return [rows[0], busy, *[stopped] * (len(rows) - 2)]

    spoken.answers = {"SyncFolderItems": lambda _r: synced(*keys), "GetItem": get}
    answer = spoken.ask(f"{MAILS}/delta", headers={"Prefer": "odata.maxpagesize=50"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert spoken.calls("GetItem") == 1


# -- how a server refuses --------------------------------------------------------------


@pytest.mark.parametrize(
    "first, status",
    [
        ((503, [("Content-Type", "text/html")], b"<html>Unavailable</html>"), 503),
        ((429, [("Retry-After", "10")], b""), 429),
        ((502, [], b"<html>Bad gateway</html>"), 502),
        ((302, [("Location", "/owa/auth/errorfe.aspx?httpCode=500")], b""), 503),
        ((500, [], b"<html>Server Error in '/EWS' Application.</html>"), 502),
    ],
)
def test_a_server_in_trouble_gets_no_password_in_a_way_that_is_off(first, status):
    """While it cannot say how to sign in, nothing is said against the password."""
    with Spoken() as server, Served(server.url, auth="auto") as mapper:
        server.challenge, server.first = ["Negotiate", "NTLM"], [first] * 3
        with plain("anna@contoso.example") as session:
            answer = session.get(f"{mapper.url}/{MAILS}", timeout=30)
    assert answer.status_code == status
    assert set(server.signs) == {""}
    assert (answer.headers.get("Retry-After") == "10") == (status in (429, 503))


@pytest.mark.parametrize(
    "headers, seconds",
    [
        ({"Retry-After": "120"}, "120"),
        ({"Retry-After": "2.5"}, "3"),
        # what counts is the server's own clock
        ({"Retry-After": "Fri, 02 Jan 2026 10:05:00 GMT"}, "300"),
        ({"Retry-After": "Friday, 02-Jan-26 10:02:00 GMT"}, "120"),
        ({"Retry-After": "Fri, 02 Jan 2026 09:00:00 GMT"}, "1"),
        ({"Retry-After": "Mon, 02 Jan 2094 10:00:00 GMT"}, "3600"),
        ({"Retry-After": "\u00b2"}, "10"),
        ({"Retry-After": "a while"}, "10"),
        ({}, "10"),
    ],
)
def test_a_pause_may_be_a_number_or_a_moment(spoken, headers, seconds):
    sent = {"Date": "Fri, 02 Jan 2026 10:00:00 GMT", **headers}
    spoken.first = [(503, list(sent.items()), b"")]
    answer = spoken.ask(MAILS)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, seconds)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_link_instead_of_exchange_is_named(spoken, status):
    """As of a sign-in page in front of it; the password does not go there."""
    link = "https://adfs.contoso.example/adfs/ls/?wa=wsignin1.0&wctx=secret"
    spoken.first = [(status, [("Location", link)], b"")]
    answer = spoken.ask(MAILS)
    assert answer.status_code == 502
    words = answer.json()["error"]["message"]
    assert "a link to https://adfs.contoso.example/adfs/ls/." in words
    assert len(spoken.signs) == 1, "it is no trouble that passes"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "iso-8859-1"])
def test_answers_in_any_encoding(spoken, encoding):
    mails = FOUND.format(mail("AAMkAAA0", "<t:Subject>Grüße</t:Subject>"))
    text = envelope("FindItem", [said(mails)]).decode()
    name = encoding.removesuffix("-be")
    text = f'<?xml version="1.0" encoding="{name}"?>\r\n{text}'
    data = text.encode(encoding)
    if encoding == "utf-16-be":
        data = codecs.BOM_UTF16_BE + data
    spoken.first = [(200, [("Content-Type", "text/xml")], data)]
    spoken.answers = {
        "GetItem": lambda _r: items(mail("AAMkAAA0", "<t:Subject>Grüße</t:Subject>"))
    }
    assert [row["subject"] for row in spoken.ask(MAILS).json()["value"]] == ["Grüße"]


def test_a_fault_without_details_says_by_its_code_what_it_is(spoken):
    fault = (
        f'<s:Envelope xmlns:s="{SOAP}"><s:Body><s:Fault>'
        f'<faultcode xmlns:a="{TYPES}">a:ErrorServerBusy</faultcode>'
        "<faultstring>Busy.</faultstring></s:Fault></s:Body></s:Envelope>"
    )
    spoken.first = [(500, [("Content-Type", "text/xml")], fault.encode())]
    answer = spoken.ask(MAILS)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")


@pytest.mark.parametrize("form", ["item", "fault"])
def test_a_pause_inside_of_a_failure_is_kept(spoken, form):
    inner = (
        '<m:MessageXml><t:Value Name="InnerErrorMessageText">Busy.</t:Value>'
        '<t:Value Name="InnerErrorResponseCode">ErrorServerBusy</t:Value>'
        '<t:Value Name="BackOffMilliseconds">7000</t:Value></m:MessageXml>'
    )
    spoken.answers = {
        "FindItem": lambda _r: [failed("ErrorInternalServerError", inner)]
    }
    if form == "fault":
        detail = inner.replace("m:MessageXml", "t:MessageXml")
        fault = (
            f'<s:Envelope xmlns:s="{SOAP}" xmlns:t="{TYPES}"><s:Body><s:Fault>'
            "<faultcode>s:Server</faultcode><faultstring>Failed.</faultstring>"
            f'<detail><x:ResponseCode xmlns:x="{ERRORS}">ErrorInternalServerError'
            f"</x:ResponseCode>{detail}</detail></s:Fault></s:Body></s:Envelope>"
        )
        spoken.first = [(500, [("Content-Type", "text/xml")], fault.encode())]
    answer = spoken.ask(MAILS)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (429, "7")


# -- mails that are none ---------------------------------------------------------------


def attachment(kind, more=""):
    """The element of an attachment of that kind."""
    ident = f'<t:AttachmentId Id="AAMk{kind[:4]}"/>'
    return f"<t:{kind}>{ident}<t:Name>{kind}</t:Name>{more}</t:{kind}>"


def test_a_mail_without_text_is_no_empty_mail(spoken):
    spoken.answers = {"GetItem": lambda _r: items(mail("AAMkTASK", ""))}
    answer = spoken.ask("me/messages/AAMkTASK/$value")
    assert (answer.status_code, answer.json()["error"]["code"]) == (
        422,
        "ErrorItemCorrupt",
    )
    kind = "ErrorUnsupportedMimeConversion"
    spoken.answers = {"GetItem": lambda _r: [failed(kind, "<m:Items/>")]}
    assert spoken.ask("me/messages/AAMkTASK/$value").status_code == 422


def test_a_link_to_a_file_is_no_nested_mail(spoken):
    rows = attachment("ReferenceAttachment") + attachment("ItemAttachment")
    spoken.answers = {
        "GetItem": lambda _r: items(
            mail("AAMkAAA0", f"<t:Attachments>{rows}</t:Attachments>")
        )
    }
    found = spoken.ask("me/messages/AAMkAAA0/attachments").json()["value"]
    assert [(row["@odata.type"].rpartition(".")[2], row["name"]) for row in found] == [
        ("referenceAttachment", "ReferenceAttachment"),
        ("itemAttachment", "ItemAttachment"),
    ]


@pytest.mark.parametrize(
    "code", ["ErrorItemNotFound", "ErrorCannotOpenFileAttachment", "ErrorWhatever"]
)
def test_a_broken_attachment_hides_neither_the_mail_nor_the_others(spoken, code):
    rows = attachment("FileAttachment") + attachment("FileAttachment").replace(
        'Id="AAMkFile', 'Id="AAMkGood'
    )
    row = mail("AAMkAAA0", f"<t:Attachments>{rows}</t:Attachments>")
    good = "<m:Attachments><t:FileAttachment><t:Content>QUJD</t:Content>"

    def get(request):
        return [
            failed(code, "<m:Attachments/>")
            if key == "AAMkFile"
            else said(f"{good}</t:FileAttachment></m:Attachments>")
            for key in ids_of(request)
        ]

    spoken.answers = {
        "FindItem": lambda _r: [said(FOUND.format(mail("AAMkAAA0", "")))],
        "GetItem": lambda _r: items(row),
        "GetAttachment": get,
    }
    (listed,) = spoken.ask(f"{MAILS}?$expand=attachments").json()["value"]
    one = spoken.ask("me/messages/AAMkAAA0?$expand=attachments").json()
    for shown in (listed, one):
        found = {r["id"]: r.get("contentBytes") for r in shown["attachments"]}
        assert found == {"AAMkFile": None, "AAMkGood": "QUJD"}
    head = "me/messages/AAMkAAA0/attachments"
    assert spoken.ask(f"{head}/AAMkFile/$value").status_code == 404
    assert spoken.ask(f"{head}/AAMkGood/$value").content == b"ABC"


def test_attachments_that_were_not_worked_on_are_asked_for_later(spoken):
    row = f"<t:Attachments>{attachment('FileAttachment')}</t:Attachments>"
    stopped = failed("ErrorBatchProcessingStopped", "<m:Attachments/>", "Warning")
    spoken.answers = {
        "GetItem": lambda _r: items(mail("AAMkAAA0", row)),
        "GetAttachment": lambda _r: [stopped],
    }
    answer = spoken.ask("me/messages/AAMkAAA0/attachments")
    assert answer.status_code == 503 and answer.headers["Retry-After"]


def test_a_task_among_the_mails_can_be_deleted(spoken):
    def delete(request):
        needed = ("AffectedTaskOccurrences", "SendMeetingCancellations")
        lacks = any(request.get(name) is None for name in needed)
        return [failed("ErrorAffectedTaskOccurrencesRequired") if lacks else said()]

    spoken.answers = {"DeleteItem": delete}
    assert spoken.ask("me/messages/AAMkTASK", "DELETE").status_code == 204


# -- people ----------------------------------------------------------------------------


def test_an_expired_password_is_told_as_one(spoken):
    spoken.answers = {"FindItem": lambda _r: [failed("ErrorPasswordExpired")]}
    answer = spoken.ask(MAILS)
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"]


def test_a_colleague_among_the_addresses_of_a_contact_stays_one(spoken):
    """Who is read and written back keeps his inner name of the directory."""
    inner = "/o=Contoso/ou=Exchange Administrative Group/cn=Recipients/cn=ben"
    entries = (
        '<t:Entry Key="EmailAddress1" Name="Jane" RoutingType="SMTP" '
        'MailboxType="OneOff">jane@x.example</t:Entry>'
        '<t:Entry Key="EmailAddress2" Name="Ben" RoutingType="EX" '
        f'MailboxType="Mailbox">{inner}</t:Entry><t:Entry Key="EmailAddress3"/>'
    )
    contact = (
        '<t:Contact><t:ItemId Id="AAMkCON0" ChangeKey="CQ"/>'
        f"<t:EmailAddresses>{entries}</t:EmailAddresses></t:Contact>"
    )
    spoken.answers = {
        "GetItem": lambda _r: items(contact),
        "UpdateItem": lambda _r: items(contact),
    }
    row = spoken.ask("me/contacts/AAMkCON0").json()
    assert [one["name"] for one in row["emailAddresses"]] == ["Jane", "Ben"]
    body = {"emailAddresses": row["emailAddresses"]}
    assert spoken.ask("me/contacts/AAMkCON0", "PATCH", json=body).status_code == 200
    request = next(r for name, r in spoken.heard if name == "UpdateItem")
    written = {e.text: e.get("RoutingType") for e in request.iter(f"{{{TYPES}}}Entry")}
    assert written == {"jane@x.example": "SMTP", inner: "EX"}


def test_a_flag_tells_its_times(spoken):
    flag = (
        "<t:Flag><t:FlagStatus>Complete</t:FlagStatus>"
        "<t:CompleteDate>2026-03-02T00:00:00+01:00</t:CompleteDate></t:Flag>"
    )
    spoken.answers = {"GetItem": lambda _r: items(mail("AAMkAAA0", flag))}
    spoken.ask("me/messages/AAMkAAA0")
    assert spoken.ask("me/messages/AAMkAAA0").json()["flag"] == {
        "flagStatus": "complete",
        "completedDateTime": {
            "dateTime": "2026-03-01T23:00:00.0000000",
            "timeZone": "UTC",
        },
    }


def test_a_folder_that_is_gone_is_told_with_the_tree(spoken):
    spoken.answers = {
        "SyncFolderHierarchy": lambda _r: [
            said(
                "<m:SyncState>c3RhdGU=</m:SyncState>"
                "<m:IncludesLastFolderInRange>false</m:IncludesLastFolderInRange>"
                '<m:Changes><t:Delete><t:FolderId Id="AQMkGONE"/></t:Delete>'
                '<t:Create><t:Folder><t:FolderId Id="AQMkNEW0"/><t:FolderClass>'
                "IPF.Note</t:FolderClass></t:Folder></t:Create><t:Create>"
                '<t:CalendarFolder><t:FolderId Id="AQMkCAL0"/></t:CalendarFolder>'
                "</t:Create></m:Changes>"
            )
        ]
    }
    page = spoken.ask("me/mailFolders/delta").json()
    assert [(r["id"], "@removed" in r) for r in page["value"]] == [
        ("AQMkGONE", True),
        ("AQMkNEW0", False),
    ]
    spoken.ask(page["@odata.nextLink"])
    assert "c3RhdGU=" in "".join(spoken.heard[-1][1].itertext())
