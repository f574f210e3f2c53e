"""Servers that misbehave."""

import gzip
import threading
import time
import zlib
from types import SimpleNamespace

import certificates
import pytest
from scripted import in_turn

from client import (
    BasicAuth,
    LinkRefused,
    ResponseTooLarge,
    Session,
    TransportError,
    transport,
)

HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def raw(text):
    def answer(_seen, reply):
        reply.raw(text)
        reply.hang_up()

    return answer


# Sizes


def test_a_large_answer_is_refused_by_its_length(serve, session, once):
    server = serve(raw(HEAD + "Content-Length: 5000000000\r\n\r\n{"))
    with pytest.raises(ResponseTooLarge, match="64 MB"):
        session(server, pace=once).request("GET", "me")


def endless(_seen, reply):
    reply.raw(HEAD + "Transfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    for _turn in range(400):
        reply.raw(chunk)


def test_an_endless_answer_is_cut_off(serve, session, once):
    server = serve(endless)
    with pytest.raises(ResponseTooLarge):
        session(server, pace=once, max_bytes=2**20).request("GET", "me")


def test_the_cap_of_one_request(serve, session, once):
    server = serve(lambda _seen, reply: reply.whole(b"x" * 2000))
    short = session(server, pace=once)
    with pytest.raises(ResponseTooLarge):
        short.request("GET", "me", raw=True, max_bytes=1999)
    assert len(short.request("GET", "me", raw=True, max_bytes=2000).content) == 2000


@pytest.mark.parametrize("wrap", [gzip.compress, zlib.compress])
def test_a_small_bomb_is_defused(serve, session, once, wrap):
    bomb = wrap(b" " * 50 * 2**20)
    kind = "gzip" if wrap is gzip.compress else "deflate"
    headers = {"Content-Type": "application/json", "Content-Encoding": kind}
    server = serve(lambda _seen, reply: reply.whole(bomb, headers=headers))
    assert len(bomb) < 60_000
    with pytest.raises(ResponseTooLarge):
        session(server, pace=once, max_bytes=2**20).request("GET", "me")


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "x-unknown"])
def test_an_unknown_packing_is_an_error(serve, session, once, encoding):
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    server = serve(lambda _seen, reply: reply.whole(b"{}", headers=headers))
    with pytest.raises(TransportError, match="compressed"):
        session(server, pace=once).request("GET", "me")


def test_packed_answers_are_unpacked(serve, session):
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    server = serve(
        lambda _seen, reply: reply.whole(gzip.compress(b'{"a":1}'), headers=headers)
    )
    assert session(server).request("GET", "me").json == {"a": 1}
    assert server.requests[0].headers["Accept-Encoding"] == "gzip"


# Time


def drip(pieces, sent, pause=0.05):
    def answer(_seen, reply):
        for piece in pieces:
            reply.raw(piece)
            sent.append(piece)
            time.sleep(pause)

    return answer


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "Content-Length: 100000\r\n\r\n" + " " * 1000,
        HEAD + "Transfer-Encoding: chunked\r\n\r\n" + "1\r\n \r\n" * 400,
        "HTTP/1.1 200 OK\r\nX-Slow: " + "a" * 1000,
        HEAD + "\r\n" + " " * 1000,
    ],
    ids=["length", "chunked", "header", "until the end"],
)
@pytest.mark.parametrize("tls", [False, True])
def test_a_dripping_answer_ends_in_time(serve, session, once, text, tls, tmp_path):
    ca_pem, files = certificates.make(tmp_path)
    sent = []
    server = serve(drip(text, sent), tls=files if tls else None)
    slow = session(server, pace=once, total=0.5, ca_pem=ca_pem)
    with pytest.raises(TransportError, match="in time"):
        slow.request("GET", "me")
    assert len(sent) < len(text)


def test_a_silent_server_is_left(serve, session, once):
    left = threading.Event()
    server = serve(lambda _seen, _reply: left.wait(60))
    with pytest.raises(TransportError, match="in time") as caught:
        session(server, pace=once, timeout=(60, 0.3)).request("GET", "me")
    left.set()
    assert caught.value.sent


def test_the_deadline_does_not_outlive_its_request(serve, session, monkeypatch):
    passed = 0
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + passed)
    monkeypatch.setattr("client.transport.time", clock)
    server = serve(lambda _seen, reply: reply.json({}))
    kept = session(server, total=60)
    kept.request("GET", "me")
    passed = 61
    kept.request("GET", "me")


def test_no_answer_is_waited_for_after_the_end_of_a_run(serve, session, monkeypatch):
    """Neither when the server hangs, nor when it would be asked once more."""
    monkeypatch.setattr("client.session.SHORTEST", 0.3)
    over = threading.Event()
    server = serve(lambda _seen, _reply: over.wait(60))
    late = session(server, timeout=(60, 60), until=time.monotonic() - 1)
    with pytest.raises(TransportError, match="in time"):
        late.request("GET", "me")
    over.set()
    assert len(server.requests) < 2


def test_the_sign_in_ends_with_the_run_as_well(serve, monkeypatch):
    monkeypatch.setattr("client.session.SHORTEST", 30)
    ends = []

    class Auth(BasicAuth):
        def headers(self):
            ends.append(transport._remaining(60))
            return super().headers()

    server = serve(lambda _seen, reply: reply.json({}))
    for until, longest in ((time.monotonic() - 1, 30), (None, 60)):
        Session(server.url, Auth("a", "b"), until=until).request("GET", "me")
        assert ends.pop() <= longest


