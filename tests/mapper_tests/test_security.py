"""What the mapper must not do, whatever is sent to it from either side."""

import base64
import contextlib
import http.server
import logging
import resource
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from served import Served
from test_mail import mail
from werkzeug.test import Client

from mapper.application import Application
from mapper.options import read_settings
from mapper.settings import Settings, SettingsError

SOAP = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{}'
    "</s:Body></s:Envelope>"
)


def plain(login, password="secret"):
    """A bare session of a user."""
    session = requests.Session()
    session.trust_env = False
    session.auth = (login.encode(), password.encode())
    return session


@contextlib.contextmanager
def scripted(content, status=200, headers=()):
    """An Exchange server that always answers the same; gives its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = content() if callable(content) else [content]
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            with contextlib.suppress(OSError):
                for part in [*parts, b""]:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))

        def log_message(self, *_args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/EWS/Exchange.asmx"
    finally:
        server.shutdown()
        server.server_close()


# -- whose mailbox ---------------------------------------------------------------------


@pytest.mark.parametrize("auth", ["ntlm", "basic"])
def test_nobody_gets_another_ones_mails_however_many_ask(exchange, auth):
    users = [f"crowd-{auth}{number}@contoso.example" for number in range(2)]
    for user in users:
        exchange.add_mailbox(user)
        exchange.drop(user, "Inbox", mail(f"Of {user}"))
    with Served(exchange.ews_url, auth=auth) as mapper:

        def ask(number):
            user = users[number % 2]
            # every seventh comes with the password of somebody else
            good = number % 7 != 0
            answer = plain(user, "secret" if good else "wrong").get(
                f"{mapper.url}/me/mailFolders/inbox/messages?$select=subject",
                timeout=60,
            )
            if not good:
                return answer.status_code == 401 and "Of " not in answer.text
            rows = [row["subject"] for row in answer.json()["value"]]
            return rows == [f"Of {user}"]

        for user in users:
            exchange.user(user).failed_sign_ins = -(10**6)
        with ThreadPoolExecutor(8) as crowd:
            assert all(crowd.map(ask, range(120)))


def test_a_password_that_is_wrong_finds_no_open_connection(exchange, mapper, login):
    assert plain(login).get(f"{mapper.url}/me").status_code == 200
    for password in ("wrong", "secret ", "Secret"):
        assert plain(login, password).get(f"{mapper.url}/me").status_code == 401
    # login and password are not glued together
    assert plain(login + "s", "ecret").get(f"{mapper.url}/me").status_code == 401
    assert plain(login).get(f"{mapper.url}/me").status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer abc",
        "Basic",
        "Basic %%%",
        "Basic " + base64.b64encode(b"nocolon").decode(),
        "Basic " + base64.b64encode(b":password").decode(),
        "Basic " + base64.b64encode(b"user:").decode(),
        "Basic " + base64.b64encode(b"us\r\ner:secret").decode(),
    ],
)
def test_without_a_sign_in_there_is_nothing(mapper, header):
    answer = requests.get(
        f"{mapper.short}/ChildFolders",
        headers={"Authorization": header},
        timeout=60,
    )
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    error = answer.json()["error"]
    assert error["innerError"]["request-id"] == answer.headers["request-id"]


def test_passwords_do_not_travel_in_the_clear(exchange):
    application = Application(Settings(ews_url=exchange.ews_url))
    client = Client(application)
    for remote, scheme, status in (
        ("10.0.0.7", "http", 403),
        ("10.0.0.7", "https", 401),
        ("127.0.0.1", "http", 401),
    ):
        answer = client.get(
            "/exchangeRestApi/v1.0/me",
            base_url=f"{scheme}://mapper.example",
            environ_base={"REMOTE_ADDR": remote},
        )
        assert answer.status_code == status, remote
    with pytest.raises(SettingsError, match="https"):
        Settings(ews_url="http://mail.example/EWS/Exchange.asmx")
    application.close()


def test_nothing_secret_is_told(exchange, mapper, login, caplog):
    caplog.set_level(logging.DEBUG)
    secret = "Gr3ndel's mother"
    exchange.user(login).password = secret
    folder = f"{mapper.url}/me/mailFolders/inbox"
    exchange.drop(login, "Inbox", mail("Top secret subject"))
    page = plain(login, secret).get(f"{folder}/messages/delta").json()
    assert page["value"][0]["subject"] == "Top secret subject"
    refused = plain(login, secret + "!").get(f"{folder}/messages/delta").text
    missing = plain(login, secret).get(f"{folder}/messages/AAMkAD{'A' * 60}=").text
    pair = base64.b64encode(f"{login}:{secret}".encode()).decode()
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("mapper")]
    assert any("mailFolders/<folder>/messages/delta" in line for line in ours)
    for text in (refused, missing, page["@odata.deltaLink"], *ours):
        for word in (secret, pair, "Top secret", login):
            assert word not in text


# -- what an odd Exchange answers ------------------------------------------------------

PAIRS = ["ab", "bc", "cd", "de", "ef", "fg", "gh", "hi"]
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in PAIRS)
    + "]>"
    + SOAP.format("<a>&i;</a>")
)
FILE = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    + SOAP.format("<a>&f;</a>")
)


@pytest.mark.parametrize(
    "content",
    [
        BOMB.encode(),
        FILE.encode(),
        BOMB.encode("utf-16"),
        b"<!-- " + b"x" * 90_000 + b" -->" + BOMB[21:].encode(),
        b"",
        b"<html><body>Sign in here</body></html>",
        SOAP.format("").encode(),
        SOAP.format("<a/>").encode()[:-5],
        ("<a>" * 100_000).encode(),
        b"\x00\xff\xfe",
    ],
)
def test_an_answer_that_is_none_is_refused_in_words(content):
    with scripted(content) as url, Served(url, auth="basic") as mapper:
        answer = plain("x@y").get(f"{mapper.url}/me/mailFolders", timeout=60)
    assert answer.status_code == 502
    assert "Exchange server's answer" in answer.json()["error"]["message"]
    assert "root:" not in answer.text


def test_an_answer_of_100_megabytes_is_refused_in_words():
    def parts():
        for _part in range(100):
            yield b" " * 10**6

    with scripted(parts) as url, Served(url, auth="basic") as mapper:
        answer = plain("x@y").get(f"{mapper.url}/me/mailFolders", timeout=60)
    assert answer.status_code == 502
    assert "larger than 64 MB" in answer.json()["error"]["message"]


def test_a_small_answer_that_unpacks_to_a_huge_one_is_refused_in_words():
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join(packer.compress(b" " * 2**20) for _part in range(200))
    packed += packer.flush()
    assert len(packed) < 2**18
    headers = [("Content-Encoding", "gzip")]
    most = {"auth": "basic", "max_answer": 10 * 2**20}
    with scripted(packed, headers=headers) as url, Served(url, **most) as mapper:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        answer = plain("x@y").get(f"{mapper.url}/me/mailFolders", timeout=60)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert answer.status_code == 502
    assert "larger than 10 MB" in answer.json()["error"]["message"]
    assert grown < 120 * 1024  # KB; all of it would be 200 MB and more


@pytest.mark.parametrize(
    "status, code", [(403, 403), (404, 502), (500, 502), (501, 502), (503, 503)]
)
def test_a_server_that_is_no_exchange_is_named_so(status, code):
    with scripted(b"no", status=status) as url, Served(url, auth="basic") as mapper:
        answer = plain("x@y").get(f"{mapper.url}/me/mailFolders", timeout=60)
    assert answer.status_code == code and answer.json()["error"]["message"]


def test_a_server_that_is_not_there(mapper):
    with Served("http://127.0.0.1:9/EWS/Exchange.asmx", auth="basic") as alone:
        answer = plain("x@y").get(f"{alone.url}/me/mailFolders", timeout=60)
        assert answer.status_code == 503 and answer.headers["Retry-After"]
        assert requests.get(f"{alone.root}/health", timeout=60).json() == {
            "status": "ok"
        }


# -- what an odd caller asks -----------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "AAMk%0d%0aX-Evil:%20yes%0d%0a",
        "AAMk%00AAAAAAAAAAAAAAA",
        "AAMk%22/%3E%3Ct:ItemId%20Id=%22AAAA",
        "~",
        "~%%%",
        "~AAAA",
        "A" * 9000,
        "..%2f..%2fEWS",
    ],
)
def test_an_id_is_an_id_and_nothing_else(exchange, mapper, login, name):
    session = plain(login)
    for path in (f"me/messages/{name}", f"me/mailFolders/{name}", f"me/events/{name}"):
        answer = session.get(f"{mapper.url}/{path}")
        assert answer.status_code in (400, 404), path
        assert "X-Evil" not in answer.headers and answer.json()["error"]["code"]


def test_a_request_that_is_too_large(mapper, login):
    answer = plain(login).post(f"{mapper.url}/$batch", data=b"x" * (9 * 2**20))
    assert answer.status_code == 413 and "8 MB" in answer.json()["error"]["message"]


def test_settings_come_from_options_and_from_the_environment():
    environ = {
        "MAPPER_EWS_URL": "mail.example",
        "MAPPER_AUTH": "ntlm",
        "MAPPER_ALLOW_HTTP": "0",
    }
    found = read_settings([], environ)
    assert found.ews_url == "https://mail.example/EWS/Exchange.asmx"
    assert (found.auth, found.allow_http) == ("ntlm", False)
    assert read_settings(["--auth", "basic", "--allow-http"], environ).allow_http
    for wrong in (["--auth", "kerberos"], ["--threads", "many"], ["--ca-file", "/no"]):
        with pytest.raises(SettingsError):
            read_settings(wrong, environ)
    with pytest.raises(SettingsError):
        read_settings([], {})
