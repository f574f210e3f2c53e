"""The plain truth about a calendar, to compare other calendars with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from .event_ids import occurrence_id, uid_at
from .event_render import Entry
from .event_times import Span


@dataclass(frozen=True)
class Happening:
    """One event, occurrence or exception as it is in a calendar: the plain truth.

    :ivar start: aware, UTC, as ``end``; of an all-day event midnight of its own zone
    :ivar first_day: the date on the clocks of its own zone; ``last_day`` inclusive
    :ivar type: ``singleInstance``, ``occurrence`` or ``exception``
    :ivar original_start: of an occurrence or exception, by the pattern
    :ivar uid: iCalUId, with the date of the occurrence in it
    :ivar series_uid: the same without date, as in every mailbox of a meeting
    :ivar master_id: the immutable id of the series in this mailbox, or of the event
    """

    subject: str
    start: datetime
    end: datetime
    all_day: bool
    first_day: str
    last_day: str
    type: str
    original_start: datetime | None
    uid: str
    series_uid: str
    id: str
    immutable_id: str
    master_id: str
    cancelled: bool
    show_as: str
    sensitivity: str
    response: str
    organizer: str
    attendees: tuple[tuple[str, str], ...]
    location: str
    categories: tuple[str, ...]

    def plain(self) -> dict:
        """All of it in values that JSON knows."""
        values = asdict(self)
        for name in ("start", "end", "original_start"):
            moment = values[name]
            values[name] = moment.isoformat() if moment else None
        return values


def happening(row: Entry) -> Happening:
    """The plain truth about one row of a calendar."""
    item, one, span = row.item, row.occurrence, row.span
    data, kind = item.data, "singleInstance"
    if one is not None:
        kind = "exception" if one.deviation is not None else "occurrence"
        data = {**data, **(one.deviation.values if one.deviation is not None else {})}
    first, last = _days(span)
    return Happening(
        start=span.start,
        end=span.end,
        all_day=span.all_day,
        first_day=first,
        last_day=last,
        type=kind,
        original_start=one.planned.start if one is not None else None,
        **_names(row),
        **_shown(data),
    )


def _names(row: Entry) -> dict:
    item, one = row.item, row.occurrence
    uid, ids = item.data["iCalUId"], (item.id, item.immutable_id)
    names = {"series_uid": uid, "uid": uid, "id": ids[0], "immutable_id": ids[1]}
    names["master_id"] = item.immutable_id
    if one is not None:
        names["uid"] = uid_at(uid, one.day)
        names["id"], names["immutable_id"] = (occurrence_id(k, one.day) for k in ids)
    return names


def _shown(data: dict) -> dict:
    return {
        "subject": data["subject"],
        "cancelled": data["isCancelled"],
        "show_as": data["showAs"],
        "sensitivity": data["sensitivity"],
        "response": data["responseStatus"]["response"],
        "organizer": _address(data["organizer"]),
        "attendees": tuple(
            (_address(row), row["status"]["response"])
            for row in data["attendees"]
            if _address(row)
        ),
        "location": (data["location"] or {}).get("displayName", ""),
        "categories": tuple(data["categories"]),
    }


def _address(who: dict | None) -> str:
    return ((who or {}).get("emailAddress") or {}).get("address") or ""


def _days(span: Span) -> tuple[str, str]:
    """First and last date, inclusive."""
    start, end = span.wall()
    last = end.date()
    if end > start and end.time() == datetime.min.time():
        last = datetime.fromordinal(end.toordinal() - 1).date()
    return start.date().isoformat(), last.isoformat()
