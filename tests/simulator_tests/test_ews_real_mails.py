"""Real mails by Exchange Web Services: valid answers, whatever the mail is like."""

import base64

from conftest import ANNA
from lxml import etree
from real_mails import cpython_mails, odoo_mails
from simulator import Simulator
from simulator.ews.ids import to_ews
from soap import ALL, Soap

SHAPE = f"{ALL}<t:IncludeMimeContent>true</t:IncludeMimeContent>"


def test_each_of_them_is_told_whole_and_by_the_schema():
    with Simulator(tls_port=None, contract=True) as sim:
        sim.add_mailbox(ANNA)
        box = Soap(sim.ews_url, ANNA)
        mails = {**cpython_mails(), **odoo_mails()}
        assert mails, "neither CPython's nor Odoo's mails were found"
        for path, raw in mails.items():
            item = sim.drop(ANNA, "inbox", raw)
            for version in ("Exchange2010_SP2", "Exchange2016"):
                try:
                    reply = box.get(to_ews(item.id), shape=SHAPE, version=version)
                except etree.XMLSyntaxError as error:
                    assert "xmlChar" in str(error), path  # forbidden characters
                    continue
                assert reply.codes == ["NoError"], (path, reply.http.text[:500])
                assert base64.b64decode(reply.text("t:Message/t:MimeContent")) == raw
            assert sim.contract_problems == [], path
