"""Mails: reading, marking, moving, deleting."""

import base64
from email.message import EmailMessage

import pytest
from mailbox_case import ANNA, every_way, fill, mail

from client import (
    BadRequest,
    ClientError,
    Conflict,
    NotFound,
    ResponseTooLarge,
)

# Mails


@every_way
def test_mails_with_all_that_is_in_them(sim, open_mailbox, way):
    fill(sim, 23)
    sim.drop(ANNA, "Inbox/Transfer Eingang", mail("File", [("a.bin", b"\x00\xff" * 9)]))
    messages = open_mailbox(way).messages
    folder = messages.find_folder("Transfer Eingang")
    listed = messages.delta(folder.id).items
    sim.requests.clear()
    found = messages.get_many([(folder.id, item["id"]) for item in listed])
    assert sim.requests.count == 2
    assert [one["id"] for one in found] == [item["id"] for item in listed]
    by_subject = {one["subject"]: one for one in found}
    headers = by_subject["Mail 5"]["internetMessageHeaders"]
    assert {"name": "X-Odoo-Test", "value": "yes"} in headers
    assert "Text of Mail 5" in by_subject["Mail 5"]["body"]["content"]
    assert by_subject["Mail 5"]["attachments"] == []
    (attachment,) = by_subject["File"]["attachments"]
    assert base64.b64decode(attachment["contentBytes"]) == b"\x00\xff" * 9


@every_way
def test_mails_that_cannot_be_read_are_values(sim, open_mailbox, way):
    fill(sim, 2)
    messages = open_mailbox(way).messages
    folder = messages.find_folder("Transfer Eingang")
    ids = [item["id"] for item in messages.delta(folder.id).items]
    messages.delete([(folder.id, ids[0])])
    refs = [(folder.id, value) for value in ("", "..", "gibberish", ids[1])]
    found = messages.get_many(refs)
    assert [type(one) for one in found[:2]] == [BadRequest, BadRequest]
    assert isinstance(found[2], (NotFound, BadRequest))
    assert found[3]["subject"]


@every_way
def test_a_mail_too_large_is_read_piece_by_piece(sim, open_mailbox, way):
    fill(sim, 3)
    large = bytes(range(256)) * 8000
    files = [("small.bin", b"small"), ("large.bin", large)]
    sim.drop(ANNA, "Inbox/Transfer Eingang", mail("Large", files))
    messages = open_mailbox(way, max_bytes=1_000_000).messages
    folder = messages.find_folder("Transfer Eingang")
    listed = messages.delta(folder.id).items
    refs = [(folder.id, item["id"]) for item in listed]
    found = messages.get_many(refs)
    subjects = [item["subject"] for item in listed]
    at = subjects.index("Large")
    assert isinstance(found[at], ResponseTooLarge)
    assert [one["subject"] for n, one in enumerate(found) if n != at] == [
        subject for subject in subjects if subject != "Large"
    ]
    told = messages.without_contents(*refs[at])
    assert told["subject"] == "Large"
    assert "Text of Large" in told["body"]["content"]
    by_name = {part["name"]: part for part in told["attachments"]}
    assert by_name["large.bin"]["size"] >= len(large)
    assert all("contentBytes" not in part for part in told["attachments"])
    small = messages.attachment_content(*refs[at], by_name["small.bin"]["id"])
    assert small == b"small"
    content_id = by_name["large.bin"]["id"]
    with pytest.raises(ResponseTooLarge):
        messages.attachment_content(*refs[at], content_id)
    content = messages.attachment_content(*refs[at], content_id, max_bytes=5_000_000)
    assert content == large


def test_pictures_in_the_text_keep_their_name(sim, open_mailbox):
    message = EmailMessage()
    message["From"], message["Subject"] = "bob@example.org", "Picture"
    message.set_content("Text")
    message.add_alternative('<p><img src="cid:logo@x"></p>', subtype="html")
    message.get_payload()[1].add_related(
        b"GIF89a", "image", "gif", cid="<logo@x>", filename="logo.gif"
    )
    sim.drop(ANNA, "Inbox", message.as_bytes())
    messages = open_mailbox().messages
    (item,) = messages.delta("inbox").items
    (part,) = messages.without_contents("inbox", item["id"])["attachments"]
    assert (part["contentId"], part["isInline"]) == ("logo@x", True)


