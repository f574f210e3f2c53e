"""A small client for the mail, calendar and contacts of Microsoft Graph v1.0.

Speaks to Office 365, and to anything that answers like it.  Knows HTTP and Graph's
words and nothing of Odoo::

    base_url, paths = paths_from_urls(folders_url="https://graph.microsoft.com/v1.0")
    app = OAuthApp(tenant_id=..., client_id=..., client_secret=...)
    auth = TokenAuth(lambda claims: app.token_silent(cache, claims).access_token)
    with Mailbox(Session(base_url, auth), paths) as mailbox:
        folder = mailbox.messages.create_folder("Transfer Eingang")
        with prefetch(mailbox.messages.rounds(folder.id)) as pages:
            for page in pages:
                ...

Every failure is a :class:`ClientError`; see ``errors.py``.
"""

from .answer import Answer
from .auth import Auth, BasicAuth, TokenAuth
from .batch import BatchAnswer, BatchRequest
from .counts import MOST_EVENTS, count_events, count_messages
from .contacts import CONTACT_FIELDS, MARK_PROPERTY, Contacts, mark_of, mark_property
from .delta import DeltaPage
from .error_answers import error_from_answer
from .errors import (
    AuthenticationError,
    BadRequest,
    ClientError,
    Conflict,
    LinkRefused,
    MailboxFull,
    MailboxNotFound,
    NotFound,
    PermissionDenied,
    ResponseTooLarge,
    ServerError,
    SyncStateExpired,
    Throttled,
    TransportError,
)
from .event_page import EventPage, Window, moment
from .events import Events
from .folders import Folder
from .mailbox import Mailbox, probe
from .links import Trail
from .messages import FULL_FIELDS, LIST_FIELDS, Messages
from .oauth import CLOUDS, OAuthApp, SignIn, TokenAnswer
from .paths import GraphPaths, Paths, ShortPaths, paths_from_urls
from .prefetch import Prefetch, prefetch
from .reach import connect, knock, resolve
from .retry import Pace
from .session import Session
from .transport import Transport, tls_context
from .wsgi import WsgiTransport

__all__ = [
    "CLOUDS",
    "CONTACT_FIELDS",
    "FULL_FIELDS",
    "LIST_FIELDS",
    "MOST_EVENTS",
    "MARK_PROPERTY",
    "Answer",
    "Auth",
    "AuthenticationError",
    "BadRequest",
    "BasicAuth",
    "BatchAnswer",
    "BatchRequest",
    "ClientError",
    "Conflict",
    "Contacts",
    "DeltaPage",
    "EventPage",
    "Events",
    "Folder",
    "GraphPaths",
    "LinkRefused",
    "Mailbox",
    "MailboxFull",
    "MailboxNotFound",
    "Messages",
    "NotFound",
    "OAuthApp",
    "Pace",
    "Paths",
    "PermissionDenied",
    "Prefetch",
    "ResponseTooLarge",
    "ServerError",
    "Session",
    "ShortPaths",
    "SignIn",
    "SyncStateExpired",
    "Throttled",
    "TokenAnswer",
    "TokenAuth",
    "Trail",
    "Transport",
    "TransportError",
    "WsgiTransport",
    "Window",
    "connect",
    "count_events",
    "count_messages",
    "error_from_answer",
    "knock",
    "moment",
    "mark_of",
    "mark_property",
    "paths_from_urls",
    "prefetch",
    "probe",
    "resolve",
    "tls_context",
]
