"""Lanes of the schedule in processes of their own, and what they use."""

from __future__ import annotations

import multiprocessing
import os
import time
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import _ground


@contextmanager
def lanes(env, count):
    """Lanes of the schedule, each a scheduled job in a process of its own, ready to go.

    :return: the :class:`Lanes`
    """
    env["exchange.account"]._set_lanes(count)
    env.cr.commit()
    dbname = env.cr.dbname
    context = multiprocessing.get_context("spawn")
    pipes, children = [], []
    for number in range(1, count + 1):
        here, there = context.Pipe()
        child = context.Process(target=_lane, args=(there, dbname, number), daemon=True)
        child.start()
        pipes.append(here)
        children.append(child)
    try:
        for pipe in pipes:
            pipe.recv()
        yield Lanes(pipes)
    finally:
        for pipe, child in zip(pipes, children, strict=True):
            pipe.send(None)
            child.join(10)
            child.terminate()


class Lanes:
    """Some processes that synchronise what is due."""

    def __init__(self, pipes):
        self._pipes = pipes

    def run(self):
        """Work until nothing is due. :return: what all lanes together used"""
        for pipe in self._pipes:
            pipe.send("go")
        return total([pipe.recv() for pipe in self._pipes])


def total(parts):
    """The figures of one round: seconds of the slowest, sums of all others."""
    return SimpleNamespace(
        seconds=max(part["end"] for part in parts)
        - min(part["begin"] for part in parts),
        tick=max(part["tick"] for part in parts),
        cpu=sum(part["cpu"] for part in parts),
        database=sum(part["database"] for part in parts),
        queries=sum(part["queries"] for part in parts),
        memory=max(part["memory"] for part in parts),
        growth=max(part["growth"] for part in parts),
    )


def _lane(pipe, dbname, number):
    from odoo import SUPERUSER_ID, api, sql_db
    from odoo.modules.registry import Registry
    from odoo.tools import config

    config.parse_config(["-d", dbname, "--no-http", "--log-level=error"])
    registry = Registry(dbname)
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        cron = env["exchange.account"]._lanes()[number].with_env(env)
        env.cr.commit()
        pipe.send("ready")
        while pipe.recv():
            pipe.send(_work(env, cron, sql_db))


def _work(env, cron, sql_db):
    before = _ground.resident_megabytes()
    figures = {"tick": 0.0, "begin": time.time()}
    cpu, queries, database = time.process_time(), sql_db.sql_counter, _backend_seconds()
    accounts = env["exchange.account"]
    while accounts._count_due():
        env.cr.commit()
        start = time.monotonic()
        cron.method_direct_trigger()
        figures["tick"] = max(figures["tick"], time.monotonic() - start)
        env.cr.commit()
    env.cr.commit()
    memory = _ground.resident_megabytes()
    return figures | {
        "end": time.time(),
        "cpu": time.process_time() - cpu,
        "queries": sql_db.sql_counter - queries,
        "database": _backend_seconds() - database,
        "memory": memory,
        "growth": memory - before,
    }


def _backend_seconds():
    """Seconds of CPU that PostgreSQL has used for the connections of this process."""
    from odoo import sql_db

    pids = [
        connection.info.backend_pid
        for connection in sql_db._Pool._connections
        if not connection.closed
    ]
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, islice(fields, 11, 13)))
    return ticks / os.sysconf("SC_CLK_TCK")
