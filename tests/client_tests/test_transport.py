"""Servers that misbehave, and surroundings that interfere."""

import gzip
import select
import socket
import threading
import time
import zlib

import certificates
import pytest
from scripted import in_turn

from client import (
    BasicAuth,
    LinkRefused,
    Pace,
    ResponseTooLarge,
    Session,
    TransportError,
    transport,
)
from client.transport import Http, Transport, tls_context

HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture
def once():
    """A pace that never repeats, so that the first failure shows."""
    return Pace(attempts=1)


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


def drip(pieces, pause=0.05):
    def answer(_seen, reply):
        for piece in pieces:
            reply.raw(piece)
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
    server = serve(drip(text), tls=files if tls else None)
    slow = session(server, pace=once, total=0.5, ca_pem=ca_pem)
    started = time.monotonic()
    with pytest.raises(TransportError, match="in time"):
        slow.request("GET", "me")
    assert time.monotonic() - started < 2


def test_a_silent_server_is_left(serve, session, once):
    server = serve(lambda _seen, _reply: time.sleep(3))
    started = time.monotonic()
    with pytest.raises(TransportError, match="in time") as caught:
        session(server, pace=once, timeout=(1, 0.3)).request("GET", "me")
    assert time.monotonic() - started < 2
    assert caught.value.sent


def test_the_deadline_does_not_outlive_its_request(serve, session):
    server = serve(lambda _seen, reply: reply.json({}))
    kept = session(server, total=0.3)
    kept.request("GET", "me")
    time.sleep(0.4)
    kept.request("GET", "me")


def test_no_answer_is_waited_for_after_the_end_of_a_run(serve, session, monkeypatch):
    """Neither when the server hangs, nor when it would be asked once more."""
    monkeypatch.setattr("client.session.SHORTEST", 0.3)
    asked = []

    def hang(_seen, reply):
        asked.append(True)
        time.sleep(2)
        reply.json({})

    started = time.monotonic()
    late = session(serve(hang), timeout=(1, 60), until=started - 1)
    with pytest.raises(TransportError, match="in time"):
        late.request("GET", "me")
    assert len(asked) == 1


def test_the_sign_in_ends_with_the_run_as_well(serve, monkeypatch):
    monkeypatch.setattr("client.session.SHORTEST", 0.3)
    ends = []

    class Auth(BasicAuth):
        def headers(self):
            ends.append(transport._remaining(60))
            return super().headers()

    server = serve(lambda _seen, reply: reply.json({}))
    for until, longest in ((time.monotonic() - 1, 0.3), (None, 60)):
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


# TLS


def test_an_unknown_authority_is_not_trusted(serve, session, tmp_path):
    _ca_pem, files = certificates.make(tmp_path)
    server = serve(lambda _seen, reply: reply.json({}), tls=files)
    with pytest.raises(TransportError, match="not trusted") as caught:
        session(server).request("GET", "me")
    assert caught.value.permanent
    assert server.requests == []


def test_the_configured_authority_is_trusted(serve, session, tmp_path):
    ca_pem, files = certificates.make(tmp_path)
    server = serve(lambda _seen, reply: reply.json({"id": "1"}), tls=files)
    assert session(server, ca_pem=ca_pem).request("GET", "me").json == {"id": "1"}


def test_the_configured_authority_is_the_only_one(serve, session, tmp_path):
    ca_pem, _files = certificates.make(tmp_path)
    _other, files = certificates.make(tmp_path)
    server = serve(lambda _seen, reply: reply.json({}), tls=files)
    with pytest.raises(TransportError, match="not trusted"):
        session(server, ca_pem=ca_pem).request("GET", "me")


def test_the_bundle_of_requests_adds_nothing(serve, session, tmp_path, monkeypatch):
    ca_pem, _files = certificates.make(tmp_path)
    other, files = certificates.make(tmp_path)
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(other)
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(bundle))
    server = serve(lambda _seen, reply: reply.json({}), tls=files)
    with pytest.raises(TransportError, match="not trusted"):
        session(server, ca_pem=ca_pem).request("GET", "me")


def test_a_certificate_for_another_name(serve, session, tmp_path):
    ca_pem, files = certificates.make(tmp_path, host="other.example", address=None)
    server = serve(lambda _seen, reply: reply.json({}), tls=files)
    with pytest.raises(TransportError, match="another name"):
        session(server, ca_pem=ca_pem).request("GET", "me")


def test_an_expired_certificate(serve, session, tmp_path):
    ca_pem, files = certificates.make(tmp_path, days=-1)
    server = serve(lambda _seen, reply: reply.json({}), tls=files)
    with pytest.raises(TransportError, match="expired"):
        session(server, ca_pem=ca_pem).request("GET", "me")


def test_no_certificate_at_all(serve, session, once, tmp_path):
    ca_pem, _files = certificates.make(tmp_path)
    server = serve(lambda _seen, reply: reply.json({}))
    secure = Session(
        server.url.replace("http:", "https:"),
        BasicAuth("a", "b"),
        ca_pem=ca_pem,
        pace=once,
    )
    with pytest.raises(TransportError):
        secure.request("GET", "me")


@pytest.mark.parametrize("text", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAA\n"])
def test_an_unreadable_certificate_is_one_sentence(text):
    with pytest.raises(ValueError, match=r"^The certificate .*\.$"):
        Session("https://server/v1.0", BasicAuth("a", "b"), ca_pem=text)


# Surroundings


@pytest.fixture
def fresh_trust():
    """TLS contexts made anew, as in a process that starts in this environment."""
    tls_context.cache_clear()
    yield
    tls_context.cache_clear()


@pytest.mark.usefixtures("fresh_trust")
def test_the_environment_cannot_add_an_authority(serve, session, tmp_path, monkeypatch):
    ca_pem, files = certificates.make(tmp_path)
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(ca_pem)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(bundle))
    server = serve(lambda _seen, reply: reply.json({}), tls=files)
    with pytest.raises(TransportError, match="not trusted"):
        session(server).request("GET", "me")


