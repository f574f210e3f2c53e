"""Dropped mails: from RFC 5322 text to Graph's JSON, whatever the text."""

import base64
import json

import pytest
from conftest import ANNA, eml
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from real_mails import cpython_mails, odoo_mails
from simulator.eml import parse
from simulator.mime_text import header_text, recipients

NOW = "2026-03-01T00:00:00Z"
REAL = {**cpython_mails(), **odoo_mails()}


def data(raw):
    """Graph properties of a mail."""
    return parse(raw, NOW).data


def pairs(rows):
    """(name, address) of recipients."""
    return [(r["emailAddress"]["name"], r["emailAddress"]["address"]) for r in rows]


@pytest.mark.skipif(not REAL, reason="neither CPython's nor Odoo's mails are here")
def test_every_real_mail_can_be_dropped_and_read(sim, graph):
    for name, raw in REAL.items():
        item = sim.drop(ANNA, "Inbox", raw)
        answer = graph.get(f"me/messages/{item.id}?$expand=attachments")
        assert answer.status_code == 200, name
        headers = graph.get(f"me/messages/{item.id}?$select=internetMessageHeaders")
        assert headers.status_code == 200
        assert graph.get(f"me/messages/{item.id}/$value").content == raw
        path = f"me/messages/{item.id}/attachments"
        for attachment in answer.json()["attachments"]:
            got = graph.get(f"{path}/{attachment['id']}/$value")
            assert got.status_code == 200, (name, attachment["name"])
    items, _link, _pages = graph.rounds("me/mailFolders/inbox/messages/delta")
    assert len(items) == len(REAL)


@examples(300)
@given(st.binary(max_size=300))
def test_no_bytes_are_too_strange(raw):
    for text in (raw, b"Content-Type: multipart/mixed; boundary=x\n\n--x\n" + raw):
        json.dumps(parse(text, NOW).data).encode()


@examples(300)
@given(
    st.sampled_from(["Subject", "From", "To", "Date", "Content-Type", "Message-ID"]),
    st.text(max_size=80),
    st.text(max_size=80),
)
def test_no_header_is_too_strange(name, value, body):
    text = f"{name}: {value}\n\n{body}"
    for charset in ("utf-8", "utf-16", "cp1252"):
        json.dumps(parse(text.encode(charset, "replace"), NOW).data).encode()


@pytest.mark.parametrize(
    "value, expected",
    [
        ("a@b.c", [("a@b.c", "a@b.c")]),
        (
            '"Doe, John" <j@d.e>, Mary (boss) <m@x.y>',
            [("Doe, John", "j@d.e"), ("Mary", "m@x.y")],
        ),
        ("a@b.c (Al B)", [("Al B", "a@b.c")]),
        ("=?utf-8?q?M=C3=BCller=2C_J?= <j@m.de>", [("Müller, J", "j@m.de")]),
        ("Friends: a@b.c, d@e.f;, g@h.i", [("a@b.c",) * 2, ("d@e.f",) * 2]),
        ("undisclosed-recipients:;", [("undisclosed-recipients:",) * 2]),
        ("Joe Nobody", [("Joe Nobody", "Joe Nobody")]),
        ("<>", []),
        ("", []),
        ("a@b.c; d@e.f", [("a@b.c",) * 2, ("d@e.f",) * 2]),
        ('"broken <a@b.c>', [('"broken', "a@b.c")]),
    ],
)
def test_addresses(value, expected):
    assert pairs(recipients([value]))[: len(expected) or 9] == expected


@pytest.mark.parametrize(
    "value, expected",
    [
        ("=?iso-8859-1?q?Gr=FC=DFe?=", "Grüße"),
        ("=?utf-8?b?w4Q=?= =?utf-8?b?w5w=?=", "ÄÜ"),
        ("=?utf-8?b?w?= =?utf-8?b?4Q=?=", None),
        ("=?utf-8?q?=E2=82?= =?utf-8?q?=AC?=", "€"),
        ("=?nonsense?q?caf=C3=A9?=", "café"),
        ("plain =?us-ascii?q?text?=", "plain text"),
        ("=?utf-8*de?q?ja?=", "ja"),
    ],
)
def test_encoded_words(value, expected):
    assert expected is None or header_text(value) == expected
    header_text(value)


