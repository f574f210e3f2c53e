"""Series of odd calendars, as an Exchange server tells of them."""

import pytest
from spoken import FOUND, ids_of, items, said, synced, wants

WINDOW = "startDateTime=2026-03-01T00:00:00Z&endDateTime=2026-04-01T00:00:00Z"
# Hours of some occurrences, by a letter in their ids: late and long ones.
TIMES = {"L": ("15", "16"), "X": ("09", "11")}
GOID = f"040000008200E00074C5B7101A82E008{'0' * 48}"


class Calendar:
    """Series of which Exchange tells: {master: [occurrence]}, all with one identity.

    :param uid: "" = none, as of items that old programs made
    :param rules: {master: the content of its recurrence}
    :ivar told: the masters that SyncFolderItems tells of
    """

    def __init__(self, uid, rules=None, /, **series):
        self.uid, self.series, self.rules = uid, series, rules or {}
        self.told = list(series)
        self.master_of = {one: key for key, ones in series.items() for one in ones}

    def item(self, key):
        """The element of a master or an occurrence."""
        part = key in self.master_of
        day, start, end = 1 + int(key[-2:]), *TIMES.get(key[-3], ("09", "10"))
        uid = f"<t:UID>{self.uid}</t:UID>" if self.uid else ""
        return (
            f'<t:CalendarItem><t:ItemId Id="{key}" ChangeKey="CQ"/>{uid}'
            f"<t:Start>2026-03-{day:02}T{start}:00:00Z</t:Start>"
            f"<t:End>2026-03-{day:02}T{end}:00:00Z</t:End><t:CalendarItemType>"
            f"{'Occurrence' if part else 'RecurringMaster'}</t:CalendarItemType>"
            f"{self.rules.get(key, '')}"
            "</t:CalendarItem>"
        )

    def sync(self, _request):
        """SyncFolderItems: all series are new."""
        rows = [f"<t:Create>{self.item(key)}</t:Create>" for key in self.told]
        (row,) = synced()
        return [
            (*row[:3], row[3].replace("<m:Changes>", "<m:Changes>" + "".join(rows)))
        ]

    def get(self, request):
        """GetItem, of masters also by their occurrences."""
        masters = any("MasterItemId" in str(one.tag) for one in request.iter())
        keys = [self.master_of[k] if masters else k for k in ids_of(request)]
        return items(*(self.item(key) for key in keys))

    def view(self, _request):
        """FindItem with a CalendarView."""
        return [said(FOUND.format("".join(self.item(key) for key in self.master_of)))]

    def answers(self):
        """What a server with this calendar says."""
        return {
            "SyncFolderItems": self.sync,
            "GetItem": self.get,
            "FindItem": self.view,
        }


@pytest.mark.parametrize("uid", ["", GOID])
def test_series_that_cannot_be_told_apart_by_identity_keep_their_occurrences(
    spoken, uid
):
    """Old programs make series without an identity, imports the same one twice."""
    calendar = Calendar(
        uid, AAMkMA00=["AAMkOA00", "AAMkOA07"], AAMkMB00=["AAMkOB01", "AAMkOB08"]
    )
    spoken.answers = calendar.answers()
    rows = spoken.ask(f"me/calendarView/delta?{WINDOW}").json()["value"]
    found = [(row["id"], row.get("seriesMasterId")) for row in rows]
    assert sorted(found) == sorted(
        [*calendar.master_of.items(), ("AAMkMA00", None), ("AAMkMB00", None)]
    )


def weekly(day, span="<t:NoEndRecurrence>{}</t:NoEndRecurrence>"):
    """A recurrence on one day of the week."""
    start = "<t:StartDate>2026-03-01</t:StartDate>"
    return (
        "<t:Recurrence><t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>"
        f"{day}</t:DaysOfWeek></t:WeeklyRecurrence>{span.format(start)}</t:Recurrence>"
    )


UNTIL = "<t:EndDateRecurrence>{}<t:EndDate>2026-03-09</t:EndDate></t:EndDateRecurrence>"
TWICE = (
    "<t:NumberedRecurrence>{}<t:NumberOfOccurrences>2</t:NumberOfOccurrences>"
    "</t:NumberedRecurrence>"
)
SHARING = {
    # imported twice
    "the same days": Calendar(
        GOID, AAMkMA00=["AAMkOA00", "AAMkOA07"], AAMkMB00=["AAMkOB00", "AAMkOB07"]
    ),
    "other weekdays": Calendar(
        GOID,
        {"AAMkMA00": weekly("Sunday"), "AAMkMB00": weekly("Monday")},
        AAMkMA00=["AAMkOA00", "AAMkOA07"],
        AAMkMB00=["AAMkOB01", "AAMkOB08"],
    ),
    "other hours": Calendar(
        GOID, AAMkMA00=["AAMkOA00", "AAMkOA07"], AAMkMB00=["AAMkOL02", "AAMkOL09"]
    ),
    "longer": Calendar(
        GOID, AAMkMA00=["AAMkOA00", "AAMkOA07"], AAMkMB00=["AAMkOX02", "AAMkOX09"]
    ),
    "one after the other": Calendar(
        GOID,
        {"AAMkMA00": weekly("Sunday", UNTIL)},
        AAMkMA00=["AAMkOA00", "AAMkOA07"],
        AAMkMB00=["AAMkOB14", "AAMkOB21"],
    ),
    "so many": Calendar(
        GOID,
        {"AAMkMA00": weekly("Sunday", TWICE)},
        AAMkMA00=["AAMkOA00", "AAMkOA07"],
        AAMkMB00=["AAMkOB14"],
    ),
}


