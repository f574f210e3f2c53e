"""Series of odd calendars, as an Exchange server tells of them."""

import pytest
from spoken import FOUND, ids_of, items, said, synced, wants

WINDOW = "startDateTime=2026-03-01T00:00:00Z&endDateTime=2026-04-01T00:00:00Z"
GOID = f"040000008200E00074C5B7101A82E008{'0' * 48}"


class Calendar:
    """Series of which Exchange tells: {master: [occurrence]}, all with one identity.

    :param uid: "" = none, as of items that old programs made
    """

    def __init__(self, uid, **series):
        self.uid, self.series = uid, series
        self.master_of = {one: key for key, ones in series.items() for one in ones}

    def item(self, key):
        """The element of a master or an occurrence."""
        part = key in self.master_of
        day = 1 + int(key[-2:])
        uid = f"<t:UID>{self.uid}</t:UID>" if self.uid else ""
        return (
            f'<t:CalendarItem><t:ItemId Id="{key}" ChangeKey="CQ"/>{uid}'
            f"<t:Start>2026-03-{day:02}T09:00:00Z</t:Start>"
            f"<t:End>2026-03-{day:02}T10:00:00Z</t:End><t:CalendarItemType>"
            f"{'Occurrence' if part else 'RecurringMaster'}</t:CalendarItemType>"
            "</t:CalendarItem>"
        )

    def sync(self, _request):
        """SyncFolderItems: all series are new."""
        rows = [f"<t:Create>{self.item(key)}</t:Create>" for key in self.series]
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
