"""E-mail addresses as they are compared: one rule for e-mails, meetings and contacts.

One mailbox is written in many ways: in capital letters, with the letters of its domain
or with their code (müller.example is xn--mller-kva.example, RFC 5891), together with
others in one field. Pure functions.
"""

import re
from functools import lru_cache

import idna

from odoo.tools import email_normalize

# A label of a domain in code is no longer (RFC 1035, 2.3.4).
LONGEST_LABEL = 63
# Nobody types more addresses than this into a field.
LONGEST_FIELD = 2000
LONGEST = 255

# What cannot be seen: marks of joining and of direction.
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_PLAIN = re.compile(r"[\w.+-]*\w@(?:[\w-]+\.)+\w+", re.ASCII)
# Quotes and the like around an address.
_AROUND = "'`‘’“”/*"
# A domain ends where nothing follows that would belong to it.
_EMAIL = re.compile(
    r"([^\s@<>()\[\],;:\"|\\]+|\"[^\"@]+\")"
    r"@([\w-]+(?:\.[\w-]+)*|\[[0-9A-Fa-f.:]+\])(?![\w@-]|\.+[\w@-])"
)


def normalise(text) -> str:
    """The one address in ``text`` as it is compared; "" for none and for several."""
    return canonical(email_normalize(text or "") or "")


def canonical(address: str) -> str:
    """An address, or a domain behind "@", as it is compared: in small letters, its
    domain in letters rather than in their code."""
    local, at, domain = address.rpartition("@")
    # Which capital letters of other alphabets mean the same, its server alone knows.
    local = local.lower() if local.isascii() else local
    return local + at + _domain(domain)[0]


def domain_of(address: str) -> str:
    """:return: "@domain" """
    return "@" + address.rpartition("@")[2]


def in_code(domain: str) -> str:
    """The name of a host as it is sent: without letters that need a code."""
    return _domain(domain)[1]


def spellings(addresses) -> list[str]:
    """All ways in which Odoo may keep these addresses, or "@domain"."""
    found = {}
    for address in addresses:
        found[address] = True
        local, at, domain = canonical(address).rpartition("@")
        found.update((local + at + each, True) for each in _domain(domain))
    return list(found)


def split(text) -> list[str]:
    """The addresses in a field, as they are written there, each once."""
    if not text:
        return []
    if _PLAIN.fullmatch(text) and len(text) <= LONGEST:
        return [text]
    unique = {}
    for user, domain in _EMAIL.findall(INVISIBLE.sub("", text[:LONGEST_FIELD])):
        address = f"{user.strip(_AROUND)}@{domain}"
        if not address.startswith("@") and len(address) <= LONGEST:
            unique.setdefault(canonical(address).casefold(), address)
    return list(unique.values())


@lru_cache(maxsize=4096)
def _domain(domain: str) -> tuple[str, str]:
    """:return: (domain in letters, domain in code)"""
    domain = domain.lower()
    if domain.isascii() and "xn--" not in domain:
        return domain, domain
    letters, code = zip(*map(_label, domain.split(".")), strict=True)
    return ".".join(letters), ".".join(code)


def _label(label: str) -> tuple[str, str]:
    if not label or len(label) > LONGEST_LABEL:
        return label, label
    try:
        code = idna.encode(label, uts46=True).decode()
        letters = idna.decode(code)
        same = idna.encode(letters).decode() == code
    except UnicodeError:  # no name of the domain name system; compared as it is
        return label, label
    return (letters, code) if same else (label, label)
