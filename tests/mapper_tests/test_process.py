"""The mapper as people run it: a process of its own, or several."""

import base64
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests
from conftest import open_mailbox
from ports import free_port
from spoken import Spoken, said
from test_mail import FOLDER, mail

from mapper.callers import Keys

ROOT = Path(__file__).resolve().parents[2]


OURS = ("-m", "mapper", "--listen", "127.0.0.1:%i")


class Process:
    """``python -m mapper``, or another server of it, on a port of its own.

    :param command: arguments of Python, with ``%i`` in place of the port
    """

    def __init__(self, *options, command=OURS, **environ):
        self.port = free_port()
        rest = [part.replace("%i", str(self.port)) for part in command]
        command = [sys.executable, *rest]
        self.running = subprocess.Popen(
            [*command, *options],
            cwd=ROOT,
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.url = f"http://127.0.0.1:{self.port}/exchangeRestApi/v1.0"

    def wait(self):
        """Until it answers, at most two minutes."""
        for _time in range(1200):
            try:
                health = f"http://127.0.0.1:{self.port}/health"
                assert requests.get(health, timeout=60).json() == {"status": "ok"}
                return self
            except requests.ConnectionError:
                assert self.running.poll() is None, self.running.stdout.read()
                time.sleep(0.1)
        raise AssertionError("it does not answer")

    def stop(self):
        """As a service manager does. :return: (exit code, what it said)"""
        self.running.send_signal(signal.SIGTERM)
        try:
            said, _nothing = self.running.communicate(timeout=60)
        finally:
            self.running.kill()
        return self.running.returncode, said


@pytest.fixture
def start():
    """A function that starts a process, which ends with the test."""
    started = []

    def begin(*options, **environ):
        started.append(Process(*options, **environ))
        return started[-1].wait()

    yield begin
    for process in started:
        if process.running.poll() is None:
            process.stop()


def test_it_serves_and_stops_in_good_order(exchange, login, start):
    process = start("--ews-url", exchange.ews_url, "--log-level", "info")
    with open_mailbox(process.url, login) as mailbox:
        folder = mailbox.messages.create_folder(FOLDER)
        exchange.drop(login, f"Inbox/{FOLDER}", mail("Subject of it"))
        (page,) = mailbox.messages.rounds(folder.id)
        assert [item["subject"] for item in page.items] == ["Subject of it"]
    code, said = process.stop()
    assert code == 0 and "Traceback" not in said, said
    assert "mailFolders/<folder>/messages/delta 200" in said
    for secret in (login, "secret", "Subject of it", folder.id):
        assert secret not in said


def test_a_link_with_the_state_of_a_very_large_folder_is_understood(start):
    state = base64.b64encode(os.urandom(300_000)).decode()
    row = said(
        f"<m:SyncState>{state}</m:SyncState>"
        "<m:IncludesLastItemInRange>true</m:IncludesLastItemInRange><m:Changes/>"
    )
    with Spoken() as server, requests.Session() as session:
        server.answers = {"SyncFolderItems": lambda _request: [row]}
        process = start("--ews-url", server.url, "--auth", "basic")
        session.trust_env, session.auth = False, ("anna@contoso.example", "secret")
        url = f"{process.url}/me/mailFolders/inbox/messages/delta"
        link = session.get(url, timeout=60).json()["@odata.deltaLink"]
        answer = session.get(link, timeout=60)
    assert len(link) > 300_000 and answer.status_code == 200, answer.text
    assert state in "".join(server.heard[-1][1].itertext())


def test_a_round_begun_at_one_process_goes_on_at_another(exchange, login, start):
    """Nothing that a link needs is kept in a process."""
    for number in range(4):
        exchange.drop(login, f"Inbox/{FOLDER}", mail(f"Mail {number}", number))
    first = start(MAPPER_EWS_URL=exchange.ews_url)
    with open_mailbox(first.url, login) as mailbox:
        folder = mailbox.messages.create_folder(FOLDER)
        page = mailbox.messages.delta(folder.id, page_size=3)
        assert len(page.items) == 3
    second = start(MAPPER_EWS_URL=exchange.ews_url)
    first.stop()
    link = page.link.replace(str(first.port), str(second.port))
    with open_mailbox(second.url, login) as mailbox:
        rest = mailbox.messages.delta(folder.id, link)
    assert len(rest.items) == 1 and rest.is_last


def test_any_server_of_wsgi_applications_serves_it(exchange, login, start):
    """Also a link as long as Exchange's own state may make it."""
    exchange.drop(login, f"Inbox/{FOLDER}", mail("Subject of it"))
    command = ("-m", "waitress", "--listen=127.0.0.1:%i", "mapper.wsgi:application")
    process = start(command=command, MAPPER_EWS_URL=exchange.ews_url)
    with open_mailbox(process.url, login) as mailbox:
        folder = mailbox.messages.create_folder(FOLDER)
        page = mailbox.messages.delta(folder.id)
        assert [item["subject"] for item in page.items] == ["Subject of it"]
        assert not mailbox.messages.delta(folder.id, page.link).items
    health = f"http://127.0.0.1:{process.port}/health?{'x' * 20_000}"
    assert requests.get(health, timeout=60).status_code == 200


def test_the_command_of_the_systemd_unit_serves_it(exchange, login, start):
    """With its settings in the environment, and stopped by the signal of systemd."""
    unit = (ROOT / "mapper" / "systemd" / "exchange-mapper@.service").read_text()
    _python, *command = re.search(r"^ExecStart=(.*)$", unit, re.M)[1].split()
    process = start(command=command, MAPPER_EWS_URL=exchange.ews_url)
    with open_mailbox(process.url, login) as mailbox:
        assert mailbox.messages.folder_tree()
    assert process.stop()[0] == 0


@pytest.fixture(autouse=True)
def quiet(exchange):
    """Nothing in the log of requests."""
    exchange.requests.clear()


def test_a_proxy_in_front_says_how_the_caller_came(exchange, login, start):
    """Its own server leaves the headers of proxies alone."""
    process = start(
        "--trusted-proxies=127.0.0.1",
        MAPPER_EWS_URL=exchange.ews_url,
        MAPPER_PUBLIC_URL="https://mapper.example/",
    )
    url = f"{process.url}/me/mailFolders/inbox/messages/delta"

    def ask(proto):
        headers = {"X-Forwarded-Proto": proto}
        auth = (login, "secret")
        return requests.get(url, headers=headers, auth=auth, timeout=60)

    assert ask("http").status_code == 403
    link = ask("https").json()["@odata.deltaLink"]
    assert link.startswith("https://mapper.example/exchangeRestApi/v1.0/me/")


def test_who_asked_before_the_stop_gets_his_answer(exchange, login, start):
    exchange.drop(login, "Inbox", mail("Late"))
    process = start("--ews-url", exchange.ews_url, "--auth", "basic")
    asked, found = threading.Event(), []

    def ask():
        with open_mailbox(process.url, login) as mailbox:
            mailbox.me()
            exchange.latency = 1500
            asked.set()
            found.extend(mailbox.messages.delta("inbox").items)

    asker = threading.Thread(target=ask)
    try:
        asker.start()
        assert asked.wait(30)
        while not exchange.requests.matching("SyncFolderItems"):
            time.sleep(0.02)
        code, said = process.stop()
    finally:
        exchange.latency = 0
        asker.join(30)
    assert [item["subject"] for item in found] == ["Late"]
    assert code == 0 and "Traceback" not in said and "unanswered" not in said, said
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{process.url}/me", timeout=60)


def test_it_does_not_wait_for_ever(exchange, login, start):
    process = start("--ews-url", exchange.ews_url, "--stop-timeout", "0.2")
    begun = threading.Event()

    def ask():
        with contextlib.suppress(Exception), open_mailbox(process.url, login) as box:
            begun.set()
            box.me()

    exchange.latency = 4000
    asker = threading.Thread(target=ask)
    try:
        asker.start()
        assert begun.wait(30)
        while not exchange.requests.matching("ResolveNames"):
            time.sleep(0.02)
        code, said = process.stop()
        assert code == 0
        assert "unanswered" in said
    finally:
        exchange.latency = 0
        asker.join(30)


def command(*arguments):
    """``python -m mapper …``, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "mapper", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_settings_that_cannot_be_used_are_said():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for arguments, words in (
            (["--ews-url", "http://mail.example/EWS"], "https://"),
            (["--ews-url", "a.example", "--listen", "8080"], "ADDRESS:PORT"),
            (["--ews-url", "a.example", "--listen", f"127.0.0.1:{port}"], "in use"),
            (["--ews-url", "a.example", "--log-level", "loud"], "log level"),
        ):
            run = command(*arguments)
            assert run.returncode == 2, run.stderr
            assert words in run.stderr and "Traceback" not in run.stderr


def test_a_key_for_a_user_is_made_by_a_command(tmp_path):
    run = command("new-key", "anna@contoso.example")
    assert run.returncode == 0
    key, line = (text.rpartition(": ")[2] for text in run.stdout.splitlines())
    file = tmp_path / "keys"
    file.write_text(line)
    assert Keys(str(file)).owner(key) == "anna@contoso.example"
    assert command("new-key", "nobody").returncode == 2
