import asyncio
import time
import warnings
from datetime import date

from odoo.tests import tagged

from ..models.contact_values import Place
from .contact_case import ContactCase, picture


def read_with_sdk(root, token):
    """The contacts as Microsoft's own client gives them, {name: contact}."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from azure.core.credentials import AccessToken
        from kiota_authentication_azure.azure_identity_authentication_provider import (
            AzureIdentityAuthenticationProvider,
        )
        from msgraph import GraphRequestAdapter, GraphServiceClient

    class Credential:
        def get_token(self, *_scopes, **_options):
            return AccessToken(token, int(time.time()) + 3600)

        def close(self):
            """Nothing is open."""

    async def work():
        host = root.split("/")[2]
        provider = AzureIdentityAuthenticationProvider(
            Credential(), allowed_hosts=[host, host.partition(":")[0]]
        )
        adapter = GraphRequestAdapter(provider)
        adapter.base_url = root
        found = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            client = GraphServiceClient(request_adapter=adapter)
            for item in (await client.me.contacts.get()).value:
                builder = client.me.contacts.by_contact_id(item.id)
                photo = await builder.photo.content.get()
                found[item.display_name] = (item, photo)
        return found

    return asyncio.run(work())


def read_with_o365(root, token):
    """The contacts as O365 gives them, {name: contact}."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from O365 import Account, MSGraphProtocol
    host = "/".join(root.split("/")[:3])

    class Protocol(MSGraphProtocol):
        _protocol_url = f"{host}/"

    protocol = Protocol(api_version="v1.0", default_resource="me")
    protocol.service_url = f"{host}/v1.0/"
    account = Account(("id", "secret"), protocol=protocol)
    session = account.con.get_naive_session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {token}"
    account.con.session = session
    account.con.oauth_request = lambda url, method, **more: (
        account.con._internal_request(session, url, method, **more)
    )
    contacts = account.address_book().get_contacts(limit=None)
    return {contact.display_name: contact for contact in contacts}


# What msgraph-sdk and O365 call the properties of a contact.
SDK = {
    "displayName": "display_name",
    "fileAs": "file_as",
    "givenName": "given_name",
    "surname": "surname",
    "title": "title",
    "generation": "generation",
    "companyName": "company_name",
    "department": "department",
    "jobTitle": "job_title",
    "businessPhones": "business_phones",
    "homePhones": "home_phones",
    "mobilePhone": "mobile_phone",
    "businessHomePage": "business_home_page",
    "personalNotes": "personal_notes",
    "categories": "categories",
}
O365 = {**SDK, "givenName": "name", "fileAs": None, "generation": None}
O365["businessHomePage"] = None
ADDRESSES = ("business_address", "home_address", "other_address")
PLACES = ("businessAddress", "homeAddress", "otherAddress")
PLACE = {
    "street": "street",
    "city": "city",
    "state": "state",
    "countryOrRegion": "country_or_region",
    "postalCode": "postal_code",
}


