"""The simulator as a whole: store, service, sign-in and the HTTP servers."""

from __future__ import annotations

import shutil
import tempfile
import threading
from pathlib import Path

from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server as WSGIServer

from .admin import Admin
from .certificates import Issued, load_or_make
from .clock import Clock
from .directory import App, Tenant, User
from .drafts import finish as finish_message
from .drafts import message_defaults, message_from_mime
from .faults import Faults
from .identity import Identity
from .ids import guid
from .mailbox import Item, Mailbox
from .personal import PersonalData
from .quirks import Quirks
from .requests_log import RequestLog
from .service import Service
from .store import APP_ID, DELEGATED, TENANT_ID, Store
from .throttle import Limits
from .web import Web
from .wire import BrokenTls, make_server


class Simulator(PersonalData):
    """Microsoft 365 on this machine: ``with Simulator() as sim: …``.

    :param port: port of plain HTTP (0 = any free one)
    :param tls_port: port of HTTPS (0 = any free one, None = none)
    :param store: directory to keep everything in; None = memory
    :param latency: milliseconds that each request takes on top of the work
    :param quirks: oddities, see :class:`~.quirks.Quirks`
    :param limits: throttling, see :class:`~.throttle.Limits`
    :param cloud: ``global``, ``usgov_high``, ``usgov_dod`` or ``china``
    :param contract: check everything against the installed msgraph-sdk; what is found
        is in ``contract_problems``
    """

    def __init__(
        self,
        port: int = 0,
        tls_port: int | None = 0,
        *,
        host: str = "127.0.0.1",
        store: str | Path | None = None,
        latency: float = 0.0,
        quirks: Quirks | None = None,
        limits: Limits | None = None,
        cloud: str = "global",
        contract: bool = False,
    ) -> None:
        self.host = host
        self.clock = Clock()
        self.store = Store(self.clock, store)
        self.service = Service(
            self.store,
            self.clock,
            quirks=quirks,
            limits=limits,
            latency=latency / 1000,
        )
        self.identity = Identity(self.store, self.clock, self.service.requests, cloud)
        self.application = Web(self.service, self.identity, Admin(self))
        if contract:
            from .contract import Contract  # needs msgraph-sdk

            self.service.contract = Contract()
        self._wanted = (port, tls_port)
        self._servers: list[WSGIServer] = []
        self._threads: list[threading.Thread] = []
        self._scratch: Path | None = None
        self._stopping = threading.Event()
        self.port = self.tls_port = 0
        self._certificates: Path | None = None
        self._authority: Issued | None = None

    # -- life -------------------------------------------------------------------------

    def __enter__(self) -> Simulator:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> None:
        """Open the ports and serve in threads."""
        if self.store.path:
            self._certificates = self.store.path
        else:
            self._scratch = Path(tempfile.mkdtemp(prefix="simulator-"))
            self._certificates = self._scratch
        port, tls_port = self._wanted
        self.port = self._serve(port, tls=False)
        if tls_port is not None:
            self.tls_port = self._serve(tls_port, tls=True)
        # A client may name the simulator itself as the resource of its scopes.
        self.identity.tokens.aliases = {
            f"http://{host}:{self.port}" for host in ("127.0.0.1", "localhost")
        } | {f"https://{host}:{self.tls_port}" for host in ("127.0.0.1", "localhost")}
        if self.store.path:
            saver = threading.Thread(target=self._save_often, daemon=True)
            saver.start()
            self._threads.append(saver)

    def _serve(self, port: int, *, tls: bool) -> int:
        server = make_server((self.host, port), self.application)
        if tls:
            assert self._certificates is not None
            self._authority, _server = load_or_make(self._certificates)
            server.ssl_adapter = BuiltinSSLAdapter(
                str(self._certificates / "server.pem"),
                str(self._certificates / "server.key"),
            )
        server.prepare()
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        self._servers.append(server)
        self._threads.append(thread)
        return server.bind_addr[1]

    def stop(self) -> None:
        """Close the ports, write what is to be kept."""
        self._stopping.set()
        stops = [threading.Thread(target=server.stop) for server in self._servers]
        for thread in stops:
            thread.start()
        for thread in stops + self._threads:
            thread.join(5)
        self._servers, self._threads = [], []
        self.store.save()
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _save_often(self) -> None:
        while not self._stopping.wait(1.0):
            self.store.save()

    # -- addresses --------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Graph's version root, plain HTTP."""
        return f"http://{self.host}:{self.port}/v1.0"

    @property
    def tls_url(self) -> str:
        """Graph's version root, HTTPS."""
        return f"https://localhost:{self.tls_port}/v1.0"

    @property
    def short_url(self) -> str:
        """Root of the mapper's short paths (HTTP Basic)."""
        return f"http://{self.host}:{self.port}/exchangeRestApi/api"

    @property
    def mapper_url(self) -> str:
        """Root of Graph's paths as the mapper serves them (HTTP Basic)."""
        return f"http://{self.host}:{self.port}/exchangeRestApi/v1.0"

    @property
    def ews_url(self) -> str:
        """Endpoint of Exchange Web Services, plain HTTP (Basic, NTLM)."""
        return f"http://{self.host}:{self.port}/EWS/Exchange.asmx"

    @property
    def ews_tls_url(self) -> str:
        """Endpoint of Exchange Web Services, HTTPS."""
        return f"https://localhost:{self.tls_port}/EWS/Exchange.asmx"

    def authority_for(self, tenant: str) -> str:
        """The authority of a tenant for MSAL."""
        return f"https://localhost:{self.tls_port}/{tenant}"

    @property
    def authority(self) -> str:
        """The authority of the first tenant."""
        return self.authority_for(TENANT_ID)

    @property
    def ca_file(self) -> str:
        """File with the certificate of the simulator's authority (PEM)."""
        assert self._certificates is not None
        return str(self._certificates / "ca.pem")

    @property
    def ca_pem(self) -> str:
        """The certificate of the simulator's authority (PEM)."""
        return Path(self.ca_file).read_text()

    # -- what tests do ----------------------------------------------------------------

    @property
    def quirks(self) -> Quirks:
        """The oddities in force."""
        return self.service.quirks

    @property
    def latency(self) -> float:
        """Milliseconds that each request takes on top of the work."""
        return self.service.latency * 1000

    @latency.setter
    def latency(self, milliseconds: float) -> None:
        self.service.latency = milliseconds / 1000

    @property
    def limits(self) -> Limits:
        """The throttling limits in force."""
        return self.service.throttle.limits

    @property
    def faults(self) -> Faults:
        """Rules for faults on purpose."""
        return self.service.faults

    @property
    def contract_problems(self) -> list[str]:
        """Where a request or an answer was not what Graph's contract says."""
        return self.service.contract_problems

    @property
    def requests(self) -> RequestLog:
        """What was asked."""
        return self.service.requests

    def add_mailbox(
        self, login: str, password: str = "secret", **values: object
    ) -> Mailbox:
        """Create a user with a mailbox.

        :param login: user principal name and address
        :param values: fields of :class:`~.directory.User`
        """
        user = self.store.add_user(login, password=password, **values)
        return self.store.mailboxes[user.id]

    def user(self, key: str) -> User:
        """A user by address, login or id (KeyError when there is none)."""
        user = self.store.directory.user(key)
        if user is None:
            raise KeyError(key)
        return user

    def app(self, client_id: str = APP_ID) -> App:
        """An app registration; without id the first one."""
        return self.store.directory.apps[client_id]

    def add_tenant(self, domain: str) -> Tenant:
        """Create an organisation; users of the domain join it."""
        tenant = Tenant(guid("tenant", domain), {domain.lower()})
        self.store.directory.tenants[tenant.id] = tenant
        return tenant

    def change_password(self, key: str, password: str) -> None:
        """Give a user a new password: the refresh tokens are worth nothing any more."""
        user = self.user(key)
        user.password = password
        user.password_changed = self.clock.now()

    def revoke(self, key: str) -> None:
        """Revoke all tokens of a user."""
        self.user(key).revoked = self.clock.now()

    def challenge(self, key: str, claims: dict) -> None:
        """Refuse the user's tokens until one was got with these claims."""
        self.identity.challenges[self.user(key).id] = (self.clock.now(), claims)

    def broken_tls(self, kind: str) -> BrokenTls:
        """A second HTTPS port with a fault of TLS, see :class:`~.wire.BrokenTls`."""
        assert self._authority is not None
        return BrokenTls(self.application, self._authority, kind)

    def mailbox(self, key: str) -> Mailbox:
        """A mailbox by address, login or id (KeyError when there is none)."""
        return self.store.mailbox(key)

    def token_for(
        self, key: str, scopes: set[str] | None = None, life: float = 24 * 3600.0
    ) -> str:
        """An access token for a user, without signing in."""
        user = self.user(key)
        return self.identity.issue(APP_ID, user.id, scopes or DELEGATED, life)

    def drop(self, key: str, folder: str, eml: bytes | str | Path) -> Item:
        """Put a real mail into a folder, as if it had arrived.

        :param key: mailbox by address or id
        :param folder: id, well-known name or path (``Inbox/Orders``), made if missing
        :param eml: the text itself, or the path of an .eml file
        """
        raw = eml if isinstance(eml, bytes) else Path(eml).read_bytes()
        mailbox = self.store.mailbox(key)
        item = message_from_mime(mailbox, raw, self.quirks.message_id)
        with mailbox.lock:
            return mailbox.add(mailbox.make_path(folder), item)

    def add_message(self, key: str, folder: str, **values: object) -> Item:
        """Put a message into a folder from Graph properties (quicker than an .eml)."""
        mailbox = self.store.mailbox(key)
        data = message_defaults(mailbox)
        data.update(values)
        item = Item("message", data)
        with mailbox.lock:
            finish_message(mailbox, data)
            return mailbox.add(mailbox.make_path(folder), item)

    def expire_delta_tokens(self, key: str) -> None:
        """Let every delta and skip token of a mailbox die (410)."""
        mailbox = self.store.mailbox(key)
        with mailbox.lock:
            mailbox.delta_generation += 1
            mailbox.dirty = True

    def peak(self, key: str) -> int:
        """The most requests that ran at a time at a mailbox."""
        return self.service.throttle.peak(self.store.mailbox(key).id)
