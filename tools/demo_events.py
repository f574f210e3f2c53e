"""What is in the calendars of the demo's people, as Graph's properties.

The days are counted from today, on working days, so that the demo always shows a full
week; the times are those of Berlin.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from odoo.addons.exchange_connector.tools.demo_mails import COMPANIES, DOMAIN, USERS

ZONE = "W. Europe Standard Time"


@dataclass(frozen=True)
class Event:
    """One event of one calendar.

    :ivar owner: whose calendar it is made in
    :ivar day: working days from today
    :ivar invited: log-ins or addresses
    :ivar answers: {log-in: answer}
    :ivar moved: (number of an occurrence, hour it was moved to)
    """

    owner: str
    subject: str
    day: int
    start: str
    end: str
    values: dict[str, Any] = field(default_factory=dict)
    invited: tuple[str, ...] = ()
    answers: dict[str, str] = field(default_factory=dict)
    moved: tuple[int, int] | None = None

    def properties(self) -> dict[str, Any]:
        """What Graph would be sent to create it."""
        day = working_day(self.day)
        whole = not self.start
        begin = day if whole else at(day, self.start)
        end = day + timedelta(days=1) if whole else at(day, self.end)
        return {
            "subject": self.subject,
            "isAllDay": whole,
            "start": {"dateTime": f"{begin:%Y-%m-%dT%H:%M:%S}", "timeZone": ZONE},
            "end": {"dateTime": f"{end:%Y-%m-%dT%H:%M:%S}", "timeZone": ZONE},
            "attendees": [attendee(each) for each in self.invited],
            **self.values,
        }


def events() -> Iterator[Event]:
    """All events of the demo."""
    yield from _meetings()
    yield from _own()


def _meetings() -> Iterator[Event]:
    yield Event(
        "anna",
        "Angebot Schreibtische Köln",
        1,
        "10:00",
        "11:00",
        _place("Besprechungsraum Rhein", "<p>Preis, Liefertermin, Montage.</p>"),
        ("ben", "carla", "j.mueller@mueller-elektro.example"),
        {"ben": "accepted", "carla": "tentativelyAccepted"},
    )
    yield Event(
        "ben",
        "Wochenbesprechung Vertrieb",
        0,
        "09:00",
        "09:30",
        {
            **_place("Teams"),
            "recurrence": _each_week(working_day(0), 8),
            "categories": ["Vertrieb"],
        },
        ("anna", "carla"),
        {"anna": "accepted", "carla": "accepted"},
        moved=(2, 14),
    )
    yield Event(
        "carla",
        "Rathaus Bonn: Möblierung Erdgeschoss",
        2,
        "14:00",
        "15:30",
        _place("Poppelsdorfer Allee 58, Bonn"),
        ("anna", "weiss@architektur-weiss.example"),
    )


def _own() -> Iterator[Event]:
    yield Event("anna", "Messe Köln", 3, "", "", {"showAs": "oof"})
    yield Event(
        "anna",
        "Zahnarzt",
        2,
        "08:00",
        "09:00",
        {"sensitivity": "private", **_place("Dr. Kurz")},
    )
    yield Event("anna", "Bäckerei Sonnenschein besuchen", 4, "11:00", "12:00")
    yield Event("ben", "Lieferantengespräch", 1, "13:00", "14:00")


def _place(name: str, html: str = "") -> dict[str, Any]:
    return {
        "location": {"displayName": name},
        "body": {"contentType": "html", "content": html},
    }


def _each_week(start: date, count: int) -> dict[str, Any]:
    return {
        "pattern": {
            "type": "weekly",
            "interval": 1,
            "daysOfWeek": [f"{start:%A}".lower()],
            "firstDayOfWeek": "monday",
        },
        "range": {
            "type": "numbered",
            "startDate": start.isoformat(),
            "numberOfOccurrences": count,
            "recurrenceTimeZone": ZONE,
        },
    }


def working_day(number: int) -> date:
    """The so many-th working day from today on."""
    day = date.today()
    while day.weekday() > 4:
        day += timedelta(days=1)
    for _each in range(number):
        day += timedelta(days=3 if day.weekday() == 4 else 1)
    return day


def at(day: date, clock: str) -> datetime:
    """A time of a day."""
    return datetime.combine(day, time.fromisoformat(clock))


def attendee(who: str) -> dict[str, Any]:
    """Somebody who is invited, by log-in or address."""
    names = {
        email: name
        for _c, _s, people in COMPANIES.values()
        for name, _j, email in people
    }
    address = f"{who}@{DOMAIN}" if who in USERS else who
    name = USERS[who][0] if who in USERS else names.get(who, who)
    return {"type": "required", "emailAddress": {"address": address, "name": name}}
