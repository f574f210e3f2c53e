"""Restrictions of FindItem and FindFolder.

Source: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-use-search-filters-with-ews-in-exchange
"""

from __future__ import annotations

from collections.abc import Callable

from ..clock import parse_iso
from ..mailbox import Container
from .errors import violation
from .extended import Tag, value_of
from .fields import Thing
from .render import value_of as field_values
from .request import Request
from .shapes import read_path
from .xml import Element, child, children, local

Test = Callable[[Thing], bool]
_COMPARE: dict[str, Callable[[int], bool]] = {
    "IsEqualTo": lambda sign: sign == 0,
    "IsNotEqualTo": lambda sign: sign != 0,
    "IsGreaterThan": lambda sign: sign > 0,
    "IsGreaterThanOrEqualTo": lambda sign: sign >= 0,
    "IsLessThan": lambda sign: sign < 0,
    "IsLessThanOrEqualTo": lambda sign: sign <= 0,
}


def read_condition(request: Request, restriction: Element | None) -> Test:
    """What a restriction lets through.

    :raises SoapFault: ErrorSchemaValidation
    """
    if restriction is None:
        return lambda thing: True
    return _test(request, first_part(restriction))


def first_part(element: Element) -> Element:
    """The first part of an expression, which the schema does not ask for."""
    found = next(children(element), None)
    if found is None:
        raise violation(
            f"The element '{local(element)}' has incomplete content.", element
        )
    return found


def _test(request: Request, element: Element) -> Test:
    kind, parts = local(element), list(children(element))
    if kind in ("And", "Or"):
        tests = [_test(request, part) for part in parts]
        fold = all if kind == "And" else any
        return lambda thing: fold(test(thing) for test in tests)
    if kind == "Not":
        inner = _test(request, first_part(element))
        return lambda thing: not inner(thing)
    path = read_path(first_part(element), request.version, request.server.level)
    if kind == "Exists":
        return lambda thing: bool(_values(thing, path))
    if kind == "Contains":
        return _contains(element, parts, path)
    if kind in _COMPARE:
        return _comparison(request, kind, parts, path)
    raise violation(f"'{kind}' is no search expression.", element)


def _values(thing: Thing, path: str | Tag) -> list[str]:
    if isinstance(path, Tag):
        found = value_of(thing.item, thing.data, thing.extended, path.key)
        return [] if found is None else [found]
    return field_values(thing.request, thing, path)


def _contains(element: Element, parts: list[Element], path: str | Tag) -> Test:
    wanted = parts[1].get("Value") or ""
    mode = element.get("ContainmentMode", "FullString")
    if "IgnoreCase" in element.get("ContainmentComparison", ""):
        wanted = wanted.lower()

    def test(thing: Thing) -> bool:
        rows = _values(thing, path)
        if "IgnoreCase" in element.get("ContainmentComparison", ""):
            rows = [row.lower() for row in rows]
        if mode == "FullString":
            return wanted in rows
        if mode.startswith("Prefixed"):
            return any(row.startswith(wanted) for row in rows)
        return any(wanted in row for row in rows)

    return test


def _comparison(
    request: Request, kind: str, parts: list[Element], path: str | Tag
) -> Test:
    good = _COMPARE[kind]
    constant = child(parts[1], "t:Constant")
    wanted = None if constant is not None else first_part(parts[1])
    other = (
        read_path(wanted, request.version, request.server.level)
        if wanted is not None
        else None
    )
    fixed = (constant.get("Value") or "") if constant is not None else ""

    def test(thing: Thing) -> bool:
        rows = _values(thing, path)
        against = fixed if other is None else next(iter(_values(thing, other)), "")
        if not rows:
            return kind == "IsNotEqualTo"
        return good(compare(rows[0], against))

    return test


def compare(left: str, right: str) -> int:
    """-1, 0 or 1 of two values: as numbers, as times, else as texts without case."""
    for read in (float, parse_iso, str.lower):
        try:
            a, b = read(left), read(right)
        except ValueError:
            continue
        return (a > b) - (a < b)  # type: ignore[operator]
    return 0


# -- folders ---------------------------------------------------------------------------


def read_folder_condition(
    request: Request, restriction: Element | None
) -> Callable[[Container], bool]:
    """What a restriction of FindFolder lets through: names and classes alone."""
    if restriction is None:
        return lambda folder: True
    return _folder_test(request, first_part(restriction))


def _folder_test(request: Request, element: Element) -> Callable[[Container], bool]:
    kind, parts = local(element), list(children(element))
    if kind in ("And", "Or"):
        tests = [_folder_test(request, part) for part in parts]
        fold = all if kind == "And" else any
        return lambda folder: fold(test(folder) for test in tests)
    if kind == "Not":
        inner = _folder_test(request, first_part(element))
        return lambda folder: not inner(folder)
    path = read_path(first_part(element), request.version, request.server.level)
    constant = next(element.iter("{*}Constant"), None)
    wanted = (constant.get("Value") or "").lower() if constant is not None else ""

    def test(folder: Container) -> bool:
        value = _folder_value(folder, path).lower()
        if kind == "Contains":
            return wanted in value
        if kind == "Exists":
            return bool(value)
        return _COMPARE[kind](compare(value, wanted))

    if kind not in ("Contains", "Exists", *_COMPARE):
        raise violation(f"'{kind}' is no search expression.", element)
    return test


def _folder_value(folder: Container, path: str | Tag) -> str:
    if isinstance(path, Tag):
        return folder.extended.get(path.key) or ""
    if path == "folder:DisplayName":
        return folder.name
    if path == "folder:FolderClass":
        classes = {"calendar": "IPF.Appointment", "contactFolder": "IPF.Contact"}
        own: str = folder.data.get("class") or ""
        return own or classes.get(folder.kind, "IPF.Note")
    return ""
