"""Contacts of an Exchange server through the addon's own client."""

import base64
import io

import pytest
import requests
from conftest import open_mailbox
from PIL import Image
from simulator.faults import Fault
from test_requests import CONTACT_BODY

from client import BadRequest, ClientError, Conflict, NotFound, SyncStateExpired
from client.contacts import CONTACT_FIELDS, mark_of, mark_property

VERSIONS = ["2010_SP2", "2013_SP1", "15.2"]


@pytest.fixture(params=[None, "Odoo"], ids=["default folder", "own folder"])
def folder(request, mailbox):
    """Where contacts go: the default folder, or one of our own."""
    if request.param is None:
        return None
    return mailbox.contacts.ensure_folder(request.param)


def body(mark="db,1", **values):
    return {
        "displayName": "Zoë Ångström",
        "singleValueExtendedProperties": mark_property(mark),
        **values,
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_written_is_what_is_read(exchange, mapper, login, version):
    exchange.user(login).exchange_version = version
    values = {
        name: value
        for name, value in CONTACT_BODY.items()
        if name != "singleValueExtendedProperties"
    }
    with open_mailbox(mapper.short, login) as mailbox:
        (made,) = mailbox.contacts.create([{**values, **body()}])
        assert not isinstance(made, ClientError), made
        (read,) = mailbox.contacts.get_many([made["id"]], CONTACT_FIELDS + ",children")
        assert mark_of(read) == "db,1"
        for shown in (made, read):
            for name, value in values.items():
                if name == "emailAddresses":
                    value = [{"name": row["address"], **row} for row in value]
                if name in shown or name in CONTACT_FIELDS:
                    assert shown[name] == value, name
        changed = {
            "displayName": "Other",
            "emailAddresses": [{"address": "only@contoso.example"}],
            "businessPhones": [],
            "mobilePhone": None,
            "homePhones": ["+9", "+8"],
            "businessAddress": {"city": "Elsewhere"},
            "homeAddress": {},
            "birthday": None,
            "title": None,
            "personalNotes": "",
            "categories": [],
            "jobTitle": None,
        }
        (after,) = mailbox.contacts.update([(made["id"], changed, None)])
        assert not isinstance(after, ClientError), after
        assert after["emailAddresses"][0]["address"] == "only@contoso.example"
        assert len(after["emailAddresses"]) == 1 and after["displayName"] == "Other"
        assert (after["businessPhones"], after["mobilePhone"]) == ([], None)
        assert after["homePhones"] == ["+9", "+8"]
        assert after["businessAddress"] == {"city": "Elsewhere"}
        assert after["homeAddress"] == {} and after["birthday"] is None
        assert (after["title"], after["jobTitle"]) == (None, None)
        assert (after["personalNotes"], after["categories"]) == ("", [])
        # what was not named stays
        assert after["companyName"] == "Contoso" and after["surname"] == "Ångström"


def test_a_contact_is_found_by_its_mark(mailbox, folder):
    rows = [body("db,1"), body("db,2"), body("other,1")]
    made = mailbox.contacts.create(rows, folder)
    found = mailbox.contacts.find(["db,2", "db,9", "other,1"], folder)
    assert [[row["id"] for row in rows] for rows in found] == [
        [made[1]["id"]],
        [],
        [made[2]["id"]],
    ]
    marked = {mark_of(row): row["id"] for row in mailbox.contacts.marked(folder)}
    assert marked == {
        mark["singleValueExtendedProperties"][0]["value"]: row["id"]
        for mark, row in zip(rows, made, strict=True)
    }


def test_a_round_tells_what_became_of_contacts(mailbox, folder):
    first = mailbox.contacts.delta(folder)
    assert first.is_last and not first.items
    made = mailbox.contacts.create([body(f"db,{n}") for n in range(5)], folder)
    page = mailbox.contacts.delta(folder, first.link, page_size=3)
    items = page.items
    assert len(items) == 3 and page.next_link
    page = mailbox.contacts.delta(folder, page.link, page_size=3)
    items += page.items
    assert {item["id"] for item in items} == {row["id"] for row in made}
    known = {item["id"]: item["changeKey"] for item in items}
    assert known == {row["id"]: row["changeKey"] for row in made}
    ids = [row["id"] for row in made]
    (after,) = mailbox.contacts.update([(ids[0], {"displayName": "New"}, None)])
    assert mailbox.contacts.delete([(ids[1], None), (ids[1], None)]) == [None, None]
    page = mailbox.contacts.delta(folder, page.link)
    assert [item["changeKey"] for item in page.items] == [after["changeKey"]]
    assert page.removed == {ids[1]: "deleted"}
    (gone,) = mailbox.contacts.get_many([ids[1]])
    assert isinstance(gone, NotFound)
    with pytest.raises(SyncStateExpired):
        mailbox.contacts.delta(folder, page.link[:-8] + "AAAAAAAA")


def test_a_change_of_somebody_else_is_not_written_over(mailbox):
    (made,) = mailbox.contacts.create([body()])
    etag = made["@odata.etag"]
    (after,) = mailbox.contacts.update([(made["id"], {"displayName": "B"}, etag)])
    assert after["displayName"] == "B" and after["@odata.etag"] != etag
    (refused,) = mailbox.contacts.update([(made["id"], {"displayName": "C"}, etag)])
    assert isinstance(refused, Conflict)
    (kept,) = mailbox.contacts.delete([(made["id"], etag)])
    assert isinstance(kept, Conflict)
    assert mailbox.contacts.delete([(made["id"], after["@odata.etag"])]) == [None]


def test_a_photo(exchange, mapper, login, mailbox):
    (made,) = mailbox.contacts.create([body()])
    for colour in ("red", "blue"):
        picture = io.BytesIO()
        Image.new("RGB", (16, 16), colour).save(picture, "JPEG")
        content = base64.b64encode(picture.getvalue()).decode()
        assert mailbox.contacts.put_photos([(made["id"], content)]) == [None]
        path = mailbox.paths.contact_photo(made["id"])
        shown = mailbox.session.request("GET", path, raw=True)
        assert shown.content == picture.getvalue()
        assert shown.headers["Content-Type"] == "image/jpeg"
    (refused,) = mailbox.contacts.put_photos([(made["id"], "bm8gcGljdHVyZQ==")])
    assert isinstance(refused, BadRequest)


def test_own_folders_are_made_once(mailbox):
    first = mailbox.contacts.ensure_folder("Odoo")
    assert mailbox.contacts.ensure_folder("odoo") == first
    assert mailbox.contacts.is_contact_folder(first)
    assert not mailbox.contacts.is_contact_folder(first[:-9] + "AAAAAAAA=")


@pytest.mark.parametrize(
    "wrong",
    [
        {"nosuch": 1},
        {"displayName": 7},
        {"emailAddresses": [{"address": f"{n}@x.y"} for n in range(4)]},
        {"emailAddresses": ["a@b.c"]},
        {"businessAddress": {"planet": "Mars"}},
        {"birthday": "yesterday"},
        {"businessPhones": ["1", "2", "3"]},
        {"singleValueExtendedProperties": [{"id": "nothing", "value": "x"}]},
    ],
)
def test_a_contact_that_cannot_be_is_refused_before_exchange_is_asked(
    exchange, mailbox, wrong
):
    exchange.requests.clear()
    good, bad = mailbox.contacts.create([body(), {"displayName": "X", **wrong}])
    assert not isinstance(good, ClientError) and isinstance(bad, BadRequest)
    assert len(list(mailbox.contacts.marked())) == 1


def test_a_lost_answer_leaves_a_contact_that_its_mark_finds(exchange, mailbox):
    mailbox.me()
    exchange.faults.add(Fault.drop(), match="POST /EWS.*", count=1)
    (lost,) = mailbox.contacts.create([body("db,7")])
    assert isinstance(lost, ClientError) and lost.status == 503
    ((found,),) = mailbox.contacts.find(["db,7"])
    (read,) = mailbox.contacts.get_many([found["id"]])
    assert read["displayName"] == "Zoë Ångström"


def test_contact_folders_wherever_they_are(exchange, mailbox, login):
    """A contact that is moved is looked for in all of them; what was thrown away and
    what Exchange fills by itself is left out."""
    box, places = exchange.mailbox(login), {}
    within = mailbox.contacts.ensure_folder("Within")
    with box.lock:
        for name in ("Beside", "Among mails", "Thrown away", "Cache"):
            places[name] = box.add_container("contactFolder", name, None)
        box.add_container("contactFolder", "Deep", places["Beside"])
        places["Cache"].data["class"] = "IPF.Contact.RecipientCache"
        box.move_container(places["Among mails"], box.well_known["inbox"])
        box.move_container(places["Thrown away"], box.well_known["deleteditems"])
    book = mailbox.contacts
    assert sorted(book.folders().values()) == ["Among mails", "Beside", "Within"]
    assert list(book.folders())[0] == within
    everywhere = book.all_folders()
    assert len(everywhere) == len(set(everywhere)) == 4
    assert all(book.is_contact_folder(each) for each in everywhere)
    (made,) = book.create([body()], everywhere[-1])
    found = [book.find(["db,1"], each)[0] for each in everywhere]
    assert [[item["id"] for item in items] for items in found].count([made["id"]]) == 1


def test_a_contact_folder_is_found_by_its_name(mapper, mailbox, login):
    made = mailbox.contacts.ensure_folder("Odoo's")
    mailbox.contacts.ensure_folder("Other")
    with requests.Session() as session:
        session.trust_env, session.auth = False, (login, "secret")

        def found(path, wanted):
            url = f"{mapper.url}/me/contactFolders{path}"
            options = {"$filter": wanted, "$top": "1"}
            return session.get(url, params=options, timeout=30)

        rows = found("", "displayName eq 'odoo''s'").json()["value"]
        assert [row["displayName"] for row in rows] == ["Odoo's"]
        assert rows[0]["id"] == made
        inner = f"/{rows[0]['id']}/childFolders"
        assert found(inner, "displayName eq 'Odoo'").json()["value"] == []
        for odd in ("displayName ne 'x'", "id eq 'x'", "startswith(displayName,'O')"):
            assert found("", odd).status_code == 400


def test_contact_folders_page_by_page(exchange, mailbox, login):
    box = exchange.mailbox(login)
    with box.lock:
        for number in range(7):
            box.add_container("contactFolder", f"F{number}", None)
    path = mailbox.contacts.paths.contact_folders()
    query = {"$select": "id,displayName", "$top": 3}
    seen = [row["displayName"] for row in mailbox.contacts.listing(path, query)]
    assert seen == [f"F{number}" for number in range(7)]
