"""Addresses that a text would have loaded where it is shown: of pictures, films,
sounds.

The reader's browser asks for them with the reader's session. Whoever writes a mail or
an invitation could so log him out of Odoo (``<img src="/web/session/logout">``), or do
whatever else an address of Odoo does by itself. So nothing is loaded from Odoo but its
pictures. Linear in the length of the HTML.
"""

import re
from html import unescape
from urllib.parse import urlsplit

from odoo.tools.mail import html_sanitize

from .addresses import in_code

# Where HTML that Odoo has cleaned may name an address that is loaded.
_SRC, _STYLE = re.compile(r"src\s*="), "background-image"
# What needs no second look: an attached picture, one of another host.
_PLAIN = re.compile(r"src=[\"'](?:cid:|https?://([a-z0-9.-]+)[/\"'])")
# A letter or a hyphen that is written as a number may hide one of the words above.
_CODED = re.compile(
    r"&#(?:0*(?:45|6[5-9]|[78]\d|90|9[7-9]|1[01]\d|12[0-2])"
    r"|x0*(?:2d|4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a]))(?![0-9a-f])"
)
# Tags and attributes as the cleaning writes them.
_VALUE = r"(?:\"[^\"]*\"|'[^']*')"
_TAG = re.compile(rf"<[a-zA-Z][^\s<>\"]*(?:\s+[^\s<>\"=]+(?:={_VALUE})?)+\s*/?>")
_ATTRIBUTE = re.compile(rf"\s+(src|style)=({_VALUE})", re.IGNORECASE)
_ABSOLUTE = re.compile(
    r"https?://([a-z0-9.-]+)(?::\d+)?(?=[/?#]|$)([^\\]*)", re.IGNORECASE
)
_OWN_PICTURE = re.compile(r"/(?:web/image|web/content|logo)\b(?!.*(?:\.\.|%2e))", re.I)
_IMAGE = re.compile(r"background-image\s*:[^;]*(?:;|$)", re.IGNORECASE)
_URL = re.compile(r"background-image\s*:\s*url\(\s*[\"']?([^()\"'\\]*)[\"']?\s*\)\s*;?")


# Other names of this Odoo, for administrators to set; divided by commas or spaces.
NAMES_PARAMETER = "exchange_connector.own_hosts"
_PARAMETERS = ("web.base.url", "report.url", NAMES_PARAMETER)


def own_hosts(env):
    """The names under which this Odoo is reached, as far as it knows them: its own
    address, those of its websites, and what an administrator has added."""
    parameters = env["ir.config_parameter"].sudo()
    texts = [parameters.get_param(name) for name in _PARAMETERS]
    if "website" in env:
        texts += env["website"].sudo().search([]).mapped("domain")
    addresses = re.split(r"[,;\s]+", " ".join(filter(None, texts)))
    return frozenset(filter(None, map(_host, addresses)))


def _host(address):
    """The name in an address with or without https://, as browsers send it."""
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        return in_code((parts.hostname or "").rstrip("."))
    except ValueError:  # not an address
        return ""


def harmless(html, own_hosts):
    """``html`` without the addresses of Odoo that it would load by itself.

    :param own_hosts: the names under which Odoo is reached, in small letters
    """
    if not html or not _is_suspicious(html, own_hosts):
        return html
    clean = str(html_sanitize(html, sanitize_attributes=True, sanitize_style=True))
    return _TAG.sub(lambda tag: _tag(tag[0], own_hosts), clean)


def _is_suspicious(html, own_hosts):
    small = html.lower()
    plain = sum(
        (found[1] or "").rstrip(".") not in own_hosts for found in _PLAIN.finditer(html)
    )
    return (
        len(_SRC.findall(small)) != plain
        or _STYLE in small
        or bool(_CODED.search(small))
    )


def _tag(tag, own_hosts):
    def keep(attribute):
        value = unescape(attribute[2][1:-1])
        if attribute[1].lower() == "src":
            return attribute[0] if _may_load(value, own_hosts) else ""
        if _STYLE not in value.lower():
            return attribute[0]
        style = _IMAGE.sub(lambda one: _background(one[0], own_hosts), value)
        quoted = style.replace("&", "&amp;").replace('"', "&quot;")
        return f' style="{quoted}"'

    return _ATTRIBUTE.sub(keep, tag)


def _background(declaration, own_hosts):
    found = _URL.fullmatch(declaration.strip())
    return declaration if found and _may_load(found[1], own_hosts) else ""


def _may_load(url, own_hosts):
    """Whether a picture may have this address: of another host, or an attached one; of
    Odoo's own those of pictures."""
    url = url.strip()
    if url.lower().startswith(("cid:", "data:image/")):
        return True
    found = _ABSOLUTE.fullmatch(url)
    if not found:
        return False
    own = found[1].lower().rstrip(".") in own_hosts
    return not own or bool(_OWN_PICTURE.match(found[2]))
