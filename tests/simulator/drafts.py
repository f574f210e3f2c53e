"""New messages from Graph JSON or from MIME, and MIME from Graph JSON."""

from __future__ import annotations

import base64
from email.message import EmailMessage, MIMEPart
from email.utils import format_datetime, formataddr

from . import ids
from .body import preview
from .clock import iso, parse_iso
from .directory import User
from .eml import Mail, parse
from .mailbox import Item, Mailbox
from .properties import MESSAGE, MESSAGE_FIXED, read_properties
from .shapes import read_shape

# MAPI properties that say what JSON cannot: see message_from_json.
_FLAGS = "Integer 0xe07"
_RECEIVED = "SystemTime 0xe06"
_SENT = "SystemTime 0x39"
_HEADERS = "String 0x7d"


def message_defaults(mailbox: Mailbox) -> dict:
    """All properties of a message, in the order and with the values of an empty one."""
    now = mailbox.clock.iso()
    return {
        "createdDateTime": now,
        "lastModifiedDateTime": now,
        "changeKey": "",
        "categories": [],
        "receivedDateTime": now,
        "sentDateTime": now,
        "hasAttachments": False,
        "internetMessageId": None,
        "subject": "",
        "bodyPreview": "",
        "importance": "normal",
        "parentFolderId": "",
        "conversationId": "",
        "conversationIndex": "",
        "isDeliveryReceiptRequested": None,
        "isReadReceiptRequested": False,
        "isRead": False,
        "isDraft": False,
        "webLink": "",
        "inferenceClassification": "focused",
        "body": {"contentType": "text", "content": ""},
        "sender": None,
        "from": None,
        "toRecipients": [],
        "ccRecipients": [],
        "bccRecipients": [],
        "replyTo": [],
        "flag": {"flagStatus": "notFlagged"},
    }


def finish(mailbox: Mailbox, data: dict, topic: str = "") -> None:
    """Fill in what the service computes: preview, conversation, web link."""
    data["bodyPreview"] = preview(data["body"])
    topic = topic or (data["subject"] or "").lower()
    data["conversationId"] = ids.conversation_id(mailbox.id, topic)
    if not data["conversationIndex"]:
        stamp = int(mailbox.clock.now()).to_bytes(8, "big")
        unique = ids.guid(mailbox.id, mailbox.sequence).replace("-", "")
        raw = b"\x01" + stamp[3:] + bytes.fromhex(unique)
        data["conversationIndex"] = base64.b64encode(raw).decode()
    data["webLink"] = (
        "https://outlook.office365.com/owa/?ItemID="
        f"{ids.guid(mailbox.id, mailbox.sequence)}&exvsurl=1&viewmodel=ReadMessageItem"
    )


def message_from_json(mailbox: Mailbox, values: dict, owner: User) -> Item:
    """A message from a request body: a draft of the mailbox's owner.

    Only the MAPI message flags make it anything else than a draft; the times and
    headers of the body are ignored unless they come as MAPI properties, as at the
    service.

    :raises GraphError: 400 for what a message cannot hold
    """
    data = message_defaults(mailbox)
    given = read_shape(values, MESSAGE, "message", MESSAGE_FIXED)
    data.update({name: value for name, value in given.items() if value is not None})
    extended = read_properties(values.get("singleValueExtendedProperties") or [])
    headers = data.pop("internetMessageHeaders", None) or []
    me = {"emailAddress": {"name": owner.name, "address": owner.mail}}
    data.update(
        {
            "from": data["from"] or me,
            "sender": data["sender"] or me,
            "isRead": True,
            "isDraft": not int(extended.get(_FLAGS) or "0") & 1,
            "body": {
                "contentType": data["body"].get("contentType") or "text",
                "content": data["body"].get("content") or "",
            },
        }
    )
    for key, name in ((_RECEIVED, "receivedDateTime"), (_SENT, "sentDateTime")):
        if extended.get(key):
            data[name] = iso(parse_iso(extended[key]))
    if not data["internetMessageId"]:
        data["internetMessageId"] = f"<{ids.guid().upper()}@simulator.prod.outlook.com>"
    finish(mailbox, data)
    item = Item("message", data)
    item.headers = headers
    item.extended = extended
    return item


def message_from_mime(
    mailbox: Mailbox, raw: bytes, message_id: str | None = ""
) -> Item:
    """A message from its RFC 5322 text; never fails, whatever the text.

    :param message_id: what a message without Message-ID gets; "" = one made up, None =
        none at all
    """
    return _item(mailbox, parse(raw, mailbox.clock.iso()), message_id)


def _item(mailbox: Mailbox, mail: Mail, message_id: str | None = "") -> Item:
    data = message_defaults(mailbox)
    data.update(mail.data)
    if not data["internetMessageId"]:
        made_up = f"<{ids.guid().upper()}@simulator.prod.outlook.com>"
        data["internetMessageId"] = made_up if message_id == "" else message_id
    finish(mailbox, data, mail.topic)
    item = Item("message", data, mail.odata_type)
    item.headers = mail.headers
    item.mime = mail.raw
    item.attachments = [
        attachment if inner is None else _nest(mailbox, attachment, inner)
        for attachment, inner in mail.attachments
    ]
    return item


def _nest(mailbox: Mailbox, attachment, inner: Mail):
    attachment.item = _item(mailbox, inner, None)
    return attachment


# -- MIME for what came as JSON --------------------------------------------------------


def _addresses(rows: list[dict]) -> str:
    pairs = [row.get("emailAddress") or {} for row in rows]
    return ", ".join(
        formataddr((p.get("name") or "", p.get("address") or ""), "utf-8")
        for p in pairs
    )


def to_mime(item: Item) -> bytes:
    """The RFC 5322 text of a message that came as JSON."""
    data = item.data
    message = EmailMessage()
    for name, rows in (
        ("From", [data["from"]] if data["from"] else []),
        ("To", data["toRecipients"]),
        ("Cc", data["ccRecipients"]),
        ("Reply-To", data["replyTo"]),
    ):
        if rows:
            message[name] = _addresses(rows)
    message["Subject"] = " ".join((data["subject"] or "").split())
    message["Date"] = format_datetime(parse_iso(data["sentDateTime"]))
    if data["internetMessageId"]:
        message["Message-ID"] = data["internetMessageId"]
    for header in item.headers:
        if header["name"].lower().startswith("x-"):
            message[header["name"]] = " ".join(header["value"].split())
    message.set_content(
        data["body"]["content"],
        subtype="html" if data["body"]["contentType"] == "html" else "plain",
    )
    for attachment in item.attachments:
        _attach(message, attachment)
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n"))


def _attach(message: EmailMessage, attachment) -> None:
    if attachment.item is not None:
        part = MIMEPart()
        part["Content-Type"] = "message/rfc822"
        part["Content-Disposition"] = "attachment"
        inner = attachment.item.mime or to_mime(attachment.item)
        part.set_payload(inner.decode("utf-8", "replace"))
        if not message.is_multipart():
            message.make_mixed()
        message.attach(part)
        return
    data = attachment.data
    main, _, sub = (data["contentType"] or "application/octet-stream").partition("/")
    message.add_attachment(
        base64.b64decode(data.get("contentBytes") or ""),
        maintype=main or "application",
        subtype=sub.partition(";")[0] or "octet-stream",
        filename=data["name"],
        disposition="inline" if data["isInline"] else "attachment",
        cid=f"<{data['contentId']}>" if data.get("contentId") else None,
    )
