"""Access tokens of an account, so that no worker ever loses a refresh token."""

from psycopg2.errors import UniqueViolation

from ..client import AuthenticationError
from .transactions import own_environment

# Refusals of the stored sign-in after which the stored password may still be right.
# After any other one it would be a wrong try, and some of them lock the user out.
_WORTH_A_PASSWORD = ("expired", "revoked", "refused")


class TokenSource:
    """Gives the access tokens of one account, refreshed when needed.

    Refresh tokens rotate: whoever uses one gets its successor, and the old one may be
    worthless from then on. The row lock lets one worker refresh while the others wait
    and then find the successor; the cursor of its own keeps it even when the caller's
    work is rolled back. It holds plain values only, because a connection may ask for a
    token from the thread that reads ahead.
    """

    def __init__(self, account, stored=None):
        """:param stored: what ``exchange.credential`` has of this account, if it was
        read already
        """
        self._account = account
        self._method = account.auth_method
        self._login = account.login or ""
        self._valid = self._peek(stored) if stored else ""
        # One that is looked for in vain later on has to be found at once.
        self._app = None if self._valid else account._oauth_app()

    def __call__(self, claims):
        """:param claims: None, "" to force a new one, or a claims challenge

        :raises AuthenticationError: the user has to sign in again
        """
        if claims is None and self._valid:
            return self._valid
        try:
            return self._locked(claims)
        except UniqueViolation:
            # Another worker was the first to store a token; now there is a row to lock.
            return self._locked(claims)

    def _peek(self, stored):
        """The access token that is there already, or "": most of the time nothing has
        to be locked and nobody asked."""
        cache = self._account._stored("token_cache", stored=stored)
        app = self._account._oauth_app(secret=False)
        return app.cached_token(cache, application=self._method == "application")

    def _locked(self, claims):
        with own_environment(self._account.env, latest=True) as env:
            account = self._account.with_env(env)
            self._app = self._app or account._oauth_app()
            cache = account._stored("token_cache", lock=True)
            answer = self._ask(account, cache, claims)
            if answer.cache != cache:
                account._store("token_cache", answer.cache)
        return answer.access_token

    def _ask(self, account, cache, claims):
        if self._method == "application":
            return self._app.token_for_application(cache, claims)
        try:
            return self._app.token_silent(cache, claims)
        except AuthenticationError as error:
            if self._method != "password" or error.reason not in _WORTH_A_PASSWORD:
                raise
            password = account._stored("password")
            if not password:
                raise
        return self._app.token_by_password(self._login, password)
