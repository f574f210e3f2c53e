"""Contacts over HTTP: names, birthdays, filters, deleting, delta."""

import time

import pytest
from personal import GARTH, IMMUTABLE, TAG, create_contact, error


def change(graph, contact, **values):
    """PATCH it; what came back."""
    answer = graph.call("PATCH", f"me/contacts/{contact['id']}", json=values)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_contact_has_what_the_service_shows(person):
    graph = person()
    address = {"street": "10 Way", "city": "Redmond", "countryOrRegion": "USA"}
    contact = create_contact(
        graph,
        title="Mr.",
        middleName="A.",
        generation="Jr.",
        companyName="Contoso",
        jobTitle="Clerk",
        department="Sales",
        mobilePhone="+1 1",
        businessPhones=["+1 2", "+1 3"],
        homePhones=["+1 4"],
        businessAddress=address,
        businessHomePage="https://example.org",
        personalNotes="Notes",
        categories=["Red"],
        children=["Ann"],
        imAddresses=["sip:g@example.org"],
    )
    assert contact["@odata.etag"] == f'W/"{contact["changeKey"]}"'
    assert contact["displayName"] == "Garth A. Fort Jr."
    assert contact["fileAs"] == "Fort, Garth A."
    assert contact["businessAddress"] == address
    assert contact["homeAddress"] == {} == contact["otherAddress"]
    assert contact["mobilePhone"] == "+1 1"
    assert contact["businessPhones"] == ["+1 2", "+1 3"]
    assert contact["primaryEmailAddress"] == GARTH["emailAddresses"][0]
    assert contact["nickName"] is None and contact["birthday"] is None
    assert graph.get(f"me/contacts/{contact['id']}").json() == contact
    default = graph.get("me/contactFolders/contacts").json()
    assert contact["parentFolderId"] == default["id"]


@pytest.mark.parametrize(
    "values, name",
    [
        ({"givenName": "Ann"}, "Ann"),
        ({"surname": "Lee", "givenName": "Ann"}, "Ann Lee"),
        ({"companyName": "Contoso"}, "Contoso"),
        ({"emailAddresses": [{"address": "a@example.org"}]}, "a@example.org"),
        ({"givenName": "Ann", "displayName": "The boss"}, "The boss"),
    ],
)
def test_display_names_of_new_contacts(person, values, name):
    contact = person().post("me/contacts", values).json()
    assert contact["displayName"] == name


def test_a_change_without_display_name_makes_a_new_one(person):
    graph = person()
    contact = create_contact(graph, displayName="Zz (temporary)")
    assert contact["displayName"] == "Zz (temporary)"
    changed = change(graph, contact, givenName="Qq", displayName="Kept")
    assert changed["displayName"] == "Kept"
    changed = change(graph, contact, jobTitle="Clerk")
    assert changed["displayName"] == "Qq Fort"
    assert changed["jobTitle"] == "Clerk"
    assert changed["emailAddresses"] == contact["emailAddresses"]
    assert changed["changeKey"] != contact["changeKey"]


def test_a_name_for_filing_follows_until_it_is_set(person):
    graph = person()
    contact = create_contact(graph)
    assert change(graph, contact, surname="Lee")["fileAs"] == "Lee, Garth"
    assert change(graph, contact, fileAs="Boss")["fileAs"] == "Boss"
    assert change(graph, contact, surname="May")["fileAs"] == "Boss"


@pytest.mark.parametrize(
    "written, kept",
    [
        ("1974-07-22T11:59:00Z", "1974-07-22T11:59:00Z"),
        ("1974-07-22T00:00:00Z", "1974-07-22T11:59:00Z"),
        ("1974-07-22T23:30:00-05:00", "1974-07-23T11:59:00Z"),
    ],
)
def test_birthdays_lie_a_minute_before_noon(person, written, kept):
    graph = person()
    contact = create_contact(graph, birthday=written)
    assert contact["birthday"] == kept
    assert change(graph, contact, birthday=None)["birthday"] is None


@pytest.mark.parametrize(
    "values",
    [
        {"birthday": "1974-07-22"},  # a date is no DateTimeOffset
        {"fax": "1"},
        {"mobilePhone": ["1"]},
        {"businessPhones": "1"},
        {"homeAddress": {"zip": "1"}},
        {"emailAddresses": [{"mail": "x"}]},
        {"gender": "f"},
    ],
)
def test_unknown_properties_and_wrong_types_are_refused(person, values):
    assert error(person().post("me/contacts", values))[0] == "RequestBodyRead"


