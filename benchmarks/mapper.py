"""The mapper: what it costs beside the calls to Exchange that it makes.

For pages of 50 items, the CPU time of this process: of a request to the mapper (called
in process), and of its calls to Exchange alone (the same bytes sent again by the same
connection).  The difference is the mapper's own.

Goal: at most 3 ms of its own for a page of 50 items.

``python benchmarks/mapper.py [--quick]``
"""

from __future__ import annotations

import base64
import gc
import io
import json
import os
import sys
import time

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
    """(own CPU: median, least; CPU of the calls, calls, items) of a request, in ms."""
    connection, sent = tap(application)
    environ = environ_of(url)
    whole, calls, items = [], [], 0
    gc.freeze()
    for number in range(rounds + 2):
        sent.clear()
        gc.collect()
        before = time.thread_time()
        body = b"".join(application(environ(), lambda status, headers: None))
        if number > 1:
            whole.append(time.thread_time() - before)
        answer = json.loads(body)
        assert "value" in answer, answer
        items = len(answer["value"])
        posts = list(sent)
        before = time.thread_time()
        for data, headers in posts:
            connection.raw(data, headers)
        if number > 1:
            calls.append(time.thread_time() - before)
    own = sorted((a - b) * 1000 for a, b in zip(whole, calls, strict=True))
    return _ground.median(own), own[0], _ground.median(calls) * 1000, len(sent), items


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


def main() -> int:
    """Measure and print a table."""
    from mapper.application import Application
    from mapper.settings import Settings

    rounds = 5 if "--quick" in sys.argv else 25
    print(_ground.machine())
    rows = []
    with _ground.simulator(seed) as (short_url, _pipe):
        ews_url = short_url.partition("/exchangeRestApi")[0] + "/EWS/Exchange.asmx"
        application = Application(Settings(ews_url=ews_url, auth="basic"))
        for name, url in REQUESTS.items():
            own, least, calls, count, items = measure(application, url, rounds)
            times = (f"{each:.1f}" for each in (calls, own, least))
            rows.append((name, items, count, *times))
        application.close()
    _ground.table(
        rows,
        *("page", "items", "calls to Exchange", "CPU of these, ms", "own CPU, ms"),
        "least",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
