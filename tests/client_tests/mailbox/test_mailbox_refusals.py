"""Refusals, pace, and servers that are not quite Graph."""

import pytest
from mailbox_case import ANNA, PASSWORD, fill
from scripted import batch, in_turn
from simulator import APP_ID, Fault, Limits, Quirks, Simulator

from client import (
    BasicAuth,
    ClientError,
    Mailbox,
    MailboxNotFound,
    NotFound,
    Pace,
    PermissionDenied,
    Session,
    Throttled,
    TokenAuth,
    TransportError,
    paths_from_urls,
    prefetch,
)

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
    pauses = []
    with pytest.raises(Throttled) as caught:
        open_mailbox(pace=Pace(sleep=pauses.append)).messages.folder_tree()
    assert caught.value.retry_after == 90
    assert pauses == []


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


def test_attachments_may_come_in_parts(serve, mailbox):
    """OData lets a server send some of them, and a link to the others."""
    answer_batch = batch(
        lambda item: (200, mail_with_some(item["url"].partition("?")[0][-1:]))
    )

    def mail_with_some(number):
        link = f"{server.url}/me/rest?of={number}"
        parts = [{"id": f"{number}a"}]
        rest = {"attachments@odata.nextLink": link} if number != "2" else {}
        return {"id": number, "attachments": parts, **rest}

    def answer(seen, reply):
        number = seen.path[-1:]
        if seen.method == "POST":
            answer_batch(seen, reply)
        elif number == "3":
            reply.error(404, "ErrorItemNotFound")
        else:
            reply.json({"value": [{"id": f"{number}b"}]})

    server = serve(answer)
    messages = mailbox(server).messages
    refs = [("f", number) for number in "123"]
    first, second, third = messages.get_many(refs, select=None)
    assert [part["id"] for part in first["attachments"]] == ["1a", "1b"]
    assert [part["id"] for part in second["attachments"]] == ["2a"]
    assert isinstance(third, NotFound)


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


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_folder_that_cannot_be_read_does_not_hide_the_others(serve, mailbox, status):
    def one(item):
        if "/f1/" in item["url"] or "well" in item["url"]:
            return status, {}
        if item["url"].startswith("/me/mailFolders?"):
            names = ("f0", "f1", "f2")
            return 200, {
                "value": [
                    {"id": n, "displayName": n, "childFolderCount": 1} for n in names
                ]
            }
        return 200, {"value": [{"id": f"{item['url']}", "displayName": "below"}]}

    tree = mailbox(serve(batch(one))).messages.folder_tree()
    assert [folder.name for folder in tree] == ["f0", "below", "f1", "f2", "below"]


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
