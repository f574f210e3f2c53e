"""Synchronising by Exchange Web Services: new, changed, read, moved, deleted mails."""

import pytest
from conftest import ANNA, Graph, eml
from examples import examples
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from simulator import Simulator
from simulator.ews.ids import to_ews
from soap import INBOX, Soap, changes


def test_the_newest_mails_come_first_and_pages_go_on(sim, box):
    keys = [to_ews(sim.drop(ANNA, "inbox", eml(f"M{n}")).id) for n in range(5)]
    first = box.sync(INBOX, most=2)
    assert first.text("m:IncludesLastItemInRange") == "false"
    assert changes(first) == [("Create", keys[4]), ("Create", keys[3])]
    sim.drop(ANNA, "inbox", eml("while the round is on"))
    second = box.sync(INBOX, first.text("m:SyncState"), most=3)
    assert second.text("m:IncludesLastItemInRange") == "true"
    assert changes(second) == [("Create", key) for key in keys[2::-1]]
    third = box.sync(INBOX, second.text("m:SyncState"))
    assert [kind for kind, _key in changes(third)] == ["Create"]
    fourth = box.sync(INBOX, third.text("m:SyncState"))
    assert changes(fourth) == []


def test_changes_by_graph_are_told_by_kind(sim, box):
    graph = Graph(sim.url).as_user(sim.token_for(ANNA))
    read, marked, moved, gone = (
        sim.drop(ANNA, "inbox", eml(subject)) for subject in "ABCD"
    )
    state = box.sync(INBOX).text("m:SyncState")
    before = to_ews(moved.id)
    graph.call("PATCH", f"me/messages/{read.id}", json={"isRead": True})
    graph.call("PATCH", f"me/messages/{marked.id}", json={"categories": ["Odoo"]})
    graph.post(f"me/messages/{moved.id}/move", {"destinationId": "archive"})
    graph.post(f"me/messages/{gone.id}/permanentDelete")
    reply = box.sync(INBOX, state)
    assert changes(reply) == [
        ("ReadFlagChange", to_ews(read.id)),
        ("Update", to_ews(marked.id)),
        ("Delete", before),
        ("Delete", to_ews(gone.id)),
    ]
    assert reply.text("t:ReadFlagChange/t:IsRead") == "true"


def test_a_lenient_server_tells_of_the_read_flag_by_update(sim, box):
    sim.quirks.read_flag_changes = False
    item = sim.drop(ANNA, "inbox", eml("A"))
    state = box.sync(INBOX).text("m:SyncState")
    sim.mailbox(ANNA).touch(item, isRead=True)
    assert changes(box.sync(INBOX, state)) == [("Update", to_ews(item.id))]


@pytest.mark.parametrize("kind", ["garbage", "another folder", "expired"])
def test_a_bad_state_is_refused_in_the_real_form(sim, box, kind):
    state = box.sync(INBOX).text("m:SyncState")
    if kind == "garbage":
        state = "AAAA"
    elif kind == "another folder":
        other = '<t:DistinguishedFolderId Id="drafts"/>'
        state = box.sync(other).text("m:SyncState")
    else:
        sim.expire_delta_tokens(ANNA)
    reply = box.sync(INBOX, state)
    assert reply.status == 200 and reply.codes == ["ErrorInvalidSyncStateData"]
    assert reply.text("m:SyncState") == ""
    assert reply.text("m:IncludesLastItemInRange") == "true"
    sim.quirks.sync_state_checked = False
    assert box.sync(INBOX, state).codes == ["NoError"]


@pytest.mark.parametrize("most", [0, 513, "x"])
def test_so_many_changes_cannot_be_asked_for(box, most):
    reply = box.sync(INBOX, most=most)
    assert (reply.status, reply.codes) == (500, ["ErrorSchemaValidation"])


def test_the_tree_of_folders_and_what_changes_in_it(sim, box):
    def sync(state=""):
        state = f"<m:SyncState>{state}</m:SyncState>" if state else ""
        return box.good(
            "<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>Default</t:BaseShape>"
            f"</m:FolderShape>{state}</m:SyncFolderHierarchy>"
        )

    first = sync()
    names = [e.text for e in first.all("t:DisplayName")]
    assert {"Inbox", "Calendar", "Contacts"} <= set(names)
    folder = sim.mailbox(ANNA).make_path("Inbox/Transfer Eingang")
    second = sync(first.text("m:SyncState"))
    assert second.text("t:Create//t:DisplayName") == "Transfer Eingang"
    folder.name = "Transfer"
    sim.mailbox(ANNA).note_container(folder)
    third = sync(second.text("m:SyncState"))
    assert third.text("t:Update//t:DisplayName") == "Transfer"
    sim.mailbox(ANNA).remove_container(folder)
    fourth = sync(third.text("m:SyncState"))
    assert fourth.one("t:Delete/t:FolderId").get("Id") == to_ews(folder.id)


class History(RuleBasedStateMachine):
    """Any history, any size of pages: who applies the changes has the folder."""

    def __init__(self):
        super().__init__()
        self.sim = Simulator(tls_port=None)
        self.sim.start()
        self.box = self.sim.add_mailbox(ANNA)
        self.client = Soap(self.sim.ews_url, ANNA)
        self.known, self.state, self.told = {}, "", set()

    @rule()
    def arrive(self):
        self.sim.drop(ANNA, "inbox", eml(f"M{self.box.sequence}"))

    def _any(self, data):
        rows = list(self.box.well_known["inbox"].items.values())
        return data.draw(st.sampled_from(rows))

    @precondition(lambda self: self.box.well_known["inbox"].items)
    @rule(data=st.data(), what=st.sampled_from(["read", "mark", "move", "remove"]))
    def change(self, data, what):
        item = self._any(data)
        if what == "read":
            self.box.touch(item, isRead=not item.data["isRead"])
        elif what == "mark":
            self.box.touch(item, categories=[f"C{self.box.sequence}"])
        elif what == "move":
            self.box.move(item, self.box.well_known["archive"])
        else:
            self.box.remove(item)

    @rule(most=st.integers(1, 4))
    def page(self, most):
        reply = self.client.sync(INBOX, self.state, most)
        assert reply.codes == ["NoError"]
        for kind, key in changes(reply):
            assert key not in self.told  # twice in a round
            self.told.add(key)
            if kind == "Delete":
                self.known.pop(key, None)
            else:
                assert (key in self.known) == (kind != "Create")
                self.known[key] = None
        self.state = reply.text("m:SyncState")
        self.last = reply.text("m:IncludesLastItemInRange") == "true"
        if self.last:
            self.told = set()

    def teardown(self):
        self.last = False
        while not self.last:
            self.page(4)
        self.page(500)  # what changed while that round was on
        inbox = self.box.well_known["inbox"].items
        assert set(self.known) == {to_ews(key) for key in inbox}
        self.sim.stop()


TestHistories = History.TestCase
TestHistories.settings = examples(20, stateful_step_count=25)
