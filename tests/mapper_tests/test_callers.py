"""A service account opens everybody's mailbox: so each caller proves who he is."""

import contextlib
import os

import pytest
import requests
from conftest import open_mailbox
from served import Served
from test_mail import mail

from client import AuthenticationError, PermissionDenied
from mapper import callers
from mapper.callers import new_key, read_keys
from mapper.options import read_settings
from mapper.settings import Settings, SettingsError

SERVICE = "service@contoso.example"
HEADER = "X-Remote-User"


@pytest.fixture
def service(exchange):
    """The service account; whom it may act as is the test's to say."""
    exchange.add_mailbox(SERVICE)
    user = exchange.user(SERVICE)
    user.impersonates, user.failed_sign_ins, user.locked = True, 0, False
    user.password = "of the service"
    return user


@pytest.fixture
def keys(tmp_path, login):
    """The file of keys, with one for the user: (path, key)."""
    key, line = new_key(login)
    path = tmp_path / "keys.txt"
    path.write_text(f"# our users\n{line}\n")
    return path, key


@pytest.fixture
def start(exchange, service):
    """A function that starts a mapper with the service account."""
    with contextlib.ExitStack() as stack:

        def begin(**settings):
            given = {
                "auth": "basic",
                "service_login": SERVICE,
                "service_password": "of the service",
                **settings,
            }
            return stack.enter_context(Served(exchange.ews_url, **given))

        yield begin


def ask(mapper, path="me", auth=None, **headers):
    """A bare request."""
    session = requests.Session()
    session.trust_env, session.auth = False, auth
    url = f"{mapper.url}/{path}"
    return session.get(url, headers=headers, timeout=30)


@pytest.mark.parametrize("auth", ["basic", "ntlm"])
def test_an_api_key_opens_the_mailbox_of_its_user_alone(
    exchange, login, start, keys, auth
):
    path, key = keys
    mapper = start(api_keys=str(path), auth=auth)
    exchange.drop(login, "Inbox", mail("Of him"))
    exchange.requests.clear()
    with open_mailbox(mapper.short, login, key) as mailbox:
        assert mailbox.me()["mail"] == login
        (page,) = mailbox.messages.rounds("inbox")
        assert [item["subject"] for item in page.items] == ["Of him"]
    sent = [entry for entry in exchange.requests if b"ResolveNames" in entry.body]
    (asked,) = [entry for entry in sent if entry.status == 200]
    assert asked.headers["x-anchormailbox"] == login
    assert (
        f"<t:PrimarySmtpAddress>{login}</t:PrimarySmtpAddress>" in asked.body.decode()
    )
    answer = ask(mapper, Authorization=f"Bearer {key}")
    assert answer.json()["mail"] == login
    other = ask(mapper, f"users/{SERVICE}", (login, key))
    assert other.status_code == 403


@pytest.mark.parametrize(
    "who, password",
    [
        ("{login}", "secret"),  # his own password: it is of no use here
        ("{login}", "of the service"),
        (SERVICE, "of the service"),
        ("ben@contoso.example", "{key}"),
        ("{login}", "{key}x"),
        ("{login}", "{hash}"),
    ],
)
def test_nothing_else_opens_it(exchange, login, start, keys, who, password):
    path, key = keys
    mapper = start(api_keys=str(path))
    exchange.requests.clear()
    texts = {"login": login, "key": key, "hash": path.read_text().split()[-1]}
    answer = ask(mapper, auth=(who.format(**texts), password.format(**texts)))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert len(exchange.requests) == 0  # Exchange was not even asked


def test_a_header_without_a_proxy_that_may_send_it_is_nothing(login, start, keys):
    path, key = keys
    mapper = start(
        api_keys=str(path), user_header=HEADER, trusted_proxies=("10.1.2.3",)
    )
    assert ask(mapper, **{HEADER: login}).status_code == 401
    # with a key, the header has no say
    answer = ask(mapper, auth=(login, key), **{HEADER: SERVICE})
    assert answer.json()["mail"] == login


def test_a_trusted_proxy_names_the_user(exchange, login, start):
    mapper = start(
        user_header=HEADER,
        trusted_proxies=("127.0.0.0/8",),
        upn_suffix="contoso.example",
    )
    assert ask(mapper, **{HEADER: login}).json()["mail"] == login
    name = login.partition("@")[0]
    exchange.requests.clear()
    answer = ask(mapper, **{HEADER: f"CONTOSO\\{name}"})
    assert answer.json()["mail"] == login
    sent = b"".join(entry.body for entry in exchange.requests)
    assert f"<t:PrincipalName>{login}</t:PrincipalName>".encode() in sent
    for odd in (
        "",
        f"{login},{SERVICE}",
        f"<b>{login}</b>",
        "a b@c.example",
        "CONTOSO\\a/b",
        "\\",
    ):
        assert ask(mapper, **{HEADER: odd}).status_code == 401, odd


def test_a_proxy_says_whether_the_caller_came_over_https(start, login, keys):
    path, key = keys
    mapper = start(api_keys=str(path), trusted_proxies=("127.0.0.1",))
    inbox = "me/mailFolders/inbox/messages/delta"

    def link(proto):
        answer = ask(mapper, inbox, (login, key), **{"X-Forwarded-Proto": proto})
        return answer.status_code, answer.json().get("@odata.deltaLink", "")[:6]

    assert link("https") == (200, "https:")
    assert link("http") == (403, "")


