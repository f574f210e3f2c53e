"""Mails of an Exchange server through the addon's own client, which runs unchanged."""

import base64
from email.message import EmailMessage

import pytest
from conftest import open_mailbox
from mails import FOLDER, PICTURE, all_items, mail
from simulator.faults import Fault

from client import (
    AuthenticationError,
    BadRequest,
    Conflict,
    NotFound,
    PermissionDenied,
    SyncStateExpired,
    Throttled,
    probe,
)


@pytest.fixture
def folder(mailbox):
    """The transfer folder."""
    return mailbox.messages.create_folder(FOLDER)


def test_who_am_i(mailbox, login):
    me = mailbox.me()
    assert me["mail"] == login and me["addresses"] == [login]
    assert me["displayName"].startswith("User")
    mailbox.check()


def test_a_mail_arrives_whole(exchange, mailbox, login, folder):
    attach = [
        ("Ünïcode.pdf", "application/pdf", b"%PDF" + bytes(300), ""),
        ("dot.gif", "image/gif", PICTURE, "dot@1"),
    ]
    raw = mail("Grüße", attach=attach)
    exchange.drop(login, f"Inbox/{FOLDER}", raw)
    (item,) = all_items(mailbox.messages.rounds(folder.id))
    assert item["internetMessageId"] == "<1@example.org>"
    (full,) = mailbox.messages.get_many([(folder.id, item["id"])])
    assert full["subject"] == "Grüße" and full["body"]["contentType"] == "html"
    assert full["from"]["emailAddress"]["address"] == "bob@example.org"
    to = [row["emailAddress"]["address"] for row in full["toRecipients"]]
    assert to == ["anna@contoso.example", "c@d.example"]
    assert full["ccRecipients"][0]["emailAddress"]["name"] == "Émile"
    assert full["sentDateTime"] == "2026-03-02T09:00:00Z"
    headers = {h["name"]: h["value"] for h in full["internetMessageHeaders"]}
    assert headers["References"] == "<0@example.org>"
    assert full["parentFolderId"] == folder.id and full["hasAttachments"] is True
    files = {row["name"]: row for row in full["attachments"]}
    assert base64.b64decode(files["Ünïcode.pdf"]["contentBytes"]) == attach[0][2]
    assert files["dot.gif"]["isInline"] and files["dot.gif"]["contentId"] == "dot@1"
    assert mailbox.messages.mime(folder.id, item["id"]) == raw


def test_attachments_one_by_one(exchange, mailbox, login, folder):
    files = [("a.bin", "application/octet-stream", bytes(range(256)) * 40, "")]
    exchange.drop(login, f"Inbox/{FOLDER}", mail(attach=files))
    (item,) = all_items(mailbox.messages.rounds(folder.id))
    known = mailbox.messages.without_contents(folder.id, item["id"])
    (row,) = known["attachments"]
    assert "contentBytes" not in row and row["name"] == "a.bin"
    content = mailbox.messages.attachment_content(folder.id, item["id"], row["id"])
    assert content == files[0][2]


def test_an_attached_mail_comes_as_its_text(exchange, mailbox, login, folder):
    inner = mail("Inner", number=2)
    outer = EmailMessage()
    outer["From"], outer["Subject"] = "bob@example.org", "Outer"
    outer.set_content("see there")
    outer.add_attachment(inner, "application", "octet-stream", filename="x.bin")
    raw = bytes(outer).replace(
        b"Content-Type: application/octet-stream", b"Content-Type: message/rfc822"
    )
    raw = raw.replace(b"Content-Transfer-Encoding: base64", b"X-Was: base64")
    head, _blank, tail = raw.partition(b"X-Was: base64")
    encoded = base64.encodebytes(inner).replace(b"\n", b"\n").strip()
    raw = head + b"X-Was: none" + tail.replace(encoded, inner)
    exchange.drop(login, f"Inbox/{FOLDER}", raw)
    (item,) = all_items(mailbox.messages.rounds(folder.id))
    known = mailbox.messages.without_contents(folder.id, item["id"])
    (row,) = known["attachments"]
    assert row["@odata.type"] == "#microsoft.graph.itemAttachment"
    content = mailbox.messages.attachment_content(folder.id, item["id"], row["id"])
    assert b"Subject: Inner" in content


def test_a_round_goes_page_by_page_and_then_tells_changes_alone(
    exchange, mailbox, login, folder
):
    for number in range(7):
        exchange.drop(login, f"Inbox/{FOLDER}", mail(f"Mail {number}", number))
    pages = list(mailbox.messages.rounds(folder.id, page_size=3))
    items = all_items(pages)
    assert sorted(i["subject"] for i in items) == [f"Mail {n}" for n in range(7)]
    assert [len(page.items) for page in pages] == [3, 3, 1]
    link = pages[-1].delta_link
    (idle,) = probe(mailbox, [link])
    assert not idle.items and not idle.removed and idle.delta_link
    exchange.drop(login, f"Inbox/{FOLDER}", mail("New", 8))
    mailbox.messages.delete([(folder.id, items[0]["id"])])
    page = mailbox.messages.delta(folder.id, link)
    assert [item["subject"] for item in page.items] == ["New"]
    assert page.removed == {items[0]["id"]: "deleted"}


