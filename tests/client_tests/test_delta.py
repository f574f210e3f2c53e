"""Delta rounds and the probe of an idle mailbox."""

import pytest
from scripted import batch

from client import (
    BadRequest,
    LinkRefused,
    NotFound,
    SyncStateExpired,
    TransportError,
    prefetch,
    probe,
)
from client.delta import DeltaPage, page, parse


def mail(number, **more):
    return {"id": str(number), "subject": f"Mail {number}", **more}


def gone(number, reason="deleted"):
    return {"id": str(number), "@removed": {"reason": reason}}


class Rounds:
    """Answers with pages; the link of page n holds n."""

    def __init__(self, *pages):
        self.pages = pages

    def __call__(self, seen, reply):
        number = (
            int(seen.path.rpartition("token=")[2] or 0) if "token=" in seen.path else 0
        )
        last = number == len(self.pages) - 1
        kind, word = ("delta", "deltatoken") if last else ("next", "skiptoken")
        link = f"{reply.server.owner.url}/me/delta?${word}={0 if last else number + 1}"
        reply.json({"value": self.pages[number], f"@odata.{kind}Link": link})


def test_a_round_has_pages_and_empty_ones_too(serve, mailbox):
    server = serve(Rounds([mail(1), mail(2)], [], [mail(3)]))
    pages = list(mailbox(server).messages.rounds("inbox"))
    assert [[item["id"] for item in page.items] for page in pages] == [
        ["1", "2"],
        [],
        ["3"],
    ]
    assert [page.is_last for page in pages] == [False, False, True]
    assert pages[-1].delta_link == f"{server.url}/me/delta?$deltatoken=0"
    assert pages[0].link == pages[0].next_link


def test_options_go_with_the_first_page_only_and_preferences_with_all(serve, mailbox):
    server = serve(Rounds([], []))
    list(mailbox(server).messages.rounds("inbox", page_size=50))
    first, second = server.requests
    assert first.path.startswith(
        "/v1.0/me/mailFolders/inbox/messages/delta?$select=id,"
    )
    assert "$top" not in first.path
    assert second.path == "/v1.0/me/delta?$skiptoken=1"
    assert {seen.headers["Prefer"] for seen in server.requests} == {
        'IdType="ImmutableId", odata.maxpagesize=50'
    }


def test_a_link_goes_over_the_wire_as_it_came(serve, session):
    body = {"value": [], "@odata.deltaLink": "http://127.0.0.1/"}
    server = serve(lambda _seen, reply: reply.json(body))
    tail = "/v1.0/me/delta('A%3D')?%24deltatoken=a%7Eb-%2F~c%2Dd&x=%C3%BC+'"
    body["@odata.deltaLink"] = server.root + tail
    assert page(session(server), server.root + tail).link == server.root + tail
    assert server.requests[0].path == tail


def test_the_last_word_on_an_item_counts(session, serve):
    one = session(serve(Rounds([])))
    value = [
        mail(1),
        mail(2),
        gone(1),
        gone(3),
        mail(3),
        mail(2, isRead=True),
        "junk",
        {},
    ]
    page = parse(one, {"value": value, "@odata.deltaLink": one.origin.root + "/x"})
    assert page.items == [mail(3), mail(2, isRead=True)]
    assert page.removed == {"1": "deleted"}


def test_what_is_not_removed_may_say_so(session, serve):
    one = session(serve(Rounds([])))
    value = [{**mail(1), "@removed": None}]
    page = parse(one, {"value": value, "@odata.deltaLink": one.origin.root + "/x"})
    assert (page.items, page.removed) == (value, {})


@pytest.mark.parametrize(
    "body",
    [
        {"value": []},
        {"@odata.deltaLink": "http://127.0.0.1/x"},
        {"value": {}, "@odata.deltaLink": "http://127.0.0.1/x"},
        {"value": [], "@odata.nextLink": ""},
    ],
)
def test_what_is_no_page_of_a_round(serve, session, body):
    server = serve(lambda _seen, reply: reply.json(body))
    with pytest.raises(TransportError):
        parse(session(server), body)


@pytest.mark.parametrize("kind", ["nextLink", "deltaLink"])
def test_a_link_to_another_server_is_refused_before_anything_is_sent(
    serve, mailbox, kind
):
    evil = serve(lambda _seen, reply: reply.json({}))
    body = {"value": [mail(1)], f"@odata.{kind}": f"{evil.url}/me/delta?$skiptoken=1"}
    server = serve(lambda _seen, reply: reply.json(body))
    with pytest.raises(LinkRefused):
        list(mailbox(server).messages.rounds("inbox"))
    assert evil.requests == []
    assert len(server.requests) == 1