def test_exchange_keeps_three_addresses_and_two_phones_of_a_kind(person):
    rows = [{"address": f"a{n}@example.org"} for n in range(4)]
    contact = create_contact(
        person(), emailAddresses=rows, businessPhones=["1", "2", "3"]
    )
    assert [row["address"] for row in contact["emailAddresses"]] == [
        f"a{n}@example.org" for n in range(3)
    ]
    assert contact["emailAddresses"][0]["name"] == "a0@example.org"
    assert contact["tertiaryEmailAddress"]["address"] == "a2@example.org"
    assert contact["businessPhones"] == ["1", "2"]


# -- lists and filters -----------------------------------------------------------------


def test_the_list_is_the_default_folder_in_pages(person):
    graph = person()
    for number in range(12):
        create_contact(graph, surname=f"Fort {number:02}")
    folder = graph.post("me/contactFolders", {"displayName": "Team"}).json()
    there = create_contact(graph, f"me/contactFolders/{folder['id']}/contacts")
    first = graph.get("me/contacts?$orderby=displayName&$count=true").json()
    assert (len(first["value"]), first["@odata.count"]) == (10, 12)
    rest = graph.get(first["@odata.nextLink"]).json()["value"]
    assert [row["surname"] for row in rest] == ["Fort 10", "Fort 11"]
    path = f"me/contactFolders/{folder['id']}/contacts"
    assert [row["id"] for row in graph.get(path).json()["value"]] == [there["id"]]
    # A contact answers from any folder.
    assert graph.get(f"me/contacts/{there['id']}").status_code == 200
    path = f"me/contactFolders/contacts/contacts/{there['id']}"
    assert error(graph.get(path), 404)
    row = graph.get("me/contacts?$top=1&$select=parentFolderId").json()["value"][0]
    assert set(row) == {"@odata.etag", "id", "parentFolderId"}


def test_contacts_are_found_by_address_and_by_nothing_else(person):
    graph = person()
    contact = create_contact(graph)
    create_contact(graph, emailAddresses=[{"address": "other@example.org"}])
    text = "emailAddresses/any(a:a/address eq 'GARTH@example.org')"
    rows = graph.get(f"me/contacts?$filter={text}").json()["value"]
    assert [row["id"] for row in rows] == [contact["id"]]
    for text in (
        "displayName eq 'Garth Fort'",
        "startswith(displayName,'G')",
        "emailAddresses/any(a:startswith(a/address,'g'))",
        "emailAddresses/any(a:a/address gt 'g')",
        "surname eq 'Fort' or emailAddresses/any(a:a/address eq 'x')",
    ):
        answer = graph.get(f"me/contacts?$filter={text}")
        assert error(answer)[0] == "ErrorInvalidUrlQueryFilter", text


def test_extended_properties_find_a_contact_again(person):
    graph = person()
    marks = [{"id": TAG, "value": "db/7"}]
    contact = create_contact(graph, singleValueExtendedProperties=marks)
    create_contact(graph)
    assert "singleValueExtendedProperties" not in contact
    text = f"singleValueExtendedProperties/Any(ep: ep/id eq '{TAG}' and ep/value eq "
    rows = graph.get(f"me/contacts?$filter={text}'db/7')").json()["value"]
    assert [row["id"] for row in rows] == [contact["id"]]
    expand = f"$expand=singleValueExtendedProperties($filter=id eq '{TAG}')"
    for path in (f"me/contacts/{contact['id']}?{expand}", f"me/contacts?{expand}"):
        shown = graph.get(path).json()
        shown = shown.get("value", [shown])[0]
        assert shown["singleValueExtendedProperties"] == marks
    marks = [{"id": TAG, "value": "db/8"}]
    change(graph, contact, singleValueExtendedProperties=marks)
    assert graph.get(f"me/contacts?$filter={text}'db/8')").json()["value"]


# -- deleting --------------------------------------------------------------------------


def test_deleting_is_soft(person):
    graph = person()
    contact = create_contact(graph)
    key = graph.get(f"me/contacts/{contact['id']}", IMMUTABLE).json()["id"]
    assert graph.call("DELETE", f"me/contacts/{contact['id']}").status_code == 204
    assert graph.get("me/contacts").json()["value"] == []
    gone = graph.get(f"me/contacts/{contact['id']}")
    assert error(gone, 404)[0] == "ErrorItemNotFound"
    # Its immutable id leads to Deleted Items.
    bin_ = graph.get("me/mailFolders/deleteditems").json()["id"]
    assert graph.get(f"me/contacts/{key}").json()["parentFolderId"] == bin_
    assert graph.call("DELETE", f"me/contacts/{key}").status_code == 204
    assert graph.get(f"me/contacts/{key}").status_code == 404


def test_deleting_for_good(person):
    graph = person()
    contact = create_contact(graph)
    key = graph.get(f"me/contacts/{contact['id']}", IMMUTABLE).json()["id"]
    path = f"me/contacts/{contact['id']}"
    assert graph.post(f"{path}/permanentDelete").status_code == 204
    assert graph.get(f"me/contacts/{key}").status_code == 404


