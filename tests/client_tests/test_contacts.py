"""The address book of a mailbox of the simulator, by each of the ways there are to it.

Everything that goes over the wire here is checked against Graph's own contract.
"""

import base64
import io

import pytest
from PIL import Image
from scripted import batch
from simulator import Fault, Simulator

from client import (
    BadRequest,
    BasicAuth,
    ClientError,
    Conflict,
    GraphPaths,
    Mailbox,
    NotFound,
    ServerError,
    Session,
    Throttled,
    TokenAuth,
    mark_of,
    mark_property,
    paths_from_urls,
)

ANNA = "anna@contoso.example"
PASSWORD = "grün:1"
GUID = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def sim():
    with Simulator(contract=True, tls_port=None) as simulator:
        simulator.add_mailbox(ANNA, password=PASSWORD)
        yield simulator
        assert simulator.contract_problems == []


@pytest.fixture(params=["graph", "user", "mapper", "short"])
def book(request, sim):
    """Anna's contacts."""
    token = TokenAuth(lambda _claims: sim.token_for(ANNA))
    basic = BasicAuth(ANNA, PASSWORD)
    url, auth = {
        "graph": (f"{sim.url}/me/mailFolders", token),
        "user": (f"{sim.url}/users/{ANNA}/mailFolders", token),
        "mapper": (sim.mapper_url, basic),
        "short": (f"{sim.short_url}/ChildFolders", basic),
    }[request.param]
    base_url, paths = paths_from_urls(folders_url=url)
    with Mailbox(Session(base_url, auth), paths) as mailbox:
        yield mailbox.contacts


def body(name="Ada Lovelace", number=1, **values):
    """What is sent of a new contact."""
    mark = mark_property(f"{GUID}:{number}")
    return {"displayName": name, "singleValueExtendedProperties": mark, **values}


def picture():
    """A JPEG as base64 text."""
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(stream, "JPEG")
    return base64.b64encode(stream.getvalue()).decode()


def test_many_are_made_changed_and_deleted(book):
    made = book.create([body(f"Person {n}", n) for n in range(45)])
    assert [item["displayName"] for item in made] == [f"Person {n}" for n in range(45)]
    changed = book.update(
        [
            (
                each["id"],
                body(each["displayName"], n, jobTitle="X"),
                each["@odata.etag"],
            )
            for n, each in enumerate(made)
        ]
    )
    assert {item["jobTitle"] for item in changed} == {"X"}
    assert not {i["changeKey"] for i in made} & {i["changeKey"] for i in changed}
    stale = book.update([(made[0]["id"], body(), made[0]["@odata.etag"])])
    assert isinstance(stale[0], Conflict)
    refs = [(item["id"], item["@odata.etag"]) for item in changed]
    assert book.delete(refs) == [None] * 45
    assert not list(book.listing(book.paths.contacts()))


def test_marks_are_found(book):
    book.create([body("Ada", 1), body("Bob", 2), {"displayName": "Not ours"}])
    found = book.find([f"{GUID}:2", f"{GUID}:3", "it's"])
    assert [len(items) for items in found] == [1, 0, 0]
    (item,) = book.get_many([found[0][0]["id"]])
    assert item["displayName"] == "Bob"
    assert mark_of(item) == f"{GUID}:2"
    marks = sorted(mark_of(item) for item in book.marked())
    assert marks == [f"{GUID}:1", f"{GUID}:2"]


def test_more_marks_than_a_page(book):
    book.create([body(f"Person {n}", n) for n in range(210)])
    assert len(list(book.marked())) == 210


def test_a_bad_one_does_not_stop_the_others(book):
    made = book.create([body("Ada"), body("Bob", nonsense=1), body("Eve")])
    assert isinstance(made[1], BadRequest)
    assert [made[0]["displayName"], made[2]["displayName"]] == ["Ada", "Eve"]
    missing = made[0]["id"][:-4] + "AAAA"
    changed = book.update([(missing, body(), None), (made[2]["id"], body("Eva"), None)])
    assert isinstance(changed[0], NotFound)
    assert changed[1]["displayName"] == "Eva"
    assert book.delete([(missing, None)]) == [None]
    assert isinstance(book.get_many([missing])[0], NotFound)


