"""Real mails that nobody made for us: those of CPython's and of Odoo's own tests."""

import importlib.util
from pathlib import Path

from odoo.modules.module import get_module_path

from odoo.addons.test_mail.data import test_mail_data

# What Odoo's samples leave open.
_BLANKS = {
    "return_path": "<bounce@sender.example>",
    "email_from": "Sylvie Lelitre <sylvie@sender.example>",
    "to": "groups@contoso.example",
    "cc": "",
    "email_to": "groups@contoso.example",
    "subject": "Sample",
    "extra": "",
    "msg_id": "<sample@sender.example>",
    "message_id": "<sample@sender.example>",
    "references": "",
    "date": "Tue, 10 Nov 2026 09:30:00 +0100",
    "pdf_mime": "application/pdf",
}


class _Blanks(dict):
    def __missing__(self, key):
        return _BLANKS.get(key, "")


def odoo_mails():
    """:return: {name: mail as bytes} of the sample mails of Odoo's test_mail"""
    mails = {}
    for name, value in vars(test_mail_data).items():
        if not name.startswith("MAIL") or not isinstance(value, str):
            continue
        try:
            text = value.format_map(_Blanks())
        except (ValueError, IndexError, KeyError):
            text = value  # braces of its own: it is complete as it is
        mails[name] = text.encode("utf-8", "surrogateescape")
    return mails


def cpython_mails():
    """:return: {name: mail as bytes} of ``test/test_email/data``; empty where this
    machine has neither CPython's tests nor the package the set-up unpacks"""
    folders = [
        *_beside(get_module_path("base"), "lib/python3*/test/test_email/data"),
        *_of_interpreter(),
    ]
    for folder in folders:
        files = sorted(folder.glob("*.txt"))
        if files:
            return {file.name: file.read_bytes() for file in files}
    return {}


def _beside(path, pattern):
    """Matches below the ``usr`` that ``path`` lies in."""
    for parent in Path(path).parents:
        if parent.name == "usr":
            return sorted(parent.glob(pattern))
    return []


def _of_interpreter():
    try:
        spec = importlib.util.find_spec("test.test_email")
    except ModuleNotFoundError:
        return []
    return [Path(spec.origin).parent / "data"] if spec and spec.origin else []
