"""Transactions of the synchronisation, in one place.

A run commits page by page on the cursor of its caller. Two things must not ride on
that cursor: the lock that says "this account is being synchronised" (it has to survive
the commits of the run and die with the process), and a rotated refresh token (it has to
be stored even when the page that needed it is rolled back).
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from odoo import api, modules, sql_db

_logger = logging.getLogger(__name__)

# First half of the advisory lock key; any constant does, as long as it stays the same.
_LOCK_SPACE = 0x0E365


def _commit_is_forbidden(env) -> bool:
    """A test case owns the cursor and forbids to commit it (odoo.tests.common)."""
    # Its stand-in for a cursor is no sql_db.Cursor, and may be committed.
    return bool(modules.module.current_test) and isinstance(env.cr, sql_db.Cursor)


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
def own_environment(env) -> Iterator[api.Environment]:
    """An environment of the same user on a cursor of its own, committed at the end."""
    if _commit_is_forbidden(env):
        yield env
        env.flush_all()
        return
    with env.registry.cursor() as cr:
        yield env(cr=cr)


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