def test_raw_8_bit_headers():
    assert data("Subject: Grüße\n\n".encode())["subject"] == "Grüße"
    assert data("Subject: Grüße\n\n".encode("cp1252"))["subject"] == "Grüße"


@pytest.mark.parametrize("charset", ["utf-8", "cp1252", "utf-16", "iso-2022-jp"])
def test_body_charsets(charset):
    text = "Grüße" if charset != "iso-2022-jp" else "日本"
    head = f"Content-Type: text/plain; charset={charset}\n"
    body = base64.encodebytes(text.encode(charset))
    raw = head.encode() + b"Content-Transfer-Encoding: base64\n\n" + body
    assert data(raw)["body"]["content"] == text


@pytest.mark.parametrize("charset", ["nonsense", "zip", "undefined", "idna", '"'])
def test_charsets_that_are_none(charset):
    raw = f"Content-Type: text/plain; charset={charset}\n\nGrüße\n".encode()
    assert data(raw)["body"]["content"] == "Grüße\n"


def test_html_is_preferred_and_framed():
    raw = (
        b'Content-Type: multipart/alternative; boundary="x"\n\n'
        b"--x\nContent-Type: text/plain\n\nplain\n"
        b"--x\nContent-Type: text/html\n\n<p>Rich &amp; nice</p>\n--x--\n"
    )
    found = data(raw)
    assert found["body"]["contentType"] == "html"
    assert "<p>Rich &amp; nice</p>" in found["body"]["content"]
    assert "charset=utf-8" in found["body"]["content"]
    assert found["hasAttachments"] is False


def test_later_text_parts_are_attachments():
    raw = (
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\nfirst\n"
        b"--x\nContent-Type: text/plain\n\nfooter of the list\n--x--\n"
    )
    mail = parse(raw, NOW)
    assert mail.data["body"]["content"] == "first"
    assert [a.data["name"] for a, _mail in mail.attachments] == ["ATT00001.txt"]


def test_texts_that_are_no_alternatives_are_all_kept():
    html = b"Content-Type: text/html\n\n<p>rich</p>\n"
    mixed = b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\nfirst\n--x\n"
    mail = parse(mixed + html + b"--x--\n", NOW)
    assert mail.data["body"]["content"] == "first"
    assert [a.data["name"] for a, _mail in mail.attachments] == ["ATT00001.htm"]
    both = b"Content-Type: multipart/alternative; boundary=y\n\n--y\n\npoor\n--y\n"
    mail = parse(both.replace(b"y", b"x") + html + b"--x--\n", NOW)
    assert "rich" in mail.data["body"]["content"] and not mail.attachments
    mail = parse(mixed + both + html + b"--y--\n--x--\n", NOW)
    assert mail.data["body"]["content"] == "first"
    names = [a.data["name"] for a, _mail in mail.attachments]
    assert names == ["ATT00001.txt", "ATT00002.htm"]


@pytest.mark.parametrize("coding", ["utf-8", "latin-1"])
def test_names_and_texts_in_8_bits_that_are_not_announced(coding):
    raw = (
        "Content-Type: multipart/mixed; boundary=x\n\n--x\n"
        "Content-Type: text/plain; charset=us-ascii\n\nGrüße\n--x\n"
        'Content-Disposition: attachment; filename="Grüße.txt"\n\nfile\n--x--\n'
    )
    mail = parse(raw.encode(coding), NOW)
    assert mail.data["body"]["content"] == "Grüße"
    assert mail.attachments[0][0].data["name"] == "Grüße.txt"


