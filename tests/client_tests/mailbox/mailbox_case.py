"""Anna, her mails, and the ways to them."""

from email.message import EmailMessage

import pytest

ANNA = "anna@contoso.example"
PASSWORD = "grün:1"

WAYS = ["graph", "users", "mapper", "short"]
every_way = pytest.mark.parametrize("way", WAYS)


def mail(subject="Offer", attachments=(), message_id=None):
    message = EmailMessage()
    message["From"] = "Bob Brown <bob@example.org>"
    message["To"] = "Anna Abel <anna@contoso.example>"
    message["Subject"] = subject
    message["Date"] = "Mon, 02 Mar 2026 10:00:00 +0100"
    message["Message-ID"] = message_id or f"<{subject.replace(' ', '')}@example.org>"
    message["X-Odoo-Test"] = "yes"
    message.set_content(f"Text of {subject}\n")
    for name, content in attachments:
        message.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
    return message.as_bytes()


def fill(sim, count, folder="Inbox/Transfer Eingang"):
    """Mails in a folder; gives the folder's id."""
    for number in range(count):
        sim.drop(ANNA, folder, mail(f"Mail {number}"))