def test_changes_come_by_delta(book):
    (ada,) = book.create([body()])
    first = book.delta()
    while first.next_link:
        first = book.delta(link=first.next_link)
    assert not book.delta(link=first.delta_link).items
    book.update([(ada["id"], body(jobTitle="X"), None)])
    page = book.delta(link=first.delta_link)
    assert [item["jobTitle"] for item in page.items] == ["X"]
    book.delete([(ada["id"], None)])
    assert set(book.delta(link=page.delta_link).removed) == {ada["id"]}


def test_folders(book):
    folder = book.ensure_folder("Odoo")
    assert book.ensure_folder("odoo") == folder == book.find_folder("ODOO")
    assert book.is_contact_folder(folder)
    book.create([body()], folder)
    assert not list(book.listing(book.paths.contacts()))
    assert len(book.find([f"{GUID}:1"], folder)[0]) == 1
    (item,) = book.marked(folder)
    assert item["parentFolderId"] == folder
    book.delete([(item["id"], None)])
    (deleted,) = book.get_many([item["id"]])
    # with ids that survive a move a deleted contact still answers
    place = deleted["parentFolderId"] if isinstance(deleted, dict) else "x" * 40
    assert not book.is_contact_folder(place)


def test_pictures(book, sim):
    (ada,) = book.create([body()])
    assert book.put_photos([(ada["id"], picture()), (ada["id"], "bm9uZQ==")])[0] is None
    items = sim.mailbox(ANNA).items.values()
    (photo,) = {id(i): i.extra["photo"] for i in items if "photo" in i.extra}.values()
    assert photo["content"] == base64.b64decode(picture())


def test_a_lost_creation_is_an_error_and_may_have_happened(book, sim):
    sim.faults.add(Fault.status(500, worked=True), match="POST .*contacts$", count=1)
    (answer,) = book.create([body()])
    assert isinstance(answer, ServerError)
    assert len(book.find([f"{GUID}:1"])[0]) == 1


def test_a_busy_mailbox(book, sim):
    busy = Fault.status(429, headers={"Retry-After": "900"})
    sim.faults.add(busy, match="POST .*contacts$", count=None)
    (answer,) = book.create([body()])
    assert isinstance(answer, Throttled)
    assert answer.retry_after == 900


def test_a_mark_is_looked_for_on_all_pages(serve, session):
    """A page may be empty and still not be the last one."""

    def answer(seen, reply):
        if seen.method == "GET":
            return reply.json({"value": [{"id": "1"}]})
        link = f"{server.url}/me/contacts?$skip=1"
        one = batch(lambda _item: (200, {"value": [], "@odata.nextLink": link}))
        return one(seen, reply)

    server = serve(answer)
    book = Mailbox(session(server), GraphPaths()).contacts
    assert book.find(["x"]) == [[{"id": "1"}]]


@pytest.mark.parametrize("status", [401, 429, 503, 500])
def test_a_folder_is_not_gone_because_nobody_can_say(serve, session, status):
    def one(item):
        trash = "deleteditems" in item["url"]
        return (200, {"id": "t"}) if trash else (status, {}, {"Retry-After": "99"})

    book = Mailbox(session(serve(batch(one))), GraphPaths()).contacts
    with pytest.raises(ClientError):
        book.is_contact_folder("1")


def test_a_change_that_is_answered_in_silence(serve, session):
    def one(item):
        if item["method"] == "PATCH":
            return 204, None
        contact_id = item["url"].partition("?")[0][-1]
        return 200, {"id": contact_id, "changeKey": "new"}

    book = Mailbox(session(serve(batch(one))), GraphPaths()).contacts
    changed = book.update([(each, body(), None) for each in "12"])
    assert changed == [{"id": each, "changeKey": "new"} for each in "12"]


@pytest.mark.parametrize("answer", [{"value": 1}, {"id": 5}, {}])
def test_answers_that_are_no_contacts(serve, session, answer):
    server = serve(batch(lambda _item: (200, answer)))
    book = Mailbox(session(server), GraphPaths()).contacts
    assert isinstance(book.create([body()])[0], ServerError)
    assert isinstance(book.find(["x"])[0], ClientError)


@pytest.mark.parametrize(
    "properties",
    [None, 5, [], [5], [{"id": None}], [{"id": "String {x} Name Y", "value": "z"}]],
)
def test_no_mark(properties):
    assert mark_of({"singleValueExtendedProperties": properties}) == ""