@pytest.mark.parametrize("how", SHARING)
def test_series_of_one_identity_that_come_one_by_one_keep_their_occurrences(
    spoken, how
):
    """As where one of them changes, or they are on different pages."""
    calendar = SHARING[how]
    spoken.answers = calendar.answers()
    spoken.answers["GetItem"] = lambda request: [
        (
            *row[:3],
            row[3].replace("</t:Cal", '<t:ParentFolderId Id="AAMkCAL0"/></t:Cal'),
        )
        for row in calendar.get(request)
    ]
    calendar.told = ["AAMkMA00"]
    rows = spoken.ask(f"me/calendarView/delta?{WINDOW}").json()["value"]
    found = {row["id"]: row["seriesMasterId"] for row in rows if "subject" not in row}
    wanted = dict.fromkeys(calendar.series["AAMkMA00"], "AAMkMA00")
    assert found == wanted
    rows = spoken.ask(f"me/events/AAMkMA00/instances?{WINDOW}").json()["value"]
    assert [row["id"] for row in rows] == list(wanted)


def test_series_imported_twice_name_their_masters_in_a_view(spoken):
    calendar = SHARING["the same days"]
    spoken.answers = calendar.answers()
    rows = spoken.ask(f"me/calendarView?{WINDOW}").json()["value"]
    assert {row["id"]: row["seriesMasterId"] for row in rows} == calendar.master_of


def test_an_ordinary_series_is_not_asked_for_each_day(spoken):
    calendar = Calendar(
        GOID,
        {"AAMkMA00": weekly("Sunday", UNTIL.replace("-09", "-30"))},
        AAMkMA00=[f"AAMkOA{day:02}" for day in (0, 7, 14, 21)],
    )
    spoken.answers = calendar.answers()
    assert len(spoken.ask(f"me/calendarView/delta?{WINDOW}").json()["value"]) == 5
    assert not any(
        "RecurringMasterItemId" in str(one.tag)
        for _name, request in spoken.heard
        for one in request.iter()
    )


def test_of_series_without_identity_each_occurrence_names_its_master(spoken):
    calendar = Calendar("", AAMkMA00=["AAMkOA00", "AAMkOA07"], AAMkMB00=["AAMkOB01"])
    spoken.answers = calendar.answers()
    for fields in ("", "&$select=id,seriesMasterId,start"):
        rows = spoken.ask(f"me/calendarView?{WINDOW}{fields}").json()["value"]
        assert {r["id"]: r["seriesMasterId"] for r in rows} == calendar.master_of
    spoken.answers["GetItem"] = lambda request: [
        (
            *row[:3],
            row[3].replace("</t:Cal", '<t:ParentFolderId Id="AAMkCAL0"/></t:Cal'),
        )
        for row in calendar.get(request)
    ]
    rows = spoken.ask(f"me/events/AAMkMA00/instances?{WINDOW}").json()["value"]
    assert [row["id"] for row in rows] == calendar.series["AAMkMA00"]


def test_a_day_that_was_taken_out_of_a_series_is_that_day(spoken):
    """Midnight in Berlin, told in UTC, is the evening before."""
    zone = '<t:StartTimeZone Id="W. Europe Standard Time"/>'
    gone = "<t:DeletedOccurrence><t:Start>2026-03-15T23:00:00Z</t:Start>"
    spoken.answers = {
        "GetItem": lambda _r: items(
            '<t:CalendarItem><t:ItemId Id="AAMkMA00" ChangeKey="CQ"/>'
            "<t:IsAllDayEvent>true</t:IsAllDayEvent>"
            "<t:CalendarItemType>RecurringMaster</t:CalendarItemType>"
            f"<t:DeletedOccurrences>{gone}</t:DeletedOccurrence></t:DeletedOccurrences>"
            f"{zone}</t:CalendarItem>"
        )
    }
    row = spoken.ask("me/events/AAMkMA00?$select=cancelledOccurrences").json()
    assert row["cancelledOccurrences"] == ["OID.AAMkMA00.2026-03-16"]
    (_name, request) = spoken.heard[-1]
    assert wants(request, "calendar:IsAllDayEvent")