def test_keys_come_and_go_without_a_new_start(login, start, keys):
    path, key = keys
    mapper = start(api_keys=str(path))
    assert ask(mapper, auth=(login, key)).status_code == 200
    second, line = new_key(login)
    before = os.stat(path).st_mtime_ns
    path.write_text(f"{line}\n")
    os.utime(path, ns=(before + 10**9, before + 10**9))
    assert ask(mapper, auth=(login, key)).status_code == 401
    assert ask(mapper, auth=(login, second)).status_code == 200
    path.unlink()
    answer = ask(mapper, auth=(login, second))
    assert answer.status_code == 500 and "API keys" in answer.text


def test_a_mailbox_that_the_service_account_may_not_open(login, start, keys, service):
    path, key = keys
    mapper = start(api_keys=str(path))
    service.impersonates = False
    with (
        open_mailbox(mapper.url, login, key) as mailbox,
        pytest.raises(PermissionDenied, match="ApplicationImpersonation"),
    ):
        mailbox.me()
    # and it is not refused to him what is another one's fault
    service.impersonates = True
    assert ask(mapper, auth=(login, key)).status_code == 200


def test_a_refused_service_account_is_left_alone_for_a_while(
    login, start, keys, service, monkeypatch
):
    path, key = keys
    mapper = start(api_keys=str(path), service_password="mistyped")
    for _time in range(4):
        answer = ask(mapper, auth=(login, key))
        # no 401: the user would be told to look at his own password
        assert answer.status_code == 403 and "service account" in answer.text
        assert "mistyped" not in answer.text and SERVICE not in answer.text
    assert service.failed_sign_ins == 1
    rest = mapper.application.callers._rest
    for pause in (600, 1200, 2400, 3600, 3600):
        begun = rest._until
        monkeypatch.setattr(callers.time, "monotonic", lambda at=begun: at + 1)
        assert ask(mapper, auth=(login, key)).status_code == 403
        assert round(rest._until - begun - 1) == pause
    monkeypatch.undo()


def test_users_of_one_service_account_share_no_connection(exchange, start, tmp_path):
    lines, owners = [], {}
    for number in range(3):
        user = f"shared{number}@contoso.example"
        exchange.add_mailbox(user)
        exchange.drop(user, "Inbox", mail(f"Of {user}"))
        key, line = new_key(user)
        owners[user] = key
        lines.append(line)
    path = tmp_path / "keys"
    path.write_text("\n".join(lines))
    mapper = start(api_keys=str(path), auth="ntlm")
    for user, key in [*owners.items(), *owners.items()]:
        rows = ask(mapper, "me/mailFolders/inbox/messages", (user, key)).json()["value"]
        assert [row["subject"] for row in rows] == [f"Of {user}"]
    assert len(mapper.application.pool._kept) == 3


def test_without_a_service_account_a_key_is_a_wrong_password(exchange, mapper, login):
    key, _line = new_key(login)
    with (
        open_mailbox(mapper.url, login, key) as mailbox,
        pytest.raises(AuthenticationError),
    ):
        mailbox.me()
    assert ask(mapper, **{HEADER: login}).status_code == 401
    assert ask(mapper, Authorization=f"Bearer {key}").status_code == 401


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"service_login": "s"}, "no password"),
        ({"service_login": "s", "service_password": "p"}, "prove who they are"),
        ({"user_header": HEADER}, "trusted-proxies"),
        ({"user_header": HEADER, "trusted_proxies": ("::1",)}, "service account alone"),
        ({"api_keys": __file__}, "service account alone"),
        ({"api_keys": "/no/such/file"}, "missing"),
        ({"trusted_proxies": ("my-proxy",)}, "no address"),
    ],
)
def test_half_a_service_account_is_refused_in_words(settings, words):
    with pytest.raises(SettingsError, match=words):
        Settings(ews_url="https://mail.example", **settings)


def test_secrets_come_from_the_environment_or_from_files(tmp_path):
    password, seal = tmp_path / "password", tmp_path / "seal"
    password.write_text("p4ss\n")
    seal.write_text("s3al")
    environ = {
        "MAPPER_EWS_URL": "mail.example",
        "MAPPER_SERVICE_LOGIN": "CONTOSO\\service",
        "MAPPER_SERVICE_PASSWORD_FILE": str(password),
        "MAPPER_SECRET": "another",
        "MAPPER_USER_HEADER": HEADER,
        "MAPPER_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8 ::1",
        "MAPPER_UPN_SUFFIX": "@contoso.example",
        "MAPPER_MAX_ANSWER": "7",
    }
    found = read_settings(["--secret-file", str(seal)], environ)
    assert (found.service_password, found.secret) == ("p4ss", "s3al")
    assert found.trusted_proxies == ("127.0.0.1", "10.0.0.0/8", "::1")
    assert (found.upn_suffix, found.max_answer) == ("contoso.example", 7 * 2**20)
    assert "p4ss" not in repr(found) and "s3al" not in repr(found)
    with pytest.raises(SettingsError, match="--secret-file"):
        read_settings(["--secret-file", "/no/such/file"], environ)
    for option in ("--secret", "--service-password"):
        with pytest.raises(SystemExit):  # never where everybody can read it
            read_settings([option, "x"], environ)


def test_odd_lines_of_the_file_count_for_nothing(tmp_path):
    path = tmp_path / "keys"
    good = new_key("a@b.example")[1]
    path.write_text(
        f"{good}\nno key\na@b.example\na@b.example short\n\n# x\n{good} y\n"
    )
    assert list(read_keys(str(path)).values()) == ["a@b.example"]
    with pytest.raises(ValueError):
        new_key("no address")
