"""Commands to a running simulator, over HTTP and from the command line."""

import contextlib
import io
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from conftest import ANNA, Graph, eml
from ports import free_port
from simulator import Simulator
from simulator.cli import main

PROGRAM = [sys.executable, str(Path(__file__).resolve().parent.parent / "simulator")]


def run(port, *arguments):
    """Run the command line in this process: (status, output, errors)."""
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        status = main([*arguments, "--port", str(port)])
    return status, output.getvalue(), errors.getvalue()


@pytest.fixture
def admin(sim):
    """Give a command over HTTP."""

    def tell(name, **values):
        url = f"http://127.0.0.1:{sim.port}/admin/{name}"
        answer = requests.post(url, json=values, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    return tell


def test_dropping_from_the_command_line(sim, graph, tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.eml").write_bytes(eml(f"Grüße {name}"))
    status, output, errors = run(
        sim.port,
        "drop",
        ANNA,
        "Inbox/Transfer Eingang",
        str(tmp_path / "a.eml"),
        str(tmp_path / "b.eml"),
    )
    assert (status, errors) == (0, "") and output.count("subject=Grüße") == 2
    folder = sim.mailbox(ANNA).find_path("Inbox/Transfer Eingang")
    path = f"me/mailFolders/{folder.id}/messages"
    subjects = {row["subject"] for row in graph.get(path).json()["value"]}
    assert subjects == {"Grüße a", "Grüße b"}


def test_moving_and_listing(sim):
    sim.drop(ANNA, "Inbox", eml("Hello"))
    port = sim.port
    assert run(port, "move", ANNA, "Hello", "Inbox/Transfer Ausgang")[0] == 0
    _status, output, _errors = run(port, "messages", ANNA, "Inbox/Transfer Ausgang")
    assert "subject=Hello" in output and "from=bob@example.org" in output
    _status, output, _errors = run(port, "folders", ANNA)
    assert "path=Inbox/Transfer Ausgang" in output
    _status, output, _errors = run(port, "mailboxes")
    assert ANNA in output and "password" not in output.replace("password_changed", "")


def test_creating_a_mailbox_and_an_app(sim):
    status, _output, _errors = run(
        sim.port, "create-mailbox", "carl@contoso.example", "password=pw", "mfa=true"
    )
    assert status == 0
    user = sim.user("carl@contoso.example")
    assert (user.password, user.mfa) == ("pw", True)
    run(sim.port, "set-app", "redirect_uris=http://localhost/a,http://localhost/b")
    assert sim.app().redirect_uris == ["http://localhost/a", "http://localhost/b"]
    assert "drop mailbox folder eml" in run(sim.port, "help")[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("drop", ANNA, "Inbox"),
        ("drop", ANNA, "Inbox", "missing.eml"),
        ("folders", "nobody@contoso.example"),
        ("set-user", ANNA, "colour=red"),
        ("fault", "explosion"),
    ],
)
def test_mistakes_are_one_sentence(sim, arguments):
    status, _output, errors = run(sim.port, *arguments)
    assert status == 1 and errors.strip() and len(errors.strip().splitlines()) == 1


def test_nobody_serves():
    status, _output, errors = run(free_port(), "mailboxes")
    assert status == 1 and "No simulator serves on port" in errors


def test_faults_clock_and_tokens_over_http(sim, graph, admin):
    admin("fault", kind="status", match="inbox", options={"status": 503})
    assert graph.get("me/mailFolders/inbox").status_code == 503
    admin("fault", kind="status", count=-1, options={"status": 503})
    admin("clear-faults")
    assert graph.get("me/mailFolders/inbox").status_code == 200
    link = graph.rounds("me/mailFolders/inbox/messages/delta")[1]
    admin("quirks", gone="resyncRequired")
    admin("expire-delta", mailbox=ANNA)
    assert graph.get(link).json()["error"]["code"] == "resyncRequired"
    assert admin("requests", match="deltatoken")[0]["status"] == 410
    admin("limits", requests=1)
    assert graph.get("me/mailFolders/inbox").status_code == 429
    admin("limits", requests=None)
    admin("clock", advance=25 * 3600)
    assert graph.get("me").status_code == 401
    graph.as_user(sim.token_for(ANNA))
    sim.clock.advance(1)
    admin("revoke", login=ANNA)
    assert graph.get("me").status_code == 401


def test_pages_of_other_sites_cannot_command(sim):
    url = f"http://127.0.0.1:{sim.port}/admin/mailboxes"
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        assert requests.post(url, headers=headers, timeout=60).status_code == 403


def test_a_restart_keeps_mailboxes_links_and_tokens(tmp_path):
    with Simulator(store=tmp_path) as sim:
        sim.add_mailbox(ANNA)
        sim.drop(ANNA, "Inbox", eml("one"))
        token, certificate = sim.token_for(ANNA), sim.ca_pem
        graph = Graph(sim.url).as_user(token)
        link = graph.rounds("me/mailFolders/inbox/messages/delta")[1]
        query = link.partition("?")[2]
    with Simulator(store=tmp_path) as sim:
        assert sim.ca_pem == certificate
        sim.drop(ANNA, "Inbox", eml("two"))
        graph = Graph(sim.url).as_user(token)
        path = "me/mailFolders/inbox/messages"
        items, _link, _pages = graph.rounds(f"{path}/delta?{query}")
        assert [item["subject"] for item in items] == ["two"]
        assert len(graph.get(path).json()["value"]) == 2


def test_serving_as_a_program(tmp_path):
    port, tls_port = free_port(), free_port()
    command = [*PROGRAM, "--port", str(port), "--tls-port", str(tls_port)]
    command += ["--mailbox", f"{ANNA}:pw", "--store", str(tmp_path / "store")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout.readline() == f"Graph http://127.0.0.1:{port}/v1.0\n"
        assert "Short paths" in server.stdout.readline()
        url = f"http://127.0.0.1:{port}/exchangeRestApi/api/me"
        assert requests.get(url, auth=(ANNA, "pw"), timeout=60).json()["mail"] == ANNA
        (tmp_path / "a.eml").write_bytes(eml("Dropped"))
        drop = [*PROGRAM, "drop", ANNA, "Inbox", str(tmp_path / "a.eml")]
        drop += ["--port", str(port)]
        done = subprocess.run(drop, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and "subject=Dropped" in done.stdout
        taken = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert taken.returncode == 1 and "--port" in taken.stderr
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
    assert (tmp_path / "store" / "ca.pem").exists()
