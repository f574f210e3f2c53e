"""The oddities of the service that a test may switch on, off or choose between."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Quirks:
    """How the service behaves where it is known to behave in more than one way.

    :ivar empty_delta_pages: the second page of a delta round of several pages is empty
    :ivar repeat_in_delta: a delta page that has a next one repeats its first item
    :ivar shuffle_batch: the answers of a batch come in any order
    :ivar gone: 410 as ``SyncStateNotFound``, ``syncStateNotFound``, ``resyncRequired``
        or ``location`` (with a Location header that holds an empty deltatoken)
    :ivar delta_token_life: seconds until a delta or skip token of messages dies
    :ivar message_id: what a mail without Message-ID gets when it is dropped: "" = one
        made up, as by the transport; None = none, as in an imported mailbox
    :ivar delete_answers_404: ``DELETE`` answers 404 although it worked
    :ivar gzip: answers are packed for clients that take it, as the service always does
    :ivar chunked: answers come in chunks, without Content-Length
    :ivar occurrences_removed: calendarView/delta tells of occurrences that are no
        more; the service mostly tells nothing
    :ivar cancelled_stay: a meeting that its organiser cancelled stays in the calendars
        of the attendees, marked as cancelled; otherwise it is removed
    :ivar declined_stay: a meeting stays in the calendar of who declined it
    :ivar meeting_mails: requests and answers also arrive as mails in the inbox
    :ivar same_transaction_again: an identical POST with a used transactionId answers
        201 with the event that there is; otherwise it is refused like any other
    :ivar transaction_status: HTTP status of that refusal, 400 or 409
    """

    empty_delta_pages: bool = True
    repeat_in_delta: bool = False
    shuffle_batch: bool = True
    gone: str = "SyncStateNotFound"
    delta_token_life: float = 30 * 24 * 3600.0
    message_id: str | None = ""
    delete_answers_404: bool = False
    gzip: bool = False
    chunked: bool = False
    occurrences_removed: bool = False
    cancelled_stay: bool = True
    declined_stay: bool = False
    meeting_mails: bool = True
    same_transaction_again: bool = True
    transaction_status: int = 400
