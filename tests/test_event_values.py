from datetime import datetime

from odoo.tests import BaseCase, tagged

from ..models.event_times import NoTime, zone_name
from ..models.event_values import Series, anonymous, other_ids, parse_event
from .event_rows import event

GLOBAL = "040000008200E00074C5B7101A82E008"


@tagged("post_install", "-at_install")
class TestEventValues(BaseCase):
    """What a mailbox sends, in plain values."""

    def allday(self, first, last, **values):
        return event(
            isAllDay=True,
            start={"dateTime": f"{first}T00:00:00", "timeZone": "UTC"},
            end={"dateTime": f"{last}T00:00:00", "timeZone": "UTC"},
            **values,
        )

    def test_all_day_is_a_date(self):
        content = parse_event(self.allday("2026-03-28", "2026-03-30")).content
        self.assertEqual(content.start, datetime(2026, 3, 28, 8))
        self.assertEqual(content.stop, datetime(2026, 3, 29, 18))

    def test_an_all_day_event_without_length(self):
        content = parse_event(self.allday("2026-03-28", "2026-03-28")).content
        self.assertEqual(content.stop, datetime(2026, 3, 28, 18))

    def test_other_zones_than_asked_for(self):
        for zone, hour in (
            ("W. Europe Standard Time", 8),
            ("Europe/Berlin", 8),
            ("Pacific Standard Time", 17),
            ("tzone://Microsoft/Custom", 9),
            ("Nowhere", 9),
            (None, 9),
        ):
            with self.subTest(zone):
                time = {"dateTime": "2026-03-02T09:00:00", "timeZone": zone}
                content = parse_event(event(start=time, end=time)).content
                self.assertEqual(content.start, datetime(2026, 3, 2, hour))

    def test_names_of_zones_in_any_case(self):
        for zone in ("europe/berlin", "W. EUROPE STANDARD TIME", "EUROPE/BERLIN"):
            with self.subTest(zone):
                time = {"dateTime": "2026-03-02T09:00:00", "timeZone": zone}
                content = parse_event(event(start=time, end=time)).content
                self.assertEqual(content.start, datetime(2026, 3, 2, 8))

    def test_times_that_say_how_far_they_are_from_utc(self):
        for text, zone, hour in (
            ("2026-03-02T09:00:00.0000000Z", "Europe/Berlin", 9),
            ("2026-03-02T09:00:00-08:00", "UTC", 17),
            ("2026-03-02T09:00:00.5+0100", None, 8),
            ("2026-03-02T09:00:00.0000000", "UTC", 9),
        ):
            with self.subTest(text):
                time = {"dateTime": text, "timeZone": zone}
                content = parse_event(event(start=time, end=time)).content
                self.assertEqual(content.start, datetime(2026, 3, 2, hour))

    def test_an_all_day_event_told_in_instants(self):
        for zone, first, last, day in (
            ("W. Europe Standard Time", "2026-03-01T23:00", "2026-03-02T23:00", 2),
            # the clocks change in between
            ("Europe/Berlin", "2026-03-28T23:00", "2026-03-29T22:00", 29),
            ("Pacific Standard Time", "2026-03-02T08:00", "2026-03-03T08:00", 2),
            # a zone that nobody knows
            ("tzone://Microsoft/Custom", "2026-03-01T23:00", "2026-03-02T23:00", 2),
            (None, "2026-03-02T08:00", "2026-03-03T08:00", 2),
        ):
            with self.subTest(zone):
                item = event(
                    isAllDay=True,
                    originalStartTimeZone=zone,
                    start={"dateTime": f"{first}:00", "timeZone": "UTC"},
                    end={"dateTime": f"{last}:00", "timeZone": "UTC"},
                )
                content = parse_event(item).content
                self.assertEqual(content.start, datetime(2026, 3, day, 8))
                self.assertEqual(content.stop, datetime(2026, 3, day, 18))

    def test_without_time(self):
        ends = [{"dateTime": f"{year}-01-01T00:00:00"} for year in ("0001", "9999")]
        for value in (None, {}, {"dateTime": "soon"}, "2026-03-02", *ends):
            with self.subTest(value), self.assertRaises(NoTime):
                parse_event(event(start=value))

    def test_an_end_before_the_start(self):
        end = {"dateTime": "2026-03-01T09:00:00"}
        content = parse_event(event(end=end)).content
        self.assertEqual(content.stop, content.start)

    def test_an_occurrence_is_its_master_at_another_time(self):
        master = Series(event(id="M", location={"displayName": "Room"}))
        row = {name: event(day=5)[name] for name in ("start", "end")}
        copy = parse_event({"id": "O", "type": "occurrence", **row}, master)
        self.assertEqual((copy.content.name, copy.content.location), ("Talk", "Room"))
        self.assertEqual(copy.key, ("uid1", datetime(2026, 3, 5, 9)))
        self.assertEqual(copy.master_id, "M")

    def test_a_moved_exception_keeps_its_key(self):
        master = Series(event(id="M"))
        item = event(
            id="O",
            type="exception",
            day=7,
            iCalUId="other",
            originalStart="2026-03-05T09:00:00Z",
        )
        self.assertEqual(
            parse_event(item, master).key, ("uid1", datetime(2026, 3, 5, 9))
        )

    def test_an_original_start_on_other_clocks(self):
        master = Series(event(id="M"))
        for text in ("2026-03-05T10:00:00+01:00", "2026-03-05T03:30:00.0000000-05:30"):
            item = event(id="O", type="exception", day=7, originalStart=text)
            planned = parse_event(item, master).original_start
            self.assertEqual(planned, datetime(2026, 3, 5, 9))

    def test_exceptions_of_all_day_series(self):
        for zone, instant in (
            ("W. Europe Standard Time", "2026-03-04T23:00:00Z"),
            ("W. Europe Standard Time", "2026-03-05T00:00:00Z"),
            ("Pacific Standard Time", "2026-03-05T08:00:00Z"),
            ("India Standard Time", "2026-03-04T18:30:00Z"),
            ("Tonga Standard Time", "2026-03-04T11:00:00Z"),
            ("tzone://Microsoft/Custom", "2026-03-04T23:00:00Z"),
            ("tzone://Microsoft/Custom", "2026-03-05T05:00:00Z"),
        ):
            with self.subTest(zone=zone, instant=instant):
                series = self.allday("2026-03-02", "2026-03-03", id="M")
                master = Series({**series, "originalStartTimeZone": zone})
                item = self.allday(
                    "2026-03-06",
                    "2026-03-07",
                    id="O",
                    type="exception",
                    originalStart=instant,
                )
                self.assertEqual(
                    parse_event(item, master).original_start, datetime(2026, 3, 5)
                )

    def test_an_occurrence_that_spells_out_what_it_does_not_tell(self):
        master = Series(self.allday("2026-03-02", "2026-03-03", id="M"))
        nothing = dict.fromkeys(("subject", "body", "isAllDay", "isOrganizer"))
        item = self.allday("2026-03-06", "2026-03-07", id="O", type="occurrence")
        copy = parse_event({**item, **nothing, "iCalUId": None}, master)
        self.assertTrue(copy.content.all_day)
        self.assertEqual(copy.content.name, "Talk")
        self.assertEqual(copy.uid, "uid1")
        self.assertTrue(parse_event({**event(), **nothing}).own.is_organizer)

    def test_odd_values_fall_back(self):
        odd = (None, 7, "odd", [], [None], {}, {"a": 1}, {"emailAddress": 3}, True)
        names = (
            "subject",
            "body",
            "location",
            "organizer",
            "attendees",
            "onlineMeeting",
            "webLink",
            "categories",
            "showAs",
            "sensitivity",
            "responseStatus",
            "reminderMinutesBeforeStart",
            "isReminderOn",
            "isOrganizer",
            "originalStartTimeZone",
            "iCalUId",
            "changeKey",
            "@odata.etag",
            "recurrence",
        )
        for name in names:
            for value in odd:
                with self.subTest(name=name, value=value):
                    copy = parse_event(event(**{name: value}))
                    self.assertEqual(copy.content.start, datetime(2026, 3, 2, 9))
                    self.assertTrue(copy.uid)

    def test_characters_no_database_takes(self):
        copy = parse_event(event(subject="a\0b\ud800c"))
        self.assertEqual(copy.content.name, "ab?c")

    def test_addresses_that_are_none(self):
        people = [
            {"emailAddress": {"address": "/o=Org/cn=Recipients/cn=ada", "name": "Ada"}},
            {"emailAddress": {"address": "Ada@Example.ORG", "name": "Ada"}},
            {"emailAddress": {"address": "", "name": ""}},
            {"emailAddress": None},
        ]
        found = parse_event(event(attendees=people)).content.attendees
        self.assertEqual([one.email for one in found], ["", "ada@example.org"])
        self.assertEqual(found[0].text, "Ada")
        self.assertEqual(found[1].text, "Ada <ada@example.org>")

    def test_texts_without_anything_to_see(self):
        empty = "<html><head><style>p {}</style></head><body><div>&nbsp;</div></body>"
        for content, description in (
            (empty + "</html>", ""),
            ("", ""),
            ("<html><body><p>Hi</p></body></html>", "<p>Hi</p>"),
            ('<body><img src="x"></body>', '<img src="x">'),
        ):
            with self.subTest(content):
                body = {"contentType": "html", "content": content}
                found = parse_event(event(body=body)).content.description
                self.assertEqual(found, description)

    def test_texts_that_are_made_to_take_long(self):
        """Who compares each of their pieces with all the others does not come to an
        end."""
        for piece in (
            "<",
            "<body",
            "<body>",
            "<style>",
            "</body ",
            "<img src=",
            "https://",
        ):
            with self.subTest(piece):
                body = {"contentType": "html", "content": piece * 100_000 + "cid:"}
                self.assertEqual(parse_event(event(body=body)).uid, "uid1")

    def test_plain_text(self):
        body = {"contentType": "text", "content": "a < b\nc & d"}
        found = parse_event(event(body=body)).content.description
        self.assertEqual(found, "<p>a &lt; b<br>c &amp; d</p>")

    def test_the_meetings_address(self):
        url = "https://teams.microsoft.com/l/meetup-join/19"
        for values in (
            {"onlineMeeting": {"joinUrl": url}},
            {"onlineMeetingUrl": url},
            {"location": {"displayName": f"Teams {url}"}},
            {"body": {"contentType": "text", "content": f"Join <{url}> or call"}},
            {"body": {"contentType": "html", "content": f'<a href="{url}">Join</a>'}},
        ):
            with self.subTest(values):
                self.assertEqual(parse_event(event(**values)).content.meeting_url, url)
        for text in (
            "https://zoom.us/support",
            "https://teams.microsoft.com.x.example/meet/1",
        ):
            body = {"contentType": "text", "content": text}
            self.assertEqual(parse_event(event(body=body)).content.meeting_url, "")
        bad = {"onlineMeeting": {"joinUrl": "javascript:alert(1)"}}
        self.assertEqual(parse_event(event(**bad)).content.meeting_url, "")

    def test_only_busy(self):
        item = event(sensitivity="private", location={"displayName": "Clinic"})
        copy = anonymous(parse_event(item), 3, "Busy")
        self.assertNotEqual(copy.uid, "uid1")
        self.assertEqual((copy.content.name, copy.content.location), ("Busy", ""))
        self.assertEqual(copy.content.start, datetime(2026, 3, 2, 9))

    def test_what_others_call_it(self):
        uid = GLOBAL + "0" * 8 + "00" * 30
        master = Series(event(iCalUId=uid, originalStartTimeZone="Asia/Kolkata"))
        late = {"dateTime": "2026-03-05T20:00:00", "timeZone": "UTC"}
        copy = parse_event({"id": "O", "start": late, "end": late}, master)
        self.assertEqual(other_ids(copy)[0][32:40], "07EA0306")
        wrapped = b"vCal-Uid\x01\0\0\0abc123@google.com\0".hex().upper()
        copy = parse_event(event(iCalUId=GLOBAL + "0" * 48 + wrapped))
        self.assertEqual(other_ids(copy)[1], "abc123")
        self.assertEqual(
            other_ids(parse_event(event(iCalUId="x@google.com"))), ("x@google.com", "x")
        )

    def test_zones(self):
        self.assertEqual(zone_name("Romance Standard Time"), "Europe/Paris")
        self.assertEqual(zone_name("Asia/Tokyo"), "Asia/Tokyo")
        for name in ("", None, "Nowhere", "../etc/passwd", "a" * 300, "\0"):
            self.assertIsNone(zone_name(name))
