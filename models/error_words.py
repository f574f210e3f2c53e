"""What the client's errors mean to the people who read them."""

from ..client import (
    AuthenticationError,
    BadRequest,
    MailboxFull,
    MailboxNotFound,
    NotFound,
    PermissionDenied,
    ResponseTooLarge,
    SyncStateExpired,
    Throttled,
    TransportError,
)

# Why a sign-in failed when its user can do nothing about it.
ADMINISTRATORS_REASONS = {
    "client_secret",
    "server_secret",
    "unknown_app",
    "unknown_tenant",
}
# What Microsoft says where there is no such user.
_NO_USER_CODES = {"errorinvaliduser", "request_resourcenotfound"}
# Reasons that come with their own sentence, already translated.
_OWN_WORDS = {"not_allowed", "unreadable"}


def sentence(env, error, account=None):
    """One sentence (or two) that say what happened and what to do.

    :param error: a ``ClientError``
    :param account: the ``exchange.account`` it happened to
    """
    if account and not env.context.get("lang"):
        # In the background: in the words of the one who will read it.
        env = env(context={**env.context, "lang": account.user_id.lang})
    for kind, words in _WORDS:
        if isinstance(error, kind):
            return words(env, error, account)
    if _at_exchange(account):
        return env._("The Exchange server answered: %(error)s", error=error)
    return env._("Microsoft answered: %(error)s", error=error)


def of_kind(env, error, account):
    """:func:`sentence` for what ends one kind of items: what is not found then is no
    item of it."""
    if isinstance(error, NotFound):
        return env._(
            "The mail server does not find the folder (%(code)s). This is tried again "
            "by itself. If it stays so, press Test connection, and show your "
            "administrator what it says.",
            code=error.code or error.status,
        )
    return sentence(env, error, account)


def is_administrators(error, account):
    """Whether a refused sign-in is for the administrator to mend, not for the user."""
    return isinstance(error, AuthenticationError) and (
        error.reason in ADMINISTRATORS_REASONS
        or (account.auth_method == "application" and error.reason != "unreadable")
    )


def _authentication(env, error, account):
    if error.reason in _OWN_WORDS:
        return error.message
    words = _REASONS.get(error.reason)
    if words:
        return words(env, account)
    if account and account.server_id.service == "exchange":
        return _wrong_password(env, account)
    if account and account.auth_method == "application":
        return env._(
            "Microsoft does not let the app registration in. Your administrator has to "
            "check its client secret and its permissions."
        )
    return env._("The sign-in is no longer valid. Please sign in again.")


def _wrong_password(env, account):
    if account and account.auth_method == "oauth":
        return env._(
            "Microsoft does not know this user (any more). Sign in again, or ask your "
            "Microsoft 365 administrator."
        )
    return env._("User name or password is wrong. Enter the password again.")


def _consent(env, account):
    if account and account.auth_method == "password":
        return env._(
            "The app registration lacks consent. Choose the Microsoft sign-in, or ask "
            "your Microsoft 365 administrator to grant it for all users."
        )
    return env._(
        "The app registration lacks consent. Your Microsoft 365 administrator has to "
        "grant it."
    )


def _second_factor(env, account):
    if account and account.auth_method == "oauth":
        return env._(
            "Microsoft wants you to confirm that it is you, with a second factor. "
            "Please sign in again."
        )
    return env._(
        "Microsoft wants a second factor, which user name and password cannot give. "
        "Choose the Microsoft sign-in instead."
    )


_REASONS = {
    "no_password": lambda env, _account: env._("Enter your password first."),
    "not_begun": lambda env, _account: env._("Not signed in yet: press Connect."),
    "no_login": lambda env, _account: env._(
        "Your administrator has to enter the user name of the mailbox."
    ),
    "wrong_password": _wrong_password,
    "mfa_required": _second_factor,
    "policy": lambda env, _account: env._(
        "A rule of your organisation (Conditional Access) does not allow this sign-in. "
        "Your Microsoft 365 administrator has to allow it."
    ),
    "locked": lambda env, _account: env._(
        "The account is locked after too many attempts. Wait some minutes, then sign "
        "in again."
    ),
    "disabled": lambda env, _account: env._(
        "The account is disabled. Your Microsoft 365 administrator has to enable it."
    ),
    "federated": lambda env, _account: env._(
        "Your organisation signs in through its own identity service, which user name "
        "and password cannot use. Choose the Microsoft sign-in instead."
    ),
    "consent": _consent,
    "client_secret": lambda env, _account: env._(
        "The client secret of the app registration is wrong or has expired. Your "
        "administrator has to enter a new one."
    ),
    "server_secret": lambda env, _account: env._(
        "The client secret of the app registration cannot be read, because the key of "
        "this server or the address of the service has changed. Your administrator has "
        "to enter it again."
    ),
    "unknown_app": lambda env, _account: env._(
        "Microsoft does not know the application ID. Your administrator has to check "
        "the app registration."
    ),
    "unknown_tenant": lambda env, _account: env._(
        "Microsoft does not know the tenant ID. Your administrator has to check it."
    ),
}


def _at_exchange(account):
    return account and account.server_id.service == "exchange"


def _permission(env, error, account):
    if _at_exchange(account):
        return env._(
            "The Exchange server refused access: %(message)s Its administrator has to "
            "grant it.",
            message=error.message or error.code,
        )
    return env._(
        "Access was refused (%(code)s). Your administrator has to grant the "
        "permissions Mail.ReadWrite, Calendars.ReadWrite and Contacts.ReadWrite for "
        "this mailbox.",
        code=error.code or error.status,
    )


def _mailbox(env, error, account):
    if account and account.server_id.service == "exchange":
        return env._("The Exchange server has no mailbox for this user name.")
    if error.code.lower() in _NO_USER_CODES:
        return env._(
            "Microsoft 365 does not know the user name %(login)s. Your administrator "
            "has to correct it.",
            login=account.login if account else "",
        )
    return env._(
        "This mailbox is not in Microsoft 365: it is on premises or has no licence. "
        "Choose the Exchange server as service."
    )


def _not_found(env, _error, _account):
    return env._("It no longer exists in the mailbox.")


def _throttled(env, _error, _account):
    return env._("The mail server is busy. The synchronisation goes on later.")


def _expired(env, _error, _account):
    return env._("The mail server asked for a complete new reading.")


def _full(env, _error, _account):
    return env._(
        "The mailbox is full. Delete something in Outlook, or ask your administrator "
        "for more room; the synchronisation then goes on by itself."
    )


def _bad_request(env, error, _account):
    return env._(
        "The mail server refused the request: %(message)s",
        message=error.message or error.code,
    )


def _too_large(env, error, _account):
    return env._(
        "This is too large to be transferred: %(message)s", message=error.message
    )


def _transport(env, error, _account):
    return env._(
        "The mail server could not be reached: %(message)s", message=error.message
    )


_WORDS = (
    (AuthenticationError, _authentication),
    (PermissionDenied, _permission),
    (MailboxNotFound, _mailbox),
    (NotFound, _not_found),
    (Throttled, _throttled),
    (SyncStateExpired, _expired),
    (MailboxFull, _full),
    (BadRequest, _bad_request),
    (ResponseTooLarge, _too_large),
    (TransportError, _transport),
)
