"""Contacts: the connector beside the plain way, in one run.

* connector: ``exchange.account.sync()`` of an account that has just subscribed
* plain: one ``POST /me/contacts`` each through Microsoft's own ``msgraph-sdk``

The simulator runs in a process of its own, with 0 and 50 ms latency; a batch either
flat (one latency for all of it) or four requests at a time, as the service does.

Goals: at least 15 times the plain way at 50 ms with flat batches, at least 3.8 times
with four at a time; reading and mapping 1,000 contacts in at most 60 ms and 10 queries;
subscribing to 5,000 in less than 2 s.

``python benchmarks/contacts.py [--quick]``
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
import warnings

import _ground

LOGIN = "bench@contoso.example"
MANY = 5000
ROUNDS = 3
READINGS = 7


def seed(sim, _nothing=None):
    sim.add_mailbox(LOGIN, "secret")


def pace(sim, latency, flat):
    """Set the simulator's latency in ms, and how it runs a batch."""
    from simulator import batch

    sim.latency = latency
    batch.PARALLEL = 20 if flat else 4
    sim.limits.concurrency = batch.PARALLEL


def empty(sim):
    """Remove all contacts for good."""
    box = sim.mailbox(LOGIN)
    with box.lock:
        items = {id(item): item for item in box.items.values()}.values()
        for item in [item for item in items if item.kind == "contact"]:
            box.remove(item)


def count(sim):
    box = sim.mailbox(LOGIN)
    items = {id(item): item for item in box.items.values()}.values()
    return sum(item.kind == "contact" for item in items)


def graph(sim):
    """:return: (root of Graph's paths, an access token)"""
    return sim.url, sim.token_for(LOGIN)


class Contest:
    """The two ways, on one account."""

    def __init__(self, env, url, pipe):
        self.env, self.pipe = env, pipe
        self.root, self.token = self.ask(graph)
        server = env["exchange.server"].create(
            {"name": "X", "service": "exchange", "folders_url": f"{url}/ChildFolders"}
        )
        self.user = env["res.users"].create(
            {"name": "Bench", "login": LOGIN, "email": LOGIN}
        )
        self.account = env["exchange.account"].create(
            {
                "user_id": self.user.id,
                "server_id": server.id,
                "auth_method": "password",
                "login": LOGIN,
                "password": "secret",
            }
        )
        self.account._connect()
        env.cr.commit()

    def ask(self, function, *arguments):
        """:return: what a function gives that runs in the simulator's process"""
        self.pipe.send([function, *arguments])
        return self.pipe.recv()

    def partners(self, number):
        company = self.env["res.partner"].create(
            {"name": "Contoso", "is_company": True, "street": "Main 1", "city": "York"}
        )
        found = self.env["res.partner"].create(
            [
                {
                    "name": f"Ada Lovelace {n}",
                    "email": f"p{n}@customer.example",
                    "phone": f"+44 {n}",
                    "function": "Analyst",
                    "street": f"Street {n}",
                    "city": "London",
                    "parent_id": company.id,
                }
                for n in range(number)
            ]
        )
        self.env.cr.commit()
        return found

    def connector(self, partners):
        """Seconds of the first push."""
        self.ask(empty)
        self.env["exchange.subscription"].search([]).unlink()
        self.account.write({"contact_delta_link": False})
        partners.with_user(self.user).action_exchange_subscribe()
        self.env.cr.commit()
        with _ground.Stopwatch() as watch:
            run = self.account.sync(("contact",))
        assert run.created == len(partners) == self.ask(count), (run.created, run.error)
        return watch.seconds

    def plain(self, bodies):
        """Seconds of one POST each."""
        self.ask(empty)
        with _ground.Stopwatch() as watch:
            asyncio.run(_post_all(self.root, self.token, bodies))
        assert self.ask(count) == len(bodies)
        return watch.seconds


