"""A mailbox of the simulator, by each of the ways there are to it.

Everything that goes over the wire here is checked against Graph's own contract.
"""

import base64
import time
from email.message import EmailMessage

import pytest
from scripted import batch, in_turn
from simulator import APP_ID, Fault, Limits, Quirks, Simulator

from client import (
    BadRequest,
    BasicAuth,
    ClientError,
    Conflict,
    Mailbox,
    MailboxNotFound,
    NotFound,
    Pace,
    PermissionDenied,
    ResponseTooLarge,
    Session,
    SyncStateExpired,
    Throttled,
    TokenAuth,
    TransportError,
    paths_from_urls,
    prefetch,
    probe,
)

ANNA = "anna@contoso.example"
PASSWORD = "grün:1"


@pytest.fixture
def sim():
    with Simulator(contract=True, tls_port=None) as simulator:
        simulator.add_mailbox(
            ANNA,
            password=PASSWORD,
            name="Anna Abel",
            aliases=["a.abel@contoso.example"],
        )
        yield simulator
        assert simulator.contract_problems == []


@pytest.fixture
def open_mailbox(sim):
    """``open_mailbox(way)``: Anna's mailbox by one of the four ways."""
    opened = []

    def start(way="graph", **options):
        token = TokenAuth(lambda _claims: sim.token_for(ANNA))
        basic = BasicAuth(ANNA, PASSWORD)
        url, auth = {
            "graph": (f"{sim.url}/me/mailFolders", token),
            "users": (f"{sim.url}/users/{ANNA}/mailFolders", token),
            "mapper": (sim.mapper_url, basic),
            "short": (f"{sim.short_url}/ChildFolders", basic),
        }[way]
        base_url, paths = paths_from_urls(folders_url=url)
        options.setdefault("pace", Pace(sleep=lambda _seconds: None))
        opened.append(Mailbox(Session(base_url, auth, **options), paths))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


WAYS = ["graph", "users", "mapper", "short"]
every_way = pytest.mark.parametrize("way", WAYS)


def mail(subject="Offer", attachments=(), message_id=None):
    message = EmailMessage()
    message["From"] = "Bob Brown <bob@example.org>"
    message["To"] = "Anna Abel <anna@contoso.example>"
    message["Subject"] = subject
    message["Date"] = "Mon, 02 Mar 2026 10:00:00 +0100"
    message["Message-ID"] = message_id or f"<{subject.replace(' ', '')}@example.org>"
    message["X-Odoo-Test"] = "yes"
    message.set_content(f"Text of {subject}\n")
    for name, content in attachments:
        message.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
    return message.as_bytes()


def fill(sim, count, folder="Inbox/Transfer Eingang"):
    """Mails in a folder; gives the folder's id."""
    for number in range(count):
        sim.drop(ANNA, folder, mail(f"Mail {number}"))


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


# Mails


@every_way
def test_mails_with_all_that_is_in_them(sim, open_mailbox, way):
    fill(sim, 23)
    sim.drop(ANNA, "Inbox/Transfer Eingang", mail("File", [("a.bin", b"\x00\xff" * 9)]))
    messages = open_mailbox(way).messages
    folder = messages.find_folder("Transfer Eingang")
    listed = messages.delta(folder.id).items
    sim.requests.clear()
    found = messages.get_many([(folder.id, item["id"]) for item in listed])
    assert sim.requests.count == 2
    assert [one["id"] for one in found] == [item["id"] for item in listed]
    by_subject = {one["subject"]: one for one in found}
    headers = by_subject["Mail 5"]["internetMessageHeaders"]
    assert {"name": "X-Odoo-Test", "value": "yes"} in headers
    assert "Text of Mail 5" in by_subject["Mail 5"]["body"]["content"]
    assert by_subject["Mail 5"]["attachments"] == []
    (attachment,) = by_subject["File"]["attachments"]
    assert base64.b64decode(attachment["contentBytes"]) == b"\x00\xff" * 9


