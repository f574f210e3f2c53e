import base64

from odoo.tests import tagged

from .common import PIXEL, ExchangeCase

SIGNATURE = b"""Content-Type: application/pkcs7-signature; name=smime.p7s
Content-Disposition: attachment; filename=smime.p7s

sig
"""
INNER = b"Subject: What Bob wrote\nFrom: bob@x.example\n\nBob's words\n"


def part(kind, content, **headers):
    lines = [f"Content-Type: {kind}"]
    lines += [f"Content-{name}: {value}" for name, value in headers.items()]
    return "\n".join(lines).encode() + b"\n\n" + content + b"\n"


def multi(kind, *parts, boundary="inner"):
    line = f"--{boundary}".encode()
    content = b"".join(line + b"\n" + each for each in parts) + line + b"--\n"
    return part(f"{kind}; boundary={boundary}", content)


def signed(content):
    protocol = 'multipart/signed; protocol="application/pkcs7-signature"'
    head = b"From: ada@customer.example\nSubject: Signed\nMIME-Version: 1.0\n"
    return head + multi(protocol, content, SIGNATURE, boundary="outer")


def definite(tag, *contents):
    content = b"".join(contents)
    return bytes([tag, 0x84]) + len(content).to_bytes(4) + content


def indefinite(tag, *contents):
    """As programs write it that do not know yet how long it will be."""
    if tag == 0x04:
        content = b"".join(contents)
        pieces = [content[at : at + 50] for at in range(0, len(content), 50)]
        return indefinite(0x24, *(definite(0x04, piece) for piece in pieces))
    if not tag & 0x20:
        return definite(tag, *contents)
    return bytes([tag, 0x80]) + b"".join(contents) + b"\0\0"


def cms(content, element):
    """A signed message (RFC 5652) without signers."""
    oid = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
    data = element(0x30, oid + b"\x01", element(0xA0, element(0x04, content)))
    signed = element(0x30, b"\x02\x01\x01", b"\x31\x00", data, b"\x31\x00")
    return element(0x30, oid + b"\x02", element(0xA0, signed))


def file(name):
    return {"Disposition": f"attachment; filename={name}"}


@tagged("post_install", "-at_install")
class TestSignedMail(ExchangeCase):
    """They are read from their MIME text: nothing of them is lost or changed."""

    def setUp(self):
        super().setUp()
        self.account = self.new_account(self.office)
        self.ada = self.partner()

    def filed(self, content):
        self.drop(self.account, signed(content))
        run = self.account.sync(kinds=("mail",))
        self.assertEqual((run.state, run.failed), ("done", 0), run.error)
        return self.messages_of(self.ada)[-1:]

    def filed_in_one_piece(self, data, kind="signed-data"):
        head = b"From: ada@customer.example\nSubject: Opaque\nMIME-Version: 1.0\n"
        mime = f"application/pkcs7-mime; smime-type={kind}; name=smime.p7m"
        content = base64.encodebytes(data)
        raw = head + part(mime, content, **{"Transfer-Encoding": "base64"})
        self.drop(self.account, raw)
        self.assertEqual(self.account.sync(kinds=("mail",)).state, "done")
        return self.messages_of(self.ada)[-1:]

    def files(self, message):
        return {each.name: each.raw for each in message.attachment_ids}

    def test_charsets(self):
        words = "Grüße aus Köln"
        for charset, coding in (
            ("x-unknown", "utf-8"),
            ("x-unknown", "latin-1"),
            ("utf-8", "latin-1"),
            ("us-ascii", "utf-8"),
            ("hex", "utf-8"),
            ("iso-8859-1", "latin-1"),
        ):
            with self.subTest(charset=charset, coding=coding):
                text = part(f"text/plain; charset={charset}", words.encode(coding))
                self.assertIn(words, self.filed(text).body)

    def test_files_stay_as_they_were_signed(self):
        table = "Größe;Preis\r\n1;2\r\n".encode("latin-1")
        message = self.filed(
            multi(
                "multipart/mixed",
                part("text/plain", b"two files"),
                part("text/csv", table.replace(b"\r\n", b"\n"), **file("a.csv")),
                part("text/html", b"<p>not shown</p>", **file("b.html")),
            )
        )
        files = self.files(message)
        self.assertEqual(files["a.csv"].strip(), table.replace(b"\r\n", b"\n").strip())
        self.assertEqual(files["b.html"].strip(), b"<p>not shown</p>")
        self.assertNotIn("not shown", message.body)

    def test_an_attached_mail(self):
        message = self.filed(
            multi(
                "multipart/mixed",
                part("text/plain", b"Ada's words"),
                part("message/rfc822", INNER),
            )
        )
        files = self.files(message)
        self.assertIn(b"Bob's words", files["What Bob wrote.eml"])
        self.assertIn("Ada's words", message.body)
        self.assertNotIn("Bob's words", message.body)

    def test_forms_and_pictures(self):
        html = b"<html><body><p>rich</p><img src='cid:p@x'></body></html><p>end</p>"
        picture = part("image/png", PIXEL.hex().encode(), ID="<p@x>")
        related = multi(
            "multipart/related", part("text/html", html), picture, boundary="rel"
        )
        plain = part("text/plain", b"poor")
        body = self.filed(multi("multipart/alternative", plain, related)).body
        self.assertIn("rich", body)
        self.assertIn("end", body)
        self.assertIn("/web/image/", body)
        self.assertNotIn("poor", body)
        empty = part("text/html", b"\n")
        body = self.filed(multi("multipart/alternative", plain, empty)).body
        self.assertIn("poor", body)

    def test_signed_in_one_piece(self):
        content = multi(
            "multipart/mixed",
            part("text/plain", b"enclosed words"),
            part("text/plain", b"file", **file("a.txt")),
        )
        for style in (definite, indefinite):
            message = self.filed_in_one_piece(cms(content, style))
            self.assertIn("enclosed words", message.body)
            names = set(self.files(message))
            self.assertEqual(names, {"a.txt", "Opaque.eml"}, "the signature, too")

    def test_encrypted_and_broken(self):
        whole = cms(b"\nwords", definite)
        encrypted = whole.replace(b"\x01\x07\x02", b"\x01\x07\x03", 1)
        deep = b"\x30\x80" * 5000
        many = b"\x30\x80" + b"\x05\x00" * 200_000
        for data in (encrypted, whole[:40], b"", b"\x30", deep, many, b"\x30\x84\xff"):
            message = self.filed_in_one_piece(data, "enveloped-data")
            self.assertEqual(list(self.files(message)), ["Opaque.eml"])

    def test_all_texts(self):
        texts = [part("text/plain", b"one"), part("text/html", b"<p>two</p>")]
        body = self.filed(multi("multipart/mixed", *texts, *texts[:1])).body
        self.assertEqual(body.count("one"), 2)
        self.assertIn("two", body)
