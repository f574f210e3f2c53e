"""Text of mails, read as tolerantly as Exchange reads it: headers, charsets, addresses.

Nothing here raises for strange input.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import quopri
import re
from datetime import datetime, timezone
from email.utils import mktime_tz, parsedate_tz

_WORD = re.compile(r"=\?([^?*\s]+)(?:\*[^?]*)?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(\?=)\s+(=\?)")
# A quoted string, a comment, an address in brackets, a separator, anything else.
_ADDRESS_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.|\([^()]*\))*\)|<[^<>]*>|[,;:]|[^"(<,;:]+|.',
    re.S,
)
_ALIASES = {
    "ansi": "cp1252",
    # What says so and is none is UTF-8, or what Windows writes.
    "ascii": "",
    "us-ascii": "",
    "cp-850": "cp850",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "ks_c_5601-1987": "cp949",
    "gb2312": "gb18030",
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "x-unknown": "",
    "unknown-8bit": "",
    "8bit": "",
    "default": "",
}


def decode(data: bytes, charset: str = "") -> str:
    """Bytes as text: the named charset, else UTF-8, else Windows-1252."""
    charset = charset.strip().strip("\"'").lower()
    charset = _ALIASES.get(charset, charset)
    if charset:
        # Codecs raise what they like: LookupError, UnicodeError, AssertionError…
        with contextlib.suppress(Exception):
            return clean(data.decode(charset, "replace"))
    try:
        return clean(data.decode("utf-8"))
    except UnicodeDecodeError:
        return clean(data.decode("cp1252", "replace"))


def clean(text: str) -> str:
    """Text that JSON can carry: no lone surrogates and no NUL."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def raw_text(value: object) -> str:
    """A header as the parser gave it, unfolded; 8-bit characters decoded."""
    text = str(value)
    try:
        text = decode(text.encode("ascii", "surrogateescape"))
    except UnicodeEncodeError:
        text = clean(text)
    return re.sub(r"[\r\n]+[ \t]*", " ", text).strip()


def header_text(value: object) -> str:
    """A header with its encoded words decoded (RFC 2047, errors forgiven)."""
    if value is None:
        return ""
    text = _BETWEEN.sub(r"\1\2", raw_text(value))
    if "=?" not in text:
        return text
    pieces: list[tuple[str, bytes | str]] = []
    at = 0
    for match in _WORD.finditer(text):
        if match.start() > at:
            pieces.append(("", text[at : match.start()]))
        charset, kind, data = match.groups()
        content = _word_bytes(kind.lower(), data)
        if pieces and pieces[-1][0] == charset.lower() and at == match.start():
            # A character may be cut in two by the border of two words.
            pieces[-1] = (charset.lower(), pieces[-1][1] + content)  # type: ignore
        else:
            pieces.append((charset.lower(), content))
        at = match.end()
    pieces.append(("", text[at:]))
    joined = "".join(
        decode(piece, charset) if isinstance(piece, bytes) else piece
        for charset, piece in pieces
    )
    return re.sub(r"[\r\n\t]+", " ", joined)


def _word_bytes(kind: str, data: str) -> bytes:
    raw = data.encode("utf-8", "replace")
    if kind == "q":
        return quopri.decodestring(raw.replace(b"_", b" "), header=False)
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))
    except (binascii.Error, ValueError):
        return raw


def parse_date(value: object) -> datetime | None:
    """A ``Date`` header as an aware datetime; None when it cannot be one."""
    if not value:
        return None
    try:
        parts = parsedate_tz(raw_text(value))
        if parts is None:
            return None
        return datetime.fromtimestamp(mktime_tz(parts), timezone.utc)
    except (ValueError, TypeError, OverflowError, OSError, IndexError):
        return None


# -- addresses -----------------------------------------------------------------------


def recipients(values: list) -> list[dict]:
    """Graph recipients of address headers; groups are flattened.

    An address that is none is kept as name and address alike; a group without members
    ("undisclosed-recipients:;") becomes one such recipient.
    """
    found = []
    for value in values:
        for piece in _split(raw_text(value)):
            found.append(_recipient(piece))
    return [row for row in found if row is not None]


def _split(text: str) -> list[str]:
    """Pieces between the commas and semicolons that separate addresses."""
    pieces: list[str] = []
    piece = group = ""
    members = 0
    for token in _ADDRESS_TOKEN.findall(text):
        if token == ":" and not group and "@" not in piece:
            group, piece, members = piece.strip() + ":", "", 0
        elif token in (",", ";"):
            members += bool(piece.strip())
            pieces.append(piece.strip())
            piece = ""
            if token == ";" and group:
                pieces.append("" if members else group)
                group = ""
        else:
            piece += token
    pieces.append(piece.strip() or (group if not members else ""))
    return [piece for piece in pieces if piece]


def _recipient(piece: str) -> dict | None:
    name, address = "", piece
    match = re.search(r"<([^<>]*)>?[^<>]*$", piece)
    if match and "<" in piece:
        name, address = piece[: match.start()], match.group(1)
        if not address.strip() and not name.strip(' "'):
            return None
    else:
        comment = re.search(r"\(([^()]*)\)", piece)
        if comment:
            name = comment.group(1)
            address = re.sub(r"\([^()]*\)", "", piece)
    name = re.sub(r"\([^()]*\)\s*$", "", name) if "<" in piece else name
    name = header_text(_unquote(name.strip()))
    address = header_text(address.strip().strip('"'))
    address = address.rpartition(":")[2] if address.startswith("@") else address
    if "@" in address:
        address = re.sub(r"\s+", "", address)
    if not address:
        address = name
    return {"emailAddress": {"name": name or address, "address": address}}


def _unquote(name: str) -> str:
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1]
    return re.sub(r"\\(.)", r"\1", name)
