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


def own_host(env):
    """The name under which this Odoo is reached, in small letters."""
    address = env["ir.config_parameter"].sudo().get_param("web.base.url") or ""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:  # not an address
        return ""


def harmless(html, own_host):
    """``html`` without the addresses of Odoo that it would load by itself.

    :param own_host: the name under which Odoo is reached
    """
    if not html or not _is_suspicious(html, own_host):
        return html
    clean = str(html_sanitize(html, sanitize_attributes=True, sanitize_style=True))
    return _TAG.sub(lambda tag: _tag(tag[0], own_host), clean)


def _is_suspicious(html, own_host):
    small = html.lower()
    plain = sum(
        (found[1] or "").rstrip(".") != own_host for found in _PLAIN.finditer(html)
    )
    return (
        len(_SRC.findall(small)) != plain
        or _STYLE in small
        or bool(_CODED.search(small))
    )


def _tag(tag, own_host):
    def keep(attribute):
        value = unescape(attribute[2][1:-1])
        if attribute[1].lower() == "src":
            return attribute[0] if _may_load(value, own_host) else ""
        if _STYLE not in value.lower():
            return attribute[0]
        style = _IMAGE.sub(lambda one: _background(one[0], own_host), value)
        quoted = style.replace("&", "&amp;").replace('"', "&quot;")
        return f' style="{quoted}"'

    return _ATTRIBUTE.sub(keep, tag)


def _background(declaration, own_host):
    found = _URL.fullmatch(declaration.strip())
    return declaration if found and _may_load(found[1], own_host) else ""


def _may_load(url, own_host):
    """Whether a picture may have this address: of another host, or an attached one; of
    Odoo's own those of pictures."""
    url = url.strip()
    if url.lower().startswith(("cid:", "data:image/")):
        return True
    found = _ABSOLUTE.fullmatch(url)
    if not found:
        return False
    own = found[1].lower().rstrip(".") == own_host
    return not own or bool(_OWN_PICTURE.match(found[2]))
