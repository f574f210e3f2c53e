import logging
import os
import pickle
from collections import Counter

from .fault_tally import Tallied
from .process_case import OwnDatabaseCase

_logger = logging.getLogger(__name__)

# All points of a run, or (in `make test`) as many as there is time for.
EXHAUSTIVE = bool(os.environ.get("EXCHANGE_FAULTS"))
SHARE = 9
LOGIN = "anna@contoso.example"
# Small pages, so that there are many of them.
PATCHES = {
    "models.exchange_contact_writing.WRITE_PAGE": 10,
    "models.exchange_contact_ending.END_PAGE": 5,
}
OLD, NEW = 20, 15
CHANGED = [f"Old {number}" for number in range(6)]
ENDED = [f"Old {number}" for number in range(12, 19)]


def domain(*names):
    """The contacts of these names."""
    return [("name", "in", list(names))]


class TestContactKill(Tallied, OwnDatabaseCase):
    """SIGKILL at the boundaries of a run's steps: each request, each commit; and two
    workers at once. No contact is doubled, none is lost."""

    @classmethod
    def _build(cls):
        """Twenty contacts in Outlook, of which six change and seven leave, and fifteen
        that are new."""
        cls.sim.add_mailbox(LOGIN)
        old = {f"o{n}": {"name": f"Old {n}", "city": "York"} for n in range(OLD)}
        new = {f"n{n}": {"name": f"New {n}", "city": "York"} for n in range(NEW)}
        wishes = {"contact_delete_on_unsubscribe": True}
        cls.odoo.run(
            "build",
            server=cls._server_values(),
            people={"anna": wishes},
            contacts={**old, **new},
        )
        cls._subscribe([("name", "like", "Old ")])
        assert cls.odoo.run("sync", login=LOGIN)["state"] == "done"
        cls._subscribe([("name", "like", "New ")])
        cls._subscribe(domain(*ENDED), wanted=False)
        values = {"city": "Ely"}
        cls.odoo.run(
            "write", model="res.partner", domain=domain(*CHANGED), values=values
        )
        cls.database.wait_alone()
        cls.kept.become(cls.database)
        cls.mailboxes = {
            key: pickle.dumps(box) for key, box in cls.sim.store.mailboxes.items()
        }

    @classmethod
    def _subscribe(cls, where, **options):
        cls.odoo.run("subscribe", login=LOGIN, domain=where, **options)

    def restore(self):
        """Everything as it was before the run."""
        self.tap.reset()
        self.database.become(self.kept)
        for key, state in self.mailboxes.items():
            box = pickle.loads(state)  # noqa: S301
            box.clock = self.sim.clock
            self.sim.store.mailboxes[key] = box

    def tally(self, ended=True):
        """Count what is lost, doubled or wrongly gone in the address book."""
        names = Counter(data["displayName"] for data in self.entries())
        wanted = set(self.expected())
        gone = {name for name in wanted if name.startswith("Old ")} - names.keys()
        self.found(
            doubled=names.total() - len(names),
            deleted=len(gone),
            lost=len(wanted - names.keys() - gone) if ended else 0,
        )

    def entries(self):
        """The properties of all contacts in the address book."""
        box = self.sim.mailbox(LOGIN)
        items = {id(item): item for item in box.items.values()}.values()
        return [
            item.data
            for item in items
            if item.kind == "contact" and item.container.kind == "contactFolder"
        ]

    def contacts(self):
        """{name: city} of the address book; none may be there twice."""
        found = self.entries()
        cities = {d["displayName"]: d["businessAddress"].get("city") for d in found}
        self.assertEqual(len(cities), len(found), "doubled")
        return cities

    def expected(self):
        names = [f"Old {n}" for n in range(OLD)] + [f"New {n}" for n in range(NEW)]
        return {
            name: "Ely" if name in CHANGED else "York"
            for name in names
            if name not in ENDED
        }

    def finish(self):
        """A run that nobody disturbs, and then there is nothing more to do."""
        run = self.odoo.run("sync", login=LOGIN, patches=PATCHES)
        self.assertEqual(run["state"], "done", run["error"])
        self.tally()
        self.assertEqual(self.contacts(), self.expected())
        again = self.odoo.run("sync", login=LOGIN)
        self.assertEqual((again["state"], again["found"]), ("done", 0))
        self.assertEqual(self.contacts(), self.expected())

    def test_killed_anywhere_and_run_again(self):
        self.restore()
        given = self.odoo.start("sync", login=LOGIN, patches=PATCHES).wait()
        self.assertEqual(given["value"]["state"], "done", given)
        points = self.points_of(given)
        self.finish()
        for point in points if EXHAUSTIVE else points[::SHARE]:
            with self.subTest(point=point):
                self.restore()
                self.inject(f"SIGKILL at a {point[0]}: contacts")
                self.kill_run(LOGIN, point, PATCHES)
                self.database.wait_alone()
                self.tally(ended=False)
                self.assertLessEqual(set(self.expected()) - set(self.contacts()), _NEW)
                self.finish()
        _logger.info("contacts: killed at some of %s points of a run", len(points))

    def test_two_workers_at_once(self):
        self.restore()
        first, second = (
            self.odoo.start("sync", login=LOGIN, patches=PATCHES) for _worker in "12"
        )
        first.result()
        second.result()
        self.finish()

    def test_the_user_changes_his_mind_during_a_run(self):
        """Whatever he does at any moment is done in the end."""
        self.restore()
        for number in (4, 7):
            with self.subTest(request=number):
                self.restore()
                flip = [("name", "in", ["New 3", "Old 15"])]

                def strike(flip=flip):
                    self._subscribe(flip, wanted=False)
                    self._subscribe(domain("Old 15"))

                self.tap.reset("after", number, strike)
                self.odoo.run("sync", login=LOGIN, patches=PATCHES)
                self.tap.reset()
                self.odoo.run("sync", login=LOGIN, patches=PATCHES)
                expected = self.expected() | {"Old 15": "York"}
                del expected["New 3"]
                self.assertEqual(self.contacts(), expected)


_NEW = {f"New {n}" for n in range(NEW)}