def test_a_mail_that_was_read_is_known_by_its_id(exchange, mailbox, login, folder):
    dropped = exchange.drop(login, f"Inbox/{FOLDER}", mail())
    (page,) = mailbox.messages.rounds(folder.id)
    box = exchange.mailbox(login)
    with box.lock:
        box.touch(dropped, isRead=True)
    changed = mailbox.messages.delta(folder.id, page.delta_link)
    assert [item["id"] for item in changed.items] == [page.items[0]["id"]]
    assert changed.items[0]["isRead"] is True


def test_a_mail_is_marked_moved_and_deleted(exchange, mailbox, login, folder):
    exchange.drop(login, f"Inbox/{FOLDER}", mail())
    (item,) = all_items(mailbox.messages.rounds(folder.id))
    ref = (folder.id, item["id"])
    assert mailbox.messages.add_category([ref], "Odoo") == [None]
    marked = mailbox.messages.set_categories(*ref, ["Odoo", "Rot"])
    assert marked["categories"] == ["Odoo", "Rot"]
    cleared = mailbox.messages.set_categories(*ref, [])
    assert cleared["categories"] == []
    inner = mailbox.messages.create_folder("Done", folder.id)
    moved = mailbox.messages.move(*ref, inner.id)
    assert moved["parentFolderId"] == inner.id and moved["id"] != item["id"]
    with pytest.raises(NotFound):
        mailbox.messages.place(*ref)
    assert mailbox.messages.delete([(inner.id, moved["id"]), ref]) == [None, None]
    assert not all_items(mailbox.messages.rounds(inner.id))
    assert len(exchange.mailbox(login).well_known["deleteditems"].items) == 1


def test_what_changed_meanwhile_is_neither_changed_nor_deleted(
    exchange, mailbox, login, folder
):
    dropped = exchange.drop(login, f"Inbox/{FOLDER}", mail())
    (item,) = all_items(mailbox.messages.rounds(folder.id))
    etag = mailbox.messages.place(folder.id, item["id"])["@odata.etag"]
    box = exchange.mailbox(login)
    with box.lock:
        box.touch(dropped, categories=["Mine"])
    with pytest.raises(Conflict):
        mailbox.messages.set_categories(folder.id, item["id"], ["Odoo"], etag=etag)
    (outcome,) = mailbox.messages.delete([(folder.id, item["id"], etag)])
    assert isinstance(outcome, Conflict)
    place = mailbox.messages.place(folder.id, item["id"])
    (outcome,) = mailbox.messages.delete(
        [(folder.id, item["id"], place["@odata.etag"])]
    )
    assert outcome is None


def test_links_that_are_of_no_use_any_more_begin_a_new_round(
    exchange, mailbox, login, folder
):
    exchange.drop(login, f"Inbox/{FOLDER}", mail())
    (page,) = mailbox.messages.rounds(folder.id)
    for link in (page.delta_link[:-9], page.delta_link[:-30] + "A" * 30):
        with pytest.raises(SyncStateExpired):
            mailbox.messages.delta(folder.id, link)
    other = mailbox.messages.create_folder("Other")
    with pytest.raises(SyncStateExpired):
        mailbox.messages.delta(folder.id, page.delta_link.replace(folder.id, other.id))
    exchange.expire_delta_tokens(login)
    with pytest.raises(SyncStateExpired):
        mailbox.messages.delta(folder.id, page.delta_link)


def test_twenty_mails_cost_two_requests_to_exchange(exchange, mailbox, login, folder):
    files = [("a.txt", "text/plain", b"abc", "")]
    for number in range(10):
        raw = mail(f"Mail {number}", number, attach=files)
        exchange.drop(login, f"Inbox/{FOLDER}", raw)
    items = all_items(mailbox.messages.rounds(folder.id))
    before = len(exchange.requests)
    found = mailbox.messages.get_many([(folder.id, item["id"]) for item in items])
    assert {row["subject"] for row in found} == {f"Mail {n}" for n in range(10)}
    assert all(row["attachments"][0]["contentBytes"] == "YWJj" for row in found)
    # one for the mails, and one for the attachments of each
    assert len(exchange.requests) - before <= 11


@pytest.mark.parametrize(
    "fault, seconds",
    [
        (Fault.ews("ErrorServerBusy", back_off=7500), 8),
        (Fault.ews("ErrorServerBusy", form="item", back_off=297749), 298),
        (Fault.status(503, headers={"Retry-After": "11"}), 11),
        (Fault.ews("ErrorMailboxStoreUnavailable", form="item"), 10),
        (Fault.ews("ErrorServerBusy"), 10),
    ],
)
def test_the_pause_that_exchange_asks_for_is_passed_on(
    exchange, mailbox, folder, fault, seconds
):
    mailbox.messages.delta(folder.id)
    exchange.faults.add(fault, match="POST /EWS.*", count=9)
    with pytest.raises(Throttled) as caught:
        mailbox.messages.delta(folder.id)
    exchange.faults.clear()
    assert caught.value.retry_after == seconds


