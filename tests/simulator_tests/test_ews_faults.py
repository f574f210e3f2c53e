"""Faults of Exchange on purpose, each in the form that real servers give it."""

import pytest
import requests
from conftest import ANNA, eml
from lxml import etree
from simulator import Fault
from simulator.ews.ids import to_ews
from soap import INBOX


@pytest.fixture
def keys(sim):
    """The ids of four mails."""
    return [to_ews(sim.drop(ANNA, "inbox", eml(f"M{n}")).id) for n in range(4)]


def test_busy_as_a_soap_fault(sim, box, keys):
    fault = Fault.ews("ErrorServerBusy", back_off=297749)
    sim.faults.add(fault, match="GetItem")
    reply = box.get(keys[0])
    assert (reply.status, reply.codes) == (500, ["ErrorServerBusy"])
    value = reply.one("t:MessageXml/t:Value[@Name='BackOffMilliseconds']")
    assert value.text == "297749"
    assert reply.one("s:Fault/faultcode").text == "a:ErrorServerBusy"
    assert box.get(keys[0]).codes == ["NoError"]


def test_busy_in_single_parts(sim, box, keys):
    fault = Fault.ews("ErrorServerBusy", form="item", back_off=1500, after=1)
    sim.faults.add(fault, match="GetItem")
    reply = box.get(*keys)
    assert reply.status == 200
    assert reply.codes == ["NoError", "ErrorServerBusy", "NoError", "NoError"]
    assert reply.one("t:Value[@Name='BackOffMilliseconds']").text == "1500"


def test_busy_by_http_alone(sim, box, keys):
    sim.faults.add(Fault.status(503, headers={"Retry-After": "7"}), match="GetItem")
    reply = box.get(keys[0])
    assert (reply.status, reply.http.content) == (503, b"")
    assert reply.http.headers["Retry-After"] == "7"


def test_a_batch_stops(sim, box, keys):
    fault = Fault.ews("ErrorMailboxStoreUnavailable", form="item", after=1, stop=True)
    sim.faults.add(fault, match="GetItem")
    assert box.get(*keys).codes == [
        "NoError",
        "ErrorMailboxStoreUnavailable",
        "ErrorBatchProcessingStopped",
        "ErrorBatchProcessingStopped",
    ]


def test_a_transient_error(sim, box, keys):
    sim.faults.add(Fault.ews("ErrorInternalServerTransientError"), match="GetItem")
    assert box.get(keys[0]).codes == ["ErrorInternalServerTransientError"]


def test_the_page_of_a_broken_server(sim, box, keys):
    page = b"<html><title>Server Error in '/EWS' Application</title></html>"
    sim.faults.add(Fault.page(500, page), match="GetItem")
    answer = box.raw("<m:GetItem/>")
    assert (answer.status_code, answer.content) == (500, page)


def test_a_redirect_to_the_error_page(sim, box, keys):
    target = "/ews/genericerrorpage.htm"
    sim.faults.add(Fault.redirect(target), match="GetItem")
    reply = box.get(keys[0], allow_redirects=False)
    assert (reply.status, reply.http.headers["Location"]) == (302, target)
    page = box.session.get(f"http://127.0.0.1:{sim.port}{target}", timeout=60)
    assert page.headers["Content-Type"].startswith("text/html")
    other = box.session.get(f"http://127.0.0.1:{sim.port}/EWS/other", timeout=60)
    assert other.status_code == 404


def test_a_cut_answer(sim, box, keys):
    sim.faults.add(Fault.cut(200), match="GetItem")
    with pytest.raises(requests.exceptions.RequestException):
        box.get(keys[0])
    assert box.get(keys[0]).codes == ["NoError"]


def test_half_a_document(sim, box, keys):
    sim.faults.add(Fault.malformed(), match="GetItem")
    with pytest.raises(etree.XMLSyntaxError):
        box.get(keys[0])
    assert box.last.status_code == 200


def test_a_forbidden_character(sim, box, keys):
    sim.faults.add(Fault.forbidden(), match="GetItem")
    with pytest.raises(etree.XMLSyntaxError):
        box.get(keys[0])
    assert b"<t:Subject>&#x1F;M0</t:Subject>" in box.last.content


def test_work_that_was_done_and_not_told(sim, box, keys):
    sim.faults.add(Fault.drop(), match="DeleteItem")
    with pytest.raises(requests.exceptions.ConnectionError):
        box.call(
            '<m:DeleteItem DeleteType="HardDelete"><m:ItemIds>'
            f'<t:ItemId Id="{keys[0]}"/></m:ItemIds></m:DeleteItem>'
        )
    assert box.get(keys[0]).codes == ["ErrorItemNotFound"]


def test_faults_by_command(sim, box, keys):
    url = f"http://127.0.0.1:{sim.port}/admin/fault"
    options = {"code": "ErrorServerBusy", "form": "item", "back_off": 10}
    body = {"kind": "ews", "match": "GetItem", "options": options}
    session = requests.Session()
    session.trust_env = False
    assert session.post(url, json=body, timeout=60).status_code == 200
    assert box.get(keys[0]).codes == ["ErrorServerBusy"]


def test_requests_are_logged_with_their_operation(sim, box, keys):
    box.get(keys[0])
    box.sync(INBOX)
    entry = sim.requests.matching("POST /EWS/Exchange.asmx GetItem$")[0]
    assert (entry.status, entry.mailbox) == (200, sim.mailbox(ANNA).id)
    assert len(sim.requests.matching("SyncFolderItems")) == 1