@every_way
def test_mails_that_cannot_be_read_are_values(sim, open_mailbox, way):
    fill(sim, 2)
    messages = open_mailbox(way).messages
    folder = messages.find_folder("Transfer Eingang")
    ids = [item["id"] for item in messages.delta(folder.id).items]
    messages.delete([(folder.id, ids[0])])
    refs = [(folder.id, value) for value in ("", "..", "gibberish", ids[1])]
    found = messages.get_many(refs)
    assert [type(one) for one in found[:2]] == [BadRequest, BadRequest]
    assert isinstance(found[2], (NotFound, BadRequest))
    assert found[3]["subject"]


@every_way
def test_a_mail_too_large_is_read_piece_by_piece(sim, open_mailbox, way):
    fill(sim, 3)
    large = bytes(range(256)) * 8000
    files = [("small.bin", b"small"), ("large.bin", large)]
    sim.drop(ANNA, "Inbox/Transfer Eingang", mail("Large", files))
    messages = open_mailbox(way, max_bytes=1_000_000).messages
    folder = messages.find_folder("Transfer Eingang")
    listed = messages.delta(folder.id).items
    refs = [(folder.id, item["id"]) for item in listed]
    found = messages.get_many(refs)
    subjects = [item["subject"] for item in listed]
    at = subjects.index("Large")
    assert isinstance(found[at], ResponseTooLarge)
    assert [one["subject"] for n, one in enumerate(found) if n != at] == [
        subject for subject in subjects if subject != "Large"
    ]
    told = messages.without_contents(*refs[at])
    assert told["subject"] == "Large"
    assert "Text of Large" in told["body"]["content"]
    by_name = {part["name"]: part for part in told["attachments"]}
    assert by_name["large.bin"]["size"] >= len(large)
    assert all("contentBytes" not in part for part in told["attachments"])
    small = messages.attachment_content(*refs[at], by_name["small.bin"]["id"])
    assert small == b"small"
    content_id = by_name["large.bin"]["id"]
    with pytest.raises(ResponseTooLarge):
        messages.attachment_content(*refs[at], content_id)
    content = messages.attachment_content(*refs[at], content_id, max_bytes=5_000_000)
    assert content == large


def test_pictures_in_the_text_keep_their_name(sim, open_mailbox):
    message = EmailMessage()
    message["From"], message["Subject"] = "bob@example.org", "Picture"
    message.set_content("Text")
    message.add_alternative('<p><img src="cid:logo@x"></p>', subtype="html")
    message.get_payload()[1].add_related(
        b"GIF89a", "image", "gif", cid="<logo@x>", filename="logo.gif"
    )
    sim.drop(ANNA, "Inbox", message.as_bytes())
    messages = open_mailbox().messages
    (item,) = messages.delta("inbox").items
    (part,) = messages.without_contents("inbox", item["id"])["attachments"]
    assert (part["contentId"], part["isInline"]) == ("logo@x", True)


def test_an_attached_mail_comes_as_text(sim, open_mailbox):
    inner = EmailMessage()
    inner["Subject"], inner["From"] = "Inner", "eve@example.org"
    inner.set_content("Inside")
    outer = EmailMessage()
    outer["Subject"], outer["From"] = "Outer", "bob@example.org"
    outer.set_content("Outside")
    outer.add_attachment(inner)
    sim.drop(ANNA, "Inbox", outer.as_bytes())
    messages = open_mailbox().messages
    (item,) = messages.delta("inbox").items
    (found,) = messages.get_many([("inbox", item["id"])])
    (part,) = found["attachments"]
    assert part["@odata.type"] == "#microsoft.graph.itemAttachment"
    content = messages.attachment_content("inbox", item["id"], part["id"])
    assert b"Subject: Inner" in content


