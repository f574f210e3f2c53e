"""Sixty mails of all sorts in two mailboxes, and where each has to be in the end."""

from collections import Counter
from dataclasses import dataclass, field

from .common import PIXEL, attach_eml, make_eml, signed_eml

FIRST, SECOND = "first@contoso.example", "second@contoso.example"
CONTACTS = {
    "ada": {"name": "Ada", "email": "ada@customer.example"},
    "bob": {"name": "Bob", "email": "bob@customer.example"},
    "carl": {"name": "Carl", "email": "carl@customer.example"},
    "twin": {"name": "Twin", "email": "twin@customer.example"},
    "other twin": {"name": "Other twin", "email": "twin@customer.example"},
}
PARTS = {
    "attachments": [("offer.pdf", b"%PDF-1.4 " + b"x" * 5000, "application/pdf")],
    "html": '<p>Chart: <img src="cid:chart"></p>',
    "inline": [("chart", PIXEL, "image/png")],
}


@dataclass
class Expected:
    """One mail and what has to become of it.

    :ivar subject: tells it from all others
    :ivar boxes: (login, direction) of each copy
    :ivar places: {(model, id): number of messages there}
    :ivar state: of its ``exchange.mail``
    :ivar parts: number of attachments in each place
    :ivar items: (login, immutable id) of the copies that were dropped
    """

    subject: str
    raw: bytes
    boxes: list[tuple[str, str]]
    places: Counter
    state: str = "filed"
    parts: int = 0
    items: list[tuple[str, str]] = field(default_factory=list)


def sixty_mails(contacts, talk):
    """60 mails of the first mailbox, ten of them in the second one too.

    :param contacts: {key: id of the contact}
    :param talk: what the job ``talk`` gave
    """
    return list(_Maker(contacts, talk).mails())


class _Maker:
    def __init__(self, contacts, talk):
        self.contacts = contacts
        self.talk = talk
        self.number = 0

    def mails(self):
        yield from self.known(16)
        yield from self.known(2, **PARTS)
        yield from self.known(8, boxes=[FIRST, SECOND])
        yield from self.known(2, boxes=[FIRST, SECOND], **PARTS)
        yield from self.known(2, boxes=[FIRST, FIRST])
        yield from self.waiting(4, "nobody@elsewhere.example")
        yield from self.waiting(2, "nobody@elsewhere.example", **PARTS)
        yield from self.waiting(2, "twin@customer.example")
        yield from self.replies(2)
        yield self.signed()
        yield self.forwarded()
        yield from self.sent(8, "ada")
        yield from self.sent(4, "ada", "bob")
        yield from self.sent(2, "carl", more="unknown@elsewhere.example")
        yield from self.by_odoo()

    def mail(self, places, boxes=(FIRST,), direction="incoming", **values):
        self.number += 1
        subject = f"Mail {self.number}"
        parts = len(values.get("attachments", ())) + len(values.get("inline", ()))
        state = values.pop("state", "filed")
        raw = values.pop("raw", None) or make_eml(subject=subject, **values)
        boxes = [(login, direction) for login in boxes]
        return Expected(subject, raw, boxes, Counter(places), state, parts)

    def partners(self, *keys):
        return {("res.partner", self.contacts[key]): 1 for key in keys}

    def known(self, count, **values):
        for number in range(count):
            key = ("ada", "bob", "carl")[number % 3]
            sender = CONTACTS[key]["email"]
            yield self.mail(self.partners(key), sender=sender, to=FIRST, **values)

    def waiting(self, count, sender, **values):
        for _number in range(count):
            yield self.mail({}, sender=sender, state="to_assign", **values)

    def replies(self, count):
        for _number in range(count):
            places = {("calendar.event", self.talk["event"]): 1}
            headers = {"In-Reply-To": self.talk["question"]}
            yield self.mail(places | self.partners("ada"), headers=headers)

    def signed(self):
        raw = signed_eml().replace(b"Subject: Signed", b"Subject: Mail signed")
        mail = self.mail(self.partners("ada"), raw=raw)
        mail.subject, mail.parts = "Mail signed", 2
        return mail

    def forwarded(self):
        mail = self.mail(self.partners("ada"))
        mail.raw = attach_eml(mail.raw, make_eml(subject="Inner"))
        mail.parts = 1
        return mail

    def sent(self, count, *keys, more=""):
        to = [CONTACTS[key]["email"] for key in keys] + ([more] if more else [])
        for _number in range(count):
            yield self.mail(
                self.partners(*keys),
                direction="outgoing",
                sender=FIRST,
                to=", ".join(to),
            )

    def by_odoo(self):
        mail = self.mail(
            {},
            direction="outgoing",
            sender=FIRST,
            to="bob@customer.example",
            message_id=self.talk["sent"],
        )
        yield mail
        yield self.mail({}, sender="not-an-address", state="to_assign")
