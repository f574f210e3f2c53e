"""The oddities of the service that a test may switch on, off or choose between."""

from __future__ import annotations

from dataclasses import dataclass, field


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
    :ivar forwards_tracked: whom a participant forwards a meeting to becomes an attendee
        in the organiser's calendar, too (learn.microsoft.com, event-forward: "adds the
        recipient"); not where the organiser is elsewhere or the service is older
    :ivar meeting_mails: requests and answers also arrive as mails in the inbox
    :ivar same_transaction_again: an identical POST with a used transactionId answers
        201 with the event that there is; otherwise it is refused like any other
    :ivar transaction_status: HTTP status of that refusal, 400 or 409
    :ivar exchange_version: what Exchange Web Services play: ``2010_SP2``, ``2013_SP1``
        or ``15.2``; a mailbox may have another (``User.exchange_version``)
    :ivar exchange_auth: the ways to sign in there that are on, in order
    :ivar lockout_threshold: wrong passwords until an account is locked; None = never
    :ivar autodiscover: ``answer``, ``none``, ``address:<another one>`` or the address
        of another server, which it redirects to
    :ivar read_flag_changes: SyncFolderItems tells of a changed read flag by
        ReadFlagChange; lenient servers by Update
    :ivar sync_state_checked: a SyncState that is none, or another folder's, is refused;
        lenient servers start from the beginning
    :ivar change_keys_checked: ErrorIrresolvableConflict is known at all
    :ivar change_keys_required: UpdateItem wants the change key, as the reference page
        of ErrorChangeKeyRequiredForWriteOperations says
    :ivar x500_addresses: people of the directory are told by RoutingType EX and their
        X.500 name, as Exchange does in meetings; ResolveNames knows them
    :ivar versions_checked: RequestServerVersion matters; lenient servers ignore it
    :ivar sync_state_size: bytes of a SyncState at least; real ones are kilobytes
    :ivar calendar_views_expand: CalendarView expands series; lenient servers leave
        them out
    :ivar occurrence_uids_dated: the UID of an occurrence holds its date, as that of an
        invitation to one instance alone does; otherwise it is the master's
    :ivar recurrence_offsets: dates of a recurrence carry the offset of their zone
    :ivar find_limit: items that one FindItem answers at most (EWSFindCountLimit)
    :ivar exchange_concurrency: requests of one user that Exchange works on at a time
        (EwsMaxConcurrency: 27 from 2013 on, 10 in 2010); None = any
    :ivar exceptions_reported: SyncFolderItems tells of a changed occurrence by an
        Update of its master; lenient servers tell nothing
    :ivar loose_answers: answers as of a lenient server: what the schema wants at its
        place is at the end, times have fractions of seconds, a recurrence starts at a
        time, faults have no response code
    :ivar unreadable: items (immutable ids, of occurrences too) of which EWS tells no
        more than the id: the ResponseCode it answers otherwise
    :ivar unreadable_spoil_lists: an item of those fails the list that it is in
    :ivar custom_zone_name: how a zone without a name is called by EWS
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
    forwards_tracked: bool = True
    meeting_mails: bool = True
    same_transaction_again: bool = True
    transaction_status: int = 400
    exchange_version: str = "15.2"
    exchange_auth: str = "Negotiate NTLM Basic"
    lockout_threshold: int | None = 10
    autodiscover: str = "answer"
    read_flag_changes: bool = True
    sync_state_checked: bool = True
    change_keys_checked: bool = True
    change_keys_required: bool = True
    x500_addresses: bool = False
    versions_checked: bool = True
    sync_state_size: int = 1200
    calendar_views_expand: bool = True
    occurrence_uids_dated: bool = False
    recurrence_offsets: bool = True
    find_limit: int = 1000
    exchange_concurrency: int | None = 27
    exceptions_reported: bool = True
    loose_answers: bool = False
    unreadable: dict[str, str] = field(default_factory=dict)
    unreadable_spoil_lists: bool = False
    custom_zone_name: str = "Customized Time Zone"
