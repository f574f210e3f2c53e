import base64
import random

from odoo.tests import tagged

from .common import ExchangeCase
from .simulator import Fault

LETTERS = random.Random(7).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=9000)
LONG = "".join(LETTERS)
DEEP = "<div>" * 3000 + "deep" + "</div>" * 3000 + "<p>after</p>"
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)><p>kept</p>"


def person(address, name="Ada"):
    return {"emailAddress": {"address": address, "name": name}}


def html(content):
    return {"body": {"contentType": "html", "content": content}}


def file(number=0, content=b"abc", **values):
    return {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "id": f"part{number}",
        "name": f"{number}.txt",
        "contentType": "text/plain",
        "size": 3,
        "isInline": False,
        "contentBytes": base64.b64encode(content).decode(),
        **values,
    }


def parts(*attachments):
    return {"hasAttachments": True, "attachments": list(attachments)}


WAITING = {
    "long address": {"from": person(f"{LONG}@customer.example")},
    "no sender": {"from": None, "sender": None},
    "X.500 sender": {"from": person("/O=CONTOSO/OU=EX/CN=RECIPIENTS/CN=ADA")},
    "two senders": {"from": person("ada@customer.example, b@x.example")},
}
FILED = {
    "long Message-ID": {"internetMessageId": f"<{LONG}@x.example>"},
    "wide Message-ID": {"internetMessageId": "\U0001f600" * 3000},
    "odd Message-ID": {"internetMessageId": "no brackets, spaces"},
    "long name": {"from": person("ada@customer.example", LONG)},
    "right to left": {"subject": "\u202eشلوم \U0001f600 \ufeff", "bodyPreview": "\x00"},
    "half a character": {"subject": "half \ud83d", **html("\udc00x\x00y")},
    "nulls": dict.fromkeys(
        ["subject", "toRecipients", "ccRecipients", "body", "bodyPreview"]
    ),
    "wrong types": {
        "subject": 5,
        "toRecipients": "x",
        "body": "text",
        "sentDateTime": 7,
        "categories": {},
    },
    "year 9999": {"sentDateTime": "9999-12-31T23:59:59Z"},
    "year 1": {"sentDateTime": "0001-01-01T00:00:00Z"},
    "no time": {"sentDateTime": "yesterday", "receivedDateTime": None},
    "script": html(SCRIPT),
    "deep": html(DEEP),
    "large": html("<p>line</p>" * 60000),
    "no HTML": html("<![CDATA[ <<< >>> &&& <p"),
    "declared": html("<?xml version='1.0' encoding='utf-8'?><html>x</html>"),
    "strange attachments": parts(
        file(1, name="a/../../etc/passwd"),
        file(2, name="\x00\ud800"),
        file(3, name=f"{LONG}.pdf"),
        file(4, name="", content=b"", size=0),
        file(5, name=None, contentType=None),
        file(6, contentType='nonsense; x="y', contentBytes="%%%"),
        file(7, b"<script>1</script>", contentType="text/html"),
        file(8, b"<svg onload='x'/>", contentType="image/svg+xml"),
        {"@odata.type": "#microsoft.graph.referenceAttachment", "id": "r", "name": "W"},
        None,
        7,
    ),
    "many attachments": parts(*map(file, range(200))),
    "headers": {
        "internetMessageHeaders": [
            {"name": "References", "value": "<a@x> " * 3000},
            {"name": None},
            5,
            {"name": "In-Reply-To", "value": LONG},
        ]
    },
    "meeting request": {"@odata.type": "#microsoft.graph.eventMessageRequest"},
    "new kind": {"@odata.type": "#microsoft.graph.somethingNew", "x": {"y": [1]}},
    "many people": {"toRecipients": [person(f"p{n}@x.example") for n in range(2000)]},
}


class Oddities:
    """Between the simulator and the wire: changes what messages say.

    :ivar odd: {id of a message: values it has instead}
    """

    def __init__(self, service):
        self.service, self.dispatch = service, service.dispatch
        self.odd = {}

    def __enter__(self):
        self.service.dispatch = self._dispatch
        return self

    def __exit__(self, *_error):
        del self.service.dispatch

    def _dispatch(self, call):
        answer = self.dispatch(call)
        if isinstance(answer.body, dict):
            for item in [answer.body, *answer.body.get("value", ())]:
                item.update(self.odd.get(item.get("id"), {}))
        return answer


class Little(Oddities):
    """Between client and service: tells of changes the id, and that it was read."""

    def _dispatch(self, call):
        answer = self.dispatch(call)
        if "/delta" in call.path and isinstance(answer.body, dict):
            answer.body["value"] = [
                {"id": item["id"], "isRead": True} for item in answer.body["value"]
            ]
        return answer


class Circle(Oddities):
    """Between client and service: the last page of a round leads to itself."""

    link = None

    def _dispatch(self, call):
        answer = self.dispatch(call)
        if isinstance(answer.body, dict) and "@odata.deltaLink" in answer.body:
            self.link = self.link or answer.body["@odata.deltaLink"]
            del answer.body["@odata.deltaLink"]
            answer.body["@odata.nextLink"] = self.link
        return answer


