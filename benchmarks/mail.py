"""E-mails: the connector beside Odoo's own gateway, on the same mails, in one run.

* connector: ``exchange.account.sync()``, HTTP to the simulator included
* gateway: ``mail.thread.message_process`` of each mail, committed one by one as Odoo's
  fetchmail does; the mails lie in memory, so it is spared the network
* floor: one batched ``mail.message.create`` of the same values a page, nothing else;
  "values" are what the connector gives to ``create``

Goals: at least 10 times the gateway's mails a second at 5 KB and 6 times at 200 KB, at
most 0.5 queries a mail, at most 1.6 times the floor, memory flat over 20,000 mails.

``python benchmarks/mail.py [--quick]``
"""

from __future__ import annotations

import functools
import os
import random
import sys
import time
from contextlib import contextmanager
from email.message import EmailMessage

import _ground

SENDERS = 200
LOGIN = "bench@contoso.example"
ROUNDS = 3


def sender(number: int) -> str:
    return f"p{number % SENDERS}@customer.example"


def make_mail(number: int, size: int, label: str) -> bytes:
    """A mail of ``size`` bytes: HTML up to 20 KB, the rest an attachment."""
    words = random.Random(number)
    message = EmailMessage()
    message["From"] = f"Partner {number % SENDERS} <{sender(number)}>"
    message["To"] = LOGIN
    message["Subject"] = f"Offer {number}"
    message["Date"] = "Tue, 10 Nov 2026 09:30:00 +0100"
    message["Message-ID"] = f"<{label}-{number}@customer.example>"
    text = " ".join(words.choice(WORDS) for _ in range(min(size, 20000) // 12))
    message.set_content(text)
    paragraphs = "".join(f"<p>{part}</p>" for part in text.split(". "))
    message.add_alternative(f"<html><body>{paragraphs}</body></html>", subtype="html")
    if size > 20000:
        content = words.randbytes((size - 20000) * 3 // 4)
        message.add_attachment(
            content, maintype="application", subtype="pdf", filename="offer.pdf"
        )
    return message.as_bytes()


WORDS = [
    "offer",
    "order",
    "delivery",
    "price",
    "date.",
    "customer",
    "please",
    "call",
    "meeting",
    "thanks",
]


def seed(sim, _nothing=None):
    sim.add_mailbox(LOGIN, "secret")


def drop(sim, folder, count, size, label):
    for number in range(count):
        sim.drop(LOGIN, folder, make_mail(number, size, label))


def set_up(env, url):
    """Partners and a connected account. :return: the account"""
    env["res.partner"].create(
        [{"name": f"P {n}", "email": sender(n)} for n in range(SENDERS)]
    )
    # The gateway takes many mails of one sender for a loop and drops them.
    env["ir.config_parameter"].set_param("mail.gateway.loop.threshold", "1000000")
    server = env["exchange.server"].create(
        {"name": "X", "service": "exchange", "folders_url": f"{url}/ChildFolders"}
    )
    user = env["res.users"].create({"name": "Bench", "login": LOGIN, "email": LOGIN})
    account = env["exchange.account"].create(
        {
            "user_id": user.id,
            "server_id": server.id,
            "auth_method": "password",
            "login": LOGIN,
            "password": "secret",
        }
    )
    account._connect()
    account.action_create_folders()
    env.cr.commit()
    account.sync()
    return account


class Contest:
    """The three ways, on one account."""

    def __init__(self, env, account, pipe):
        self.env, self.account, self.pipe = env, account, pipe
        incoming = account.folder_ids.filtered(lambda f: f.direction == "incoming")
        self.folder = incoming.remote_id

    def connector(self, count, size, label):
        self.pipe.send([drop, self.folder, count, size, label])
        self.pipe.recv()
        with self._recorded(), _ground.Stopwatch(self.env.cr) as watch:
            run = self.account.sync()
        assert run.filed == count, (run.filed, run.error)
        return watch

    @contextmanager
    def _recorded(self):
        """Keep the values of the messages that are created within."""
        from odoo.addons.mail.models.mail_message import MailMessage

        create, self.given = MailMessage.create, []

        @functools.wraps(create)
        def record(messages, vals_list):
            self.given += map(dict, vals_list)
            return create(messages, vals_list)

        MailMessage.create = record
        try:
            yield
        finally:
            MailMessage.create = create

    def gateway(self, count, size, label):
        mails = [make_mail(number, size, label) for number in range(count)]
        partners = self.env["res.partner"]
        ids = {
            partner.email: partner.id
            for partner in partners.search([("email", "like", "@customer.example")])
        }
        with _ground.Stopwatch(self.env.cr) as watch:
            for number, mail in enumerate(mails):
                self.env["mail.thread"].message_process(
                    "res.partner", mail, thread_id=ids[sender(number)]
                )
                self.env.cr.commit()
        return watch

    def floor(self, count):
        """Create again, batch by batch, what the connector created last: from the very
        values that it gave to ``create``, bodies as they came included."""
        values, files = [], []
        for number, given in enumerate(self.given[-count:]):
            parts = self.env["ir.attachment"].browse(
                part for _command, part in given.pop("attachment_ids", ())
            )
            # Random bytes of its own: content in the filestore costs no writing.
            files.append(
                [
                    (part.name, part.mimetype, os.urandom(len(part.raw)))
                    for part in parts
                ]
            )
            name = f"<floor-{time.monotonic_ns()}-{number}@x.example>"
            values.append({**given, "message_id": name})
        self.env.cr.commit()
        with _ground.Stopwatch(self.env.cr) as watch:
            for start in range(0, count, 100):
                page = slice(start, start + 100)
                self._create_page(values[page], files[page])
                self.env.cr.commit()
        return watch

    def _create_page(self, values, files):
        owners, parts = [], []
        for row, its in zip(values, files, strict=True):
            for name, kind, raw in its:
                owners.append(row)
                parts.append(
                    {"name": name, "mimetype": kind, "raw": raw}
                    | {"res_model": row["model"], "res_id": row["res_id"]}
                )
        created = self.env["ir.attachment"].create(parts)
        for row, part in zip(owners, created, strict=True):
            row.setdefault("attachment_ids", []).append((4, part.id))
        self.env["mail.message"].create(values)


def compare(contest, size, count):
    """One row of the table: medians of interleaved rounds."""
    ours, theirs, floors, queries = [], [], [], []
    for number in range(ROUNDS):
        watch = contest.connector(count, size, f"c{size}-{number}")
        ours.append(watch.seconds)
        queries.append(watch.queries / count)
        floors.append(contest.floor(count).seconds)
        theirs.append(contest.gateway(count, size, f"g{size}-{number}").seconds)
    mine = _ground.median(ours)
    return (
        f"{count} of {size // 1000} KB",
        f"{count / mine:.0f}",
        f"{count / _ground.median(theirs):.0f}",
        f"{_ground.median(t / o for t, o in zip(theirs, ours, strict=True)):.1f}",
        f"{_ground.median(o / f for o, f in zip(ours, floors, strict=True)):.2f}",
        f"{_ground.median(queries):.2f}",
    )


def memory(contest, total, step=2000):
    """Resident memory while many mails are read: one row a step."""
    rows = []
    for number in range(total // step):
        contest.connector(step, 5000, f"m{number}")
        rows.append((f"{(number + 1) * step}", f"{_ground.resident_megabytes():.0f}"))
    return rows


def main():
    quick = "--quick" in sys.argv
    sys.stdout.write(f"# E-mails\n\n{_ground.machine()}\n\n")
    with (
        _ground.database("exchange_bench_mail") as registry,
        _ground.simulator(seed) as (url, pipe),
        registry.cursor() as cr,
    ):
        from odoo import SUPERUSER_ID, api

        env = api.Environment(cr, SUPERUSER_ID, {})
        contest = Contest(env, set_up(env, url), pipe)
        contest.connector(50, 5000, "warm")
        sizes = [(5000, 200), (200000, 60)] if quick else [(5000, 600), (200000, 200)]
        _ground.table(
            [compare(contest, size, count) for size, count in sizes],
            *("mails", "connector /s", "gateway /s", "times the gateway"),
            *("times the floor", "queries a mail"),
        )
        sys.stdout.write("\n")
        total = 4000 if quick else 20000
        _ground.table(memory(contest, total), "mails read", "MB resident")


if __name__ == "__main__":
    main()
