from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..models.contact_names import split_name
from ..models.contact_notes import plain_text
from ..models.contact_values import (
    Person,
    Place,
    addresses,
    body_hash,
    contact_body,
    difference,
    make_mark,
    read_mark,
    with_mark,
)
from .examples import examples

NAMES = {
    "Ada Lovelace": ("", "Ada", "Lovelace", ""),
    "  Ada   King  Lovelace ": ("", "Ada King", "Lovelace", ""),
    "Lovelace, Ada": ("", "Ada", "Lovelace", ""),
    "Dr. Anna von der Leyen": ("Dr.", "Anna", "von der Leyen", ""),
    "Prof. Dr. med. Max Mustermann": ("Prof. Dr. med.", "Max", "Mustermann", ""),
    "Vincent van Gogh": ("", "Vincent", "van Gogh", ""),
    "Oscar de la Renta": ("", "Oscar", "de la Renta", ""),
    "José Ortega y Gasset": ("", "José", "Ortega y Gasset", ""),
    "Martin Luther King Jr.": ("", "Martin Luther", "King", "Jr."),
    "John Smith, Jr.": ("", "John", "Smith", "Jr."),
    "von Goethe": ("", "", "von Goethe", ""),
    "Don Quixote": ("", "Don", "Quixote", ""),
    "Dr. House": ("Dr.", "", "House", ""),
    "山田 太郎": ("", "太郎", "山田", ""),
    "Madonna": ("", "Madonna", "", ""),
    "Dr.": ("", "Dr.", "", ""),
    "": ("", "", "", ""),
}
NOTES = {
    "<p>One</p><p>Two</p>": "One\nTwo",
    "<p>One</p><p><br></p><p>Two<br>three</p>": "One\n\nTwo\nthree",
    "as typed\nin two lines &amp; more": "as typed\nin two lines & more",
    "<ul><li>a</li><li><p>b</p></li></ul>c": "- a\n- b\nc",
    "<table><tr><td><p>1</p></td><td>2</td></tr><tr><td>3</td></tr></table>": "1\t2\n3",
    '<a href="https://x.example/y">here</a>': "here (https://x.example/y)",
    '<a href="mailto:a@b.c">a@b.c</a>': "a@b.c",
    '<img src="data:image/png;base64,AAAA" alt="logo">': "logo",
    "a<script>steal()</script><style>b{}</style>b": "ab",
    "<?xml version='1.0' encoding='utf-8'?><p>x</p>": "x",
    "<!---->": "",
    "&nbsp;": "",
}
# Pieces of HTML, whole and broken.
SCRAPS = (
    *("<p>", "</p>", "<br>", "<li>", "</ul>", "<td>", "</table>", "<a href='x:y'>"),
    *(
        "</a>",
        "<!--",
        "-->",
        "<![x[",
        "<script>steal()</script>",
        "<",
        ">",
        "&",
        "<!x>",
    ),
)
FULL = Person(
    name="Ada Lovelace",
    company="Engines Ltd",
    function="Analyst",
    department="Numbers",
    emails="ada@x.example, a.l@y.example",
    phone="+44 1",
    mobile="+44 2",
    business=Place(
        "Main St 1", "Back door", "London", "Greater", "N1", "United Kingdom"
    ),
    delivery=Place("Dock 7", "", "", "", "", ""),
    website="https://x.example",
    notes="One\nTwo",
    tags=("Gold", "A, B"),
    birthday=date(1815, 12, 10),
)