def test_the_environment_cannot_take_an_authority(
    serve, session, tmp_path, monkeypatch
):
    ca_pem, files = certificates.make(tmp_path)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, "/nowhere/bundle.pem")
    server = serve(lambda _seen, reply: reply.json({}), tls=files)
    session(server, ca_pem=ca_pem).request("GET", "me")


def test_the_environment_has_no_say_in_proxies(serve, session, monkeypatch):
    proxy = serve(lambda _seen, reply: reply.json({}))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.root)
    server = serve(lambda _seen, reply: reply.json({"id": "1"}))
    assert session(server).request("GET", "me").json == {"id": "1"}
    assert proxy.requests == []


def test_a_configured_proxy_is_used(serve, session, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    proxy = serve(lambda _seen, reply: reply.json({"by": "proxy"}))
    server = serve(lambda _seen, reply: reply.json({}))
    answer = session(server, proxies={"http": proxy.root}).request("GET", "me")
    assert answer.json == {"by": "proxy"}
    assert proxy.requests[0].path == f"{server.url}/me"


def test_a_proxy_that_is_gone_is_named(serve, session, once):
    gone = serve(lambda _seen, reply: reply.json({}))
    gone.close()
    server = serve(lambda _seen, reply: reply.json({}))
    with pytest.raises(TransportError, match="proxy") as caught:
        session(server, proxies={"http": gone.root}, pace=once).request("GET", "me")
    assert not caught.value.sent
    assert server.requests == []


def test_https_goes_through_a_proxy_by_a_tunnel(serve, session, once, tmp_path):
    ca_pem, files = certificates.make(tmp_path)
    server = serve(lambda _seen, reply: reply.json({"id": "1"}), tls=files)
    proxy = serve(lambda _seen, reply: reply.error(502))
    through = session(server, ca_pem=ca_pem, proxies={"https": proxy.root}, pace=once)
    with pytest.raises(TransportError, match="proxy"):
        through.request("GET", "me")
    assert [seen.method for seen in proxy.requests] == ["CONNECT"]
    assert "Authorization" not in proxy.requests[0].headers


def test_a_tunnel_that_works(serve, session, tmp_path):
    ca_pem, files = certificates.make(tmp_path)
    server = serve(lambda _seen, reply: reply.json({"id": "1"}), tls=files)

    def tunnel(seen, reply):
        host, _colon, port = seen.path.partition(":")
        reply.raw("HTTP/1.1 200 Connected\r\n\r\n")
        with socket.create_connection((host, int(port))) as there:
            pair = [there, reply.connection]
            while True:
                for ready in select.select(pair, [], [], 5)[0]:
                    data = ready.recv(65536)
                    if not data:
                        return reply.hang_up()
                    pair[ready is there].sendall(data)

    proxy = serve(tunnel)
    secret = {"https": proxy.root.replace("://", "://ada:geheim@")}
    through = session(server, ca_pem=ca_pem, proxies=secret)
    for _turn in range(2):
        assert through.request("GET", "me").json == {"id": "1"}
    assert proxy.requests[0].headers["Proxy-Authorization"].startswith("Basic ")
    assert "Proxy-Authorization" not in server.requests[0].headers
    assert len(proxy.requests) == 1


def test_netrc_is_not_asked(serve, session, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login eve password evil\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(lambda _seen, reply: reply.json({}))

    class Nobody:
        def headers(self):
            return {}

        def refresh(self, _claims):
            return False

    session(server, auth=Nobody()).request("GET", "me")
    assert "Authorization" not in server.requests[0].headers


def test_no_cookies(serve, session):
    server = serve(
        lambda _seen, reply: reply.json({}, headers={"Set-Cookie": "a=1; Path=/"})
    )
    kept = session(server)
    for _turn in range(2):
        kept.request("GET", "me")
    assert "Cookie" not in server.requests[1].headers


# Connections


def test_one_request_at_a_time_for_a_mailbox(serve, session):
    running, most = [], []

    def answer(_seen, reply):
        running.append(1)
        most.append(len(running))
        time.sleep(0.02)
        running.pop()
        reply.json({})

    one = session(serve(answer))
    threads = [
        threading.Thread(target=one.request, args=("GET", "me")) for _turn in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 8
    assert max(most) == 1


def test_sessions_may_share_connections(serve, session):
    ports = set()

    def answer(_seen, reply):
        ports.add(reply.client_address[1])
        reply.json({})

    server, shared = serve(answer), Transport()
    for login in ("ada", "bob", "eve"):
        one = session(server, auth=BasicAuth(login, "x"), adapter=shared)
        one.request("GET", "me")
        one.close()
    assert len(ports) == 1
    assert len({seen.headers["Authorization"] for seen in server.requests}) == 3


def test_a_header_cannot_be_smuggled_in(serve, session, once):
    server = serve(lambda _seen, reply: reply.json({}))
    with pytest.raises(TransportError, match="not valid"):
        session(server, pace=once).request("GET", "me", etag='W/"1"\r\nX-Evil: 1')
    assert server.requests == []


def test_an_unknown_name_is_said_so(once):
    nowhere = Session("https://mail.invalid/v1.0", BasicAuth("a", "b"), pace=once)
    with pytest.raises(TransportError, match="name of the server") as caught:
        nowhere.request("GET", "me")
    assert not caught.value.sent


def test_http_reads_any_status(serve):
    server = serve(lambda _seen, reply: reply.error(404))
    http = Http(Transport())
    assert http.fetch("GET", server.url, headers={}).status == 404
    http.close()
