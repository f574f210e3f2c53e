"""A mail with an inline picture, a file and an attached mail."""

import base64

import pytest
from conftest import ANNA

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)
RICH = (
    b"From: Bob <bob@example.org>\r\nTo: anna@contoso.example\r\nSubject: Rich\r\n"
    b"Message-ID: <rich@example.org>\r\nX-Custom: one\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="m"\r\n\r\n'
    b'--m\r\nContent-Type: multipart/related; boundary="r"\r\n\r\n'
    b"--r\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b'<p>See <img src="cid:pic@1"></p>\r\n'
    b"--r\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n"
    b"Content-ID: <pic@1>\r\nContent-Disposition: inline; filename=pic.png\r\n\r\n"
    + base64.encodebytes(PICTURE)
    + b"\r\n--r--\r\n--m\r\nContent-Type: application/pdf; name=a.pdf\r\n"
    b"Content-Disposition: attachment; filename=a.pdf\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n"
    b"--m\r\nContent-Type: message/rfc822\r\n\r\n"
    b"From: c@example.org\r\nSubject: Inner\r\n"
    b"Message-ID: <in@example.org>\r\n\r\nhi\r\n"
    b"--m--\r\n"
)


@pytest.fixture
def rich(sim):
    """A mail with inline picture, file and attached mail."""
    return sim.drop(ANNA, "Inbox", RICH)