def test_one_mail_that_cannot_be_read_hinders_no_other(
    exchange, mailbox, login, folder
):
    for number in range(3):
        exchange.drop(login, f"Inbox/{FOLDER}", mail(f"Mail {number}", number))
    items = all_items(mailbox.messages.rounds(folder.id))
    fault = Fault.ews("ErrorItemCorrupt", form="item", after=1)
    exchange.faults.add(fault, match="POST /EWS.*", count=1)
    refs = [(folder.id, item["id"]) for item in items]
    found = mailbox.messages.get_many(refs)
    assert [isinstance(row, BadRequest) for row in found] == [False, True, False]


def test_a_page_with_a_broken_mail_still_names_it(exchange, mailbox, login, folder):
    for number in range(3):
        exchange.drop(login, f"Inbox/{FOLDER}", mail(f"Mail {number}", number))
    mailbox.me()
    fault = Fault.ews("ErrorItemCorrupt", form="item", after=1)
    # the first request is the list of changes, the second one reads the mails
    exchange.faults.add(fault, match="POST /EWS.*", after=1, count=1)
    items = all_items(mailbox.messages.rounds(folder.id))
    assert len(items) == 3 and [("subject" in i) for i in items].count(False) == 1


def test_the_rest_of_a_stopped_batch_is_asked_for_again(
    exchange, mailbox, login, folder
):
    for number in range(3):
        exchange.drop(login, f"Inbox/{FOLDER}", mail(f"Mail {number}", number))
    items = all_items(mailbox.messages.rounds(folder.id))
    fault = Fault.ews("ErrorItemCorrupt", form="item", stop=True)
    exchange.faults.add(fault, match="POST /EWS.*", count=1)
    refs = [(folder.id, item["id"]) for item in items]
    found = mailbox.messages.get_many(refs)
    assert [isinstance(row, BadRequest) for row in found] == [True, False, False]


def test_characters_that_xml_forbids_do_not_stop_the_mails(
    exchange, mailbox, login, folder
):
    exchange.drop(login, f"Inbox/{FOLDER}", mail())
    exchange.faults.add(Fault.forbidden(), match="POST /EWS.*", count=9)
    (item,) = all_items(mailbox.messages.rounds(folder.id))
    assert item["internetMessageId"] == "<1@example.org>"


def test_a_cut_answer_is_no_answer(exchange, mailbox, login, folder):
    exchange.drop(login, f"Inbox/{FOLDER}", mail())
    exchange.faults.add(Fault.cut(900), match="POST /EWS.*", count=9)
    with pytest.raises(Throttled):
        list(mailbox.messages.rounds(folder.id))


def test_a_broken_connection_is_tried_again(exchange, mailbox, login, folder):
    exchange.drop(login, f"Inbox/{FOLDER}", mail())
    exchange.faults.add(Fault.drop(), match="POST /EWS.*", count=1)
    assert len(all_items(mailbox.messages.rounds(folder.id))) == 1
    page = "https://mail.example/ews/genericerrorpage.htm"
    exchange.faults.add(Fault.redirect(page), match="POST /EWS.*", count=1)
    assert len(all_items(mailbox.messages.rounds(folder.id))) == 1


@pytest.mark.parametrize("version", ["2010_SP2", "2013_SP1", "15.2"])
def test_each_version_of_exchange_is_asked_for_what_it_knows(
    exchange, mapper, login, version
):
    exchange.user(login).exchange_version = version
    exchange.requests.clear()
    with open_mailbox(mapper.url, login) as mailbox:
        folder = mailbox.messages.create_folder(FOLDER)
        long = " ".join(["word"] * 100)
        exchange.drop(login, f"Inbox/{FOLDER}", mail(text=long))
        for _time in range(2):
            (item,) = all_items(mailbox.messages.rounds(folder.id))
            assert item["bodyPreview"].startswith("word word")
            (full,) = mailbox.messages.get_many([(folder.id, item["id"])])
            assert long in full["body"]["content"]
    assert {500} & set(exchange.requests.statuses) == set()


def test_a_wrong_password_is_tried_once(exchange, mapper, login):
    before = len(exchange.requests)
    wrong = open_mailbox(mapper.url, login, "wrong")
    with wrong as mailbox, pytest.raises(AuthenticationError):
        mailbox.me()
    assert exchange.user(login).failed_sign_ins == 1
    assert len(exchange.requests) - before <= 4


def test_another_ones_mailbox_is_not_opened(mapper, login):
    root = f"{mapper.url}/users/ben%40contoso.example"
    with open_mailbox(root, login) as mailbox, pytest.raises(PermissionDenied):
        mailbox.messages.folder_tree()
    with open_mailbox(f"{mapper.url}/users/{login}", login) as mailbox:
        assert mailbox.messages.folder_tree()