def test_clear_signed_keeps_one_attachment_with_the_whole(sim, graph):
    raw = (
        b"From: a@b.c\r\nSubject: Signed\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; '
        b'micalg=sha-256; boundary="s"\r\n\r\n'
        b'--s\r\nContent-Type: multipart/mixed; boundary="m"\r\n\r\n'
        b"--m\r\nContent-Type: text/plain\r\n\r\nsigned text\r\n"
        b"--m\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n%PDF\r\n--m--\r\n"
        b"--s\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--s--\r\n"
    )
    item = sim.drop(ANNA, "Inbox", raw)
    body = graph.get(f"me/messages/{item.id}?$expand=attachments").json()
    assert body["body"]["content"].strip() == "signed text"
    (attachment,) = body["attachments"]
    assert attachment["name"] == "smime.p7m"
    assert attachment["contentType"] == "multipart/signed"
    inner = parse(base64.b64decode(attachment["contentBytes"]), NOW)
    assert b"a.pdf" in base64.b64decode(attachment["contentBytes"])
    assert inner.data["body"]["content"].strip() == "signed text"


def test_encrypted_and_tnef(sim):
    raw = (
        b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; "
        b"name=smime.p7m\nContent-Transfer-Encoding: base64\n\nAAEC\n"
    )
    (attachment,) = sim.drop(ANNA, "Inbox", raw).attachments
    assert attachment.data["contentType"] == "application/pkcs7-mime"
    assert base64.b64decode(attachment.data["contentBytes"]) == b"\0\1\2"
    raw = (
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\ntext\n--x\n"
        b"Content-Type: application/ms-tnef; name=winmail.dat\n\nTNEF\n--x--\n"
    )
    (attachment,) = sim.drop(ANNA, "Inbox", raw).attachments
    assert attachment.data["name"] == "winmail.dat"


def test_meeting_request(sim, graph):
    raw = (
        b"From: a@b.c\r\nSubject: Meet\r\n"
        b"Content-Type: multipart/alternative; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: text/plain\r\n\r\ncome\r\n"
        b"--x\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n"
        b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"
        b"DTSTART:20260401T100000Z\r\nDTEND:20260401T110000Z\r\nLOCATION:Room 1\r\n"
        b"END:VEVENT\r\nEND:VCALENDAR\r\n--x--\r\n"
    )
    item = sim.drop(ANNA, "Inbox", raw)
    body = graph.get(f"me/messages/{item.id}").json()
    assert body["@odata.type"] == "#microsoft.graph.eventMessageRequest"
    assert body["meetingMessageType"] == "meetingRequest"
    assert body["startDateTime"]["dateTime"] == "2026-04-01T10:00:00.0000000"
    assert body["hasAttachments"] is False
    listed = graph.get("me/mailFolders/inbox/messages").json()["value"][0]
    assert listed["@odata.type"] == "#microsoft.graph.eventMessageRequest"
    items, _link, _pages = graph.rounds("me/mailFolders/inbox/messages/delta")
    assert items[0]["@odata.type"] == "#microsoft.graph.eventMessageRequest"


@pytest.mark.parametrize("method", ["PUBLISH", "", "COUNTER"])
def test_calendars_that_are_no_invitations(method):
    raw = (
        f"Content-Type: text/calendar; method={method}\n\n"
        f"BEGIN:VCALENDAR\nMETHOD:{method}\nEND:VCALENDAR\n"
    )
    mail = parse(raw.encode(), NOW)
    names = [a.data["name"] for a, _mail in mail.attachments]
    if method == "COUNTER":
        assert mail.data["meetingMessageType"] == "meetingTentativelyAccepted"
    assert names == ([] if method == "COUNTER" else ["ATT00001.ics"])


def test_missing_headers(sim):
    first = sim.drop(ANNA, "Inbox", b"\nonly text\n").data
    assert first["from"] is None and first["toRecipients"] == []
    assert first["subject"] == "" and first["internetMessageId"].startswith("<")
    sim.quirks.message_id = None
    assert sim.drop(ANNA, "Inbox", b"\nx").data["internetMessageId"] is None


