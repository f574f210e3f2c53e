"""Transactions of the synchronisation, in one place.

A run commits page by page on the cursor of its caller. Two things must not ride on
that cursor: the lock that says "this account is being synchronised" (it has to survive
the commits of the run and die with the process), and a rotated refresh token (it has to
be stored even when the page that needed it is rolled back).
"""

import logging
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2 import OperationalError
from psycopg2.errors import ProgramLimitExceeded, SerializationFailure

from odoo import api, sql_db
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# First half of the advisory lock key; any constant does, as long as it stays the same.
_LOCK_SPACE = 0x0E365
# Seconds to wait for a row that another worker is at, longer than its request may take.
LONGEST_WAIT = 100
ATTEMPTS = 5


def _commit_is_forbidden(env) -> bool:
    """A test case owns the cursor and forbids to commit it (odoo.tests.common)."""
    # It does so by an attribute of this one cursor; others may be committed.
    return "commit" in vars(env.cr)


def analyze(env, tables) -> None:
    """Let the database look how large tables have become, and commit.

    Plans made for empty tables turn out badly, and whoever waits for the autovacuum
    waits too long.
    """
    for table in tables:
        env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))
    commit(env)


def ends_page(error: Exception) -> bool:
    """Whether an error of the database is about more than the item at hand: the
    connection is gone, or another worker was quicker.

    psycopg2 counts a value that is too large for an index among them, but that is the
    item's own.
    """
    return isinstance(error, OperationalError) and not isinstance(
        error, ProgramLimitExceeded
    )


def is_of_test(env) -> bool:
    """Whether a test case owns the database, so that no other thread may use it."""
    return not isinstance(env.cr, sql_db.Cursor) or _commit_is_forbidden(env)


def commit(env) -> None:
    """Make everything done so far durable."""
    if _commit_is_forbidden(env):
        env.flush_all()
    else:
        env.cr.commit()  # pylint: disable=invalid-commit


def rollback(env) -> None:
    """Forget what was done since the last :func:`commit`."""
    if _commit_is_forbidden(env):
        env.invalidate_all(flush=False)
    else:
        env.cr.rollback()


@contextmanager
def own_environment(env, latest=False) -> Iterator[api.Environment]:
    """An environment of the same user on a cursor of its own, committed at the end.

    :param latest: whoever waits for a row sees what the one before him made of it,
        where Odoo's own transactions would fail (PostgreSQL: READ COMMITTED)
    """
    if _commit_is_forbidden(env):
        yield env
        env.flush_all()
        return
    with env.registry.cursor() as cr:
        if latest and isinstance(cr, sql_db.Cursor):
            cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            cr.execute(
                "SELECT set_config('lock_timeout', %s, true)", [f"{LONGEST_WAIT}s"]
            )
        yield env(cr=cr)


def in_own_transaction(env, work):
    """Write in an :func:`own_environment`, again when another worker was faster.

    :param work: function(env), without network calls: it may be called several times
    :return: what it gave
    """
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            with own_environment(env) as own:
                return work(own)
        except SerializationFailure:
            if not attempts_left:
                raise
            time.sleep(random.uniform(0.0, 0.5))
    return None


def is_locked(env, number: int) -> bool:
    """Whether somebody holds the lock of :func:`try_lock`; takes nothing itself."""
    env.cr.execute(
        """SELECT EXISTS (SELECT 1 FROM pg_locks l
                            JOIN pg_database d ON d.oid = l.database
                           WHERE d.datname = current_database()
                             AND l.locktype = 'advisory' AND l.granted
                             AND l.classid = %s AND l.objid = %s)""",
        (_LOCK_SPACE, number),
    )
    return env.cr.fetchone()[0]


@contextmanager
def try_lock(env, number: int) -> Iterator[bool]:
    """Hold the database-wide lock ``number`` for the duration of the block.

    The lock is PostgreSQL's and belongs to a connection of its own, so it is free again
    the moment this process dies, on whatever machine it runs.

    :return: whether the lock was free
    """
    with sql_db.db_connect(env.cr.dbname).cursor() as cr:
        cr.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", (_LOCK_SPACE, number))
        yield cr.fetchone()[0]
