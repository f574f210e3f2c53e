"""Folders and lists of mails of an Exchange server: trees, filters, pages."""

import requests
from mails import FOLDER, mail


def test_a_folder_is_made_once_and_found_in_the_tree(mailbox):
    made = mailbox.messages.create_folder(FOLDER)
    assert mailbox.messages.create_folder(FOLDER.upper()).id == made.id
    inner = mailbox.messages.create_folder("Deep & <deeper>", made.id)
    tree = {folder.name: folder for folder in mailbox.messages.folder_tree()}
    assert tree["Deep & <deeper>"].parent_id == made.id == inner.parent_id
    assert tree[FOLDER].child_count == 1
    assert not {"Calendar", "Contacts", "Tasks"} & set(tree)
    assert mailbox.messages.folder(made.id).name == FOLDER
    gone = mailbox.messages.still_there([made.id, made.id[:-8] + "AAAAAAA="])
    assert [found is not None for found in gone.values()] == [True, False]


def test_a_folder_is_found_by_its_name(mapper, mailbox, login):
    """As clients of Graph do that know a name alone."""
    made = mailbox.messages.create_folder("Müller's & Co")
    mailbox.messages.create_folder(FOLDER)
    with requests.Session() as session:
        session.trust_env, session.auth = False, (login, "secret")
        found = session.get(
            f"{mapper.url}/me/mailFolders/inbox/childFolders",
            params={"$filter": "displayName eq 'Müller''s & Co'", "$top": "1"},
            timeout=30,
        ).json()
        odd = f"{mapper.short}/ChildFolders?$filter=startswith(displayName,'M')"
        assert session.get(odd, timeout=30).status_code == 400
    assert [row["id"] for row in found["value"]] == [made.id]
    assert "@odata.nextLink" not in found


def test_a_folder_by_way_of_its_parents(exchange, mapper, mailbox, login):
    made = mailbox.messages.create_folder(FOLDER)
    inner = mailbox.messages.create_folder("Deep", made.id)
    exchange.drop(login, f"Inbox/{FOLDER}/Deep", mail())
    way = f"mailFolders/inbox/childFolders/{made.id}/childFolders/{inner.id}"
    with requests.Session() as session:
        session.trust_env, session.auth = False, (login, "secret")
        found = session.get(f"{mapper.url}/me/{way}", timeout=30).json()
        mails = session.get(f"{mapper.url}/me/{way}/messages", timeout=30).json()
    assert found["id"] == inner.id and len(mails["value"]) == 1


def test_the_part_of_a_batch_without_a_body_says_null(exchange, mapper, login):
    """As Graph writes it; clients look the member up."""
    exchange.drop(login, "Inbox", mail())
    with requests.Session() as session:
        session.trust_env, session.auth = False, (login, "secret")
        inbox = f"{mapper.url}/me/mailFolders/inbox/messages"
        listed = session.get(inbox, timeout=30).json()
        url = f"me/messages/{listed['value'][0]['id']}"
        gone = {"requests": [{"id": "1", "method": "DELETE", "url": url}]}
        answer = session.post(f"{mapper.url}/$batch", json=gone, timeout=30).json()
    [row] = answer["responses"]
    assert row["status"] == 204 and row["body"] is None


def test_hidden_folders_of_the_server_are_hidden(mapper, login):
    with requests.Session() as session:
        session.trust_env, session.auth = False, (login, "secret")
        url = f"{mapper.url}/me/mailFolders?$top=100"
        shown = session.get(url, timeout=30).json()["value"]
        more = session.get(f"{url}&includeHiddenFolders=true", timeout=30).json()
    hidden = {row["displayName"] for row in more["value"] if row["isHidden"]}
    assert "Conversation History" in hidden
    assert not hidden & {row["displayName"] for row in shown}


def test_a_list_of_mails_with_graph_s_options(exchange, mapper, login):
    for number in range(12):
        exchange.drop(login, "Inbox", mail(f"Mail {number}", number))
    session = requests.Session()
    session.auth, session.trust_env = (login, "secret"), False
    url = f"{mapper.url}/me/mailFolders('Inbox')/messages?$count=true&%24select=subject"
    first = session.get(url).json()
    assert first["@odata.count"] == 12 and len(first["value"]) == 10
    assert set(first["value"][0]) == {"@odata.etag", "id", "subject"}
    second = session.get(first["@odata.nextLink"]).json()
    assert len(second["value"]) == 2 and "@odata.nextLink" not in second
    where = "internetMessageId eq '<3@example.org>'"
    found = session.get(f"{mapper.url}/me/mailfolders/inbox/messages?$filter={where}")
    assert [row["subject"] for row in found.json()["value"]] == ["Mail 3"]
    assert session.get(f"{mapper.url}/me/messages/short").status_code == 400