@tagged("post_install", "-at_install")
class TestContactValues(BaseCase):
    """An address of Odoo in Outlook's words."""

    def test_names_are_divided(self):
        for text, parts in NAMES.items():
            self.assertEqual(tuple(split_name(text)), parts, text)

    def test_a_full_contact(self):
        body = contact_body(FULL)
        self.assertEqual(body["displayName"], "Ada Lovelace")
        self.assertEqual(body["fileAs"], "Lovelace, Ada")
        self.assertEqual(
            body["emailAddresses"],
            [
                {"name": "Ada Lovelace", "address": "ada@x.example"},
                {"name": "Ada Lovelace", "address": "a.l@y.example"},
            ],
        )
        self.assertEqual(body["businessAddress"]["street"], "Main St 1\nBack door")
        self.assertEqual(body["otherAddress"]["street"], "Dock 7")
        self.assertEqual(body["birthday"], "1815-12-10T11:59:00Z")
        self.assertEqual(body["categories"], ["Odoo", "A B", "Gold"])
        self.assertEqual(body["personalNotes"], "One\nTwo")

    def test_a_company(self):
        body = contact_body(Person(name="Mr. Wash Ltd", is_company=True))
        self.assertEqual(body["companyName"], "Mr. Wash Ltd")
        self.assertEqual(body["fileAs"], "Mr. Wash Ltd")
        self.assertEqual((body["givenName"], body["surname"]), (None, None))

    def test_firms_that_are_persons_in_odoo(self):
        for name in ("Müller GmbH & Co. KG", "Contoso AG", "Fabrikam Inc."):
            body = contact_body(Person(name=name))
            self.assertEqual((body["companyName"], body["surname"]), (name, None))
            self.assertEqual(body["fileAs"], name)
        for name in ("Kim Co", "Peter Ag", "AG"):
            self.assertFalse(contact_body(Person(name=name))["companyName"], name)

    def test_notes(self):
        for html, text in NOTES.items():
            self.assertEqual(plain_text(html), text, html)

    @examples(150)
    @given(st.lists(st.sampled_from([*SCRAPS, "a", " ", "&#0;"])))
    def test_any_html_makes_notes(self, scraps):
        text = plain_text("".join(scraps))
        self.assertEqual(text, text.strip())

    def test_names_that_odoo_keeps_apart_are_taken(self):
        person = Person(name="Ada Lovelace King", given="Ada", surname="Lovelace King")
        body = contact_body(person)
        self.assertEqual((body["givenName"], body["surname"]), ("Ada", "Lovelace King"))
        self.assertEqual(body["fileAs"], "Lovelace King, Ada")

    def test_addresses(self):
        for text, found in (
            ("a@b.c", ["a@b.c"]),
            ("Ada <a@b.c>; B@d.e", ["a@b.c", "B@d.e"]),
            ("a@b.c, A@B.C", ["a@b.c"]),
            ("1@x.y 2@x.y 3@x.y 4@x.y", ["1@x.y", "2@x.y", "3@x.y"]),
            ("none", []),
            ("o'brien@x.example", ["o'brien@x.example"]),
            ("'a@b.c' (work)", ["a@b.c"]),
            ("mailto:a@b.c.", ["a@b.c"]),
            ('"Doe, John" <j@d.e>|(k@d.e)/l@d.e', ["j@d.e", "k@d.e", "l@d.e"]),
            ("ä@müller.example\u200b", ["ä@müller.example"]),
            ("a@@b.c", []),
            ("a@b..c", []),
            ("x" * 300 + "@b.c", []),
            ("x" * 100_000, []),
            ("", []),
        ):
            self.assertEqual(addresses(text), found, text)

    def test_new_contacts_are_sent_without_what_is_empty(self):
        body = contact_body(Person(name="Ada"))
        sent = with_mark(body, "uuid:1", new=True)
        names = {"displayName", "givenName", "fileAs", "categories"}
        self.assertEqual(set(sent), names | {"singleValueExtendedProperties"})
        self.assertEqual(set(with_mark(body, "m")) - set(body), set(sent) - set(body))

    def test_marks(self):
        self.assertEqual(read_mark(make_mark("abc", 7), "abc"), 7)
        for other in ("", None, "abc", "abd:7", "abc:", "abc:x", "abc:-1", ":7"):
            self.assertIsNone(read_mark(other, "abc"), other)

    def test_no_difference_where_exchange_spells_otherwise(self):
        body = contact_body(FULL)
        item = {
            **body,
            "emailAddresses": [
                {**row, "address": row["address"].upper()}
                for row in body["emailAddresses"]
            ],
            "personalNotes": "One\r\nTwo\r\n",
            "birthday": "1815-12-10T00:00:00Z",
            "categories": ["Gold", "Odoo", "A B"],
            "homePhones": None,
            "homeAddress": {},
            "otherAddress": {"street": "Dock 7"},
            "department": "Numbers ",
        }
        self.assertEqual(difference(body, item), {})
        item["jobTitle"] = "Poet"
        item["businessAddress"] = {**body["businessAddress"], "city": "Paris"}
        self.assertEqual(set(difference(body, item)), {"jobTitle", "businessAddress"})

    @examples(150)
    @given(st.text(max_size=600), st.text(max_size=1200))
    def test_any_text_makes_a_contact(self, name, text):
        place = Place(text, name, text, name, text, name)
        person = Person(
            name=name,
            company=text,
            emails=text,
            phone=text,
            business=place,
            notes=text,
            tags=(text, name),
        )
        body = contact_body(person)
        self.assertEqual(body_hash(body), body_hash(contact_body(person)))
        for value in (body["displayName"], body["companyName"], *body["categories"]):
            self.assertLessEqual(len((value or "").encode("utf-16-le")), 510)
        self.assertEqual(difference(body, body), {})
