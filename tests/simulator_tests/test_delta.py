"""Delta rounds over the messages of a folder."""

import pytest
from conftest import ANNA, eml

IMMUTABLE = 'IdType="ImmutableId"'
PATH = "me/mailFolders/inbox/messages/delta"


def fill(sim, count, folder="Inbox"):
    """Drop mails."""
    return [sim.drop(ANNA, folder, eml(f"mail {n}")) for n in range(count)]


@pytest.mark.parametrize(
    "function", ["delta", "delta()", "microsoft.graph.delta()", "Delta"]
)
def test_all_spellings_of_the_function(sim, graph, function):
    fill(sim, 3)
    items, _link, _pages = graph.rounds(f"me/mailFolders/inbox/messages/{function}")
    assert len(items) == 3


def test_first_round_in_pages_with_an_empty_one(sim, graph):
    fill(sim, 25)
    sizes, link = [], PATH
    while link:
        body = graph.get(link, "odata.maxpagesize=10").json()
        sizes.append(len(body["value"]))
        assert ("@odata.nextLink" in body) != ("@odata.deltaLink" in body)
        link = body.get("@odata.nextLink")
    assert sizes == [10, 0, 10, 5]


def test_links_are_absolute_opaque_and_hold_the_options(sim, graph):
    fill(sim, 12)
    first = graph.get(PATH + "?$select=subject").json()
    link = first["@odata.nextLink"]
    assert link.startswith(sim.url + "/me/mailFolders('")
    assert "$skiptoken=" in link and "select" not in link
    items, delta_link, _pages = graph.rounds(link)
    assert "$deltatoken=" in delta_link
    assert set(items[0]) == {"@odata.type", "@odata.etag", "id", "subject"}


def test_idle_round_is_one_request(sim, graph):
    fill(sim, 3)
    _items, link, _pages = graph.rounds(PATH)
    items, link, pages = graph.rounds(link)
    assert (items, pages) == ([], 1)


def test_headers_of_a_delta_answer(graph):
    answer = graph.get(PATH)
    assert answer.headers["Preference-Applied"] == "odata.track-changes"


def test_changes_and_removals(sim, graph):
    old = fill(sim, 3)
    _items, link, _pages = graph.rounds(PATH)
    new = sim.drop(ANNA, "Inbox", eml("new"))
    graph.call("PATCH", f"me/messages/{old[0].id}", json={"isRead": True})
    graph.call("DELETE", f"me/messages/{old[1].id}")
    removed_id = old[1].id
    items, link, _pages = graph.rounds(link)
    found = {item["id"]: item for item in items}
    assert found[old[0].id]["isRead"] is True
    assert found[new.id]["subject"] == "new"
    removed = [item for item in items if "@removed" in item]
    assert len(removed) == 1 and removed[0]["@removed"] == {"reason": "deleted"}
    assert removed[0]["id"] != removed_id  # the id it had while it was here
    assert len(items) == 3


def test_top_caps_the_whole_round(sim, graph):
    fill(sim, 30)
    items, link, _pages = graph.rounds(PATH + "?$top=7", "odata.maxpagesize=5")
    assert len(items) == 7
    assert graph.rounds(link)[0] == []


def test_default_page_is_ten_also_for_following_pages(sim, graph):
    fill(sim, 25)
    body = graph.get(PATH, "odata.maxpagesize=3").json()
    assert len(body["value"]) == 3
    body = graph.get(body["@odata.nextLink"]).json()  # the empty one
    body = graph.get(body["@odata.nextLink"]).json()
    assert len(body["value"]) == 10


@pytest.mark.parametrize(
    "query",
    [
        "$search=x",
        "$count=true",
        "$skip=3",
        "$filter=isRead eq true",
        "$filter=receivedDateTime le 2026-01-01T00:00:00Z",
        "$orderby=subject",
        "$orderby=receivedDateTime asc",
        "$select=nonsense",
        "$frobnicate=1",
    ],
)
def test_refused_options(graph, query):
    answer = graph.get(f"{PATH}?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"]


def test_filter_by_received_time(sim, graph):
    sim.clock.freeze(1_760_000_000)
    fill(sim, 2)
    sim.clock.advance(86400)
    item = sim.drop(ANNA, "Inbox", eml("later"))
    moment = item.data["receivedDateTime"]
    items, _link, _pages = graph.rounds(f"{PATH}?$filter=receivedDateTime ge {moment}")
    assert [row["subject"] for row in items] == ["later"]


def test_change_type_limits_what_is_told(sim, graph):
    old = fill(sim, 2)
    _items, link, _pages = graph.rounds(PATH + "?changeType=created")
    sim.drop(ANNA, "Inbox", eml("new"))
    graph.call("PATCH", f"me/messages/{old[0].id}", json={"isRead": True})
    graph.call("DELETE", f"me/messages/{old[1].id}")
    items, _link, _pages = graph.rounds(link)
    assert [item["subject"] for item in items] == ["new"]


def test_moving_gives_a_new_id_without_immutable_ids(sim, graph):
    item = fill(sim, 1)[0]
    sim.mailbox(ANNA).make_path("Inbox/Ein")
    target = graph.get("me/mailFolders/inbox/childFolders").json()["value"][0]["id"]
    there = f"me/mailFolders/{target}/messages/delta"
    _items, here_link, _pages = graph.rounds(PATH)
    _items, there_link, _pages = graph.rounds(there)
    before = item.id
    moved = graph.post(f"me/messages/{before}/move", {"destinationId": target})
    assert moved.status_code == 201
    assert moved.json()["id"] != before
    assert graph.rounds(here_link)[0][0]["id"] == before
    assert graph.rounds(there_link)[0][0]["id"] == moved.json()["id"]
    assert graph.get(f"me/messages/{before}").status_code == 404


