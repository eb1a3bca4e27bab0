"""Bringing a database up to the layout this version of Poise needs.

Steps are plain SQL scripts in ``storage/migrations`` and not Tortoise's migrations, for three
reasons: half of our tables have composite primary keys, which its models cannot state; it records
a step outside the transaction that made it, so that a kill between the two leaves a database
that neither works nor migrates; and two processes that start together would race. Here a step and
its record are one transaction, and a session-wide advisory lock lets one caller in at a time.
A test holds the ORM's models against the migrated database, so the two cannot drift apart.
"""

from __future__ import annotations

import asyncio
import hashlib
from importlib import resources
from typing import NamedTuple

import asyncpg

__all__ = ["MigrationError", "Step", "apply_migrations", "migrate", "steps"]

# Any number will do as long as nobody else locks it: the first eight bytes of SHA-256("poise migrations").
_LOCK = int.from_bytes(hashlib.sha256(b"poise migrations").digest()[:8], "big", signed=True)

_CREATE_RECORD = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name       text PRIMARY KEY,
    sha256     text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


class MigrationError(RuntimeError):
    """The database and this program disagree about the steps taken; nothing was changed."""


class Step(NamedTuple):
    """One script: its name (``0001_games``), its text, and the hash by which an edit is noticed."""

    name: str
    sql: str
    sha256: str


def steps() -> list[Step]:
    """Return all steps this version knows, in order."""
    scripts = [file for file in resources.files("storage.migrations").iterdir() if file.name.endswith(".sql")]
    texts = {file.name.removesuffix(".sql"): file.read_text(encoding="utf-8") for file in scripts}
    return [
        Step(name, texts[name], hashlib.sha256(texts[name].encode()).hexdigest()) for name in sorted(texts)
    ]


def migrate(database_url: str) -> list[str]:
    """Apply every step the database lacks and return the names of those applied, in order.

    Safe to call at every start and from several processes at once: the later ones wait and find
    nothing left to do. Runs an event loop of its own, so it must not be called from inside one
    (use :func:`apply_migrations` there).

    Raises :class:`MigrationError` if the database has steps this version does not know or an
    applied step has been edited since; asyncpg's errors where the server cannot be reached.
    """
    return asyncio.run(apply_migrations(database_url))


async def apply_migrations(database_url: str) -> list[str]:
    """As :func:`migrate`, for callers on an event loop."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute("SET client_min_messages = warning")  # "already exists, skipping" is no news
        await connection.execute(_CREATE_RECORD)
        done = {
            row["name"]: row["sha256"]
            for row in await connection.fetch("SELECT name, sha256 FROM schema_migrations")
        }
        known = steps()
        _check(known, done)
        applied = []
        for step in known:
            if step.name in done:
                continue
            async with connection.transaction():
                await connection.execute(step.sql)
                await connection.execute(
                    "INSERT INTO schema_migrations (name, sha256) VALUES ($1, $2)", step.name, step.sha256
                )
            applied.append(step.name)
        return applied
    finally:
        await connection.close()  # gives the lock back, too


def _check(known: list[Step], done: dict[str, str]) -> None:
    by_name = {step.name: step for step in known}
    if strangers := sorted(done.keys() - by_name.keys()):
        raise MigrationError(
            f"the database has migrations this version of Poise does not know ({', '.join(strangers)}): "
            "it was used by a newer version"
        )
    if edited := sorted(name for name in done if by_name[name].sha256 != done[name]):
        raise MigrationError(f"applied migrations were edited afterwards: {', '.join(edited)}")
