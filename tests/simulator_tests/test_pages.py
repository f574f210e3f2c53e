"""The pages for people: what they show, what their buttons do, and for whom."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
import requests
from conftest import ANNA, BEN, eml

FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
FORM = re.compile(r"<form.*?</form>", re.DOTALL)


@pytest.fixture
def pages(sim):
    """A browser without pictures."""
    session = requests.Session()
    session.trust_env = False
    root = f"http://127.0.0.1:{sim.port}/mailboxes"

    def see(login="", folder="", **press):
        url = f"{root}/{quote(login)}" if login else root
        url += f"?folder={quote(folder)}" if folder else ""
        answer = session.get(url, timeout=60)
        assert answer.status_code == 200, answer.text
        if not press:
            return answer.text
        form = next(f for f in FORM.findall(answer.text) if press["label"] in f)
        data = {**dict(FIELD.findall(form)), **press}
        answer = session.post(url, data=data, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.text

    see.root, see.session = root, session
    return see


def soon(sim, hours):
    """A time within the days that are shown."""
    return f"{(sim.clock.utc() + timedelta(hours=hours)).isoformat()[:19]} UTC"


def test_all_mailboxes_are_listed(pages):
    page = pages()
    assert ANNA in page and BEN in page


def test_a_mail_is_moved(sim, pages):
    sim.mailbox(ANNA).make_path("Inbox/Transfer Eingang")
    sim.drop(ANNA, "Inbox", eml("Grüße <b>laut</b>"))
    page = pages(ANNA)
    assert "Grüße &lt;b&gt;laut&lt;/b&gt;" in page
    page = pages(ANNA, "Inbox", label="Move", to="Inbox/Transfer Eingang")
    assert "The e-mail was moved." in page and "No e-mails here." in page
    assert "Grüße" in pages(ANNA, "Inbox/Transfer Eingang")


def test_a_meeting_is_answered_and_an_event_deleted(sim, pages):
    people = [{"emailAddress": {"address": BEN}, "type": "required"}]
    start, end = soon(sim, 30), soon(sim, 31)
    sim.add_event(ANNA, subject="Talk", start=start, end=end, attendees=people)
    assert "Accept" not in pages(ANNA)
    assert "Answered." in pages(BEN, label="Accept")
    (row,) = sim.expand(BEN, start[:19], end[:19])
    assert row.response == "accepted"
    assert "The event was deleted." in pages(BEN, label=">Delete<")
    assert "Decline" not in pages(BEN) and "Talk" in pages(ANNA)


def test_a_contact_is_deleted(sim, pages):
    sim.add_contact(ANNA, displayName="Bob Bold")
    assert "Bob Bold" in pages(ANNA)
    page = pages(ANNA, label='value="delete-contact"')
    assert "The contact was deleted." in page


def test_a_button_of_another_page_does_nothing(sim, pages):
    sim.add_contact(ANNA, displayName="Bob Bold")
    data = {"action": "delete-contact", "contact": "1", "token": "guessed"}
    answer = pages.session.post(f"{pages.root}/{ANNA}", data=data, timeout=60)
    assert answer.status_code == 403 and "Bob Bold" in pages(ANNA)


def test_another_host_is_refused(pages):
    host = {"Host": "rebound.example"}
    answer = pages.session.get(pages.root, headers=host, timeout=60)
    assert answer.status_code == 403


def test_no_such_mailbox(pages):
    answer = pages.session.get(f"{pages.root}/nobody@x.example", timeout=60)
    assert answer.status_code == 404
