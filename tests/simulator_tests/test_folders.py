"""Mail folders as a Graph client meets them."""

from conftest import ANNA, eml


def names(answer):
    """Display names of a list answer."""
    assert answer.status_code == 200, answer.text
    return [row["displayName"] for row in answer.json()["value"]]


def test_top_level_lists_neither_children_nor_hidden_folders(graph):
    listed = names(graph.get("me/mailFolders?$top=100"))
    assert "Inbox" in listed and "Sent Items" in listed
    assert "Conversation History" not in listed and "Conflicts" not in listed
    everything = names(graph.get("me/mailFolders?$top=100&includeHiddenFolders=true"))
    assert "Conversation History" in everything


def test_ten_a_page_without_top(graph):
    for number in range(12):
        path = "me/mailFolders/inbox/childFolders"
        assert graph.post(path, {"displayName": f"F{number:02}"}).status_code == 201
    first = graph.get("me/mailFolders/inbox/childFolders").json()
    assert len(first["value"]) == 10
    second = graph.get(first["@odata.nextLink"]).json()
    assert [row["displayName"] for row in second["value"]] == ["F10", "F11"]
    assert "@odata.nextLink" not in second


def test_create_in_a_chosen_parent_and_refuse_the_same_name(graph):
    made = graph.post("me/mailFolders('Inbox')/childFolders", {"displayName": "Ein"})
    assert made.status_code == 201
    inbox = graph.get("me/MailFolders/inbox").json()
    assert made.json()["parentFolderId"] == inbox["id"]
    assert inbox["childFolderCount"] == 1
    again = graph.post("me/mailFolders/inbox/childFolders", {"displayName": "ein"})
    assert again.status_code == 409
    assert again.json()["error"]["code"] == "ErrorFolderExists"


def test_a_folder_by_way_of_its_parents(sim, graph):
    made = graph.post("me/mailFolders/inbox/childFolders", {"displayName": "Ein"})
    way = f"me/mailFolders/inbox/childFolders/{made.json()['id']}"
    assert graph.get(way).json()["displayName"] == "Ein"
    sim.drop(ANNA, "Inbox/Ein", eml("Hello"))
    assert len(graph.get(f"{way}/messages").json()["value"]) == 1
    items, link, _pages = graph.rounds(f"{way}/messages/delta")
    assert len(items) == 1 and graph.get(link).json()["value"] == []
    changed = graph.call("PATCH", way, json={"displayName": "Aus"})
    assert changed.json()["displayName"] == "Aus"
    assert graph.call("DELETE", way).status_code == 204


def test_rename_keeps_the_id_and_fixed_folders_refuse(graph):
    made = graph.post("me/mailFolders", {"displayName": "Old"}).json()
    changed = graph.call(
        "PATCH", f"me/mailFolders/{made['id']}", json={"displayName": "New"}
    )
    assert changed.json()["id"] == made["id"]
    assert graph.get(f"me/mailFolders/{made['id']}").json()["displayName"] == "New"
    refused = graph.call("PATCH", "me/mailFolders/inbox", json={"displayName": "X"})
    assert refused.status_code == 400
    gone = graph.call("DELETE", "me/mailFolders/inbox")
    assert gone.json()["error"]["code"] == "ErrorDeleteDistinguishedFolder"


def test_unknown_property_in_a_body_is_refused(graph):
    answer = graph.post("me/mailFolders", {"displayName": "A", "wellKnownName": "x"})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "RequestBodyRead"


def test_search_folders_are_marked(sim, graph):
    body = {
        "@odata.type": "microsoft.graph.mailSearchFolder",
        "displayName": "Digests",
        "includeNestedFolders": True,
        "sourceFolderIds": [],
        "filterQuery": "contains(subject, 'digest')",
    }
    path = "me/mailFolders/searchfolders/childFolders"
    made = graph.post(path, body)
    assert made.status_code == 201, made.text
    row = graph.get(path).json()["value"][0]
    assert row["@odata.type"] == "#microsoft.graph.mailSearchFolder"


def test_deleting_moves_to_deleted_items_then_removes(graph):
    made = graph.post("me/mailFolders", {"displayName": "Gone"}).json()
    path = f"me/mailFolders/{made['id']}"
    assert graph.call("DELETE", path).status_code == 204
    bin_id = graph.get("me/mailFolders/deleteditems").json()["id"]
    assert graph.get(path).json()["parentFolderId"] == bin_id
    assert graph.call("DELETE", path).status_code == 204
    answer = graph.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "ErrorItemNotFound"


def test_counts(sim, graph):
    sim.drop(ANNA, "Inbox", eml("one"))
    item = sim.drop(ANNA, "Inbox", eml("two"))
    graph.call("PATCH", f"me/messages/{item.id}", json={"isRead": True})
    inbox = graph.get("me/mailFolders/inbox").json()
    assert (inbox["totalItemCount"], inbox["unreadItemCount"]) == (2, 1)


def test_folder_delta_names_new_renamed_and_removed_folders(graph):
    items, link, _pages = graph.rounds("me/mailFolders/delta", "odata.maxpagesize=50")
    assert {"Inbox", "Drafts"} <= {item["displayName"] for item in items}
    made = graph.post("me/mailFolders/inbox/childFolders", {"displayName": "A"}).json()
    items, link, _pages = graph.rounds(link)
    assert [item["id"] for item in items] == [made["id"]]
    path = f"me/mailFolders/{made['id']}"
    graph.call("PATCH", path, json={"displayName": "B"})
    items, link, _pages = graph.rounds(link)
    assert [item["displayName"] for item in items] == ["B"]
    graph.call("DELETE", path)
    graph.call("DELETE", path)
    items, link, _pages = graph.rounds(link)
    assert items[-1]["@removed"] == {"reason": "deleted"}
    assert items[-1]["id"] == made["id"]
