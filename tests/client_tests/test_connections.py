"""Trust, surroundings that interfere, and connections."""

import select
import socket
import threading
import time

import certificates
import pytest

from client import (
    BasicAuth,
    Session,
    TransportError,
)
from client.transport import Http, Transport, tls_context

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