@every_way
def test_the_text_of_a_mail(sim, open_mailbox, way):
    fill(sim, 1)
    messages = open_mailbox(way).messages
    folder = messages.find_folder("Transfer Eingang")
    (item,) = messages.delta(folder.id).items
    assert b"X-Odoo-Test: yes" in messages.mime(folder.id, item["id"])
    with pytest.raises(ResponseTooLarge):
        messages.mime(folder.id, item["id"], max_bytes=10)


@every_way
def test_mails_are_deleted_and_stay_deleted(sim, open_mailbox, way):
    fill(sim, 22)
    messages = open_mailbox(way).messages
    folder = messages.find_folder("Transfer Eingang")
    refs = [(folder.id, item["id"]) for item in messages.delta(folder.id).items]
    assert messages.delete(refs) == [None] * 22
    assert messages.folder(folder.id).item_count == 0
    assert all(
        outcome is None or isinstance(outcome, ClientError)
        for outcome in messages.delete(refs)
    )


def test_what_is_gone_counts_as_deleted(sim, open_mailbox):
    fill(sim, 1)
    sim.quirks.delete_answers_404 = True
    messages = open_mailbox().messages
    folder = messages.find_folder("Transfer Eingang")
    (item,) = messages.delta(folder.id).items
    assert messages.delete([(folder.id, item["id"])]) == [None]


@every_way
def test_a_mail_that_was_touched_is_not_deleted(sim, open_mailbox, way):
    fill(sim, 2)
    messages = open_mailbox(way).messages
    folder = messages.find_folder("Transfer Eingang")
    items = messages.delta(folder.id).items
    refs = [(folder.id, item["id"], item["@odata.etag"]) for item in items]
    messages.set_categories(folder.id, items[0]["id"], ["Filed"])
    touched, untouched = messages.delete(refs)
    assert isinstance(touched, Conflict)
    assert untouched is None
    place = messages.place(folder.id, items[0]["id"])
    assert place["parentFolderId"] == folder.id
    assert messages.delete([(*refs[0][:2], place["@odata.etag"])]) == [None]


@every_way
def test_marks_and_moves_keep_the_id(sim, open_mailbox, way):
    fill(sim, 1)
    messages = open_mailbox(way).messages
    folder = messages.find_folder("Transfer Eingang")
    other = messages.create_folder("Done")
    (item,) = messages.delta(folder.id).items
    marked = messages.set_categories(
        folder.id, item["id"], ["Odoo"], item["@odata.etag"]
    )
    assert marked["categories"] == ["Odoo"]
    with pytest.raises(Conflict):
        messages.set_categories(folder.id, item["id"], [], item["@odata.etag"])
    moved = messages.move(folder.id, item["id"], other.id)
    assert moved["id"] == item["id"]
    assert messages.place(other.id, item["id"])["parentFolderId"] == other.id


@every_way
def test_a_mark_beside_others(sim, open_mailbox, way):
    fill(sim, 3)
    messages = open_mailbox(way).messages
    folder = messages.find_folder("Transfer Eingang")
    refs = [(folder.id, item["id"]) for item in messages.delta(folder.id).items]
    messages.set_categories(*refs[0], ["Red"])
    messages.set_categories(*refs[1], ["Odoo"])
    assert messages.add_category([*refs, (folder.id, "")], "Odoo")[:3] == [None] * 3
    found = messages.get_many(refs)
    assert [one["categories"] for one in found] == [["Red", "Odoo"], ["Odoo"], ["Odoo"]]
    wrong = messages.add_category([(folder.id, "")], "Odoo")
    assert isinstance(wrong[0], BadRequest)


# Refusals


def test_a_wrong_password(sim):
    base_url, paths = paths_from_urls(folders_url=f"{sim.short_url}/ChildFolders")
    with Mailbox(Session(base_url, BasicAuth(ANNA, "wrong")), paths) as mailbox:
        with pytest.raises(ClientError) as caught:
            mailbox.me()
        assert caught.value.reason == "wrong_password"