# Answers that are none


@pytest.mark.parametrize(
    "text",
    [
        HEAD + 'Content-Length: 20\r\n\r\n{"id":',
        HEAD + 'Transfer-Encoding: chunked\r\n\r\n5\r\n{"id"',
        HEAD + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        HEAD + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00",
        HEAD + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
        HEAD + 'Content-Length: 6\r\n\r\n{"a":}',
        HEAD + "Content-Length: 2\r\n\r\n[]",
        HEAD + "Content-Length: 4\r\n\r\nnull",
        HEAD + "Content-Length: 3\r\n\r\n\xff\xfe\xfd",
        HEAD + "\r\n" + "[" * 100_000,
        HEAD + "\r\n" + '{"a":' + "9" * 5000 + "}",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Log in</html>",
        "HTTP/9.9 abc\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "",
    ],
)
def test_a_broken_answer_is_a_transport_error(serve, session, once, text):
    server = serve(raw(text))
    with pytest.raises(TransportError) as caught:
        session(server, pace=once).request("GET", "me")
    assert str(caught.value)
    assert "127.0.0.1" not in str(caught.value)


def test_a_cut_file_is_not_a_file(serve, session, once):
    server = serve(raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"))
    with pytest.raises(TransportError):
        session(server, pace=once).request("GET", "me/$value", raw=True)


def test_a_portals_page_is_named(serve, session, once):
    page = b"<html>Please log in</html>"
    server = serve(
        lambda _seen, reply: reply.whole(page, headers={"Content-Type": "text/html"})
    )
    with pytest.raises(TransportError, match="text/html"):
        session(server, pace=once).request("GET", "me")


def test_the_connection_is_kept_and_not_reused_after_a_failure(serve, session):
    ports = []

    def answer(_seen, reply):
        ports.append(reply.client_address[1])
        if len(ports) == 3:
            reply.raw(HEAD + "Content-Length: 9000000\r\n\r\n{")
        else:
            reply.json({"n": len(ports)})

    kept = session(serve(answer), max_bytes=1000)
    for _turn in range(2):
        kept.request("GET", "me")
    with pytest.raises(ResponseTooLarge):
        kept.request("GET", "me")
    assert kept.request("GET", "me").json == {"n": 4}
    assert ports[0] == ports[1] == ports[2] != ports[3]


def test_texts_can_be_stored(serve, session):
    text = b'{"a":"x\\u0000y","b":["\\ud83d\\ude00","\\ud83d!"],"\\udfff\\u0000":1}'
    server = serve(raw(HEAD + f"Content-Length: {len(text)}\r\n\r\n" + text.decode()))
    body = session(server).request("GET", "me").json
    assert body["a"] == "xy"
    assert body["b"][0] == "😀"
    assert "\x00" not in repr(body)
    repr(body).encode()


def test_an_empty_answer_is_empty(serve, session):
    server = serve(raw("HTTP/1.1 204 No Content\r\n\r\n"))
    answer = session(server).request("DELETE", "me/messages/1")
    assert (answer.status, answer.json) == (204, {})


# Redirections


def redirect(location, status=302):
    return lambda _seen, reply: reply.whole(b"", status, {"Location": location})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirection_to_another_server(serve, session, status):
    other = serve(lambda _seen, reply: reply.json({}))
    server = serve(redirect(f"{other.url}/me", status))
    with pytest.raises(LinkRefused, match=str(other.port)):
        session(server).request("GET", "me")
    assert other.requests == []


def test_a_redirection_on_the_same_server_is_followed(serve, session):
    server = serve(in_turn(redirect("/v1.0/me/"), {"id": "1"}))
    assert session(server).request("GET", "me").json == {"id": "1"}
    assert server.paths() == ["/v1.0/me", "/v1.0/me/"]


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_change_is_not_redirected(serve, session, method):
    server = serve(redirect("/v1.0/me/"))
    with pytest.raises(TransportError):
        session(server).request(method, "me", json={}, idempotent=False)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_redirection_that_keeps_the_method_is_followed(
    serve, session, method, status
):
    """RFC 9110, 15.4.8: the same request, there."""
    server = serve(in_turn(redirect("/v1.0/there", status), {"id": "1"}))
    answer = session(server).request(method, "here", json={"a": 1})
    assert answer.json == {"id": "1"}
    first, second = server.requests
    assert (second.method, second.path) == (method, "/v1.0/there")
    assert second.body == first.body


def test_redirections_have_an_end(serve, session, once):
    server = serve(redirect("/v1.0/me"))
    with pytest.raises(TransportError):
        session(server, pace=once).request("GET", "me")
    assert len(server.requests) < 6


def test_a_huge_redirection_is_not_read(serve, session, once):
    sent = []

    def answer(_seen, reply):
        reply.raw("HTTP/1.1 302 Found\r\nLocation: /x\r\n")
        reply.raw("Transfer-Encoding: chunked\r\n\r\n")
        for _turn in range(400):
            reply.raw(b"10000\r\n" + b" " * 65536 + b"\r\n")
            sent.append(65536)

    server = serve(answer)
    with pytest.raises(ResponseTooLarge):
        session(server, pace=once, max_bytes=1000).request("GET", "me")
    # what the machine's own buffers swallow, but not 25 MB
    assert sum(sent) < 10_000_000
