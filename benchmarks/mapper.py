"""The mapper: what it costs beside the calls to Exchange that it makes.

For pages of 50 items, the CPU time of this thread: of a request to the mapper (called
in process), and of its calls to Exchange alone (the same bytes sent again by the same
connection, the answer received and thrown away), by turns.  The difference, the median
of them, is the mapper's own.

Goal: at most 3 ms of its own for a page of 50 items.

Of that, by themselves and where they run again and again (so rather a bit less than
there): parsing the XML; a bare look at name and text of each of its elements; writing
the JSON.  Nobody who uses Exchange from Python and lxml has less than the first two.

Some pages, with their calls, beside the same with exchangelib.

Then 1,000 mails of 5 KB through the addon: over Graph, and over the mapper as a process
of its own; the same simulator, in turns.

Goal: at most 1.3 times the time over Graph.  (The CPU time of Odoo and the mapper says
more where others use the machine, too; the clock says how much of it is hidden while
Odoo works on the page before.)

``python benchmarks/mapper.py [--quick] [--pages | --mails]``
"""

from __future__ import annotations

import base64
import gc
import io
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import _exchangelib
import _ground

sys.path.insert(0, str(_ground.CHECKOUT))
for _name in ("REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY"):
    os.environ.pop(_name, None)

LOGIN = "bench@contoso.example"
PAGE = 50
# A quarter of the year: 50 events; and all of it.
WINDOW = "startDateTime=2026-01-01T00:00:00Z&endDateTime=2026-04-01T00:00:00Z"
YEAR = "startDateTime=2026-01-01T00:00:00Z&endDateTime=2026-12-31T00:00:00Z"
MAILS = (
    "id,internetMessageId,subject,from,sender,toRecipients,ccRecipients,sentDateTime,"
    "receivedDateTime,parentFolderId,hasAttachments,isDraft,bodyPreview"
)
REQUESTS = {
    "mails, a list": f"mailFolders/inbox/messages?$top={PAGE}&$select={MAILS}",
    "mails, changes": f"mailFolders/inbox/messages/delta?$select={MAILS}",
    "mails in full": f"mailFolders/inbox/messages?$top={PAGE}",
    "contacts": f"contacts?$top={PAGE}",
    "contacts, changes": "contacts/delta",
    "events of a window": f"calendarView?{WINDOW}&$top={PAGE}",
    "events, changes": f"calendarView/delta?{YEAR}",
}


def seed(sim):
    """A mailbox with 200 of each kind."""
    from mail import make_mail

    sim.add_mailbox(LOGIN, "secret")
    for number in range(200):
        sim.drop(LOGIN, "Inbox", make_mail(number, 5000, "m"))
        sim.add_contact(
            LOGIN,
            displayName=f"Contact {number}",
            givenName="Contact",
            surname=str(number),
            companyName="Contoso",
            emailAddresses=[{"name": "C", "address": f"c{number}@contoso.example"}],
            businessPhones=["+49 1"],
            businessAddress={"street": "Way 1", "city": "Ulm"},
            personalNotes="A note about him",
        )
        day = f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}"
        sim.add_event(
            LOGIN,
            subject=f"Event {number}",
            start=f"{day}T09:00:00",
            end=f"{day}T10:00:00",
            attendees=[{"emailAddress": {"address": "x@y.example"}}],
            body={"contentType": "html", "content": "<p>Agenda</p>" * 20},
        )


def measure(application, url, rounds):
    """(own CPU: median, least; CPU of the calls, calls, items, stages) of a request; ms
    of thread time.

    :return: of the stages as :func:`stages` gives them
    """
    connection, sent = tap(application)
    environ = environ_of(url)
    answer, posts, whole, calls = {}, [], [], []

    def ask():
        sent.clear()
        body = b"".join(application(environ(), lambda status, headers: None))
        answer.update(body=body)
        posts[:] = sent

    def call():
        answer.update(replies=[connection.raw(*post) for post in posts])

    gc.freeze()
    ask()
    for number in range(rounds + 2):
        # who comes second finds a warm processor: each of them, by turns
        for work in (ask, call) if number % 2 else (call, ask):
            gc.collect()
            before = time.thread_time()
            work()
            (whole if work is ask else calls).append(time.thread_time() - before)
    shown = json.loads(answer["body"])
    assert "value" in shown, shown
    whole, calls = whole[2:], calls[2:]
    own = sorted((a - b) * 1000 for a, b in zip(whole, calls, strict=True))
    figures = _ground.median(own), own[0], _ground.median(calls) * 1000
    parts = stages([reply.content for reply in answer["replies"]], shown, rounds)
    return *figures, len(posts), len(shown["value"]), parts