@pytest.mark.parametrize("action", ["move", "copy"])
def test_contacts_can_be_neither_moved_nor_copied(person, action):
    graph = person()
    contact = create_contact(graph)
    path = f"me/contacts/{contact['id']}/{action}"
    error(graph.post(path, {"destinationId": "contacts"}))


def test_stale_versions_are_refused(person):
    graph = person()
    contact = create_contact(graph)
    path = f"me/contacts/{contact['id']}"
    old = {"If-Match": contact["@odata.etag"]}
    assert graph.call("PATCH", path, json={"jobTitle": "a"}, headers=old).ok
    for method, values in (("PATCH", {"jobTitle": "b"}), ("DELETE", None)):
        answer = graph.call(method, path, json=values, headers=old)
        assert error(answer, 412)[0] == "ErrorIrresolvableConflict"


# -- delta -----------------------------------------------------------------------------


@pytest.mark.parametrize("prefer", ["", IMMUTABLE])
def test_delta_is_of_one_folder(person, prefer):
    graph = person()
    folder = graph.post("me/contactFolders", {"displayName": "Team"}).json()
    contacts = [create_contact(graph, surname=f"Fort {n}") for n in range(3)]
    there = f"me/contactFolders/{folder['id']}/contacts"
    create_contact(graph, there)
    items, link, _pages = graph.rounds("me/contacts/delta", prefer)
    assert len(items) == 3
    assert items[0]["@odata.type"] == "#microsoft.graph.contact"
    assert items[0]["surname"] == "Fort 0"
    assert len(graph.rounds(f"{there}/delta")[0]) == 1
    assert graph.rounds(link, prefer)[0] == []
    ids = [item["id"] for item in items]
    change(graph, contacts[0], jobTitle="Clerk")
    graph.call("DELETE", f"me/contacts/{contacts[1]['id']}")
    new = create_contact(graph, surname="New")
    items, link, _pages = graph.rounds(link, prefer)
    found = {item["id"]: item for item in items}
    assert found[ids[0]]["jobTitle"] == "Clerk"
    assert found[ids[1]]["@removed"] == {"reason": "deleted"}
    assert len(found) == 3 and (prefer or new["id"] in found)


def test_what_delta_over_contacts_takes(person):
    graph = person()
    create_contact(graph)
    items, link, _pages = graph.rounds("me/contacts/delta?$select=displayName")
    assert set(items[0]) == {"@odata.type", "@odata.etag", "id", "displayName"}
    for option in (
        "$filter=surname eq 'x'",
        "$expand=extensions",
        "$orderby=surname",
        "$search=x",
        "$select=nonsense",
    ):
        assert error(graph.get(f"me/contacts/delta?{option}"))


# -- other ways in ---------------------------------------------------------------------


def test_contacts_in_a_batch(person):
    graph = person()
    headers = {"Content-Type": "application/json"}
    requests = [
        {
            "id": str(number),
            "method": "POST",
            "url": "/me/contacts",
            "headers": headers,
            "body": {"givenName": f"Ann {number}"},
        }
        for number in range(20)
    ]
    answers = graph.post("$batch", {"requests": requests}).json()["responses"]
    assert {row["status"] for row in answers} == {201}
    assert len(graph.get("me/contacts?$top=100").json()["value"]) == 20


def test_short_paths_and_helpers(service, person):
    graph = person(password="pw")
    service.add_contact(graph.address, givenName="Top")
    item = service.add_contact(
        graph.address,
        "Team/North",
        givenName="Deep",
        singleValueExtendedProperties=[{"id": TAG, "value": "x"}],
    )
    graph.session.headers.pop("Authorization")
    graph.session.auth = (graph.address, "pw")
    graph.root = service.short_url
    names = [row["displayName"] for row in graph.get("contacts").json()["value"]]
    assert names == ["Top"]
    path = f"contactFolders/{item.container.id}/contacts"
    assert graph.get(path).json()["value"][0]["displayName"] == "Deep"
    items, link, _pages = graph.rounds("contacts/delta")
    assert len(items) == 1 and graph.rounds(link)[0] == []


def test_thousands_of_contacts_are_read_in_a_moment(service, person):
    graph = person()
    for number in range(3000):
        service.add_contact(graph.address, givenName=f"Ann {number}")
    contract, service.service.contract = service.service.contract, None
    try:
        begin = time.process_time()
        items, _link, pages = graph.rounds("me/contacts/delta", "odata.maxpagesize=200")
        spent = time.process_time() - begin
    finally:
        service.service.contract = contract
    assert len(items) == 3000
    assert spent / pages < 0.05
