"""A signed mail from its RFC 5322 text: what people read, and its files byte for byte.

Odoo's own reading of mails is for what people write to it: it keeps files that are text
as text, which is not what was signed, and flattens mails that are attached.
"""

import email
import email.policy
from email.errors import MessageError
from email.message import Message

from odoo.tools.mail import plaintext2html

from .deep_html import storable
from .mail_values import Attachment, clean
from .signed_content import signed_content

# What Microsoft calls charsets that Python knows by other names.
_CHARSETS = {"windows-874": "cp874", "iso-8859-8-i": "iso-8859-8", "us-ascii": "utf-8"}
# Headers stay as they are written, also those of mails that are attached.
_POLICY = email.policy.default.clone(refold_source="none")
_TEXTS = {"text/plain": "text", "text/html": "html"}


def read_signed(raw: bytes, whole: Attachment) -> tuple[str, list[Attachment]]:
    """The body as HTML, and the attachments.

    Whatever is wrong with the mail, something is read of it; only one that is nested
    thousands of times raises.

    :param whole: the mail as an attachment: what it is where only mail programs can
        open it; beside its content where only they can check the signature
    :return: the body is "" for a mail that is encrypted
    :raises RecursionError:
    """
    message = email.message_from_bytes(raw, policy=_POLICY)
    if message.get_content_type() == "multipart/signed":
        return _read(message)
    content = signed_content(_content(message))
    if not content:
        return "", [whole]
    body, files = _read(email.message_from_bytes(content, policy=_POLICY))
    return body, [*files, whole]


def _read(message: Message) -> tuple[str, list[Attachment]]:
    texts: list[tuple[str, str]] = []
    files: list[Attachment] = []
    _walk(message, texts, files)
    html = "".join(
        text if kind == "html" else str(plaintext2html(text)) for kind, text in texts
    )
    return storable(html), files


def _walk(part: Message, texts: list, files: list[Attachment]) -> None:
    kind = part.get_content_type()
    inner = part.get_payload()
    if kind == "multipart/alternative" and isinstance(inner, list):
        _choose(inner, texts, files)
    elif part.get_content_maintype() == "multipart" and isinstance(inner, list):
        for each in inner:
            _walk(each, texts, files)
    elif kind in _TEXTS and not _is_file(part):
        text = clean(_decoded(_content(part), part.get_param("charset")))
        texts.append((_TEXTS[kind], text))
    else:
        files.append(_file(part, kind))


def _choose(alternatives: list, texts: list, files: list[Attachment]) -> None:
    """Of the same text in several forms the HTML that says something, else the last."""
    found = []
    for each in alternatives:
        its: list = []
        _walk(each, its, files)
        if any(text.strip() for _kind, text in its):
            found.append(its)
    rich = [its for its in found if any(kind == "html" for kind, _text in its)]
    texts += (rich or found or [[]])[-1]


def _is_file(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_name(part))


def _name(part: Message) -> str:
    try:
        return clean(part.get_filename()).strip()
    except (LookupError, ValueError, TypeError):
        return ""


def _file(part: Message, kind: str) -> Attachment:
    name, content = _name(part), _content(part)
    if kind == "message/rfc822":
        inner = part.get_payload()
        subject = inner[0].get("subject") if isinstance(inner, list) and inner else ""
        name = name or " ".join(clean(str(subject or "")).split()) or "message"
        name += "" if name.lower().endswith(".eml") else ".eml"
    content_id = clean(str(part.get("content-id") or "")).strip("<> ")
    return Attachment(
        "", name or "attachment", kind, content=content, content_id=content_id
    )


def _content(part: Message) -> bytes:
    inner = part.get_payload()
    if not isinstance(inner, list):
        return part.get_payload(decode=True) or b""
    try:
        return b"\r\n".join(each.as_bytes() for each in inner)
    except (MessageError, LookupError, ValueError, TypeError):
        return b"\r\n".join(str(each).encode("utf-8", "replace") for each in inner)


def _decoded(content: bytes, charset) -> str:
    """In the charset that is named, should Python know it and it fit, else in UTF-8 or
    as Windows writes Western languages."""
    name = charset.lower() if isinstance(charset, str) else ""
    for each in (_CHARSETS.get(name, name) or "utf-8", "utf-8"):
        try:
            return content.decode(each)
        except (LookupError, ValueError):
            continue
    return content.decode("cp1252", "replace")