def test_a_mailbox_on_premises(sim, open_mailbox):
    sim.store.directory.user(ANNA).mailbox = "on_premises"
    with pytest.raises(MailboxNotFound):
        open_mailbox().messages.folder_tree()
    with pytest.raises(MailboxNotFound):
        open_mailbox().messages.delta("inbox")


def test_a_right_that_is_missing(sim):
    auth = TokenAuth(lambda _claims: sim.token_for(ANNA, {"User.Read"}))
    base_url, paths = paths_from_urls(folders_url=sim.url)
    with Mailbox(Session(base_url, auth), paths) as mailbox:
        assert mailbox.me()["mail"] == ANNA
        with pytest.raises(PermissionDenied):
            mailbox.messages.folder_tree()


def test_an_application_that_may_not_read_the_directory(sim):
    app, user = sim.store.directory.apps[APP_ID], sim.store.directory.user(ANNA)
    app.roles, app.mailbox_roles = set(), {user.id: {"Mail.ReadWrite"}}
    auth = TokenAuth(lambda _claims: sim.identity.issue(APP_ID, "", set()))
    base_url, paths = paths_from_urls(folders_url=sim.url, user=ANNA)
    with Mailbox(Session(base_url, auth), paths) as mailbox:
        assert mailbox.me()["addresses"] == [ANNA]
        assert mailbox.messages.folder_tree()
    app.mailbox_roles.clear()
    with (
        Mailbox(Session(base_url, auth), paths) as mailbox,
        pytest.raises(PermissionDenied),
    ):
        mailbox.me()


def test_somebody_elses_mailbox(sim):
    sim.add_mailbox("ben@contoso.example")
    auth = TokenAuth(lambda _claims: sim.token_for(ANNA))
    base_url, paths = paths_from_urls(
        folders_url=f"{sim.url}/users/ben@contoso.example/mailFolders"
    )
    with (
        Mailbox(Session(base_url, auth), paths) as mailbox,
        pytest.raises(PermissionDenied),
    ):
        mailbox.messages.delta("inbox")


# Pace


def test_a_batch_of_twenty_at_a_strict_mailbox():
    """The items of one batch must not be what throttles the mailbox."""
    with Simulator(tls_port=None, limits=Limits(retry_after="0.05")) as sim:
        sim.add_mailbox(ANNA, password=PASSWORD)
        fill(sim, 60)
        base_url, paths = paths_from_urls(folders_url=sim.mapper_url)
        with Mailbox(Session(base_url, BasicAuth(ANNA, PASSWORD)), paths) as mailbox:
            messages = mailbox.messages
            folder = messages.find_folder("Transfer Eingang")
            refs = []
            with prefetch(messages.rounds(folder.id, page_size=15)) as pages:
                for page in pages:
                    mine = [(folder.id, item["id"]) for item in page.items]
                    assert all(isinstance(m, dict) for m in messages.get_many(mine))
                    refs += mine
        assert len(refs) == 60
        assert 429 not in sim.requests.statuses


def test_a_mailbox_others_keep_busy(sim, open_mailbox):
    headers = {"Retry-After": "0.1"}
    busy = Fault.status(429, "ApplicationThrottled", headers=headers)
    sim.faults.add(busy, match="GET .*/messages/", after=3, count=5)
    fill(sim, 12)
    pauses = []
    messages = open_mailbox(pace=Pace(sleep=pauses.append)).messages
    folder = messages.find_folder("Transfer Eingang")
    refs = [(folder.id, item["id"]) for item in messages.delta(folder.id).items]
    assert all(isinstance(found, dict) for found in messages.get_many(refs))
    assert pauses == [0.1]


def test_a_mailbox_that_wants_a_long_pause(sim, open_mailbox):
    busy = Fault.status(429, "ApplicationThrottled", headers={"Retry-After": "90"})
    sim.faults.add(busy, count=None)
    started = time.monotonic()
    with pytest.raises(Throttled) as caught:
        open_mailbox(pace=Pace()).messages.folder_tree()
    assert caught.value.retry_after == 90
    assert time.monotonic() - started < 2


