"""Items that Exchange cannot read are shown by their ids, in every list of each kind:
whoever compares lists would take them for deleted."""

import pytest
from spoken import FOUND, failed, ids_of, items, said, synced, wants

WINDOW = "startDateTime=2026-03-01T00:00:00Z&endDateTime=2026-04-01T00:00:00Z"
GOOD, BAD, GONE = "AAMkGOOD", "AAMkBAD0", "AAMkGONE"
UID = f"040000008200E00074C5B7101A82E008{'0' * 48}"


def element(kind, key, more=""):
    """An item of one of the kinds."""
    tag = {"messages": "Message", "contacts": "Contact"}.get(kind, "CalendarItem")
    return f'<t:{tag}><t:ItemId Id="{key}" ChangeKey="CQ"/>{more}</t:{tag}>'


def event(key, kind="Single", day=2):
    """An event, as a list shows it."""
    return element(
        "events",
        key,
        f"<t:UID>{UID}</t:UID><t:Start>2026-03-{day:02}T09:00:00Z</t:Start>"
        f"<t:End>2026-03-{day:02}T10:00:00Z</t:End>"
        f"<t:CalendarItemType>{kind}</t:CalendarItemType>",
    )


class Folder:
    """A folder with one item that is well, one that is broken and one that is gone."""

    def __init__(self, kind):
        self.kind = kind

    def answers(self):
        """What the server says of it."""
        rows = "".join(element(self.kind, key) for key in (GOOD, BAD, GONE))
        (row,) = synced()
        changes = "".join(
            f"<t:Create>{element(self.kind, key)}</t:Create>"
            for key in (GOOD, BAD, GONE)
        )
        listed = row[3].replace("<m:Changes>", f"<m:Changes>{changes}")
        return {
            "FindItem": lambda _r: [said(FOUND.format(rows))],
            "SyncFolderItems": lambda _r: [(*row[:3], listed)],
            "GetItem": self.get,
        }

    def get(self, request):
        """GetItem."""
        found = []
        for key in ids_of(request):
            if key == GOOD:
                found += items(element(self.kind, key))
            else:
                code = {BAD: "ErrorCorruptData", GONE: "ErrorItemNotFound"}[key]
                found.append(failed(code, "<m:Items/>"))
        return found


@pytest.mark.parametrize(
    "kind, path",
    [
        ("messages", "me/mailFolders/inbox/messages"),
        ("messages", "me/mailFolders/inbox/messages/delta"),
        ("contacts", "me/contacts"),
        ("contacts", "me/contacts/delta"),
        ("contacts", "me/contactFolders/AAMkFOLD/contacts"),
        ("events", "me/events"),
        ("events", f"me/calendarView?{WINDOW}"),
        ("events", f"me/calendarView/delta?{WINDOW}"),
    ],
)
def test_of_what_cannot_be_read_the_id_is_shown(spoken, kind, path):
    spoken.answers = Folder(kind).answers()
    answer = spoken.ask(path)
    assert answer.status_code == 200, answer.text
    rows = {row["id"]: row for row in answer.json()["value"]}
    assert rows.keys() == {GOOD, BAD}
    assert len(rows[GOOD]) > 4
    assert {name for name in rows[BAD] if "@odata" not in name} == {"id"}