def test_a_filter_may_name_a_day_and_spell_names_as_it_likes(exchange, mapper, login):
    """As in Microsoft's own examples (graph/api/user-list-messages)."""
    exchange.drop(login, "Inbox", mail())
    with requests.Session() as session:
        session.trust_env, session.auth = False, (login, "secret")
        for day, count in (("2020-01-01", 1), ("2099-01-01", 0)):
            answer = session.get(
                f"{mapper.url}/me/mailFolders/inbox/messages",
                params={"$filter": f"ReceivedDateTime ge {day} and isread eq false"},
                timeout=30,
            )
            assert len(answer.json().get("value", [])) == count, answer.text


def test_a_page_of_changes_is_no_longer_than_asked_for(exchange, mapper, login):
    for number in range(5):
        exchange.drop(login, "Inbox", mail(f"Mail {number}", number))
    with requests.Session() as session:
        session.trust_env, session.auth = False, (login, "secret")
        link = f"{mapper.url}/me/mailFolders/inbox/messages/delta?$top=2"
        sizes, ids = [], set()
        while link:
            page = session.get(link, timeout=30).json()
            sizes.append(len(page["value"]))
            ids.update(row["id"] for row in page["value"])
            link = page.get("@odata.nextLink")
    assert sizes[0] == 2 and len(ids) == sum(sizes) == 5


def test_the_tree_of_folders_in_rounds(exchange, mapper, mailbox, login):
    """As clients of Graph do that keep a copy of the tree."""
    made = mailbox.messages.create_folder(FOLDER)
    with requests.Session() as session:
        session.trust_env, session.auth = False, (login, "secret")

        def changes(link):
            page = session.get(link, timeout=30).json()
            assert "@odata.nextLink" not in page, page
            rows = {row["id"]: row for row in page["value"]}
            return rows, page["@odata.deltaLink"]

        rows, link = changes(f"{mapper.url}/me/mailFolders/delta?$select=displayName")
        names = {row["displayName"] for row in rows.values()}
        assert {"Inbox", FOLDER} <= names and not {"Calendar", "Contacts"} & names
        assert set(rows[made.id]) == {"@odata.type", "id", "displayName"}
        assert changes(link)[0] == {}
        inner = mailbox.messages.create_folder("Inner", made.id)
        rows, link = changes(link)
        assert rows[inner.id]["displayName"] == "Inner"
        whole, _link = changes(f"{mapper.short}/ChildFolders/delta()")
        assert whole[inner.id]["parentFolderId"] == made.id
        bad = session.get(link.replace("deltatoken=", "deltatoken=A"), timeout=30)
        assert (bad.status_code, bad.json()["error"]["code"]) == (
            410,
            "SyncStateNotFound",
        )
        late = f"{mapper.url}/me/mailFolders/delta?$deltatoken=latest"
        assert changes(late)[0] == {}


def test_properties_are_selected_and_sorted_by_in_any_letters(exchange, mapper, login):
    """As PowerShell's users of Graph write them."""
    for number in range(3):
        exchange.drop(login, "Inbox", mail(f"Mail {number}", number))
    exchange.add_contact(login, displayName="Ada")
    with requests.Session() as session:
        session.trust_env, session.auth = False, (login, "secret")
        url = f"{mapper.url}/me/mailFolders/inbox/messages"
        options = "$select=Subject,HASATTACHMENTS&$orderby=Subject desc"
        rows = session.get(f"{url}?{options}", timeout=30).json()["value"]
        names = {name for name in rows[0] if name[0] != "@"}
        assert names == {"id", "subject", "hasAttachments"}
        assert [row["subject"] for row in rows] == ["Mail 2", "Mail 1", "Mail 0"]
        url = f"{mapper.url}/me/contacts?$select=DisplayName&$orderby=DisplayName"
        (row,) = session.get(url, timeout=30).json()["value"]
        assert row["displayName"] == "Ada"
        odd = session.get(f"{url},Colour", timeout=30)
        assert (odd.status_code, "Colour" in odd.text) == (400, False)
        odd = session.get(f"{mapper.url}/me/contacts?$select=Colour", timeout=30)
        assert (odd.status_code, "'Colour'" in odd.text) == (400, True)
