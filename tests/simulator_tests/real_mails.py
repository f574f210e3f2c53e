"""Mails that nobody made for us: of CPython's tests and of Odoo's."""

import ast
import re
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def cpython_mails():
    """Name → text of the messages that CPython ships; empty where it ships none."""
    folders = [Path(sysconfig.get_paths()["stdlib"]) / "test/test_email/data"]
    folders.append(Path(sys.base_prefix) / "lib" / "test/test_email/data")
    folders += ROOT.glob(".odoo/**/lib/python3*/test/test_email/data")
    for folder in folders:
        files = sorted(folder.glob("*.txt"))
        if files:
            return {file.name: file.read_bytes() for file in files}
    return {}


def odoo_mails():
    """Name → text of the sample mails of Odoo's test_mail, read without Odoo."""
    found = {}
    for file in ROOT.glob(".odoo/**/test_mail/data/test_mail_data.py"):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                value = node.value.value
                if isinstance(value, str) and re.search(r"^\S+: ", value, re.M):
                    found[node.targets[0].id] = value.encode("utf-8", "surrogateescape")
    return found
