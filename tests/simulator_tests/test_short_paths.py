"""The mapper's paths, Graph's own and the short ones, with HTTP Basic."""

import pytest
from conftest import ANNA, BEN, Graph, eml


@pytest.fixture
def short(sim):
    """A client of the short paths, signed in as Anna."""
    client = Graph(sim.short_url)
    client.session.auth = (ANNA, "secret")
    return client


def test_child_folders_are_those_of_the_inbox(sim, short):
    assert short.post("ChildFolders", {"displayName": "Ein"}).status_code == 201
    rows = short.get("childfolders").json()["value"]
    assert [row["displayName"] for row in rows] == ["Ein"]
    key = rows[0]["id"]
    assert short.get(f"ChildFolders/{key}").json()["displayName"] == "Ein"
    deeper = short.post(f"ChildFolders/{key}/childFolders", {"displayName": "Deep"})
    assert deeper.status_code == 201
    rows = short.get(f"ChildFolders/{key}/childFolders").json()["value"]
    assert [row["displayName"] for row in rows] == ["Deep"]


def test_mails_of_a_folder(sim, short):
    raw = eml("Hello")
    item = sim.drop(ANNA, "Inbox/Ein", raw)
    folder = item.container.id
    path = f"ChildFolders/{folder}/messages"
    assert short.get(path).json()["value"][0]["subject"] == "Hello"
    assert short.get(f"{path}/{item.id}").json()["subject"] == "Hello"
    assert short.get(f"{path}/{item.id}/$value").content == raw
    changed = short.call("PATCH", f"{path}/{item.id}", json={"categories": ["Odoo"]})
    assert changed.json()["categories"] == ["Odoo"]
    items, link, _pages = short.rounds(f"{path}/delta")
    assert len(items) == 1 and link.startswith(f"{sim.short_url}/{path}/delta?")
    moved = short.post(f"{path}/{item.id}/move", {"destinationId": "inbox"})
    assert moved.status_code == 201
    assert "@removed" in short.rounds(link)[0][0]
    deleted = short.call("DELETE", f"messages/{moved.json()['id']}")
    assert deleted.status_code == 204


def test_batch_urls_are_relative_to_the_root(sim, short):
    item = sim.drop(ANNA, "Inbox/Ein", eml("Hello"))
    url = f"/ChildFolders/{item.container.id}/messages/{item.id}"
    body = {"requests": [{"id": "1", "method": "GET", "url": url}]}
    (row,) = short.post("$batch", body).json()["responses"]
    assert row["body"]["subject"] == "Hello"


def test_who_am_i(sim, short):
    assert short.get("me").json()["mail"] == ANNA


def test_graph_paths_with_basic(sim):
    client = Graph(sim.mapper_url)
    client.session.auth = (BEN, "secret")
    sim.drop(BEN, "Inbox", eml("Hello"))
    body = client.get("me/mailFolders/inbox/messages/delta").json()
    assert body["value"][0]["subject"] == "Hello"
    assert body["@odata.deltaLink"].startswith(sim.mapper_url + "/me/")


@pytest.mark.parametrize("auth", [None, (ANNA, "wrong"), ("nobody", "secret")])
def test_wrong_password(sim, auth):
    client = Graph(sim.short_url)
    client.session.auth = auth
    answer = client.get("ChildFolders")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert answer.json()["error"]["code"]


def test_a_windows_login_and_a_locked_account(sim):
    client = Graph(sim.short_url)
    client.session.auth = ("CONTOSO\\" + ANNA, "secret")
    assert client.get("me").status_code == 200
    sim.user(ANNA).locked = True
    assert client.get("me").status_code == 401


def test_a_bearer_token_is_no_basic(sim):
    client = Graph(sim.short_url).as_user(sim.token_for(ANNA))
    assert client.get("me").status_code == 401
