"""What each version of Exchange knows and refuses."""

import pytest
from conftest import ANNA, eml
from simulator.ews.ids import to_ews
from simulator.ews.schemas import folder
from simulator.ews.uris import SINCE
from simulator.ews.versions import NAMES
from soap import INBOX

LOOK = (
    "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape>"
    f"<m:FolderIds>{INBOX}</m:FolderIds></m:GetFolder>"
)
NEW_FIELD = (
    "<t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>"
    '<t:FieldURI FieldURI="{}"/></t:AdditionalProperties>'
)


@pytest.fixture
def mail(sim):
    """The id of a mail of Anna's."""
    return to_ews(sim.drop(ANNA, "inbox", eml("Hello")).id)


@pytest.mark.parametrize(
    "played, major, minor, newest",
    [
        ("2010_SP2", "14", "3", "Exchange2010_SP2"),
        ("2013_SP1", "15", "0", "Exchange2013_SP1"),
        ("15.2", "15", "2", "Exchange2016"),
    ],
)
def test_a_server_tells_its_version_and_knows_no_newer_one(
    sim, box, played, major, minor, newest
):
    sim.quirks.exchange_version = played
    info = box.good(LOOK, version=newest).one("t:ServerVersionInfo")
    assert (info.get("MajorVersion"), info.get("MinorVersion")) == (major, minor)
    newer = [*NAMES, "Exchange2019"][NAMES.index(newest) + 1]
    reply = box.call(LOOK, version=newer)
    assert (reply.status, reply.codes) == (500, ["ErrorInvalidServerVersion"])
    sim.quirks.versions_checked = False
    assert box.call(LOOK, version=newer).status == 200


def test_an_old_mailbox_behind_a_new_server(sim, box):
    sim.user(ANNA).exchange_version = "2010_SP2"
    reply = box.call(LOOK, version="Exchange2013_SP1")
    assert reply.codes == ["ErrorInvalidSchemaVersionForMailboxVersion"]
    reply = box.good(LOOK, version="Exchange2010_SP2")
    assert reply.one("t:ServerVersionInfo").get("MajorVersion") == "14"


def test_fields_of_later_versions(sim, box, mail):
    shape = NEW_FIELD.format("item:TextBody")
    assert box.get(mail, shape=shape).text("t:TextBody").strip() == "Text of Hello"
    old = box.get(mail, shape=shape, version="Exchange2010_SP2")
    assert old.status == 500
    # With the schemas at hand the request does not even pass them.
    assert old.codes[0] in ("ErrorIncorrectSchemaVersion", "ErrorSchemaValidation")
    sim.quirks.exchange_version = "2010_SP2"
    refused = box.get(mail, shape=shape, version="Exchange2010_SP2")
    assert refused.codes == ["ErrorSchemaValidation"]
    assert "item:TextBody" in refused.text("t:Violation")


def test_an_answer_is_of_the_version_of_the_request(box, mail):
    new = box.get(mail, version="Exchange2013_SP1")
    assert new.text("t:Flag/t:FlagStatus") == "NotFlagged"
    old = box.get(mail, version="Exchange2010_SP2")
    assert not old.all("t:Flag") and not old.all("t:Preview")


def test_without_the_header_it_is_exchange_2007(box, mail):
    reply = box.get(mail, version="")
    assert not reply.all("t:ConversationId") and not reply.all("t:MailboxType")
    refused = box.get(mail, shape=NEW_FIELD.format("item:ConversationId"), version="")
    assert refused.status == 500


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<m:Nothing/>",
        "<m:GetItem/>",
        LOOK.replace("m:FolderIds", "m:Folders"),
        '<m:FindItem Traversal="Deep"/>',
        LOOK.replace("IdOnly", "Everything"),
    ],
)
def test_what_the_schema_does_not_allow_is_a_fault(box, body):
    reply = box.call(body)
    assert (reply.status, reply.codes) == (500, ["ErrorSchemaValidation"])
    assert reply.one("s:Fault/faultcode").text == "a:ErrorSchemaValidation"
    assert reply.text("t:Violation")


@pytest.mark.parametrize("data", [b"", b"x", b"<a/>", b"<!DOCTYPE a><a/>"])
def test_what_is_no_envelope_is_a_fault(sim, box, data):
    answer = box.session.post(sim.ews_url, data=data, timeout=60)
    assert answer.status_code == 500 and b"ErrorInvalidRequest" in answer.content


@pytest.mark.skipif(folder() is None, reason="the official schemas are not at hand")
def test_the_table_of_fields_is_that_of_the_schemas():
    from lxml import etree

    xs = "{http://www.w3.org/2001/XMLSchema}"
    for label, version in (("2010_SP1", 3), ("2010_SP2", 4), ("2013_SP1", 6)):
        root = etree.parse(str(folder() / label / "types.xsd"))
        known = {e.get("value") for e in root.iter(f"{xs}enumeration")}
        known |= {"item:MimeContentUTF8", "distributionlist:Members"}
        mine = {uri for uri, since in SINCE.items() if since <= version}
        assert mine <= known
        later = {uri for uri, since in SINCE.items() if since > version}
        assert not later & (known - {"item:MimeContentUTF8"})