@tagged("post_install", "-at_install")
class TestContactRoundTrip(ContactCase):
    """What is written can be read by clients that others have made: every field."""

    def setUp(self):
        super().setUp()
        self.germany = self.env.ref("base.de")
        self.state = self.env["res.country.state"].search(
            [("country_id", "=", self.germany.id)], limit=1
        )
        company = self.partner(
            "info@contoso.example",
            name="Contoso GmbH",
            is_company=True,
            city="Köln",
            website="https://contoso.example",
        )
        self.ada = self.partner(
            "ada@contoso.example; ada@home.example",
            name="Dr. Ada von Lovelace Jr.",
            parent_id=company.id,
            function="Analyst",
            phone="+49 30 1",
            website="https://ada.example",
            comment="<p>First line</p><ul><li>Second <b>line</b></li></ul>",
            category_id=[(0, 0, {"name": "Gold"})],
            type="other",
            **self.place("Main Street 1"),
        )
        self.ada.image_1920 = picture()
        dock = self.place("Dock 7")
        self.partner(None, name="", type="delivery", parent_id=self.ada.id, **dock)

    def place(self, street):
        return {
            "street": street,
            "street2": "Back door",
            "zip": "10115",
            "city": "Berlin",
            "state_id": self.state.id,
            "country_id": self.germany.id,
        }

    def expected(self):
        """All that is written; what only other addons bring is added here."""
        place = {
            "street": "Main Street 1\nBack door",
            "city": "Berlin",
            "state": self.state.name,
            "countryOrRegion": "Germany",
            "postalCode": "10115",
        }
        return {
            "displayName": "Dr. Ada von Lovelace Jr.",
            "fileAs": "von Lovelace, Ada",
            "givenName": "Ada",
            "surname": "von Lovelace",
            "title": "Dr.",
            "generation": "Jr.",
            "companyName": "Contoso GmbH",
            "department": "Numbers",
            "jobTitle": "Analyst",
            "businessPhones": ["+49 30 1"],
            "homePhones": ["+49 30 2"],
            "mobilePhone": "+49 171 3",
            "businessHomePage": "https://ada.example",
            "personalNotes": "First line\n- Second line",
            "categories": ["Odoo", "Gold"],
            "emailAddresses": ["ada@contoso.example", "ada@home.example"],
            "birthday": "1815-12-10",
            "businessAddress": place,
            "otherAddress": {**place, "street": "Dock 7\nBack door"},
            "homeAddress": {**place, "street": "Park 3\nBack door"},
        }

    def write_all(self):
        """Write the contact, with what an Odoo of many addons knows of her."""
        reader = type(self.env["exchange.contact.reader"])
        person = reader._person
        expected = self.expected()
        home = Place("Park 3", "Back door", *rest_of(expected["businessAddress"]))
        more = {
            "department": "Numbers",
            "mobile": "+49 171 3",
            "home": home,
            "home_phone": "+49 30 2",
            "birthday": date(1815, 12, 10),
        }
        self.patch(reader, "_person", lambda *args: {**person(*args), **more})
        self.subscribe(self.ada)
        self.sync()
        self.assertEqual(set(expected), set(self.body()), "a field is not compared")
        return self.sim.token_for(self.account.login)

    def body(self):
        sync = self.env["exchange.sync.contact"]
        return sync._read_bodies(self.account, self.ada.ids)[self.ada.id]

    def test_with_microsofts_client(self):
        token = self.write_all()
        contact, photo = read_with_sdk(self.sim.url, token)["Dr. Ada von Lovelace Jr."]
        found = {name: getattr(contact, ours) for name, ours in SDK.items()}
        found["emailAddresses"] = [each.address for each in contact.email_addresses]
        found["birthday"] = contact.birthday.date().isoformat()
        for name, ours in zip(PLACES, ADDRESSES, strict=True):
            place = getattr(contact, ours)
            found[name] = {part: getattr(place, key) for part, key in PLACE.items()}
        self.assertEqual(found, self.expected())
        self.assertEqual(
            {each.name for each in contact.email_addresses}, {contact.display_name}
        )
        self.assertTrue(photo.startswith(b"\xff\xd8"))

    def test_with_o365(self):
        token = self.write_all()
        contact = read_with_o365(self.sim.url, token)["Dr. Ada von Lovelace Jr."]
        expected = self.expected()
        names = {name: ours for name, ours in O365.items() if ours}
        names |= dict(zip(PLACES, ADDRESSES, strict=True))
        found = {name: getattr(contact, ours) for name, ours in names.items()}
        found["categories"] = sorted(found["categories"], key=len, reverse=True)
        expected["categories"].sort(key=len, reverse=True)
        found["emailAddresses"] = [each.address for each in contact.emails]
        self.assertEqual(found, {name: expected[name] for name in found})
        # The four that O365 does not know of.
        unknown = {"fileAs", "generation", "businessHomePage", "birthday"}
        self.assertEqual(set(expected) - set(found), unknown)


def rest_of(place):
    """The rest of an address after its streets, as Odoo keeps it."""
    return (place[name] for name in ("city", "state", "postalCode", "countryOrRegion"))