def test_a_stored_link_of_a_former_address_means_a_full_round(serve, mailbox):
    old = serve(lambda _seen, reply: reply.json({}))
    server = serve(Rounds([]))
    with pytest.raises(SyncStateExpired):
        mailbox(server).messages.delta("inbox", f"{old.url}/me/delta?$deltatoken=1")
    assert old.requests == server.requests == []


def test_pages_in_a_circle_end(serve, mailbox):
    def answer(seen, reply):
        link = f"{reply.server.owner.url}/me/delta?$skiptoken=1"
        reply.json({"value": [], "@odata.nextLink": link})

    with pytest.raises(TransportError, match="no end"):
        list(mailbox(serve(answer)).messages.rounds("inbox"))


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ErrorInvalidUrlQuery"),
        (400, "BadRequest"),
        (400, ""),
        (414, ""),
        (422, ""),
    ],
)
def test_a_refused_link_is_a_forgotten_position(serve, mailbox, status, code):
    """The documents speak of "40X" and of codes "such as"; a link has nothing in it
    but the position.  What begins a round is refused for other reasons."""
    server = serve(lambda _seen, reply: reply.error(status, code))
    box = mailbox(server)
    link = f"{server.url}/me/delta?$deltatoken=1"
    with pytest.raises(SyncStateExpired):
        box.messages.delta("inbox", link)
    with pytest.raises(BadRequest):
        box.messages.delta("inbox")


def test_a_refused_link_in_a_probe_is_a_forgotten_position(serve, mailbox):
    server = serve(batch(lambda _item: (400, {"error": {"code": "BadRequest"}})))
    link = f"{server.url}/me/delta?$deltatoken=1"
    (found,) = probe(mailbox(server), [link])
    assert isinstance(found, SyncStateExpired)


@pytest.mark.parametrize("code", ["SyncStateNotFound", "syncStateNotFound", ""])
@pytest.mark.parametrize("path", ["delta", "changes"])
def test_a_forgotten_position(serve, mailbox, code, path):
    """Also where a link does not say what it is."""
    server = serve(lambda _seen, reply: reply.error(410, code))
    with pytest.raises(SyncStateExpired):
        mailbox(server).messages.delta("inbox", f"{server.url}/me/{path}?$deltatoken=1")


def idle(item):
    if "gone" in item["url"]:
        return 410, {"error": {"code": "SyncStateNotFound", "message": ""}}
    if "missing" in item["url"]:
        return 404, {"error": {"code": "ErrorItemNotFound", "message": ""}}
    if "evil" in item["url"]:
        return 200, {"value": [], "@odata.deltaLink": "https://evil.example/x"}
    return 200, {"value": [], "@odata.deltaLink": "http://127.0.0.1:%d/v1.0/next"}


def test_an_idle_mailbox_costs_one_request(serve, mailbox):
    def answer(seen, reply):
        def one(item):
            status, body = idle(item)
            link = body.get("@odata.deltaLink", "")
            if "%d" in link:
                body["@odata.deltaLink"] = link % reply.server.server_port
            return status, body

        batch(one)(seen, reply)

    server = serve(answer)
    names = ["a", "gone", "missing", "evil", "b"]
    links = [f"{server.url}/me/{name}/delta?$deltatoken=a%7Eb~c" for name in names]
    found = probe(mailbox(server), [*links, "https://old.example/v1.0/me"])
    assert [type(page) for page in found] == [
        DeltaPage,
        SyncStateExpired,
        NotFound,
        LinkRefused,
        DeltaPage,
        SyncStateExpired,
    ]
    assert len(server.requests) == 1
    item = server.requests[0].json["requests"][0]
    assert item["url"] == "/me/a/delta?$deltatoken=a%7Eb~c"
    assert item["headers"]["Prefer"] == 'IdType="ImmutableId", odata.maxpagesize=100'


def test_a_probe_of_nothing(serve, mailbox):
    server = serve(batch(idle))
    assert probe(mailbox(server), []) == []
    assert server.requests == []


def test_a_link_beside_the_base_address_is_read_on_its_own(serve, mailbox):
    def answer(_seen, reply):
        reply.json(
            {"value": [], "@odata.deltaLink": f"{reply.server.owner.root}/b?x=2"}
        )

    server = serve(answer)
    (page,) = probe(mailbox(server), [f"{server.root}/beta/me/delta?x=1"])
    assert page.delta_link == f"{server.root}/b?x=2"
    assert server.requests[0].method == "GET"


def test_the_next_page_is_fetched_meanwhile(serve, mailbox):
    server = serve(Rounds([mail(1)], [mail(2)], [mail(3)]))
    with prefetch(mailbox(server).messages.rounds("inbox")) as pages:
        ids = [item["id"] for page in pages for item in page.items]
    assert ids == ["1", "2", "3"]
