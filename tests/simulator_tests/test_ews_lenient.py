"""A server that is lenient where Exchange is strict, and limits of strict ones."""

import threading

from conftest import ANNA, eml
from simulator.ews.ids import to_ews
from soap import INBOX, Soap
from test_ews_calendar import CALENDAR, occurrence, weekly


def test_answers_out_of_shape_say_the_same(sim):
    box = Soap(sim.ews_url, ANNA)
    key = to_ews(weekly(sim).id)
    strict = box.get(key)
    sim.quirks.loose_answers = True
    loose = box.get(key)
    assert loose.text("t:CalendarItem/t:Start") == "2026-03-02T08:00:00.345761800Z"
    assert loose.text("t:StartDate") == "2026-03-02T00:00:00.000000Z"
    assert loose.one("t:CalendarItem")[-1].tag.endswith("EndTimeZone")
    assert loose.text("t:UID") == strict.text("t:UID")


def test_faults_without_a_code(sim):
    sim.quirks.loose_answers = True
    reply = Soap(sim.ews_url, ANNA).call("<m:Nothing/>")
    assert reply.status == 500 and reply.codes == []
    assert reply.one("s:Fault/faultcode").text == "SOAP:Client"


def test_changed_occurrences_may_go_untold(sim):
    box = Soap(sim.ews_url, ANNA)
    master = weekly(sim)
    state = box.sync(CALENDAR).text("m:SyncState")
    one = occurrence(box, to_ews(master.id), 2).one("t:ItemId").get("Id")
    rest = one.translate(str.maketrans("/+", "-_"))
    sim.change_event(ANNA, rest, subject="Other")
    sim.quirks.exceptions_reported = False
    assert not box.sync(CALENDAR, state).all("t:Update")
    sim.quirks.exceptions_reported = True
    assert box.sync(CALENDAR, state).all("t:Update")
    sim.quirks.exceptions_reported = False
    sim.change_event(ANNA, master.id, subject="All")
    assert box.sync(CALENDAR, state).all("t:Update")


def test_so_many_requests_at_a_time(sim):
    sim.quirks.exchange_concurrency = 1
    sim.drop(ANNA, "inbox", eml("Hello"))
    box = sim.mailbox(ANNA)
    codes = []

    def ask():
        codes.append(Soap(sim.ews_url, ANNA).sync(INBOX).codes)

    with box.lock:  # the first one waits for the mailbox, the second one is too much
        first = threading.Thread(target=ask)
        first.start()
        while not sim.peak(ANNA):
            first.join(0.01)
        ask()
    first.join()
    assert codes == [["ErrorExceededConnectionCount"], ["NoError"]]
    assert sim.peak(ANNA) == 1
