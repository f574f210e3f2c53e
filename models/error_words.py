"""What the client's errors mean to the people who read them."""

from ..client import (
    AuthenticationError,
    BadRequest,
    MailboxNotFound,
    NotFound,
    PermissionDenied,
    SyncStateExpired,
    Throttled,
    TransportError,
)


def sentence(env, error, account=None):
    """One sentence (or two) that say what happened and what to do.

    :param error: a ``ClientError``
    :param account: the ``exchange.account`` it happened to
    """
    for kind, words in _WORDS:
        if isinstance(error, kind):
            return words(env, error, account)
    return env._("Microsoft answered: %(error)s", error=error)


def _authentication(env, error, account):
    reasons = {
        "no_password": env._("Enter your password first."),
        "wrong_password": env._(
            "User name or password is wrong. Enter the password again."
        ),
        "mfa_required": env._(
            "Microsoft wants a second factor, which user name and password cannot "
            "give. Choose the Microsoft sign-in instead."
        ),
        "locked": env._(
            "The account is locked after too many attempts. Wait some minutes, then "
            "sign in again."
        ),
        "disabled": env._(
            "The account is disabled. Your Microsoft 365 administrator has to enable "
            "it."
        ),
        "federated": env._(
            "Your organisation signs in through its own identity service, which user "
            "name and password cannot use. Choose the Microsoft sign-in instead."
        ),
        "consent": env._(
            "The app registration lacks consent. Your Microsoft 365 administrator has "
            "to grant it."
        ),
        "client_secret": env._(
            "The client secret of the app registration is wrong or has expired. Your "
            "administrator has to enter a new one."
        ),
        "unknown_app": env._(
            "Microsoft does not know the application ID. Your administrator has to "
            "check the app registration."
        ),
        "unknown_tenant": env._(
            "Microsoft does not know the tenant ID. Your administrator has to check it."
        ),
    }
    fallback = env._("The sign-in is no longer valid. Please sign in again.")
    if account and account.server_id.service == "exchange":
        fallback = reasons["wrong_password"]
    return reasons.get(error.reason, fallback)


def _permission(env, error, _account):
    return env._(
        "Access was refused (%(code)s). Your administrator has to grant the "
        "permissions Mail.ReadWrite, Calendars.ReadWrite and Contacts.ReadWrite for "
        "this mailbox.",
        code=error.code or error.status,
    )


def _mailbox(env, _error, _account):
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


def _bad_request(env, error, _account):
    return env._(
        "The mail server refused the request: %(message)s",
        message=error.message or error.code,
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
    (BadRequest, _bad_request),
    (TransportError, _transport),
)
