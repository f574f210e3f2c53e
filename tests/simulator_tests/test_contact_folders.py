"""Contact folders over HTTP."""

from personal import create_contact, error

# -- folders ---------------------------------------------------------------------------


def test_the_default_folder_is_not_listed_but_answers_to_its_name(person):
    graph = person()
    assert graph.get("me/contactFolders").json()["value"] == []
    default = graph.get("me/contactFolders/contacts").json()
    assert default["displayName"] == "Contacts"
    assert graph.get(f"me/contactFolders/{default['id']}").json()["id"] == default["id"]
    made = create_contact(graph, "me/contactFolders/contacts/contacts")
    assert graph.get("me/contacts").json()["value"][0]["id"] == made["id"]


def test_contact_folders_nest(person):
    graph = person()
    top = graph.post("me/contactFolders", {"displayName": "Top"}).json()
    path = "me/contactFolders/contacts/childFolders"
    inner = graph.post(path, {"displayName": "Inner"}).json()
    deep = f"me/contactFolders/{inner['id']}/childFolders"
    deepest = graph.post(deep, {"displayName": "Deep"}).json()
    assert deepest["parentFolderId"] == inner["id"]
    assert [row["id"] for row in graph.get("me/contactFolders").json()["value"]] == [
        top["id"]
    ]
    assert [row["id"] for row in graph.get(path).json()["value"]] == [inner["id"]]
    assert [row["id"] for row in graph.get(deep).json()["value"]] == [deepest["id"]]
    again = graph.post(path, {"displayName": "inner"})
    assert error(again, 409)[0] == "ErrorFolderExists"
    renamed = graph.call(
        "PATCH", f"me/contactFolders/{top['id']}", json={"displayName": "Up"}
    )
    assert renamed.json()["displayName"] == "Up"
    create_contact(graph, f"me/contactFolders/{inner['id']}/contacts")
    assert graph.call("DELETE", f"me/contactFolders/{inner['id']}").status_code == 204
    assert graph.get(f"me/contactFolders/{deepest['id']}").status_code == 404
    assert graph.call("DELETE", "me/contactFolders/contacts").status_code == 403
    # They are no mail folders, and mail folders are no contact folders.
    names = {row["displayName"] for row in graph.rounds("me/mailFolders/delta")[0]}
    assert not names & {"Contacts", "Up"}
    assert error(graph.get("me/contactFolders/inbox"))


def test_delta_over_contact_folders(person):
    graph = person()
    top = graph.post("me/contactFolders", {"displayName": "Top"}).json()
    items, link, _pages = graph.rounds("me/contactFolders/delta")
    assert [item["id"] for item in items] == [top["id"]]
    graph.call("PATCH", f"me/contactFolders/{top['id']}", json={"displayName": "Up"})
    items, link, _pages = graph.rounds(link)
    assert [item["displayName"] for item in items] == ["Up"]
    graph.call("DELETE", f"me/contactFolders/{top['id']}")
    items, link, _pages = graph.rounds(link)
    assert [(item["id"], "@removed" in item) for item in items] == [(top["id"], True)]