@tagged("post_install", "-at_install")
class TestOddMails(ExchangeCase):
    """Mails as no server should send them: each is filed or waits, and none keeps
    another one out."""

    def setUp(self):
        super().setUp()
        self.account = self.new_account(self.office)
        self.ada = self.partner()

    def synced(self, messages):
        """:return: {name: exchange.mail} of messages given as {name: odd values}"""
        ids = {}
        with Oddities(self.sim.service) as between:
            for name, values in messages.items():
                item = self.drop(self.account, subject=name)
                ids[name] = item.immutable_id
                between.odd[item.immutable_id] = values
            run = self.account.sync()
            self.assertEqual((run.state, run.failed), ("done", 0), run.error)
            self.assertEqual(self.account.sync().found, 0)
        rows = self.env["exchange.mail.source"].search(
            [("account_id", "=", self.account.id)]
        )
        mails = {row.remote_id: row.mail_id for row in rows}
        return {name: mails[remote_id] for name, remote_id in ids.items()}

    def test_filed_or_waiting(self):
        mails = self.synced({**WAITING, **FILED})
        states = {name: mail.state for name, mail in mails.items()}
        self.assertEqual(
            states,
            dict.fromkeys(WAITING, "to_assign") | dict.fromkeys(FILED, "filed"),
        )
        messages = {name: mails[name].message_ids for name in FILED}
        for name, message in messages.items():
            self.assertEqual(len(message), 1, name)
        body = messages["script"].body
        self.assertIn("kept", body)
        self.assertNotIn("alert", body)
        self.assertEqual(len(messages["many attachments"].attachment_ids), 200)
        self.assertIn("deep", messages["deep"].body)
        self.assertIn("after", messages["deep"].body)
        strange = messages["strange attachments"]
        self.assertEqual(len(strange.attachment_ids), 8)
        self.assertFalse(
            {"text/html", "image/svg+xml"}
            & set(strange.attachment_ids.mapped("mimetype")),
            "nothing that a browser would run",
        )
        self.assertIn("W", strange.body, "what was left out is named")

    def test_little_is_listed(self):
        """A list of changes may tell of a mail that it was read, and no more; each of
        several such mails is filed, as one that another mailbox has is joined."""
        other = self.new_account(self.office)
        items = [self.drop(self.account, subject=f"Little {n}") for n in range(3)]
        raw = self.eml(subject="Shared")
        self.drop(other, raw)
        self.assertEqual(other.sync().state, "done")
        items.append(self.drop(self.account, raw))
        with Little(self.sim.service):
            run = self.account.sync()
        self.assertEqual((run.state, run.failed), ("done", 0), run.error)
        sources = self.env["exchange.mail.source"].search(
            [("account_id", "=", self.account.id)]
        )
        self.assertEqual(
            set(sources.mapped("remote_id")), {item.immutable_id for item in items}
        )
        subjects = [*(f"Little {n}" for n in range(3)), "Shared"]
        self.assertEqual(sorted(sources.mail_id.mapped("subject")), subjects)
        filed = self.messages_of(self.ada)
        self.assertEqual(sorted(filed.mapped("subject")), subjects)
        self.assertEqual(self.account.sync().found, 0)

    def test_a_refused_attachment(self):
        """Of a kind that gives no content: the mail is filed without, and names it."""
        odd = parts(
            file(1),
            {"@odata.type": "#microsoft.graph.newAttachment", "id": "n", "name": "Odd"},
        )
        fault = Fault.status(405, "ErrorInvalidRequest", "not supported")
        self.sim.faults.add(fault, match=r"GET .*/attachments/n/\$value")
        message = self.synced({"refused": odd})["refused"].message_ids
        self.assertEqual(message.attachment_ids.mapped("name"), ["1.txt"])
        self.assertIn("Odd", message.body)

    def test_letters_of_base64(self):
        """OData's JSON has those for URLs, without padding."""
        content = bytes(range(256)) + b"\xff"
        packed = base64.urlsafe_b64encode(content).decode().rstrip("=")
        odd = parts(file(1, contentBytes=packed, size=len(content)))
        message = self.synced({"letters": odd})["letters"].message_ids
        self.assertEqual(message.attachment_ids.raw, content)

    def test_text_in_any_case(self):
        text = {"body": {"contentType": "Text", "content": "one < two\nthree"}}
        body = self.synced({"text": text})["text"].message_ids.body
        self.assertIn("one &lt; two<br", body)

    def test_pages_in_a_circle(self):
        """They end, and what is on them is filed."""
        self.drop(self.account, subject="Round and round")
        with Circle(self.sim.service):
            run = self.account.sync(kinds=("mail",))
        self.assertEqual(run.state, "failed")
        self.assertIn("no end", run.error)
        self.assertEqual(self.mails_of(self.account).subject, "Round and round")
        self.assertEqual(self.account.sync().state, "done")