def test_a_failure_in_passing_is_not_noticed(sim, open_mailbox):
    for status in (500, 503, 504):
        sim.faults.add(Fault.status(status, headers={"Retry-After": "0.01"}))
    assert open_mailbox().me()["mail"] == ANNA


def test_shuffled_answers_are_sorted(open_mailbox, sim):
    assert Quirks().shuffle_batch
    fill(sim, 20)
    messages = open_mailbox().messages
    folder = messages.find_folder("Transfer Eingang")
    refs = [(folder.id, item["id"]) for item in messages.delta(folder.id).items]
    for _turn in range(5):
        found = messages.get_many(refs[::-1])
        assert [one["id"] for one in found] == [ref[1] for ref in refs[::-1]]


# Servers that are not quite Graph


def test_a_server_without_content_ids(serve, mailbox):
    def answer(seen, reply):
        if "fileAttachment" in seen.path:
            reply.error(400, "BadRequest")
        else:
            reply.json({"id": "1", "attachments": [{"id": "2", "size": 5}]})

    found = mailbox(serve(answer)).messages.without_contents("f", "1")
    assert found["attachments"][0]["size"] == 5


@pytest.mark.parametrize("body", [{}, {"id": 7}, {"value": []}, [], "text"])
def test_what_is_no_mail(serve, mailbox, body):
    server = serve(batch(lambda _item: (200, body)))
    (found,) = mailbox(server).messages.get_many([("f", "1")])
    assert isinstance(found, ClientError)


@pytest.mark.parametrize("body", [{}, {"id": 7}, {"id": ""}, {"value": []}])
def test_what_is_no_folder(serve, mailbox, body):
    with pytest.raises(TransportError):
        mailbox(serve(in_turn(body))).messages.folder("1")


def test_search_folders_and_hidden_ones_are_left_out(serve, mailbox):
    search = {"@odata.type": "#microsoft.graph.mailSearchFolder"}
    children = [
        {"id": "i", "displayName": "Posteingang"},
        {"id": "s", "displayName": "Suchordner", "childFolderCount": 1},
        {"id": "u", "displayName": "Ungelesen", **search},
        {"id": "h", "displayName": "Verborgen", "isHidden": True},
    ]
    known = {"/me/mailFolders/inbox": "i", "/me/mailFolders/searchfolders": "s"}

    def one(item):
        path = item["url"].partition("?")[0]
        if path in known:
            return 200, {"id": known[path]}
        return 200, {"value": children if path == "/me/mailFolders" else []}

    tree = mailbox(serve(batch(one))).messages.folder_tree()
    assert [(folder.name, folder.is_inbox) for folder in tree] == [
        ("Posteingang", True)
    ]


def test_folders_in_a_circle_end(serve, mailbox):
    def one(item):
        if "searchfolders" in item["url"] or item["url"].startswith(
            "/me/mailFolders/in"
        ):
            return 404, {}
        children = [{"id": n, "displayName": n, "childFolderCount": 1} for n in "ab"]
        return 200, {"value": children}

    tree = mailbox(serve(batch(one))).messages.folder_tree()
    assert [folder.id for folder in tree] == ["a", "b"]


def test_an_address_is_read_in_any_form():
    from client.mailbox import addresses_of

    user = {
        "mail": "Ada@X.example",
        "userPrincipalName": "ada_x#EXT#@y.example",
        "proxyAddresses": ["SMTP:ada@x.example", "smtp:A@x.example", "x500:/o=x", 5],
    }
    assert addresses_of(user) == [
        "ada@x.example",
        "ada_x#ext#@y.example",
        "a@x.example",
    ]
    assert addresses_of({"mail": None, "proxyAddresses": "x"}) == []
