"""Clients that nobody made for the simulator: Microsoft's SDK and O365."""

import asyncio
import contextlib
import datetime
import sys
import types

import pytest
from azure.core.credentials import AccessToken
from conftest import ANNA, eml
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.file_attachment import FileAttachment
from msgraph.generated.models.item_attachment import ItemAttachment
from msgraph.generated.models.mail_folder import MailFolder
from msgraph.generated.models.message import Message
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.users.item.mail_folders.item.messages.item import (
    message_item_request_builder as one_message,
)
from msgraph.generated.users.item.mail_folders.item.messages.item.move import (
    move_post_request_body as move_body,
)
from O365 import Account, MSGraphProtocol
from rich_mail import PICTURE, RICH

with contextlib.suppress(ImportError):
    import deprecated
if "deprecated" not in sys.modules:
    # msgraph-core uses this decorator for its batches and does not declare it.
    deprecated = types.ModuleType("deprecated")
    deprecated.deprecated = lambda *_args, **_more: lambda function: function
    sys.modules["deprecated"] = deprecated
from msgraph_core.requests.batch_request_content import (  # noqa: E402
    BatchRequestContent,
)


class Credential:
    """A credential that has its token already."""

    def __init__(self, token):
        self.token = token

    def get_token(self, *scopes, **more):
        """The token, good for an hour."""
        return AccessToken(self.token, int(datetime.datetime.now().timestamp()) + 3600)


@pytest.fixture
def sdk(sim):
    """Run something with the official client."""

    def run(work):
        async def whole():
            host = f"127.0.0.1:{sim.port}"
            provider = AzureIdentityAuthenticationProvider(
                Credential(sim.token_for(ANNA)), allowed_hosts=["127.0.0.1", host]
            )
            adapter = GraphRequestAdapter(provider)
            adapter.base_url = sim.url
            return await work(GraphServiceClient(request_adapter=adapter))

        return asyncio.run(whole())

    return run


def test_me_and_folders(sim, sdk):
    sim.drop(ANNA, "Inbox/Ein", eml("Hello"))

    async def work(client):
        me = await client.me.get()
        assert me.mail == ANNA and me.display_name == "Anna Abel"
        folders = await client.me.mail_folders.get()
        assert "Inbox" in {folder.display_name for folder in folders.value}
        inbox = client.me.mail_folders.by_mail_folder_id("inbox")
        (child,) = (await inbox.child_folders.get()).value
        assert child.display_name == "Ein" and child.total_item_count == 1
        made = await inbox.child_folders.post(MailFolder(display_name="Aus"))
        assert made.parent_folder_id == child.parent_folder_id

    sdk(work)


def test_a_mail_with_attachments(sim, sdk):
    item = sim.drop(ANNA, "Inbox", RICH)

    async def work(client):
        request = client.me.messages.by_message_id(item.id)
        message = await request.get()
        assert message.subject == "Rich" and message.has_attachments is True
        assert message.received_date_time.tzinfo is not None
        assert message.from_.email_address.address == "bob@example.org"
        picture, pdf, inner = (await request.attachments.get()).value
        assert isinstance(picture, FileAttachment)
        assert picture.content_bytes == PICTURE
        assert (pdf.name, pdf.is_inline) == ("a.pdf", False)
        assert isinstance(inner, ItemAttachment)
        assert await request.content.get() == RICH

    sdk(work)


def test_selecting_expanding_and_headers(sim, sdk):
    item = sim.drop(ANNA, "Inbox", RICH)
    builder = one_message.MessageItemRequestBuilder
    query = builder.MessageItemRequestBuilderGetQueryParameters(
        select=["subject", "internetMessageHeaders"],
        expand=["attachments($select=name)"],
    )

    async def work(client):
        config = one_message.RequestConfiguration(query_parameters=query)
        config.headers.add("Prefer", 'IdType="ImmutableId"')
        inbox = client.me.mail_folders.by_mail_folder_id("inbox")
        message = await inbox.messages.by_message_id(item.id).get(config)
        assert message.id == item.immutable_id
        assert [a.name for a in message.attachments] == ["pic.png", "a.pdf", "Inner"]
        headers = {h.name: h.value for h in message.internet_message_headers}
        assert headers["X-Custom"] == "one"
        assert message.body is None

    sdk(work)


