"""What to do with a subscription. Pure decisions, without database and network."""

from collections import namedtuple

# What is known of a subscription; see the fields of exchange.subscription.
Row = namedtuple(
    "Row",
    (
        "id partner_id record_id remote_id change_key payload_hash photo_hash state "
        "creating ended_by_user replaced active archived"
    ),
    defaults=(None,) * 13,
)

# Steps of writing
CREATE = "create"
LOOK_UP = "look up"
UPDATE = "update"
LEAVE = "leave"

# What a mention in the mailbox's changes means
OWN = "own"
CHANGED = "changed"
GONE = "gone"
FOREIGN = "foreign"

# Ends of a subscription
DELETE = "delete"
FIND = "find"
KEEP = "keep"
FORGET = "forget"

# A run that would remove more than so many, and more than this share, asks first.
BRAKE_NUMBER = 25
BRAKE_SHARE = 0.2


def plan_write(row, payload_hash):
    """What brings Outlook up to date.

    A row that says "creating" may have a contact whose creation nobody heard of.
    """
    if not row.remote_id:
        return LOOK_UP if row.creating else CREATE
    return LEAVE if row.payload_hash == payload_hash else UPDATE


def plan_photo(row, photo_hash):
    """Whether the picture has to be sent. One that was taken away stays in Outlook,
    which knows no way to remove it."""
    return bool(photo_hash) and row.photo_hash != photo_hash


def plan_change(row, change_key):
    """What a contact among the mailbox's changes means.

    :param row: the :class:`Row` with its id, None when there is none
    :param change_key: its version; None when it is reported as removed
    """
    if row is None:
        return FOREIGN
    if change_key is None:
        return GONE
    return OWN if row.change_key == change_key else CHANGED


def plan_end(row, delete):
    """What becomes of the contact whose subscription ends.

    :param delete: the user's option
    """
    if not (delete or row.replaced):
        return KEEP
    if row.remote_id:
        return DELETE
    return FIND if row.creating else FORGET


def plan_rest(row, stays):
    """Whether the row itself is kept: it remembers where the contact lies that stayed,
    that the user did not want it, or that he still does when it is restored.

    :param stays: whether the contact is still in Outlook
    """
    if not row.partner_id:
        return False
    remembers = row.ended_by_user or row.archived
    return bool(remembers or (stays and (row.remote_id or row.creating)))


def brakes(removals, total, allowed):
    """Whether to ask before so many contacts are removed.

    :param total: contacts of ours in the mailbox
    :param allowed: how many removals the user has agreed to
    """
    if removals <= allowed:
        return False
    return removals > BRAKE_NUMBER and removals > BRAKE_SHARE * total
