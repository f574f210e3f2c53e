"""Mails: what changed in a folder, their content, and what we do to them.

A mail is named by a pair (folder id, message id), because the mapper's short paths need
both.  Bodies are Graph's own objects.

Source: https://learn.microsoft.com/graph/api/resources/message
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .batch import BatchRequest
from .delta import PAGE_SIZE, DeltaPage, page, rounds
from .errors import ClientError, NotFound, TransportError
from .resource import Resource

#: (folder id, message id)
MessageRef = tuple[str, str]

#: Enough to tell whether a mail is new to us, without its content.
LIST_FIELDS = (
    "id,internetMessageId,subject,from,sender,sentDateTime,receivedDateTime,"
    "parentFolderId,hasAttachments,isDraft,categories"
)
#: Everything of a mail but its attachments.
FULL_FIELDS = (
    "id,internetMessageId,internetMessageHeaders,subject,body,from,sender,"
    "toRecipients,ccRecipients,bccRecipients,replyTo,sentDateTime,receivedDateTime,"
    "createdDateTime,lastModifiedDateTime,changeKey,parentFolderId,conversationId,"
    "conversationIndex,hasAttachments,importance,categories,isRead,isDraft"
)
#: What is known of an attachment without its bytes.
ATTACHMENT_FIELDS = "id,name,contentType,size,isInline,lastModifiedDateTime"


class Messages(Resource):
    """The mail part of a mailbox."""

    def message_delta(
        self,
        folder_id: str,
        link: str | None = None,
        page_size: int = PAGE_SIZE,
        select: str = LIST_FIELDS,
    ) -> DeltaPage:
        """One page of what changed in a folder; without ``link`` a round begins.

        https://learn.microsoft.com/graph/api/message-delta
        """
        start = link or self.paths.messages_delta(folder_id)
        return page(self.session, start, page_size, query={"$select": select})

    def message_rounds(
        self,
        folder_id: str,
        link: str | None = None,
        page_size: int = PAGE_SIZE,
        select: str = LIST_FIELDS,
    ) -> Iterator[DeltaPage]:
        """All pages of the round, each fetched when it is asked for."""
        start = link or self.paths.messages_delta(folder_id)
        return rounds(self.session, start, page_size, query={"$select": select})

    def get_messages(
        self,
        refs: Sequence[MessageRef],
        *,
        attachments: bool = True,
        select: str = FULL_FIELDS,
    ) -> list[dict[str, Any] | ClientError]:
        """The mails, in order, with attachments; per mail its content or its error.

        A mail that is too large to be read at once is a :class:`ResponseTooLarge`: take
        it without attachments then, and these one by one.
        https://learn.microsoft.com/graph/api/message-get
        """
        expand = "attachments" if attachments else None
        return self._each("GET", refs, {"$select": select, "$expand": expand})

    def message_mime(
        self, folder_id: str, message_id: str, max_bytes: int | None = None
    ) -> bytes:
        """The mail as RFC 5322 text, as Exchange rebuilds it.

        https://learn.microsoft.com/graph/outlook-get-mime-message
        """
        path = self.paths.message_mime(folder_id, message_id)
        return self.session.request("GET", path, raw=True, max_bytes=max_bytes).content

    def attachments_info(self, folder_id: str, message_id: str) -> list[dict[str, Any]]:
        """What a mail has attached, without the bytes (``size`` is in bytes).

        https://learn.microsoft.com/graph/api/message-list-attachments
        """
        path = self.paths.attachments(folder_id, message_id)
        return list(self.listing(path, {"$select": ATTACHMENT_FIELDS}))

    def attachment(
        self,
        folder_id: str,
        message_id: str,
        attachment_id: str,
        max_bytes: int | None = None,
    ) -> dict[str, Any]:
        """One attachment with ``contentBytes`` (base64) and ``contentId``.

        https://learn.microsoft.com/graph/api/attachment-get
        """
        path = self.paths.attachment(folder_id, message_id, attachment_id)
        return self.session.request("GET", path, max_bytes=max_bytes).json

    def attachment_bytes(
        self,
        folder_id: str,
        message_id: str,
        attachment_id: str,
        max_bytes: int | None = None,
    ) -> bytes:
        """The bytes of one attachment; of an attached mail its RFC 5322 text.

        :raises ResponseTooLarge: it has more than ``max_bytes``
        """
        path = self.paths.attachment_content(folder_id, message_id, attachment_id)
        return self.session.request("GET", path, raw=True, max_bytes=max_bytes).content

    #: An attached item comes as its MIME text from the same address.
    attachment_mime = attachment_bytes

    def delete_messages(self, refs: Sequence[MessageRef]) -> list[ClientError | None]:
        """Move mails to the mailbox's deleted items; per mail ``None`` or its error.

        What is not there any more counts as done.
        https://learn.microsoft.com/graph/api/message-delete
        """
        outcomes = self._each("DELETE", refs, None)
        return [
            outcome
            if isinstance(outcome, ClientError) and not isinstance(outcome, NotFound)
            else None
            for outcome in outcomes
        ]

    def set_categories(
        self,
        folder_id: str,
        message_id: str,
        categories: Sequence[str],
        etag: str | None = None,
    ) -> dict[str, Any]:
        """Replace the categories (coloured marks) of a mail; gives the mail.

        https://learn.microsoft.com/graph/api/message-update
        """
        path = self.paths.message(folder_id, message_id)
        body = {"categories": list(categories)}
        return self.session.request("PATCH", path, json=body, etag=etag).json

    def move_message(
        self, folder_id: str, message_id: str, destination_id: str
    ) -> dict[str, Any]:
        """Move a mail to another folder; gives the mail as it is there.

        https://learn.microsoft.com/graph/api/message-move
        """
        path = self.paths.move(folder_id, message_id)
        body = {"destinationId": destination_id}
        return self.session.request("POST", path, json=body).json

    def _each(
        self, method: str, refs: Sequence[MessageRef], query: dict[str, object] | None
    ) -> list[dict[str, Any] | ClientError]:
        """One request a mail, twenty at a time; an unusable id is a value too."""
        outcomes: list[dict[str, Any] | ClientError] = []
        requests: list[BatchRequest] = []
        for ref in refs:
            try:
                requests.append(BatchRequest(method, self.paths.message(*ref), query))
                outcomes.append({})
            except ClientError as error:
                outcomes.append(error)
        answers = iter(self.batch(requests))
        return [
            outcome
            if isinstance(outcome, ClientError)
            else self._body(next(answers).json())
            for outcome in outcomes
        ]

    @staticmethod
    def _body(body: dict[str, Any] | ClientError) -> dict[str, Any] | ClientError:
        if isinstance(body, ClientError) or not body or isinstance(body.get("id"), str):
            return body
        return TransportError("The server's answer is not a message.")
