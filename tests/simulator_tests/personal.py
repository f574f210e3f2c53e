"""What the tests of calendars and address books share."""

IMMUTABLE = 'IdType="ImmutableId"'
BERLIN = "W. Europe Standard Time"
TAG = "String {66f5a359-4659-4830-9070-00040ec6ac6e} Name OdooRecord"
WINDOW = "startDateTime=2026-03-01&endDateTime=2026-06-01"
VIEW = f"me/calendarView?{WINDOW}&$top=100"
NONE = {"response": "none", "time": "0001-01-01T00:00:00Z"}


def at(moment, zone="UTC"):
    """A dateTimeTimeZone."""
    return {"dateTime": moment, "timeZone": zone}


def body(
    subject="Lunch", start="2026-03-02T12:00:00", end="2026-03-02T13:00:00", **more
):
    """A new event."""
    zone = more.pop("zone", "UTC")
    return {"subject": subject, "start": at(start, zone), "end": at(end, zone), **more}


def create(graph, **values):
    """POST it; what came back."""
    answer = graph.post("me/events", body(**values))
    assert answer.status_code == 201, answer.text
    return answer.json()


def error(answer, status=400):
    """Code and message of a refusal."""
    assert answer.status_code == status, answer.text
    found = answer.json()["error"]
    return found["code"], found["message"]


def weekly(graph, count=6, **more):
    """A series on Mondays at 09:00 in Berlin from 2 March 2026 on; the master."""
    values = {
        "subject": "Weekly",
        "start": at("2026-03-02T09:00:00", BERLIN),
        "end": at("2026-03-02T10:00:00", BERLIN),
        "recurrence": {
            "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"]},
            "range": {
                "type": "numbered",
                "numberOfOccurrences": count,
                "startDate": "2026-03-02",
            },
        },
        **more,
    }
    answer = graph.post("me/events", values)
    assert answer.status_code == 201, answer.text
    return answer.json()


def instances(graph, master, query="", prefer=""):
    """The instances of a series."""
    path = f"me/events/{master['id']}/instances?{WINDOW}&$top=100{query}"
    answer = graph.get(path, prefer)
    assert answer.status_code == 200, answer.text
    return answer.json()["value"]


def who(graph, address="", kind="required"):
    """An attendee."""
    address = address or graph.address
    return {"emailAddress": {"address": address}, "type": kind}


def only(graph, path="me/events"):
    """The one event of a calendar."""
    rows = graph.get(path).json()["value"]
    assert len(rows) == 1, rows
    return rows[0]


def answers(event):
    """Address → answer of the attendees."""
    return {
        row["emailAddress"]["address"]: row["status"]["response"]
        for row in event["attendees"]
    }


def act(graph, event, name, **values):
    """An action on an event; it must be accepted."""
    answer = graph.post(f"me/events/{event['id']}/{name}", values)
    assert answer.status_code == 202 and not answer.content, answer.text


def meet(olga, *attendees, **more):
    """A meeting of Olga's with others."""
    return create(olga, attendees=[who(graph) for graph in attendees], **more)


GARTH = {
    "givenName": "Garth",
    "surname": "Fort",
    "emailAddresses": [{"address": "garth@example.org", "name": "Garth"}],
}


def create_contact(graph, path="me/contacts", **values):
    """POST it; what came back."""
    answer = graph.post(path, {**GARTH, **values})
    assert answer.status_code == 201, answer.text
    return answer.json()
