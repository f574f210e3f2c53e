import asyncio
import time
import warnings

from odoo.tests import tagged

from .contact_case import ContactCase
from .test_contact_sync import picture


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


@tagged("post_install", "-at_install")
class TestContactRoundTrip(ContactCase):
    """What is written can be read by clients that others have made."""

    def setUp(self):
        super().setUp()
        germany = self.env.ref("base.de")
        state = self.env["res.country.state"].search(
            [("country_id", "=", germany.id)], limit=1
        )
        self.company = self.partner(
            "info@contoso.example", name="Contoso GmbH", is_company=True
        )
        self.ada = self.partner(
            "ada@contoso.example; ada@home.example",
            name="Dr. Ada von Lovelace",
            parent_id=self.company.id,
            function="Analyst",
            phone="+49 30 1",
            website="https://ada.example",
            comment="<p>First line</p><p>Second <b>line</b></p>",
            category_id=[(0, 0, {"name": "Gold"})],
            street="Main Street 1",
            street2="Back door",
            zip="10115",
            city="Berlin",
            state_id=state.id,
            country_id=germany.id,
            type="other",
        )
        self.partner(name="", type="delivery", parent_id=self.ada.id, street="Dock 7")
        self.ada.image_1920 = picture()
        self.state = state
        self.subscribe(self.ada)
        self.sync()
        self.token = self.sim.token_for(self.account.login)

    def test_with_microsofts_client(self):
        contact, photo = read_with_sdk(self.sim.url, self.token)["Dr. Ada von Lovelace"]
        self.assertEqual(contact.given_name, "Ada")
        self.assertEqual(contact.surname, "von Lovelace")
        self.assertEqual(contact.title, "Dr.")
        self.assertEqual(contact.file_as, "von Lovelace, Ada")
        self.assertEqual(contact.company_name, "Contoso GmbH")
        self.assertEqual(contact.job_title, "Analyst")
        self.assertEqual(
            [(each.name, each.address) for each in contact.email_addresses],
            [
                ("Dr. Ada von Lovelace", "ada@contoso.example"),
                ("Dr. Ada von Lovelace", "ada@home.example"),
            ],
        )
        self.assertEqual(contact.business_phones, ["+49 30 1"])
        self.assertEqual(contact.business_home_page, "https://ada.example")
        notes = contact.personal_notes.split()
        self.assertEqual(notes[:3], ["First", "line", "Second"])
        self.assertEqual(contact.categories, ["Odoo", "Gold"])
        place = contact.business_address
        self.assertEqual(place.street, "Main Street 1\nBack door")
        self.assertEqual(
            (place.postal_code, place.city, place.state, place.country_or_region),
            ("10115", "Berlin", self.state.name, "Germany"),
        )
        self.assertEqual(contact.other_address.street, "Dock 7")
        self.assertTrue(photo.startswith(b"\xff\xd8"))

    def test_with_o365(self):
        contact = read_with_o365(self.sim.url, self.token)["Dr. Ada von Lovelace"]
        self.assertEqual((contact.name, contact.surname), ("Ada", "von Lovelace"))
        self.assertEqual(contact.title, "Dr.")
        self.assertEqual(contact.company_name, "Contoso GmbH")
        self.assertEqual(contact.job_title, "Analyst")
        self.assertEqual(
            [each.address for each in contact.emails],
            ["ada@contoso.example", "ada@home.example"],
        )
        self.assertEqual(contact.business_phones, ["+49 30 1"])
        self.assertEqual(contact.business_address["city"], "Berlin")
        self.assertEqual(contact.other_address["street"], "Dock 7")
        self.assertEqual(set(contact.categories), {"Odoo", "Gold"})
        self.assertIn("Second", contact.personal_notes)