def stages(contents, answer, rounds):
    """(parsing, a look at each element, writing the JSON), each in ms."""
    from mapper import soap
    from mapper.application import to_json

    roots = [soap.parse(content) for content in contents]
    works = (
        lambda: [soap.parse(content) for content in contents],
        lambda: [(one.tag, one.text) for root in roots for one in root.iter()],
        lambda: to_json(answer),
    )
    found = []
    for work in works:
        taken = []
        for _time in range(rounds):
            gc.collect()
            before = time.thread_time()
            work()
            taken.append((time.thread_time() - before) * 1000)
        found.append(_ground.median(taken))
    return found


def tap(application):
    """The connection of our user, and a list of what it sends."""
    from mapper.connection import Credentials

    with application.pool.lend(Credentials(LOGIN, "secret")) as connection:
        pass
    sent: list = []
    if not hasattr(connection, "raw"):
        connection.raw = connection.post
        connection.sent = sent

        def post(data, headers):
            connection.sent.append((data, headers))
            return connection.raw(data, headers)

        connection.post = post
    return connection, connection.sent


def environ_of(url):
    """A function that makes the WSGI environment of a GET."""
    path, _mark, query = url.partition("?")
    pair = base64.b64encode(f"{LOGIN}:secret".encode()).decode()

    def make():
        return {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": f"/exchangeRestApi/v1.0/me/{path}",
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_AUTHORIZATION": f"Basic {pair}",
            "HTTP_PREFER": f"odata.maxpagesize={PAGE}",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
        }

    return make


GRAPH, EXCHANGE = "graph@contoso.example", "exchange@contoso.example"


def seed_mails(sim):
    """Two mailboxes."""
    sim.add_mailbox(GRAPH, "secret")
    sim.add_mailbox(EXCHANGE, "secret")


def tokens(sim):
    """(address of Graph, a token, address of Exchange)."""
    return sim.url, sim.token_for(GRAPH), sim.ews_url


def drop(sim, login, folder, count, label):
    """Put mails into a folder."""
    from mail import make_mail

    for number in range(count):
        sim.drop(login, folder, make_mail(number, 5000, label))


@contextmanager
def process(ews_url):
    """The mapper as a process. :return: (address of the short paths, its id)"""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    options = ["--ews-url", ews_url, "--listen", address, "--log-level", "error"]
    running = subprocess.Popen(
        [sys.executable, "-m", "mapper", *options], cwd=_ground.CHECKOUT
    )
    try:
        for _time in range(300):
            with suppress(OSError), socket.create_connection(address.split(":"), 1):
                break
            time.sleep(0.1)
        yield f"http://{address}/exchangeRestApi/api", running.pid
    finally:
        running.terminate()
        running.wait()


def account(env, login, server, auth=None):
    """A connected account with its transfer folders, synchronised once.

    :param auth: a sign-in that needs no identity service
    """
    user = env["res.users"].create({"name": login, "login": login, "email": login})
    made = env["exchange.account"].create(
        {
            "user_id": user.id,
            "server_id": env["exchange.server"].create({"name": login, **server}).id,
            "auth_method": "password",
            "login": login,
            "password": "secret",
        }
    )
    if auth:
        AUTHS[made.id] = auth
    made._note_connected(made._look_into_mailbox(made._auth()))
    made.action_create_folders()
    env.cr.commit()
    made.sync()
    return made


def cpu_of(pid):
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


AUTHS: dict = {}


def sign_in_without_microsoft(env):
    """Accounts in :data:`AUTHS` use what is there."""
    kind = type(env["exchange.account"])
    usual = kind._auth
    kind._auth = lambda self: AUTHS.get(self.id) or usual(self)


