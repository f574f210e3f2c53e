"""What is to be done with mails: decisions without a database.

Two decisions a mail. While it is only listed: has it to be read at all? Once it is
read: is it in Odoo already, where is it filed, or does it wait for its user? Each
line of the tables below is a test.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .addresses import domain_of
from .mail_values import Mail

# Reading
SKIP = "skip"  # this mailbox's copy is known, or it is a draft
JOIN = "join"  # another mailbox's copy is known: nothing to read
READ = "read"


def plan_reading(
    mail: Mail, known_ids: Collection[str], known_mails: Mapping[str, int]
) -> str:
    """Whether a listed mail has to be read.

    :param known_ids: remote ids of the account's mails that were dealt with
    :param known_mails: {fingerprint: id of the exchange.mail}
    """
    if mail.is_draft or mail.remote_id in known_ids:
        return SKIP
    if mail.fingerprint in known_mails:
        return JOIN
    return READ


# Some devices give all their mails one Message-ID, several a minute. Copies of one mail
# have one date, which servers round.
SAME_DATE = timedelta(seconds=2)


def is_other(mail: Mail, date: datetime | None, subject: str) -> bool:
    """Whether a mail is not the one of the same Message-ID and sender with this date
    and subject. Lists and filters put words before the subject of a copy."""
    if not mail.message_id:
        return False
    if mail.date and date and abs(mail.date - date) > SAME_DATE:
        return True
    short, long = sorted((mail.subject.casefold(), subject.casefold()), key=len)
    return short not in long


# Filing
DUPLICATE = "duplicate"  # Odoo has the mail, by its own ways
FILE = "file"
WAIT = "wait"
IGNORE = "ignore"  # a rule says that nobody is asked about these addresses


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """A ``mail.message`` that carries a Message-ID. ``by_connector``: we filed it."""

    id: int
    model: str
    res_id: int
    by_connector: bool = False
    date: datetime | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """A record whose chatter gets the mail. ``parent_id``: the message it answers."""

    model: str
    res_id: int
    parent_id: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """What is always done for an address: filed on a record, or (no record) skipped."""

    model: str = ""
    res_id: int = 0


@dataclass(slots=True)
class Knowledge:
    """What the database knows about the mails of a page, as the user may see it.

    :param messages: {Message-ID: messages with it}, for the mails themselves
    :param threads: {Message-ID: message}, for the mails they answer, only such whose
        record the user may read
    :param partners: {normalised address: ids of the contacts}
    :param own_addresses: the addresses of the mailbox itself and of Odoo's own mail
    :param rules: {normalised address or "@domain": rule}, only such whose record the
        user may use
    :param folder_target: the record that the transfer folder stands for
    """

    messages: Mapping[str, list[KnownMessage]] = field(default_factory=dict)
    threads: Mapping[str, KnownMessage] = field(default_factory=dict)
    partners: Mapping[str, list[int]] = field(default_factory=dict)
    own_addresses: Collection[str] = ()
    rules: Mapping[str, Rule] = field(default_factory=dict)
    folder_target: Target | None = None


@dataclass(slots=True)
class Decision:
    """What happens to a mail.

    :param action: :data:`DUPLICATE`, :data:`FILE`, :data:`WAIT` or :data:`IGNORE`
    :param targets: where it is filed; with :data:`WAIT`, the part that is clear
    :param waiting: the addresses that wait for the user's choice
    :param candidates: ids of the contacts he can choose among, best first
    :param proposed: the candidate whose thread the mail belongs to, 0 when none
    :param message_ids: ids of the ``mail.message`` that were there before
    :param author: id of the contact that sent an incoming mail, 0 when not clear
    """

    action: str
    targets: list[Target] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    candidates: list[int] = field(default_factory=list)
    message_ids: list[int] = field(default_factory=list)
    author: int = 0
    proposed: int = 0


def plan_filing(mail: Mail, direction: str, known: Knowledge) -> Decision:
    """Where a mail goes.

    =====================================================  ============================
    the mail                                               decision
    =====================================================  ============================
    came into Odoo, or left it, without the connector      duplicate
    lies in a folder that stands for a record              filed on that record alone
    answers a mail on a record                             filed on the record ...
    one contact has the address                            ... and on the contact
    a rule names a record for the address                  filed there
    several contacts have it, and it answers nothing       waits, candidates offered
    several have it, it answers a mail on one of them      waits, that one is first
    nobody has it, and it answers nothing                  waits
    a rule skips the address, and it answers nothing       ignored
    outgoing: some recipients are contacts, some unknown   filed on the contacts
    outgoing: a recipient fits several contacts            filed on the others, waits
    =====================================================  ============================
    """
    own_ids = dict.fromkeys([mail.message_id, *mail.original_ids])
    there = [
        each
        for own_id in own_ids
        for each in known.messages.get(own_id, ())
        if not (each.by_connector and is_other(mail, each.date, each.subject))
    ]
    foreign = [message.id for message in there if not message.by_connector]
    if foreign:
        return Decision(DUPLICATE, message_ids=foreign)
    people = _sort_addresses(mail, direction, known)
    decision = _decide(mail, people, known)
    decision.message_ids = [message.id for message in there]
    decision.targets = _without_filed(_merged(decision.targets), there)
    if direction == "incoming":
        partners = [each for each in people.clear if each.model == "res.partner"]
        decision.author = partners[0].res_id if partners else 0
    return decision


def _decide(mail: Mail, people: "_People", known: Knowledge) -> Decision:
    if known.folder_target:
        return Decision(FILE, [known.folder_target])
    thread = _thread(mail, known)
    candidates = [
        each for address in people.ambiguous for each in known.partners[address]
    ]
    if thread and not _is_candidate(thread, candidates):
        # The record it belongs to is found; no need to ask whose contact it is.
        return Decision(FILE, [thread, *people.clear])
    waiting = people.ambiguous or ([] if people.clear else people.unknown)
    if people.clear and not waiting:
        return Decision(FILE, people.clear)
    if people.skipped and not waiting:
        return Decision(IGNORE)
    proposed = thread.res_id if thread else 0
    candidates = list(
        dict.fromkeys([proposed, *candidates] if proposed else candidates)
    )
    return Decision(WAIT, people.clear, waiting, candidates, proposed=proposed)


def _thread(mail: Mail, known: Knowledge) -> Target | None:
    for reference in mail.references:
        message = known.threads.get(reference)
        if message:
            return Target(message.model, message.res_id, message.id)
    return None


def _is_candidate(thread: Target, candidates: list[int]) -> bool:
    return thread.model == "res.partner" and thread.res_id in candidates


@dataclass(slots=True)
class _People:
    """The participants that matter, by what is known of them."""

    clear: list[Target] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def _sort_addresses(mail: Mail, direction: str, known: Knowledge) -> _People:
    people = mail.recipients if direction == "outgoing" else [mail.sender]
    addresses = list(dict.fromkeys(person.email for person in people if person.email))
    if direction == "outgoing":
        # A copy to oneself is no contact, unless it went to nobody else.
        others = [each for each in addresses if each not in known.own_addresses]
        addresses = others or addresses
    found = _People()
    for address in addresses:
        partners = known.partners.get(address, [])
        rule = known.rules.get(address) or known.rules.get(domain_of(address))
        if rule and not rule.model:
            found.skipped.append(address)
        elif rule:
            found.clear.append(Target(rule.model, rule.res_id))
        elif len(partners) == 1:
            found.clear.append(Target("res.partner", partners[0]))
        else:
            (found.ambiguous if partners else found.unknown).append(address)
    return found


def _merged(targets: list[Target]) -> list[Target]:
    """Each record once, the first mention of it."""
    unique: dict[tuple[str, int], Target] = {}
    for target in targets:
        unique.setdefault((target.model, target.res_id), target)
    return list(unique.values())


def _without_filed(targets: list[Target], there: list[KnownMessage]) -> list[Target]:
    filed = {(message.model, message.res_id) for message in there}
    return [each for each in targets if (each.model, each.res_id) not in filed]
