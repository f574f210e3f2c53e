"""Requests are written as text: whatever is in it comes out of a parser as it was."""

import pytest
from lxml import etree

from mapper.markup import Markup, node
from mapper.operations import Folder, ItemId, MasterOf, Shape, get_items
from mapper.soap import TYPES, envelope

ODD = [
    "",
    " ",
    "a<b>&c;\"d'",
    "]]>",
    "&amp;",
    "tab\tline\nreturn\r\nend",
    "Größe €\U0001f600",
    "<t:Mailbox/>",
]


def parsed(body):
    (_header, content) = etree.fromstring(envelope("Exchange2010_SP2", body))
    return content[0]


@pytest.mark.parametrize("text", ODD)
def test_texts_and_attributes_arrive_as_they_were(text):
    found = parsed(node("t:Entry", text, Key=text))
    assert (found.text or "", found.get("Key"), len(found)) == (text, text, 0)


@pytest.mark.parametrize("text", ODD)
def test_ids_arrive_as_they_were(text):
    one, other = ItemId(f"x{text}", "a version that is not asked for"), MasterOf(text)
    ids = parsed(get_items([one, other], Shape()))[1]
    assert [dict(each.attrib) for each in ids] == [
        {"Id": f"x{text}"},
        {"OccurrenceId": text},
    ]


def test_an_element_stays_one_and_its_text_none():
    inner = node("t:String", "a & b")
    found = parsed(node("t:Categories", [inner, None, str(inner)]))
    assert [each.tag for each in found] == [f"{{{TYPES}}}String"]
    assert found[0].tail == "<t:String>a &amp; b</t:String>"
    assert isinstance(inner, Markup)
    assert inner.name == "String"
    assert Folder(name="inbox").element().name == "DistinguishedFolderId"
