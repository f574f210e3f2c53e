"""Mails: what changed in a folder, their content, and what we do to them.

A mail is named by a pair (folder id, message id), because the mapper's short paths need
both.  Bodies are Graph's own objects.

Source: https://learn.microsoft.com/graph/api/resources/message
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .batch import BatchRequest
from .delta import PAGE_SIZE, DeltaPage, page, rounds
from .errors import BadRequest, ClientError, NotFound, ServerError
from .folders import Folders

#: (folder id, message id)
MessageRef = tuple[str, str]

#: Enough to tell whether a mail is new to us, without its content.
LIST_FIELDS = (
    "id,internetMessageId,subject,from,sender,toRecipients,ccRecipients,sentDateTime,"
    "receivedDateTime,parentFolderId,hasAttachments,isDraft,bodyPreview"
)
#: Everything of a mail but its attachments.
FULL_FIELDS = (
    "id,internetMessageId,internetMessageHeaders,subject,body,bodyPreview,from,sender,"
    "toRecipients,ccRecipients,bccRecipients,replyTo,sentDateTime,receivedDateTime,"
    "createdDateTime,lastModifiedDateTime,changeKey,parentFolderId,conversationId,"
    "conversationIndex,hasAttachments,importance,categories,isRead,isDraft"
)
#: Where a mail is and which version it has.
PLACE_FIELDS = "id,parentFolderId,changeKey"
#: What is known of an attachment without its bytes.
ATTACHMENT_FIELDS = "id,name,contentType,size,isInline"
# only files have one, so it is not among the properties of attachments in general
_CONTENT_ID = "microsoft.graph.fileAttachment/contentId"
_REST = "attachments@odata.nextLink"


class Messages(Folders):
    """The mail part of a mailbox: its folders and messages."""

    def delta(
        self,
        folder_id: str,
        link: str | None = None,
        page_size: int | None = PAGE_SIZE,
        select: str = LIST_FIELDS,
    ) -> DeltaPage:
        """One page of what changed in a folder; without ``link`` a round begins.

        https://learn.microsoft.com/graph/api/message-delta
        """
        start = link or self.paths.messages_delta(folder_id)
        return page(self.session, start, page_size, query={"$select": select})

    def rounds(
        self,
        folder_id: str,
        link: str | None = None,
        page_size: int | None = PAGE_SIZE,
        select: str = LIST_FIELDS,
    ) -> Iterator[DeltaPage]:
        """All pages of the round, each fetched when it is asked for."""
        start = link or self.paths.messages_delta(folder_id)
        return rounds(self.session, start, page_size, query={"$select": select})

    def get_many(
        self, refs: Sequence[MessageRef], select: str = FULL_FIELDS
    ) -> list[dict[str, Any] | ClientError]:
        """Mails with their attachments, in order; for each its content or its error.

        A mail that is too large to be read at once is a :class:`ResponseTooLarge`: take
        it :meth:`without_contents` then, and its attachments one by one.
        https://learn.microsoft.com/graph/api/message-get
        """
        query = {"$select": select, "$expand": "attachments"}
        found = self._each("GET", [(*ref, "") for ref in refs], query)
        return [self._whole(each) for each in found]

    def without_contents(
        self, folder_id: str, message_id: str, select: str = FULL_FIELDS
    ) -> dict[str, Any]:
        """A mail whose ``attachments`` tell all but their bytes (``size`` in bytes).

        A server that cannot give the content ids of files leaves them out.
        https://learn.microsoft.com/graph/api/message-list-attachments
        """
        path = self.paths.message(folder_id, message_id)
        try:
            fields = f"{ATTACHMENT_FIELDS},{_CONTENT_ID}"
            return self._without_contents(path, select, fields)
        except BadRequest:
            return self._without_contents(path, select, ATTACHMENT_FIELDS)

    def place(self, folder_id: str, message_id: str) -> dict[str, Any]:
        """Where a mail is now (``parentFolderId``) and its version (``@odata.etag``).

        :raises NotFound: it is not in the mailbox any more
        """
        path = self.paths.message(folder_id, message_id)
        return self.session.request("GET", path, query={"$select": PLACE_FIELDS}).json

    def mime(
        self, folder_id: str, message_id: str, max_bytes: int | None = None
    ) -> bytes:
        """A mail as RFC 5322 text, as Exchange rebuilds it.

        https://learn.microsoft.com/graph/outlook-get-mime-message

        :raises ResponseTooLarge: it has more than ``max_bytes``
        """
        path = self.paths.message_mime(folder_id, message_id)
        return self.session.request("GET", path, raw=True, max_bytes=max_bytes).content

    def attachment_content(
        self,
        folder_id: str,
        message_id: str,
        attachment_id: str,
        max_bytes: int | None = None,
    ) -> bytes:
        """The bytes of one attachment; of an attached mail its RFC 5322 text.

        https://learn.microsoft.com/graph/api/attachment-get

        :raises ResponseTooLarge: it has more than ``max_bytes``
        """
        path = self.paths.attachment_content(folder_id, message_id, attachment_id)
        return self.session.request("GET", path, raw=True, max_bytes=max_bytes).content

    def delete(
        self, refs: Sequence[tuple[str, str] | tuple[str, str, str | None]]
    ) -> list[ClientError | None]:
        """Move mails to the mailbox's deleted items; for each ``None`` or its error.

        What is not there any more counts as done.
        https://learn.microsoft.com/graph/api/message-delete

        :param refs: (folder id, message id) or (folder id, message id, etag): with an
            etag a mail that was changed since is a :class:`Conflict`
        """
        triples = [(ref[0], ref[1], ref[2] if len(ref) > 2 else "") for ref in refs]
        return [
            outcome
            if isinstance(outcome, ClientError) and not isinstance(outcome, NotFound)
            else None
            for outcome in self._each("DELETE", triples, None)
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

    def add_category(
        self, refs: Sequence[MessageRef], category: str
    ) -> list[ClientError | None]:
        """Mark mails with a category beside those they have; per mail ``None`` or its
        error.

        https://learn.microsoft.com/graph/api/message-update
        """
        query = {"$select": "id,categories"}
        outcomes = self._each("GET", [(*ref, "") for ref in refs], query)
        requests: list[BatchRequest] = []
        numbers: list[int] = []
        results: list[ClientError | None] = []
        for number, (ref, mail) in enumerate(zip(refs, outcomes, strict=True)):
            results.append(mail if isinstance(mail, ClientError) else None)
            if isinstance(mail, ClientError):
                continue
            present = [str(each) for each in mail.get("categories") or []]
            if category not in present:
                numbers.append(number)
                requests.append(
                    BatchRequest(
                        "PATCH",
                        self.paths.message(*ref),
                        body={"categories": [*present, category]},
                        etag=str(mail.get("@odata.etag") or "") or None,
                    )
                )
        for number, answer in zip(numbers, self.batch(requests), strict=True):
            results[number] = answer.error
        return results

    def move(
        self, folder_id: str, message_id: str, destination_id: str
    ) -> dict[str, Any]:
        """Move a mail to another folder; gives the mail as it is there.

        https://learn.microsoft.com/graph/api/message-move
        """
        path = self.paths.move(folder_id, message_id)
        body = {"destinationId": destination_id}
        return self.session.request("POST", path, json=body).json

    def _without_contents(self, path: str, select: str, fields: str) -> dict[str, Any]:
        query = {"$select": select, "$expand": f"attachments($select={fields})"}
        return self._with_rest(self.session.request("GET", path, query=query).json)

    def _whole(
        self, body: dict[str, Any] | ClientError
    ) -> dict[str, Any] | ClientError:
        try:
            return body if isinstance(body, ClientError) else self._with_rest(body)
        except ClientError as error:
            return error

    def _with_rest(self, body: dict[str, Any]) -> dict[str, Any]:
        """A mail with the attachments that did not fit into the answer (OData JSON
        Format 4.01, 8.3: a partial expanded collection links to its rest)."""
        link = body.get(_REST)
        if not isinstance(link, str):
            return body
        first = body.get("attachments")
        rest = self.listing(self.session.check_link(link))
        parts = [*(first if isinstance(first, list) else []), *rest]
        return {**body, "attachments": parts}

    def _each(
        self,
        method: str,
        refs: Sequence[tuple[str, str, str | None]],
        query: Mapping[str, object] | None,
    ) -> list[dict[str, Any] | ClientError]:
        """One request a mail, twenty at a time; an unusable id is a value too."""
        outcomes: list[dict[str, Any] | ClientError] = []
        requests: list[BatchRequest] = []
        for folder_id, message_id, etag in refs:
            try:
                path = self.paths.message(folder_id, message_id)
                requests.append(BatchRequest(method, path, query, etag=etag or None))
                outcomes.append({})
            except ClientError as error:
                outcomes.append(error)
        answers = iter(self.batch(requests))
        return [
            outcome
            if isinstance(outcome, ClientError)
            else _message(next(answers).json(), method)
            for outcome in outcomes
        ]


def _message(
    body: dict[str, Any] | ClientError, method: str
) -> dict[str, Any] | ClientError:
    if isinstance(body, ClientError) or method != "GET":
        return body
    if isinstance(body.get("id"), str):
        return body
    return ServerError("The server's answer is not a message.")
