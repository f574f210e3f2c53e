"""A person's name in its parts, for sorting in Outlook. Pure functions.

Odoo keeps a name as one text. Where it is divided is a guess by the rules most names of
Europe and America follow: titles in front, the family name last, with the particles
that belong to it.
"""

import re
from collections import namedtuple

# All texts, "" where there is none.
Name = namedtuple("Name", "title given surname generation")

TITLES = frozenset(
    {
        *("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "dame", "lord", "lady"),
        *("herr", "frau", "hr", "fr", "m", "mme", "mlle", "sr", "sra", "don", "dott"),
        *(
            "ing",
            "mag",
            "rev",
            "hon",
            "capt",
            "col",
            "gen",
            "med",
            "phil",
            "jur",
            "rer",
        ),
        *("nat", "h.c", "dipl", "dipl-ing", "dipl-kfm", "univ-prof", "dr-ing"),
    }
)
PARTICLES = frozenset(
    {
        *("von", "van", "vom", "zu", "zum", "zur", "der", "den", "dem", "de", "del"),
        *(
            "della",
            "di",
            "da",
            "das",
            "do",
            "dos",
            "du",
            "des",
            "la",
            "le",
            "les",
            "el",
        ),
        *(
            "al",
            "bin",
            "ibn",
            "ben",
            "ter",
            "ten",
            "'t",
            "te",
            "af",
            "av",
            "auf",
            "und",
        ),
        *("y", "e", "st", "st.", "san", "santa", "mac", "o'", "d'", "l'", "ver"),
    }
)
GENERATIONS = frozenset(
    {"jr", "sr", "junior", "senior", "jun", "sen", "ii", "iii", "iv"}
)
# At the end of the name of a firm; names of people that look the same are left out.
FIRMS = frozenset(
    {
        *(
            "gmbh",
            "mbh",
            "ag",
            "kg",
            "ohg",
            "gbr",
            "kgaa",
            "e.k",
            "e.v",
            "ltd",
            "limited",
        ),
        *("llc", "llp", "plc", "inc", "corp", "corporation", "s.a", "sarl", "s.r.l"),
        *("s.p.a", "b.v", "bv", "n.v", "a/s", "aps", "s.l", "s.r.o", "d.o.o", "kft"),
    }
)
# Particles that join names only inside a family name.
_JOINING = frozenset({"und", "y", "e"})
# Chinese, Japanese and Korean names in their own letters: the family name comes first.
_EASTERN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


def split_name(text):
    """:return: the :class:`Name` of a person; a single word is the given name"""
    text = " ".join((text or "").split())
    family, comma, rest = text.partition(",")
    if comma and _bare(rest) in GENERATIONS:
        name = split_name(family)
        return name._replace(generation=rest.strip())
    if comma and family.strip() and rest.strip():
        titles, words = _titles(rest.split())
        return Name(" ".join(titles), " ".join(words), family.strip(), "")
    titles, words = _titles(text.split())
    if len(words) == 2 and all(map(_EASTERN.fullmatch, words)):
        return Name(" ".join(titles), words[1], words[0], "")
    words, generation = _generation(words)
    start = 0 if titles and len(words) == 1 else _surname_start(words)
    given, surname = " ".join(words[:start]), " ".join(words[start:])
    return Name(" ".join(titles), given, surname, generation)


def is_firm(text):
    """Whether a name is a firm's, although nobody said so: it ends like one."""
    first, _blank, last = text.rpartition(" ")
    known = _bare(last) in FIRMS
    return bool(first) and known and (len(last) > 2 or last.isupper())


def file_as(given, surname, fallback):
    """How Outlook files a person: "Surname, Given"."""
    return ", ".join(part for part in (surname, given) if part) or fallback


def _bare(word):
    return word.strip(" .,").casefold()


def _titles(words):
    """:return: (titles in front, the words after them); a title alone is a name"""
    count = 0
    while count < len(words) - 1 and _is_title(words[count]):
        count += 1
    return words[:count], words[count:]


def _is_title(word):
    bare = _bare(word)
    # "Don" and "M" may be names; with a dot, or unlike any name, they are not.
    return bare in TITLES and (word.endswith(".") or bare not in ("don", "m", "fr"))


def _generation(words):
    if len(words) > 2 and _bare(words[-1]) in GENERATIONS:
        return words[:-1], words[-1]
    return words, ""


def _surname_start(words):
    """Index of the first word of the family name; there is always a given name."""
    start = len(words) - 1
    if start < 1:
        return len(words)
    while start > 1 and words[start - 1].casefold() in PARTICLES:
        start -= 1
        if words[start].casefold() in _JOINING and start > 1:
            start -= 1
    # "von Goethe": nothing but a family name
    return 0 if start == 1 and words[0].casefold() in PARTICLES else start