async def _post_all(root, token, bodies):
    from azure.core.credentials import AccessToken
    from kiota_authentication_azure.azure_identity_authentication_provider import (
        AzureIdentityAuthenticationProvider,
    )
    from msgraph import GraphRequestAdapter, GraphServiceClient
    from msgraph.generated.models.contact import Contact
    from msgraph.generated.models.email_address import EmailAddress
    from msgraph.generated.models.physical_address import PhysicalAddress

    class Credential:
        def get_token(self, *_scopes, **_options):
            return AccessToken(token, int(time.time()) + 3600)

        def close(self):
            """Nothing is open."""

    host = root.split("/")[2]
    provider = AzureIdentityAuthenticationProvider(
        Credential(), allowed_hosts=[host, host.partition(":")[0]]
    )
    adapter = GraphRequestAdapter(provider)
    adapter.base_url = root
    client = GraphServiceClient(request_adapter=adapter)
    for body in bodies:
        place = body["businessAddress"]
        await client.me.contacts.post(
            Contact(
                display_name=body["displayName"],
                given_name=body["givenName"],
                surname=body["surname"],
                file_as=body["fileAs"],
                company_name=body["companyName"],
                job_title=body["jobTitle"],
                business_phones=body["businessPhones"],
                categories=body["categories"],
                email_addresses=[
                    EmailAddress(name=row["name"], address=row["address"])
                    for row in body["emailAddresses"]
                ],
                business_address=PhysicalAddress(
                    street=place["street"], city=place["city"]
                ),
            )
        )


def push(contest, partners, rounds):
    """Rows of the table of first pushes."""
    number = len(partners)
    sync = contest.env["exchange.sync.contact"]
    bodies = list(sync._read_bodies(contest.account, partners.ids).values())
    for latency, flat in ((0, False), (50, True), (50, False)):
        contest.ask(pace, latency, flat)
        ours, theirs = [], []
        for _round in range(rounds):
            ours.append(contest.connector(partners))
            theirs.append(contest.plain(bodies))
        times = [b / a for a, b in zip(ours, theirs, strict=True)]
        yield (
            number,
            latency,
            "at once" if flat else "four at a time",
            f"{_ground.median(ours):.2f}",
            f"{_ground.median(theirs):.2f}",
            f"{_ground.median(times):.1f}",
        )
    contest.ask(pace, 0, False)


def local(contest, partners):
    """Rows about what needs no mailbox."""
    env, sync = contest.env, contest.env["exchange.sync.contact"]
    seconds = []
    for _round in range(READINGS):
        env.invalidate_all()
        with _ground.Stopwatch(env.cr) as watch:
            sync._read_bodies(contest.account, partners.ids)
        seconds.append(watch.seconds)
    yield _row(f"read and map {len(partners)}", _ground.median(seconds), watch)
    env.cr.execute(
        """INSERT INTO res_partner (name, complete_name, active, type)
           SELECT 'X', 'X', true, 'contact' FROM generate_series(1, %s)
        RETURNING id""",
        [MANY],
    )
    many = env["res.partner"].browse([row[0] for row in env.cr.fetchall()])
    for name, method in (
        ("subscribe", "action_exchange_subscribe"),
        ("unsubscribe", "action_exchange_unsubscribe"),
    ):
        with _ground.Stopwatch(env.cr) as watch:
            getattr(many.with_user(contest.user), method)()
            env.flush_all()
        yield _row(f"{name} {MANY}", watch.seconds, watch)
    env.cr.rollback()


def _row(name, seconds, watch):
    return name, f"{seconds * 1000:.0f}", watch.queries


def main():
    quick = "--quick" in sys.argv
    sys.stdout.write(f"# Contacts\n\n{_ground.machine()}\n\n")
    with (
        _ground.database("exchange_bench_contacts") as registry,
        _ground.simulator(seed) as (url, pipe),
        registry.cursor() as cr,
    ):
        from odoo import SUPERUSER_ID, api

        logging.getLogger("httpx").setLevel(logging.WARNING)
        warnings.simplefilter("ignore", DeprecationWarning)
        contest = Contest(api.Environment(cr, SUPERUSER_ID, {}), url, pipe)
        partners = contest.partners(1000)
        contest.connector(partners[:40])
        _ground.table(local(contest, partners), "work", "ms", "queries")
        sys.stdout.write("\n")
        pushed = partners[:200] if quick else partners
        _ground.table(
            push(contest, pushed, 1 if quick else ROUNDS),
            *("contacts", "latency ms", "a batch runs"),
            *("connector s", "msgraph-sdk s", "times as fast"),
        )


if __name__ == "__main__":
    main()
