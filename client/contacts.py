"""Contacts: what changed in an address book, and what we do to its contacts.

Bodies are Graph's own objects.  What goes wrong with one contact is a *value* in its
place of the list, so that one bad contact never stops the others.

Contacts of ours carry a mark, an extended property that says which record of which
database they show.  It is how a contact is found again whose creation was not answered.

Source: https://learn.microsoft.com/graph/api/resources/contact
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .batch import BatchAnswer, BatchRequest
from .delta import DeltaPage, page
from .errors import (
    FATAL,
    BadRequest,
    ClientError,
    Conflict,
    NotFound,
    ServerError,
    TransportError,
)
from .resource import Resource

#: The extended property that holds the mark.
MARK_PROPERTY = "String {7c1b5d0e-3f0a-4b52-9d64-2f9b6ad1c0e7} Name OdooRecord"
#: All that we write, and where the contact lies.
CONTACT_FIELDS = (
    "id,changeKey,parentFolderId,displayName,fileAs,givenName,surname,title,generation,"
    "companyName,department,jobTitle,emailAddresses,businessPhones,homePhones,"
    "mobilePhone,businessAddress,homeAddress,otherAddress,businessHomePage,birthday,"
    "personalNotes,categories"
)
CONTACT_PAGE = 200
_PLACE_FIELDS = "id,changeKey,parentFolderId"
_EXPAND_MARK = f"singleValueExtendedProperties($filter=id eq '{MARK_PROPERTY}')"
# Folders in folders that are followed upwards.
_DEEPEST = 30
_MOST_FOLDERS = 1000
_JPEG = {"Content-Type": "image/jpeg"}

Outcome = dict[str, Any] | ClientError


class Contacts(Resource):
    """The contact part of a mailbox.  ``folder_id=None`` is the default folder."""

    def delta(
        self,
        folder_id: str | None = None,
        link: str | None = None,
        page_size: int | None = CONTACT_PAGE,
        select: str = CONTACT_FIELDS,
    ) -> DeltaPage:
        """One page of what changed in a folder; without ``link`` a round begins.

        https://learn.microsoft.com/graph/api/contact-delta
        """
        start = link or self.paths.contacts_delta(folder_id)
        return page(self.session, start, page_size, query={"$select": select})

    def completed(self, page: DeltaPage) -> DeltaPage:
        """A page with what it tells next to nothing of: of a contact that the server
        could not read, a page holds the id alone.

        What has gone meanwhile is left out: a later page tells of it.

        :raises ClientError: the mailbox as a whole does not answer
        """
        unread = [item["id"] for item in page.items if "changeKey" not in item]
        if not unread:
            return page
        read: dict[str, dict[str, Any]] = {}
        failed: dict[str, ClientError] = {}
        for contact_id, answer in zip(unread, self.get_many(unread), strict=True):
            if isinstance(answer, FATAL):
                raise answer
            if not isinstance(answer, ClientError):
                read[contact_id] = answer
            elif not isinstance(answer, NotFound):
                failed[contact_id] = answer
        items = [read.get(item["id"], item) for item in page.items]
        told = [item for item in items if item["id"] in read or "changeKey" in item]
        return replace(page, items=told, failed=failed)

    def create(
        self, bodies: Sequence[Mapping[str, Any]], folder_id: str | None = None
    ) -> list[Outcome]:
        """New contacts; for each the contact as it is now, or its error.

        A :class:`TransportError` or :class:`ServerError` does not say that there is no
        contact: look for its mark before it is created again.
        https://learn.microsoft.com/graph/api/user-post-contacts
        """
        path = self.paths.contacts(folder_id)
        return self._each([BatchRequest("POST", path, body=body) for body in bodies])

    def update(
        self, changes: Sequence[tuple[str, Mapping[str, Any], str | None]]
    ) -> list[Outcome]:
        """Change contacts; for each the contact as it is now, or its error.

        https://learn.microsoft.com/graph/api/contact-update

        :param changes: (id, body, etag or None); the body names ``displayName``, which
            the service makes anew otherwise
        """
        answers = self.batch(
            [
                BatchRequest("PATCH", self.paths.contact(each), body=body, etag=etag)
                for each, body, etag in changes
            ]
        )
        outcomes = [_contact(answer.json()) for answer in answers]
        # a service may leave out what it was just told (RFC 7240, 4.2)
        silent = [n for n, answer in enumerate(answers) if _is_silent(answer)]
        read = self.get_many([changes[number][0] for number in silent])
        for number, outcome in zip(silent, read, strict=True):
            outcomes[number] = outcome
        return outcomes

    def get_many(
        self, contact_ids: Sequence[str], select: str = CONTACT_FIELDS
    ) -> list[Outcome]:
        """Contacts with their marks; see :func:`mark_of`.

        https://learn.microsoft.com/graph/api/contact-get
        """
        query = {"$select": select, "$expand": _EXPAND_MARK}
        paths = [self.paths.contact(each) for each in contact_ids]
        return self._each([BatchRequest("GET", path, query) for path in paths])

    def delete(
        self, refs: Sequence[tuple[str, str | None]]
    ) -> list[ClientError | None]:
        """Move contacts to the deleted items; for each ``None`` or its error.

        What is not there any more counts as done.
        https://learn.microsoft.com/graph/api/contact-delete

        :param refs: (id, etag or None)
        """
        requests = [
            BatchRequest("DELETE", self.paths.contact(each), etag=etag)
            for each, etag in refs
        ]
        return [
            None if isinstance(answer.error, NotFound) else answer.error
            for answer in self.batch(requests)
        ]

    def find(
        self, marks: Sequence[str], folder_id: str | None = None
    ) -> list[list[dict[str, Any]] | ClientError]:
        """For each mark the contacts that carry it.

        https://learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-get
        """
        path = self.paths.contacts(folder_id)
        requests = [
            BatchRequest(
                "GET", path, {"$filter": _has_mark(m), "$select": _PLACE_FIELDS}
            )
            for m in marks
        ]
        found: list[list[dict[str, Any]] | ClientError] = []
        for answer in self.batch(requests):
            try:
                body = answer.json()
                found.append(
                    body if isinstance(body, ClientError) else self.all_of(body)
                )
            except ClientError as error:
                found.append(error)
        return found

    def marked(self, folder_id: str | None = None) -> Iterator[dict[str, Any]]:
        """All contacts of a folder that carry a mark; see :func:`mark_of`.

        :raises ClientError: the folder cannot be read to its end
        """
        query = {
            "$select": _PLACE_FIELDS,
            "$expand": _EXPAND_MARK,
            "$top": CONTACT_PAGE,
        }
        for item in self.listing(self.paths.contacts(folder_id), query):
            if mark_of(item):
                yield item

    def put_photos(self, photos: Sequence[tuple[str, str]]) -> list[ClientError | None]:
        """Give contacts a picture; for each ``None`` or its error.

        There is no way to take one away.
        https://learn.microsoft.com/graph/api/profilephoto-update

        :param photos: (id, base64 text of a JPEG below 2.5 MB)
        """
        requests = [
            BatchRequest(
                "PUT", self.paths.contact_photo(each), headers=_JPEG, body=content
            )
            for each, content in photos
        ]
        return [answer.error for answer in self.batch(requests)]

    def is_contact_folder(self, folder_id: str) -> bool:
        """Whether this is a folder of contacts that nobody has thrown away: one among
        the deleted items goes on living there, with all that is in it.

        https://learn.microsoft.com/graph/api/contactfolder-get
        """
        query = {"$select": "id,parentFolderId"}
        trash = BatchRequest(
            "GET", self.paths.folder("deleteditems"), {"$select": "id"}
        )
        trash_id = None
        for level in range(_DEEPEST):
            path = self.paths.contact_folder(folder_id)
            requests = [BatchRequest("GET", path, query)]
            first, *more = self.batch(requests if level else [*requests, trash])
            if more and isinstance(more[0].body, dict):
                trash_id = more[0].body.get("id")
            for answer in (first, *more):
                if isinstance(answer.error, FATAL):
                    raise answer.error
            if first.error and not 400 <= first.status < 500:
                raise first.error
            body = first.json()
            if isinstance(body, ClientError):
                return level > 0  # above the topmost of them
            folder_id = str(body.get("parentFolderId") or "")
            if trash_id in (body.get("id"), folder_id):
                return False
            if not folder_id:
                break
        return True

    def find_folder(self, name: str) -> str | None:
        """Id of the topmost contact folder of this name."""
        for folder_id, its_name in self.folders().items():
            if its_name.casefold() == name.casefold():
                return folder_id
        return None

    def folders(self) -> dict[str, str]:
        """{id: name} of the topmost contact folders beside the default one.

        https://learn.microsoft.com/graph/api/user-list-contactfolders
        """
        query = {"$select": "id,displayName", "$top": 100}
        return {
            str(body["id"]): str(body.get("displayName", ""))
            for body in self.listing(self.paths.contact_folders(), query)
        }

    def all_folders(self) -> list[str]:
        """Ids of all contact folders beside the default one.

        https://learn.microsoft.com/graph/api/contactfolder-list-childfolders
        """
        query = {"$select": "id", "$top": 100}
        found: dict[str, None] = {}
        paths = [self.paths.contact_folders(), self._folders_in("contacts")]
        while paths and len(found) < _MOST_FOLDERS:
            try:
                bodies = list(self.listing(paths.pop(), query))
            except (NotFound, BadRequest):
                continue  # gone meanwhile, or nothing can be in it
            for folder_id in (str(body["id"]) for body in bodies):
                if folder_id not in found:
                    found[folder_id] = None
                    paths.append(self._folders_in(folder_id))
        return list(found)

    def _folders_in(self, folder_id: str) -> str:
        return f"{self.paths.contact_folder(folder_id)}/childFolders"

    def ensure_folder(self, name: str) -> str:
        """Id of the topmost contact folder of this name, made where there is none.

        https://learn.microsoft.com/graph/api/user-post-contactfolders
        """
        found = self.find_folder(name)
        if found:
            return found
        path = self.paths.contact_folders()
        try:
            answer = self.session.request("POST", path, json={"displayName": name})
        except Conflict:
            found = self.find_folder(name)
            if not found:
                raise
            return found
        made = answer.json.get("id")
        if not isinstance(made, str):
            raise TransportError("The server's answer is not a folder.")
        return made

    def _each(self, requests: Sequence[BatchRequest]) -> list[Outcome]:
        return [_contact(answer.json()) for answer in self.batch(requests)]


def mark_of(item: Mapping[str, Any]) -> str:
    """The mark of a contact that was read with it, "" when it carries none."""
    properties = item.get("singleValueExtendedProperties")
    for each in properties if isinstance(properties, list) else []:
        if isinstance(each, Mapping):
            name = str(each.get("id", "")).casefold()
            if name == MARK_PROPERTY.casefold():
                return str(each.get("value") or "")
    return ""


def mark_property(mark: str) -> list[dict[str, str]]:
    """The ``singleValueExtendedProperties`` of a body that sets the mark."""
    return [{"id": MARK_PROPERTY, "value": mark}]


def _has_mark(mark: str) -> str:
    value = mark.replace("'", "''")
    return (
        "singleValueExtendedProperties/Any"
        f"(ep: ep/id eq '{MARK_PROPERTY}' and ep/value eq '{value}')"
    )


def _is_silent(answer: BatchAnswer) -> bool:
    return answer.error is None and not answer.body


def _contact(body: Outcome) -> Outcome:
    if isinstance(body, ClientError) or isinstance(body.get("id"), str):
        return body
    return ServerError("The server's answer is not a contact.")
