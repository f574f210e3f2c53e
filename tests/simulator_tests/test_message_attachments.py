"""What is attached to messages, and their MIME."""

import base64

from conftest import ANNA
from rich_mail import PICTURE, RICH

IMMUTABLE = 'IdType="ImmutableId"'


def test_attachments_expanded(graph, rich):
    body = graph.get(f"me/messages/{rich.id}?$expand=attachments").json()
    assert body["hasAttachments"] is True
    picture, pdf, inner = body["attachments"]
    assert picture["isInline"] is True and picture["contentId"] == "pic@1"
    assert base64.b64decode(picture["contentBytes"]) == PICTURE
    assert pdf["name"] == "a.pdf" and pdf["isInline"] is False
    assert inner["@odata.type"] == "#microsoft.graph.itemAttachment"
    assert inner["name"] == "Inner" and "item" not in inner
    assert "contentId" not in inner and "contentBytes" not in inner


def test_attachment_metadata_alone(graph, rich):
    base = f"me/messages/{rich.id}?$expand=attachments"
    rows = graph.get(base + "($select=id,name,size,isInline)").json()["attachments"]
    assert "contentBytes" not in rows[1] and rows[1]["size"] == 5
    cast = "($select=name,microsoft.graph.fileAttachment/contentId)"
    rows = graph.get(base + cast).json()["attachments"]
    assert rows[0]["contentId"] == "pic@1" and "contentId" not in rows[2]
    answer = graph.get(base + "($select=contentId)")
    assert answer.status_code == 400


def test_attached_mail_with_its_item(graph, rich):
    path = f"me/messages/{rich.id}/attachments"
    key = graph.get(path).json()["value"][2]["id"]
    plain = graph.get(f"{path}/{key}").json()
    assert "item" not in plain
    full = graph.get(f"{path}/{key}?$expand=microsoft.graph.itemattachment/item").json()
    assert full["item"]["subject"] == "Inner"
    assert full["item"]["@odata.type"] == "#microsoft.graph.message"
    raw = graph.get(f"{path}/{key}/$value")
    assert raw.content.startswith(b"From: c@example.org")


def test_attachment_bytes_and_ids_in_both_formats(graph, rich):
    path = f"me/messages/{rich.immutable_id}/attachments"
    changing = graph.get(path).json()["value"][1]["id"]
    lasting = graph.get(path, IMMUTABLE).json()["value"][1]["id"]
    assert changing != lasting
    for key in (changing, lasting):
        answer = graph.get(f"{path}/{key}/$value")
        assert answer.content == b"%PDF-"
        assert answer.headers["Content-Type"] == "application/pdf"
    assert graph.get(f"{path}/{key}x").status_code == 404


def test_inline_pictures_are_no_attachments(sim, graph):
    head, tail = RICH.split(b"--m\r\nContent-Type: application/pdf")
    item = sim.drop(ANNA, "Inbox", head + b"--m--\r\n")
    assert item.data["hasAttachments"] is False and len(item.attachments) == 1


def test_mime(graph, rich):
    for path in (f"me/messages/{rich.id}", f"me/mailFolders/inbox/messages/{rich.id}"):
        answer = graph.get(path + "/$value")
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert answer.content == RICH