def test_an_attached_mail_comes_as_text(sim, open_mailbox):
    inner = EmailMessage()
    inner["Subject"], inner["From"] = "Inner", "eve@example.org"
    inner.set_content("Inside")
    outer = EmailMessage()
    outer["Subject"], outer["From"] = "Outer", "bob@example.org"
    outer.set_content("Outside")
    outer.add_attachment(inner)
    sim.drop(ANNA, "Inbox", outer.as_bytes())
    messages = open_mailbox().messages
    (item,) = messages.delta("inbox").items
    (found,) = messages.get_many([("inbox", item["id"])])
    (part,) = found["attachments"]
    assert part["@odata.type"] == "#microsoft.graph.itemAttachment"
    content = messages.attachment_content("inbox", item["id"], part["id"])
    assert b"Subject: Inner" in content


@every_way
def test_the_text_of_a_mail(sim, open_mailbox, way):
    fill(sim, 1)
    messages = open_mailbox(way).messages
    folder = messages.find_folder("Transfer Eingang")
    (item,) = messages.delta(folder.id).items
    assert b"X-Odoo-Test: yes" in messages.mime(folder.id, item["id"])
    with pytest.raises(ResponseTooLarge):
        messages.mime(folder.id, item["id"], max_bytes=10)


@every_way
def test_mails_are_deleted_and_stay_deleted(sim, open_mailbox, way):
    fill(sim, 22)
    messages = open_mailbox(way).messages
    folder = messages.find_folder("Transfer Eingang")
    refs = [(folder.id, item["id"]) for item in messages.delta(folder.id).items]
    assert messages.delete(refs) == [None] * 22
    assert messages.folder(folder.id).item_count == 0
    assert all(
        outcome is None or isinstance(outcome, ClientError)
        for outcome in messages.delete(refs)
    )


def test_what_is_gone_counts_as_deleted(sim, open_mailbox):
    fill(sim, 1)
    sim.quirks.delete_answers_404 = True
    messages = open_mailbox().messages
    folder = messages.find_folder("Transfer Eingang")
    (item,) = messages.delta(folder.id).items
    assert messages.delete([(folder.id, item["id"])]) == [None]


@every_way
def test_a_mail_that_was_touched_is_not_deleted(sim, open_mailbox, way):
    fill(sim, 2)
    messages = open_mailbox(way).messages
    folder = messages.find_folder("Transfer Eingang")
    items = messages.delta(folder.id).items
    refs = [(folder.id, item["id"], item["@odata.etag"]) for item in items]
    messages.set_categories(folder.id, items[0]["id"], ["Filed"])
    touched, untouched = messages.delete(refs)
    assert isinstance(touched, Conflict)
    assert untouched is None
    place = messages.place(folder.id, items[0]["id"])
    assert place["parentFolderId"] == folder.id
    assert messages.delete([(*refs[0][:2], place["@odata.etag"])]) == [None]


@every_way
def test_marks_and_moves_keep_the_id(sim, open_mailbox, way):
    fill(sim, 1)
    messages = open_mailbox(way).messages
    folder = messages.find_folder("Transfer Eingang")
    other = messages.create_folder("Done")
    (item,) = messages.delta(folder.id).items
    marked = messages.set_categories(
        folder.id, item["id"], ["Odoo"], item["@odata.etag"]
    )
    assert marked["categories"] == ["Odoo"]
    with pytest.raises(Conflict):
        messages.set_categories(folder.id, item["id"], [], item["@odata.etag"])
    moved = messages.move(folder.id, item["id"], other.id)
    assert moved["id"] == item["id"]
    assert messages.place(other.id, item["id"])["parentFolderId"] == other.id


@every_way
def test_a_mark_beside_others(sim, open_mailbox, way):
    fill(sim, 3)
    messages = open_mailbox(way).messages
    folder = messages.find_folder("Transfer Eingang")
    refs = [(folder.id, item["id"]) for item in messages.delta(folder.id).items]
    messages.set_categories(*refs[0], ["Red"])
    messages.set_categories(*refs[1], ["Odoo"])
    assert messages.add_category([*refs, (folder.id, "")], "Odoo")[:3] == [None] * 3
    found = messages.get_many(refs)
    assert [one["categories"] for one in found] == [["Red", "Odoo"], ["Odoo"], ["Odoo"]]
    wrong = messages.add_category([(folder.id, "")], "Odoo")
    assert isinstance(wrong[0], BadRequest)