def test_moving_keeps_the_immutable_id(sim, graph):
    item = fill(sim, 1)[0]
    sim.mailbox(ANNA).make_path("Inbox/Ein")
    target = graph.get("me/mailFolders/inbox/childFolders").json()["value"][0]["id"]
    items, link, _pages = graph.rounds(PATH, IMMUTABLE)
    key = items[0]["id"]
    assert key == item.immutable_id != item.id
    moved = graph.post(f"me/messages/{key}/move", {"destinationId": target}, IMMUTABLE)
    assert moved.json()["id"] == key
    items, _link, _pages = graph.rounds(link, IMMUTABLE)
    assert items[0]["id"] == key and "@removed" in items[0]
    assert graph.get(f"me/messages/{key}").json()["parentFolderId"] == target


@pytest.mark.parametrize("prefer, returns", [(IMMUTABLE, False), ("", True)])
def test_away_and_back_between_two_rounds(sim, graph, prefer, returns):
    """With immutable ids the item is told as removed and never as back again."""
    item = fill(sim, 1)[0]
    sim.mailbox(ANNA).make_path("Inbox/Ein")
    target = graph.get("me/mailFolders/inbox/childFolders").json()["value"][0]["id"]
    _items, link, _pages = graph.rounds(PATH, prefer)
    key = item.immutable_id
    graph.post(f"me/messages/{key}/move", {"destinationId": target}, IMMUTABLE)
    graph.post(f"me/messages/{key}/move", {"destinationId": "inbox"}, IMMUTABLE)
    items, link, _pages = graph.rounds(link, prefer)
    assert ["@removed" in row for row in items] == [True] + [False] * returns
    assert graph.get(f"me/mailFolders/inbox/messages/{key}").status_code == 200
    # A later change is told again.
    graph.call("PATCH", f"me/messages/{key}", json={"isRead": True})
    items, link, _pages = graph.rounds(link, prefer)
    assert [row["isRead"] for row in items] == [True]


def test_repeats_within_a_round_when_wanted(sim, graph):
    sim.quirks.repeat_in_delta = True
    fill(sim, 15)
    items, _link, _pages = graph.rounds(PATH)
    assert len(items) > len({item["id"] for item in items}) == 15


def test_a_change_during_a_round_is_not_lost(sim, graph):
    items = fill(sim, 15)
    body = graph.get(PATH).json()
    graph.call("PATCH", f"me/messages/{items[0].id}", json={"isRead": True})
    sim.drop(ANNA, "Inbox", eml("late"))
    rest, _link, _pages = graph.rounds(body["@odata.nextLink"])
    assert [row["isRead"] for row in rest if row["id"] == items[0].id] == [True]
    assert "late" in [row["subject"] for row in rest]


@pytest.mark.parametrize(
    "style", ["SyncStateNotFound", "syncStateNotFound", "resyncRequired", "location"]
)
def test_dead_tokens_are_gone_in_every_spelling(sim, graph, style):
    sim.quirks.gone = style
    fill(sim, 15)
    next_link = graph.get(PATH).json()["@odata.nextLink"]
    _items, link, _pages = graph.rounds(PATH)
    sim.expire_delta_tokens(ANNA)
    for dead in (link, next_link):
        answer = graph.get(dead)
        assert answer.status_code == 410
        code = answer.json()["error"]["code"]
        assert code == ("syncStateNotFound" if style == "location" else style)
        if style == "location":
            items, _link, _pages = graph.rounds(answer.headers["Location"])
            assert len(items) == 15
    assert len(graph.rounds(PATH)[0]) == 15


def test_tokens_grow_old(sim, graph):
    _items, link, _pages = graph.rounds(PATH)
    sim.quirks.delta_token_life = 3600
    sim.clock.advance(3601)
    assert graph.get(link).status_code == 410


def test_a_token_of_another_folder_or_a_forged_one_is_refused(sim, graph):
    link = graph.rounds(PATH)[1]
    token = link.partition("$deltatoken=")[2]
    other = f"me/mailFolders/drafts/messages/delta?$deltatoken={token}"
    assert graph.get(other).status_code == 400
    assert graph.get(f"{PATH}?$deltatoken=AAAA{token}").status_code == 400
    assert graph.get(f"{PATH}?$deltatoken=").status_code == 200


def test_thousands_of_changes_cost_no_more_than_their_number(sim, graph):
    """The log forgets what is superseded: a busy item is told once."""
    item = fill(sim, 1)[0]
    _items, link, _pages = graph.rounds(PATH)
    mailbox = sim.mailbox(ANNA)
    for number in range(1000):
        mailbox.touch(item, isRead=bool(number % 2))
    items, _link, pages = graph.rounds(link)
    assert (len(items), pages) == (1, 1)


def test_ids_differ_by_case_alone(sim, graph):
    items = fill(sim, 64)
    exact = {item.id for item in items}
    assert len(exact) == 64 > len({key.lower() for key in exact})
    for item in items[:3]:
        swapped = item.id[:-5] + item.id[-5].swapcase() + item.id[-4:]
        answer = graph.get(f"me/messages/{swapped}")
        assert answer.status_code == 404 or answer.json()["subject"] != "mail 0"
