"""The addresses which an administrator types."""

import pytest

from client import GraphPaths, ShortPaths, paths_from_urls

ID = "AAM/k+A=="
QUOTED = "AAM%2Fk%2BA%3D%3D"


def test_graph_paths():
    paths = GraphPaths()
    assert paths.me() == "me"
    assert paths.folders() == "me/mailFolders"
    assert paths.child_folders() == "me/mailFolders/inbox/childFolders"
    assert paths.child_folders(ID) == f"me/mailFolders/{QUOTED}/childFolders"
    assert paths.messages_delta(ID) == f"me/mailFolders/{QUOTED}/messages/delta"
    assert paths.message("f", ID) == f"me/messages/{QUOTED}"
    assert paths.message_mime("f", ID) == f"me/messages/{QUOTED}/$value"
    assert paths.calendar_view_delta() == "me/calendarView/delta"
    assert paths.contacts_delta() == "me/contacts/delta"
    assert paths.contacts(ID) == f"me/contactFolders/{QUOTED}/contacts"
    assert paths.contact_photo(ID) == f"me/contacts/{QUOTED}/photo/$value"


def test_an_application_names_the_user():
    paths = GraphPaths("ada+x@firma.example")
    assert paths.me() == "users/ada%2Bx%40firma.example"
    assert paths.message("f", "1") == "users/ada%2Bx%40firma.example/messages/1"
    assert paths.batch() == "$batch"


def test_short_paths():
    paths = ShortPaths()
    assert paths.me() == "me"
    assert paths.folders() == paths.child_folders() == "ChildFolders"
    assert paths.folder(ID) == f"ChildFolders/{QUOTED}"
    assert paths.child_folders(ID) == f"ChildFolders/{QUOTED}/childFolders"
    assert paths.messages_delta(ID) == f"ChildFolders/{QUOTED}/messages/delta"
    assert paths.message("f", ID) == f"ChildFolders/f/messages/{QUOTED}"
    assert paths.message_mime("f", ID) == f"ChildFolders/f/messages/{QUOTED}/$value"
    assert paths.move("f", ID) == f"ChildFolders/f/messages/{QUOTED}/move"
    assert paths.calendar_view() == "events"
    assert paths.calendar_view_delta() == "events/delta"
    assert paths.event_instances(ID) == f"events/{QUOTED}/instances"
    assert paths.contact(ID) == f"contacts/{QUOTED}"
    assert paths.contacts_delta("f") == "contactFolders/f/contacts/delta"
    assert paths.batch() == "$batch"


GRAPH = "https://graph.microsoft.com/v1.0"
SHORT = "http://server/exchangeRestApi/api"


@pytest.mark.parametrize(
    ("folders_url", "base", "folders"),
    [
        (f"{SHORT}/ChildFolders", SHORT, "ChildFolders"),
        (f"  {SHORT}/childfolders/ ", SHORT, "childfolders"),
        ("HTTP://Server:80/exchangeRestApi/api/ChildFolders", SHORT, "ChildFolders"),
        ("http://server:8080/ChildFolders", "http://server:8080", "ChildFolders"),
        (SHORT, SHORT, "ChildFolders"),
        (GRAPH, GRAPH, "me/mailFolders"),
        (f"{GRAPH}/", GRAPH, "me/mailFolders"),
        (f"{GRAPH}/me", GRAPH, "me/mailFolders"),
        (f"{GRAPH}/me/mailFolders", GRAPH, "me/mailFolders"),
        (f"{GRAPH}/ME/MAILFOLDERS/", GRAPH, "me/mailFolders"),
        (f"{GRAPH}/me/mailFolders/inbox/childFolders", GRAPH, "me/mailFolders"),
        (f"{GRAPH}/users/a%40b.c/mailFolders", GRAPH, "users/a%40b.c/mailFolders"),
        (f"{GRAPH}/users/a@b.c/mailFolders", GRAPH, "users/a%40b.c/mailFolders"),
        (
            "http://server/exchangeRestApi/v1.0",
            "http://server/exchangeRestApi/v1.0",
            "me/mailFolders",
        ),
    ],
)
def test_the_address_decides_about_the_paths(folders_url, base, folders):
    found, paths = paths_from_urls(folders_url=folders_url)
    assert (found, paths.folders()) == (base, folders)


def test_the_user_of_an_application():
    _base, paths = paths_from_urls(folders_url=GRAPH, user="ada@firma.example")
    assert paths.me() == "users/ada%40firma.example"
    _base, paths = paths_from_urls(
        folders_url=f"{GRAPH}/me/mailFolders", user="users/ada@firma.example"
    )
    assert paths.me() == "users/ada%40firma.example"


def test_three_addresses_side_by_side():
    base, paths = paths_from_urls(
        folders_url=f"{SHORT}/ChildFolders",
        events_url=f"{SHORT}/Termine",
        contacts_url=f"{SHORT}/contacts",
    )
    assert base == SHORT
    assert paths.calendar_view_delta() == "Termine/delta"
    assert paths.contacts() == "contacts"


def test_an_address_for_contacts_alone():
    base, paths = paths_from_urls(folders_url="", contacts_url=f"{SHORT}/contacts")
    assert (base, paths.contacts()) == (SHORT, "contacts")


@pytest.mark.parametrize(
    "urls",
    [
        {"folders_url": ""},
        {"folders_url": "server/ChildFolders"},
        {"folders_url": "http://server"},
        {"folders_url": "http://server/exchangeRestApi"},
        {"folders_url": "http://ada:secret@server/api/ChildFolders"},
        {
            "folders_url": f"{SHORT}/ChildFolders",
            "events_url": "http://other/exchangeRestApi/api/events",
        },
        {
            "folders_url": f"{SHORT}/ChildFolders",
            "events_url": "http://server/x/events",
        },
        {"folders_url": f"{SHORT}/ChildFolders", "contacts_url": "http://server"},
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(urls):
    with pytest.raises(ValueError, match=r"^The address.*[.)]$") as caught:
        paths_from_urls(**urls)
    assert "secret" not in str(caught.value)
