"""Rows of a calendar as Graph answers with them, for tests without a mailbox."""


def event(**values):
    """A single event as Graph shows it."""
    day = values.pop("day", 2)
    return {
        "id": "AAA",
        "changeKey": "k1",
        "iCalUId": "uid1",
        "type": "singleInstance",
        "subject": "Talk",
        "start": {"dateTime": f"2026-03-{day:02}T09:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": f"2026-03-{day:02}T10:00:00.0000000", "timeZone": "UTC"},
        **values,
    }
