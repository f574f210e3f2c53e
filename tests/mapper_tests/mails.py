"""Mails that the tests put into a mailbox."""

import base64
from email.message import EmailMessage

FOLDER = "Transfer Eingang"
PICTURE = base64.b64decode("R0lGODlhAQABAAAAACwAAAAAAQABAAA=")


def mail(subject="Hello", number=1, text="Text", attach=()):
    """A mail with a text in HTML, and attachments [(name, type, bytes, content id)]."""
    made = EmailMessage()
    made["From"] = "Bob Brown <bob@example.org>"
    made["To"] = "Anna <anna@contoso.example>, c@d.example"
    made["Cc"] = "Émile <e@f.example>"
    made["Subject"] = subject
    made["Date"] = "Mon, 02 Mar 2026 10:00:00 +0100"
    made["Message-ID"] = f"<{number}@example.org>"
    made["References"] = "<0@example.org>"
    made.set_content(text)
    picture = '<img src="cid:dot@1">' if attach else ""
    made.add_alternative(f"<p>{text}{picture}</p>", subtype="html")
    for name, kind, content, cid in attach:
        main, _slash, sub = kind.partition("/")
        options = {"cid": f"<{cid}>", "disposition": "inline"} if cid else {}
        made.add_attachment(content, main, sub, filename=name, **options)
    return bytes(made)


def all_items(pages):
    return [item for page in pages for item in page.items]