def test_dates(sim):
    assert data(b"Date: Mon, 02 Mar 2026 10:00:00 +0100\n\n")["sentDateTime"] == (
        "2026-03-02T09:00:00Z"
    )
    for wrong in ("", "yesterday", "Mon, 99 Foo 99999 99:99", "1 Jan 0000 00:00"):
        assert data(f"Date: {wrong}\n\n".encode())["sentDateTime"]
    future = sim.drop(ANNA, "Inbox", eml(Date="1 Jan 2040 00:00:00 +0000")).data
    assert future["sentDateTime"] == "2040-01-01T00:00:00Z"
    assert future["receivedDateTime"] < "2040"


def test_flags_of_a_mail():
    raw = (
        b"X-Priority: 1\nKeywords: Red, =?utf-8?q?Gr=C3=BCn?=\n"
        b"Disposition-Notification-To: a@b.c\nReply-To: r@b.c\nSender: s@b.c\n"
        b"From: f@b.c\n\n"
    )
    found = data(raw)
    assert found["importance"] == "high"
    assert found["categories"] == ["Red", "Grün"]
    assert found["isReadReceiptRequested"] is True
    assert pairs(found["replyTo"]) == [("r@b.c", "r@b.c")]
    assert pairs([found["sender"], found["from"]]) == [("s@b.c",) * 2, ("f@b.c",) * 2]


def test_threads_share_their_conversation(sim):
    first = sim.drop(ANNA, "Inbox", eml("Offer", Message_ID="<1@x>")).data
    reply = eml("Re: Offer", Message_ID="<2@x>", In_Reply_To="<1@x>")
    later = eml("Other", Message_ID="<3@x>", References="<1@x> <2@x>")
    for raw in (reply, later):
        found = sim.drop(ANNA, "Inbox", raw).data
        assert found["conversationId"] == first["conversationId"]
    other = sim.drop(ANNA, "Inbox", eml("Offer", Message_ID="<4@x>")).data
    assert other["conversationId"] != first["conversationId"]


def test_a_large_mail_and_many_recipients(sim, graph):
    content = base64.encodebytes(b"\0" * (20 * 2**20))
    raw = (
        b"To: " + b", ".join(b"r%d@example.org" % n for n in range(300)) + b"\n"
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\ntext\n--x\n"
        b"Content-Type: application/zip; name=big.zip\n"
        b"Content-Transfer-Encoding: base64\n\n" + content + b"--x--\n"
    )
    item = sim.drop(ANNA, "Inbox", raw)
    body = graph.get(f"me/messages/{item.id}?$expand=attachments").json()
    assert len(body["toRecipients"]) == 300
    assert body["attachments"][0]["size"] == 20 * 2**20


def test_hopeless_nesting_becomes_text():
    raw = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n)
        for n in range(300)
    )
    found = data(b"From: ada@x.example\n" + raw + b"\nend\n")
    body = found["body"]
    assert body["contentType"] == "text" and "--b299" in body["content"]
    assert found["from"]["emailAddress"]["address"] == "ada@x.example"


@pytest.mark.parametrize(
    "name, expected",
    [
        ('filename="a b.txt"', "a b.txt"),
        ("filename*=utf-8''%e2%82%ac.txt", "€.txt"),
        ('filename="=?utf-8?b?4oKsLnR4dA==?="', "€.txt"),
        ('filename="..\\\\..\\\\evil.exe"', "evil.exe"),
        ('filename="/etc/passwd"', "passwd"),
    ],
)
def test_attachment_names(name, expected):
    raw = f"Content-Type: text/plain\nContent-Disposition: attachment; {name}\n\nx"
    (attachment, _mail), *_rest = parse(raw.encode(), NOW).attachments
    assert attachment.data["name"] == expected