def test_of_a_series_with_a_broken_exception_the_rest_is_shown(spoken):
    parts = {"AAMkOCC0": "Occurrence", "AAMkEXC0": "Exception"}

    def get(request):
        if any("MasterItemId" in str(one.tag) for one in request.iter()):
            return items(*[event(GOOD, "RecurringMaster")] * len(ids_of(request)))
        broken = failed("ErrorItemCorrupt", "<m:Items/>")
        parent = '<t:ParentFolderId Id="AAMkCAL0"/></t:CalendarItem>'
        return [
            broken
            if key == "AAMkEXC0"
            else items(
                event(key, parts.get(key, "RecurringMaster")).replace(
                    "</t:CalendarItem>", parent
                )
            )[0]
            for key in ids_of(request)
        ]

    (row,) = synced()
    listed = row[3].replace(
        "<m:Changes>",
        f"<m:Changes><t:Create>{event(GOOD, 'RecurringMaster')}</t:Create>",
    )
    view = "".join(
        event(key, kind, 2 + number) for number, (key, kind) in enumerate(parts.items())
    )
    spoken.answers = {
        "SyncFolderItems": lambda _r: [(*row[:3], listed)],
        "GetItem": get,
        "FindItem": lambda _r: [said(FOUND.format(view))],
    }
    rows = spoken.ask(f"me/calendarView/delta?{WINDOW}").json()["value"]
    assert {row["id"]: row.get("type") for row in rows} == {
        GOOD: "seriesMaster",
        "AAMkOCC0": "occurrence",
        "AAMkEXC0": None,
    }
    fields = "&$select=id,type,start,originalStart"
    rows = spoken.ask(f"me/events/{GOOD}/instances?{WINDOW}{fields}").json()["value"]
    assert {row["id"]: row.get("type") for row in rows} == {
        "AAMkOCC0": "occurrence",
        "AAMkEXC0": None,
    }


@pytest.mark.parametrize("code", ["ErrorRecurrenceHasNoOccurrence", "ErrorWhatever"])
def test_one_event_does_not_spoil_the_page_of_changes(spoken, code):
    """Exchange fails on the page where it has to tell when a broken series is."""
    (row,) = synced()
    changes = "".join(
        f"<t:Create>{element('events', key)}</t:Create>" for key in (GOOD, BAD)
    )
    listed = (*row[:3], row[3].replace("<m:Changes>", f"<m:Changes>{changes}"))

    def sync(request):
        return [failed(code)] if wants(request, "calendar:Start") else [listed]

    def get(request):
        return [
            failed(code, "<m:Items/>")
            if key == BAD and wants(request, "calendar:Start")
            else items(event(key))[0]
            for key in ids_of(request)
        ]

    spoken.answers = {"SyncFolderItems": sync, "GetItem": get}
    page = spoken.ask(f"me/calendarView/delta?{WINDOW}").json()
    assert [row["id"] for row in page["value"] if "start" in row] == [GOOD]
    assert [row["id"] for row in page["value"] if "start" not in row] == [BAD]
    assert page["@odata.deltaLink"]
    spoken.answers["SyncFolderItems"] = lambda _r: [failed("ErrorServerBusy")]
    assert spoken.ask(f"me/calendarView/delta?{WINDOW}").status_code == 429


# -- answers that hold nothing ---------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "me/mailFolders",
        "me/mailFolders/inbox/messages",
        "me/contacts",
        "me/events",
        f"me/calendarView?{WINDOW}",
    ],
)
def test_an_answer_without_a_list_is_no_empty_list(spoken, path):
    spoken.answers = {
        "FindItem": lambda _r: [said()],
        "FindFolder": lambda _r: [said()],
    }
    assert spoken.ask(path).status_code == 502


@pytest.mark.parametrize("holder", ["", "<m:Items/>"])
@pytest.mark.parametrize("kind", ["messages", "events", "contacts"])
def test_an_answer_without_an_item_does_not_say_that_it_is_gone(spoken, kind, holder):
    spoken.answers = {"GetItem": lambda request: [said(holder)] * len(ids_of(request))}
    answer = spoken.ask(f"me/{kind}/{GOOD}")
    assert answer.status_code == 422, answer.text
    spoken.answers["CreateItem"] = lambda _r: [said(holder)]
    answer = spoken.ask("me/contacts", "POST", json={"displayName": "Ada"})
    assert answer.status_code == 502, "it may have been made"


def test_mails_without_a_conversation_share_none(spoken):
    rest = "<t:ConversationId/><t:ParentFolderId/>"
    spoken.answers = {"GetItem": lambda _r: items(element("messages", GOOD, rest))}
    row = spoken.ask(f"me/messages/{GOOD}").json()
    assert (row["conversationId"], row["parentFolderId"]) == (None, None)
