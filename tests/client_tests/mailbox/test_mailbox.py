"""Folders, and what changed in them."""

import pytest
from mailbox_case import ANNA, every_way, fill, mail

from client import (
    NotFound,
    SyncStateExpired,
    prefetch,
    probe,
)

# Who and where


@every_way
def test_who_it_is(open_mailbox, way):
    me = open_mailbox(way).me()
    assert me["mail"] == ANNA
    assert me["addresses"] == [ANNA, "a.abel@contoso.example"]


@every_way
def test_folders_are_made_and_found(open_mailbox, way):
    messages = open_mailbox(way).messages
    made = messages.create_folder("Transfer Eingang")
    inner = messages.create_folder("Süd / Ost", made.id)
    assert messages.create_folder("transfer eingang").id == made.id
    assert messages.find_folder("TRANSFER EINGANG").id == made.id
    assert messages.find_folder("Transfer Ausgang") is None
    assert messages.folder(made.id).child_count == 1
    found = {folder.id: folder for folder in messages.folder_tree()}
    above = "" if way == "short" else "Inbox / "
    assert found[made.id].path == f"{above}Transfer Eingang"
    assert found[inner.id].path == f"{above}Transfer Eingang / Süd / Ost"
    assert found[inner.id].depth == found[made.id].depth + 1
    assert found[inner.id].parent_id == made.id


def test_the_tree_is_complete_and_holds_mail_folders_only(sim, open_mailbox):
    box = sim.mailbox(ANNA)
    for number in range(120):
        box.make_path(f"Inbox/Customer {number:03}")
    box.make_path("Inbox/Customer 007/2026/March")
    tree = open_mailbox().messages.folder_tree()
    paths = [folder.path for folder in tree]
    assert len([path for path in paths if path.startswith("Inbox / Customer")]) == 122
    at = paths.index("Inbox / Customer 007 / 2026 / March")
    assert paths[at - 2 : at] == [
        "Inbox / Customer 007",
        "Inbox / Customer 007 / 2026",
    ]
    assert len({folder.id for folder in tree}) == len(tree)
    assert [folder.name for folder in tree if folder.is_inbox] == ["Inbox"]
    names = {folder.name for folder in tree}
    assert not names & {"Search Folders", "Sync Issues", "Recoverable Items"}


def test_a_folder_that_is_gone(open_mailbox):
    mailbox = open_mailbox()
    made = mailbox.messages.create_folder("Short-lived")
    link = mailbox.messages.delta(made.id).delta_link
    mailbox.session.request("DELETE", mailbox.paths.folder(made.id))
    mailbox.session.request("DELETE", mailbox.paths.folder(made.id))
    with pytest.raises(NotFound):
        mailbox.messages.folder(made.id)
    with pytest.raises(NotFound):
        mailbox.messages.delta(made.id)
    (found,) = probe(mailbox, [link])
    assert isinstance(found, NotFound)


def test_what_became_of_folders(sim, open_mailbox):
    mailbox = open_mailbox()
    ids = [mailbox.messages.create_folder(name).id for name in ("A", "B", "C")]
    trashed, purged = (mailbox.paths.folder(folder_id) for folder_id in ids[1:])
    for path in (trashed, purged, purged):
        mailbox.session.request("DELETE", path)
    sim.requests.clear()
    found = mailbox.messages.still_there(ids)
    assert sim.requests.count == 1
    assert found[ids[0]].name == "A"
    assert (found[ids[1]], found[ids[2]]) == (None, None)


# What changed


@every_way
def test_a_round_and_the_next_one(sim, open_mailbox, way):
    fill(sim, 7)
    messages = open_mailbox(way).messages
    folder = messages.find_folder("Transfer Eingang")
    pages = list(messages.rounds(folder.id, page_size=3))
    ids = [item["id"] for page in pages for item in page.items]
    assert (len(ids), len(set(ids))) == (7, 7)
    assert len(pages) > 2
    sim.drop(ANNA, "Inbox/Transfer Eingang", mail("New"))
    messages.delete([(folder.id, ids[0])])
    page = messages.delta(folder.id, pages[-1].delta_link)
    assert [item["subject"] for item in page.items] == ["New"]
    assert list(page.removed) == [ids[0]]
    assert page.is_last


def test_the_list_tells_what_a_mail_is(sim, open_mailbox):
    fill(sim, 1)
    messages = open_mailbox().messages
    (item,) = messages.delta(messages.find_folder("Transfer Eingang").id).items
    assert item["internetMessageId"] == "<Mail0@example.org>"
    assert item["from"]["emailAddress"]["address"] == "bob@example.org"
    assert item["toRecipients"][0]["emailAddress"]["address"] == ANNA
    assert item["sentDateTime"] == "2026-03-02T09:00:00Z"
    assert item["bodyPreview"].strip() == "Text of Mail 0"
    assert item["@odata.etag"]
    assert "body" not in item


def test_repeated_items_and_empty_pages(sim, open_mailbox):
    sim.quirks.repeat_in_delta = sim.quirks.empty_delta_pages = True
    fill(sim, 25)
    messages = open_mailbox().messages
    folder = messages.find_folder("Transfer Eingang")
    with prefetch(messages.rounds(folder.id, page_size=5)) as pages:
        found = [item["id"] for page in pages for item in page.items]
    assert len(set(found)) == 25


@pytest.mark.parametrize("spelling", ["SyncStateNotFound", "syncStateNotFound"])
@every_way
def test_an_old_position(sim, open_mailbox, spelling, way):
    sim.quirks.gone = spelling
    fill(sim, 3)
    mailbox = open_mailbox(way)
    folder = mailbox.messages.find_folder("Transfer Eingang")
    first = mailbox.messages.delta(folder.id, page_size=2)
    last = list(mailbox.messages.rounds(folder.id))[-1]
    sim.clock.advance(90 * 24 * 3600)
    for link in (first.next_link, last.delta_link):
        with pytest.raises(SyncStateExpired):
            mailbox.messages.delta(folder.id, link)
    (found,) = probe(mailbox, [last.delta_link])
    assert isinstance(found, SyncStateExpired)


@pytest.mark.parametrize("spelling", ["resyncRequired", "location"])
def test_other_words_for_an_old_position(sim, open_mailbox, spelling):
    sim.quirks.gone = spelling
    messages = open_mailbox().messages
    link = messages.delta("inbox").delta_link
    sim.clock.advance(90 * 24 * 3600)
    with pytest.raises(SyncStateExpired):
        messages.delta("inbox", link)


@every_way
def test_an_idle_mailbox_costs_one_request(sim, open_mailbox, way):
    mailbox = open_mailbox(way)
    folders = [mailbox.messages.create_folder(name) for name in ("Ein", "Aus")]
    links = [mailbox.messages.delta(folder.id).delta_link for folder in folders]
    sim.drop(ANNA, "Inbox/Aus", mail("New"))
    sim.requests.clear()
    idle, busy = probe(mailbox, links)
    assert sim.requests.count == 1
    assert (idle.items, idle.removed, idle.is_last) == ([], {}, True)
    assert [item["subject"] for item in busy.items] == ["New"]
    (page,) = probe(mailbox, [busy.delta_link])
    assert page.items == []
