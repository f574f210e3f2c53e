"""Whether a server can be reached, step by step."""

import certificates
import pytest
from ports import free_port

from client import TransportError, connect, knock, resolve


def test_resolve():
    assert resolve("https://127.0.0.1:8443/api") == ["127.0.0.1"]
    assert "127.0.0.1" in resolve("http://localhost")


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".example"])
def test_an_unknown_name(host):
    with pytest.raises(TransportError):
        resolve(f"https://{host}/api")


@pytest.mark.parametrize("url", ["", "server/api", "ftp://server", "https://a b"])
def test_an_unusable_address(url):
    for function in (resolve, connect, knock):
        with pytest.raises(ValueError, match="address"):
            function(url)


def test_plain_http_is_told_apart(serve):
    server = serve(lambda _seen, reply: reply.error(401))
    assert connect(server.url) == ""
    assert knock(server.url).status == 401


def test_nobody_listens():
    for function in (connect, knock):
        with pytest.raises(TransportError, match="does not accept connections"):
            function(f"http://127.0.0.1:{free_port()}/api")


def test_certificates(serve, tmp_path):
    pem, files = certificates.make(tmp_path)
    server = serve(lambda _seen, reply: reply.json({}), tls=files)
    assert connect(server.url, pem).startswith("TLS")
    assert knock(server.url, pem).status == 200
    for function in (connect, knock):
        with pytest.raises(TransportError, match="not trusted"):
            function(server.url)
    with pytest.raises(ValueError, match="PEM"):
        connect(server.url, "no certificate")


def test_an_expired_certificate(serve, tmp_path):
    pem, files = certificates.make(tmp_path, days=-1)
    server = serve(lambda _seen, reply: reply.json({}), tls=files)
    with pytest.raises(TransportError, match="expired"):
        connect(server.url, pem)


def test_a_certificate_for_another_name(serve, tmp_path):
    pem, files = certificates.make(tmp_path, host="other.example", address="")
    server = serve(lambda _seen, reply: reply.json({}), tls=files)
    with pytest.raises(TransportError, match="another name"):
        connect(server.url, pem)
