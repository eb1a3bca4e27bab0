"""The servers of one Poise process: external ones by URL, or the embedded ones of its data folder.

The first process on a data folder starts the embedded servers and owns them; a second one attaches
(:mod:`storage.embedded.tenancy` has the rules). Database and Redis are chosen independently.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import asyncpg

from storage.embedded.accounts import server_account
from storage.embedded.binaries import redis_binary
from storage.embedded.postgres import EmbeddedPostgres
from storage.embedded.redis import IN_PROCESS_URL, EmbeddedRedis, NoRedisBinary
from storage.embedded.tenancy import AttachError, Tenancy
from storage.settings import Settings

__all__ = ["AttachError", "Endpoints", "NoRedisBinary", "runtime"]

_log = logging.getLogger(__name__)

_TAKEOVER_WITHIN_S = 60.0
_POLL_S = 0.1
# Refused, cut off, or told that the server is shutting down or starting up.
_INTERRUPTED = (OSError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError)


@dataclass(frozen=True)
class Endpoints:
    """Where the servers are. The URLs carry passwords, so the ``repr`` does not show them."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)


@contextlib.contextmanager
def runtime(settings: Settings, *, in_process_redis: bool = False) -> Iterator[Endpoints]:
    """A migrated database and a Redis that answer, for as long as the context lasts.

    Embedded servers are revived when they die, under the same URLs. On the way out the owner waits
    until other processes have left, then stops them; Ctrl-C cuts the waiting short.

    Where no Redis program can be had, raises :class:`NoRedisBinary`; with ``in_process_redis`` the
    URL is then :data:`storage.embedded.redis.IN_PROCESS_URL`, which only this process can use.
    """
    with contextlib.ExitStack() as stack:
        if settings.database_url is None:
            postgres = EmbeddedPostgres(settings.data)
            stack.enter_context(Tenancy(postgres, settings.data, "database"))
            database_url = postgres.url
        else:
            database_url = settings.database_url.get_secret_value()
        if settings.redis_url is None:
            redis_url = _embedded_redis(settings, stack, in_process_redis)
        else:
            redis_url = settings.redis_url.get_secret_value()
        _migrate(database_url, patience_s=0.0 if settings.database_url else _TAKEOVER_WITHIN_S)
        yield Endpoints(database_url=database_url, redis_url=redis_url)


def _embedded_redis(settings: Settings, stack: contextlib.ExitStack, in_process: bool) -> str:
    try:
        redis_binary(server_account())
    except NoRedisBinary:
        if not in_process:
            raise
        _log.warning("no Redis program found: jobs and live events stay inside this process")
        return IN_PROCESS_URL
    server = EmbeddedRedis(settings.data)
    stack.enter_context(Tenancy(server, settings.data, "redis"))
    return server.url


def _migrate(database_url: str, patience_s: float) -> None:
    """Migrate; try again for a while if the owner we attached to dies just now and is being replaced."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            applied = _migrate_once(database_url)
        except _INTERRUPTED as error:
            if time.monotonic() >= deadline:
                raise
            _log.info("the database is not available (%s); trying again", type(error).__name__)
            time.sleep(_POLL_S)
        else:
            break
    if applied:
        _log.info("migrated the database: %s", ", ".join(applied))


def _migrate_once(database_url: str) -> list[str]:
    # Here, not above: a process that only asks for settings or fixtures needs no migrations.
    from storage.migrate import migrate

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return migrate(database_url)
    # It runs a loop of its own, which a thread with a running one does not allow.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(migrate, database_url).result()