def contest(env, urls, mapper, pipe, count, rounds):
    """Rows: seconds over Graph and over the mapper, and their ratio."""
    from odoo.addons.exchange_connector.client import TokenAuth

    (graph_url, token, _ews_url), (short_url, pid) = urls, mapper
    sign_in_without_microsoft(env)
    env["res.partner"].create(
        [{"name": f"P {n}", "email": f"p{n}@customer.example"} for n in range(200)]
    )
    office = {"folders_url": graph_url, "client_id": "x", "allow_password": True}
    exchange = {"service": "exchange", "folders_url": f"{short_url}/ChildFolders"}
    both = {
        "Graph": account(env, GRAPH, office, TokenAuth(lambda _claims: token)),
        "mapper": account(env, EXCHANGE, exchange),
    }
    seconds = {name: [] for name in both}
    cpu = {name: [] for name in both}
    for number in range(rounds + 1):
        for name, one in both.items():
            incoming = one.folder_ids.filtered(lambda f: f.direction == "incoming")
            label = f"{name}{number}"
            pipe.send([drop, one.login, incoming.remote_id, count, label])
            pipe.recv()
            before = time.process_time() + cpu_of(pid)
            with _ground.Stopwatch() as watch:
                run = one.sync(kinds=("mail",))
            used = time.process_time() + cpu_of(pid) - before
            assert run.filed == count, (run.filed, run.error)
            env.cr.commit()
            if number:  # the first round warms up
                seconds[name].append(watch.seconds)
                cpu[name].append(used)
    return [_row("clock", count, seconds), _row("CPU", count, cpu)]


def _row(kind, count, found):
    ratios = [b / a for a, b in zip(*found.values(), strict=True)]
    shown = [f"{_ground.median(each):.2f}" for each in found.values()]
    return (count, kind, *shown, f"{_ground.median(ratios):.2f}")


def mails():
    """Measure the mails and print a table."""
    count, rounds = (200, 3) if "--quick" in sys.argv else (1000, 5)
    with (
        _ground.database("exchange_bench_mapper") as registry,
        _ground.simulator(seed_mails) as (_short, pipe),
        registry.cursor() as cr,
    ):
        from odoo import SUPERUSER_ID, api

        env = api.Environment(cr, SUPERUSER_ID, {})
        pipe.send([tokens])
        urls = pipe.recv()
        with process(urls[2]) as mapper:
            rows = contest(env, urls, mapper, pipe, count, rounds)
    sys.stdout.write("\n")
    _ground.table(rows, "mails", "by", "over Graph, s", "over the mapper, s", "times")


def pages():
    """Measure the pages and print a table."""
    from mapper.application import Application
    from mapper.settings import Settings

    rounds = 5 if "--quick" in sys.argv else 25
    rows, rivals = [], []
    with _ground.simulator(seed, apart=True) as (short_url, _pipe):
        ews_url = short_url.partition("/exchangeRestApi")[0] + "/EWS/Exchange.asmx"
        application = Application(Settings(ews_url=ews_url, auth="basic"))
        for name, url in REQUESTS.items():
            own, least, calls, count, items, parts = measure(application, url, rounds)
            times = (f"{each:.1f}" for each in (calls, own, least, *parts))
            rows.append((name, items, count, *times))
            if name in _exchangelib.PAGES:
                rival = _exchangelib.measure(ews_url, LOGIN, name, rounds)
                ratio = f"{rival / (own + calls):.0f}"
                rivals.append((name, f"{own + calls:.1f}", f"{rival:.1f}", ratio))
        application.close()
    _ground.table(
        rows,
        *("page", "items", "calls to Exchange", "CPU of these, ms", "own CPU, ms"),
        *("least", "of it: XML", "each element", "JSON"),
    )
    sys.stdout.write("\n")
    _ground.table(rivals, "page", "CPU with its calls, ms", "exchangelib, ms", "times")


def main() -> int:
    """Measure and print two tables."""
    sys.stdout.write(f"# Mapper\n\n{_ground.machine()}\n\n")
    if "--mails" not in sys.argv:
        pages()
    if "--pages" not in sys.argv:
        mails()
    return 0


if __name__ == "__main__":
    sys.exit(main())