def test_changing_moving_and_deleting(sim, sdk):
    item = sim.drop(ANNA, "Inbox", eml("Hello"))

    async def work(client):
        inbox = client.me.mail_folders.by_mail_folder_id("inbox")
        request = inbox.messages.by_message_id(item.id)
        changed = await request.patch(Message(categories=["Odoo"], is_read=True))
        assert changed.categories == ["Odoo"] and changed.is_read is True
        body = move_body.MovePostRequestBody(destination_id="archive")
        moved = await request.move.post(body)
        assert moved.id != changed.id
        await client.me.messages.by_message_id(moved.id).delete()
        with pytest.raises(ODataError) as caught:
            await client.me.messages.by_message_id(moved.id).get()
        assert caught.value.response_status_code == 404
        assert caught.value.error.code == "ErrorItemNotFound"

    sdk(work)


def test_delta_rounds(sim, sdk):
    for number in range(25):
        sim.drop(ANNA, "Inbox", eml(f"mail {number}"))

    async def whole_round(request):
        found, page = [], await request.get()
        while True:
            found += page.value
            if page.odata_delta_link:
                return found, page.odata_delta_link
            page = await request.with_url(page.odata_next_link).get()

    async def work(client):
        inbox = client.me.mail_folders.by_mail_folder_id("inbox")
        found, link = await whole_round(inbox.messages.delta)
        assert {m.subject for m in found} == {f"mail {n}" for n in range(25)}
        await inbox.messages.by_message_id(found[0].id).delete()
        found, _link = await whole_round(inbox.messages.delta.with_url(link))
        assert found[0].additional_data["@removed"] == {"reason": "deleted"}

    sdk(work)


def test_batch(sim, sdk):
    raws = [eml(f"mail {n}") for n in range(3)]
    items = [sim.drop(ANNA, "Inbox", raw) for raw in raws]

    async def work(client):
        content = BatchRequestContent()
        for item in items:
            # MIME, for the SDK does not read JSON bodies of a batch.
            request = client.me.messages.by_message_id(item.id).content
            content.add_request_information(request.to_get_request_information())
        answer = await client.batch.post(batch_request_content=content)
        statuses = answer.get_response_status_codes()
        assert list(statuses.values()) == [200, 200, 200]
        found = [answer.get_response_stream_by_id(key).read() for key in statuses]
        assert sorted(found) == sorted(raws)

    sdk(work)


@pytest.fixture
def account(sim):
    """O365's account, with a token from nowhere."""

    class Protocol(MSGraphProtocol):
        _protocol_url = f"http://127.0.0.1:{sim.port}/"

    protocol = Protocol(api_version="v1.0", default_resource="me")
    protocol.service_url = f"http://127.0.0.1:{sim.port}/v1.0/"
    account = Account(("id", "secret"), protocol=protocol)
    session = account.con.get_naive_session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {sim.token_for(ANNA)}"
    account.con.session = session
    account.con.oauth_request = lambda url, method, **more: (
        account.con._internal_request(session, url, method, **more)
    )
    return account


def test_o365_reads_and_changes_mail(sim, account):
    sim.drop(ANNA, "Inbox", RICH)
    sim.drop(ANNA, "Inbox/Ein", eml("Deep"))
    mailbox = account.mailbox()
    inbox = mailbox.inbox_folder()
    (message,) = list(inbox.get_messages(limit=5, download_attachments=True))
    assert message.subject == "Rich"
    assert message.sender.address == "bob@example.org"
    assert {a.name for a in message.attachments} >= {"a.pdf", "Inner"}
    folder = inbox.get_folder(folder_name="Ein")
    (deep,) = list(folder.get_messages())
    assert deep.get_body_text().strip() == "Text of Deep" or deep.body
    assert deep.mark_as_read()
    assert deep.move("archive")
    assert deep.get_mime_content().startswith(b"From: Bob")
