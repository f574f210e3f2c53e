"""What a client wrote of an event, as the body that the store takes.

Times without an offset are those of ``StartTimeZone``, else of the request's
``TimeZoneContext``, else UTC.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ..clock import parse_iso
from ..event_times import Span, wall_text
from ..event_values import span_of
from ..mailbox import Item
from ..zones import CUSTOM, UTC, find_zone, to_wall
from .errors import EwsError
from .request import Request

_CLASS_ID = "040000008200E00074C5B7101A82E008"
_THIRD_PARTY = b"vCal-Uid" + b"\x01\x00\x00\x00"
_DROPPED = ("personalNotes", "uid", "from", "to", "startZone", "endZone", "itemClass")
_DAY = timedelta(days=1)


def given_of(values: dict) -> dict:
    """Properties that a client of Graph could not set: the UID.

    A UID that is no global object id is wrapped into one.
    Source: [MS-OXOCAL] 2.2.1.27
    """
    uid = values.get("uid")
    if not uid:
        return {}
    if uid.upper().startswith(_CLASS_ID):
        return {"iCalUId": uid.upper()}
    data = _THIRD_PARTY + uid.encode() + b"\x00"
    size = len(data).to_bytes(4, "little").hex().upper()
    return {"iCalUId": f"{_CLASS_ID}{'0' * 40}{size}{data.hex().upper()}"}


def complete(
    request: Request,
    values: dict,
    item: Item | None = None,
    old: Span | None = None,
) -> dict:
    """The body that the store takes.

    :param values: what the fields read
    :param item: the event that is changed, ``old`` when it is until now
    :raises EwsError: for times that cannot be
    """
    body = {k: v for k, v in values.items() if ":" not in k and k not in _DROPPED}
    if item is None or _touches_times(values):
        body.update(_times(request, values, old))
    if body.get("recurrence"):
        _fit_recurrence(body, old)
    rows = _attendees(values, item.data["attendees"] if item is not None else [])
    if rows is not None:
        body["attendees"] = rows
    return body


def _touches_times(values: dict) -> bool:
    return any(k in values for k in ("from", "to", "startZone", "isAllDay"))


def _attendees(values: dict, old: list[dict]) -> list[dict] | None:
    kinds = {k[10:]: rows for k, rows in values.items() if k.startswith("attendees:")}
    if not kinds:
        return None
    rows = [row for row in old if row["type"] not in kinds]
    for kind in ("required", "optional", "resource"):
        rows += kinds.get(kind, [])
    return rows


def _times(request: Request, values: dict, old: Span | None) -> dict:
    zone = values.get("startZone") or (old.start_zone if old else request.zone) or UTC
    if zone == CUSTOM and old is not None:
        zone = old.rules
    end_zone = values.get("endZone") or zone
    all_day = bool(values.get("isAllDay", old.all_day if old else False))
    start = _moment(values.get("from"), zone, old.start if old else None)
    end = _moment(values.get("to"), end_zone, old.end if old else None)
    if all_day:
        # Whatever the clock said: the days that it touches, in the zone of the start.
        end_zone = zone
        start = start.replace(hour=0, minute=0, second=0, microsecond=0)
        rest = end - end.replace(hour=0, minute=0, second=0, microsecond=0)
        end = end - rest + (_DAY if rest or end <= start else timedelta())
    return {
        "start": {"dateTime": wall_text(start), "timeZone": zone},
        "end": {"dateTime": wall_text(end), "timeZone": end_zone},
        "isAllDay": all_day,
    }


def _moment(text: str | None, zone: str, old: datetime | None) -> datetime:
    """The wall clock of a written time, or of the present one."""
    rules = find_zone(zone)
    if not text:
        if old is None:
            raise EwsError("ErrorRequiredPropertyMissing", "Start and End are needed.")
        return to_wall(old, rules)
    try:
        moment = parse_iso(text)
    except ValueError:
        raise EwsError(
            "ErrorInvalidValueForProperty", f"'{text}' is no time."
        ) from None
    tail = text.strip()[10:]
    absolute = tail[-1:] in ("Z", "z") or "+" in tail or "-" in tail
    return to_wall(moment, rules) if absolute else moment.replace(tzinfo=None)


def _fit_recurrence(body: dict, old: Span | None) -> None:
    """The first day of the recurrence decides; the start gives the time of day."""
    span = body["recurrence"]["range"]
    if "start" not in body:
        assert old is not None
        start, end = old.wall()
        zones = old.start_zone, old.end_zone
        body["start"] = {"dateTime": wall_text(start), "timeZone": zones[0]}
        body["end"] = {"dateTime": wall_text(end), "timeZone": zones[1]}
        body["isAllDay"] = old.all_day
    span["recurrenceTimeZone"] = body["start"]["timeZone"]
    start, end = (parse_iso(body[k]["dateTime"]) for k in ("start", "end"))
    try:
        wanted = datetime.fromisoformat(span["startDate"]).date()
    except ValueError:
        raise EwsError("ErrorCalendarInvalidRecurrence") from None
    shift = timedelta(days=(wanted - start.date()).days)
    for key, moment in (("start", start), ("end", end)):
        body[key] = {**body[key], "dateTime": wall_text(moment + shift)}


def present(item: Item, span: Span | None = None) -> Span:
    """When an event is until now."""
    return span or span_of(item)
