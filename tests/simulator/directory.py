"""The directory: tenants, users and app registrations (Microsoft Entra ID)."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import ids


@dataclass
class Tenant:
    """One organisation; a federated domain signs its users in elsewhere (AD FS)."""

    id: str
    domains: set[str]
    federated: set[str] = field(default_factory=set)
    federated_code: int = 50126


@dataclass
class User:
    """One user.

    :ivar mailbox: ``online``, ``on_premises`` or ``none``
    :ivar mfa: signing in needs a second factor
    :ivar password_changed: refresh tokens from before are worth nothing
    :ivar revoked: no token from before is worth anything
    :ivar shared_with: ids of users with full access to the mailbox
    :ivar sign_in_error: an AADSTS code that every sign-in and refresh ends with
    :ivar exchange_version: the server of the mailbox (see Quirks); "" = as all
    :ivar impersonates: may act as any other user by Exchange Web Services
    :ivar failed_sign_ins: tries at Exchange since the last good one
    """

    id: str
    upn: str
    mail: str
    name: str
    password: str
    tenant_id: str
    aliases: list[str] = field(default_factory=list)
    enabled: bool = True
    locked: bool = False
    mfa: bool = False
    mailbox: str = "online"
    password_changed: float = 0.0
    revoked: float = 0.0
    shared_with: set[str] = field(default_factory=set)
    sign_in_error: int = 0
    exchange_version: str = ""
    impersonates: bool = False
    failed_sign_ins: int = 0

    def names(self) -> set[str]:
        """All by which the user is found, in lower case."""
        return {name.lower() for name in (self.upn, self.mail, *self.aliases)}

    def entity(self) -> dict:
        """The user as ``GET /me`` shows it (the default properties)."""
        given, _, surname = self.name.partition(" ")
        return {
            "businessPhones": [],
            "displayName": self.name,
            "givenName": given or None,
            "jobTitle": None,
            "mail": self.mail or None,
            "mobilePhone": None,
            "officeLocation": None,
            "preferredLanguage": None,
            "surname": surname or None,
            "userPrincipalName": self.upn,
            "id": self.id,
        }

    def full_entity(self) -> dict:
        """All properties that ``$select`` can ask for."""
        proxies = [f"SMTP:{self.mail}"] if self.mail else []
        return {
            **self.entity(),
            "accountEnabled": self.enabled,
            "mailNickname": self.upn.partition("@")[0],
            "otherMails": [],
            "proxyAddresses": proxies + [f"smtp:{alias}" for alias in self.aliases],
            "userType": "Member",
        }


@dataclass
class App:
    """An app registration.

    :ivar secrets: secret → end of its life in seconds since the epoch (0 = never)
    :ivar redirect_uris: exact, but the port of ``localhost`` does not count
    :ivar admin_consent: delegated scopes consented for everybody
    :ivar roles: application permissions with admin consent
    :ivar only_mailboxes: user ids that application access is limited to (None = all)
    :ivar mailbox_roles: RBAC for applications: user id → permissions at that mailbox
    """

    id: str
    name: str
    tenant_id: str
    secrets: dict[str, float] = field(default_factory=dict)
    redirect_uris: list[str] = field(default_factory=list)
    multi_tenant: bool = False
    public: bool = False
    admin_consent: set[str] = field(default_factory=set)
    user_consent: dict[str, set[str]] = field(default_factory=dict)
    roles: set[str] = field(default_factory=set)
    only_mailboxes: set[str] | None = None
    mailbox_roles: dict[str, set[str]] = field(default_factory=dict)

    def consented(self, user_id: str) -> set[str]:
        """Delegated scopes that this user may get."""
        return self.admin_consent | self.user_consent.get(user_id, set())


class Directory:
    """All tenants, users and app registrations."""

    def __init__(self) -> None:
        self.tenants: dict[str, Tenant] = {}
        self.users: dict[str, User] = {}
        self.apps: dict[str, App] = {}
        self._known: dict[str, User] = {}

    def __getstate__(self) -> dict:
        return {**self.__dict__, "_known": {}}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update({"_known": {}, **state})

    def tenant(self, key: str) -> Tenant | None:
        """A tenant by id or domain."""
        key = key.lower()
        found = self.tenants.get(key)
        if found is not None:
            return found
        return next((t for t in self.tenants.values() if key in t.domains), None)

    def user(self, key: str) -> User | None:
        """A user by id, user principal name or one of the addresses."""
        key = key.lower()
        found = self.users.get(key)
        if found is not None:
            return found
        # Who was found once is looked at first: there may be thousands.
        known = self._known.get(key)
        if known and self.users.get(known.id) is known and key in known.names():
            return known
        for user in self.users.values():
            if key in user.names():
                self._known[key] = user
                return user
        return None

    def add_user(self, login: str, *, name: str = "", **values: object) -> User:
        """Create a user; an unknown domain joins the first tenant."""
        domain = login.rpartition("@")[2].lower()
        tenant = self.tenant(domain)
        if tenant is None:
            tenant = next(iter(self.tenants.values()))
            tenant.domains.add(domain)
        local = login.partition("@")[0]
        values.setdefault("mail", login)
        values.setdefault("password", "")
        user = User(
            id=ids.guid("user", login.lower()),
            upn=login,
            name=name or local.replace(".", " ").title(),
            tenant_id=tenant.id,
            **values,  # type: ignore[arg-type]
        )
        self.users[user.id] = self._known[login.lower()] = user
        return user
