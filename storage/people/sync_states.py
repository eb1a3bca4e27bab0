"""How far each type of data of each connection is: the memory of the sync engine, and what people are shown.

A *span* under way (``cursor_since``, ``cursor_until``, ``cursor``) is what an interrupted attempt left: the
next one goes on there. :func:`page_done` writes it with each page, so a killed worker loses one page.
``synced_until`` moves on only by :func:`span_done`, when a span was fetched to its end.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal, cast

from poise_sdk.vocabulary import DataType
from storage.ledger.jobs import storable_text
from storage.people.sql import Row, execute, one, rows

__all__ = [
    "SyncState",
    "SyncStatus",
    "backfill_done",
    "backfill_page",
    "begin",
    "fail",
    "finish",
    "get",
    "of_athlete",
    "of_connection",
    "page_done",
    "span_done",
]

SyncStatus = Literal["never", "syncing", "ok", "partial", "error", "not_shared"]

_ERROR_CHARS: Final = 2_000

# Made when it is first needed: which types a vendor has is the adapter's word, and grows with its versions.
_BEGIN: Final = """
INSERT INTO sync_states AS s (connection_id, data_type, status, last_attempt_at)
VALUES ($1, $2, 'syncing', clock_timestamp())
ON CONFLICT (connection_id, data_type) DO UPDATE SET status = 'syncing', last_attempt_at = clock_timestamp()
RETURNING *
"""

_PAGE: Final = """
UPDATE sync_states SET cursor = $3,
    cursor_since = CASE WHEN $3::text IS NULL THEN NULL ELSE $4::timestamptz END,
    cursor_until = CASE WHEN $3::text IS NULL THEN NULL ELSE $5::timestamptz END,
    records = records + $6, rejected = rejected + $7
WHERE connection_id = $1 AND data_type = $2
"""

_SPAN: Final = """
UPDATE sync_states SET synced_until = greatest(synced_until, $3),
    cursor = NULL, cursor_since = NULL, cursor_until = NULL
WHERE connection_id = $1 AND data_type = $2
"""

_FINISH: Final = """
UPDATE sync_states SET status = 'ok', last_success_at = clock_timestamp(), error = NULL, failures = 0
WHERE connection_id = $1 AND data_type = $2
"""

_FAIL: Final = """
INSERT INTO sync_states AS s (connection_id, data_type, status, last_attempt_at, error, failures)
VALUES ($1, $2, $3, clock_timestamp(), $4, 1)
ON CONFLICT (connection_id, data_type) DO UPDATE SET status = $3, error = $4, failures = s.failures + 1
"""

_BACKFILL: Final = """
INSERT INTO sync_states AS s (connection_id, data_type, backfill_from, backfill_until, records, rejected)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (connection_id, data_type) DO UPDATE SET backfill_from = $3, backfill_until = $4,
    records = s.records + $5, rejected = s.rejected + $6
"""

_BACKFILLED: Final = """
INSERT INTO sync_states (connection_id, data_type, backfill_done) VALUES ($1, $2, true)
ON CONFLICT (connection_id, data_type) DO UPDATE SET backfill_done = true
"""

# The next attempt is told by the ledger, where one is ordered: a schedule is the tasks' affair.
_OF: Final = """
SELECT s.*, c.athlete_id, c.vendor, c.status AS connection_status, c.status_reason AS connection_reason,
    j.run_after AS next_at
FROM sync_states s JOIN connections c ON c.id = s.connection_id
LEFT JOIN jobs j
    ON j.key = 'sync:' || s.connection_id || ':' || s.data_type AND j.state IN ('queued', 'running')
WHERE {} ORDER BY c.vendor, c.id, s.data_type
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncState:
    """One row of ``sync_states`` at one instant, with the vendor it is about."""

    connection_id: int
    data_type: DataType
    status: SyncStatus = "never"
    last_attempt_at: dt.datetime | None = None
    last_success_at: dt.datetime | None = None
    synced_until: dt.datetime | None = None
    """Everything before has been fetched; only later times are asked for (with an overlap)."""
    cursor: str | None = None
    cursor_since: dt.datetime | None = None
    cursor_until: dt.datetime | None = None
    backfill_from: dt.datetime | None = None
    """History is known back to here."""
    backfill_until: dt.datetime | None = None
    """The old end of the last window of history that held anything."""
    backfill_done: bool = False
    records: int = 0
    """Records and readings understood, ever."""
    rejected: int = 0
    error: str | None = None
    failures: int = 0
    """Failed attempts in a row."""
    athlete_id: int | None = None
    vendor: str | None = None
    connection_status: str | None = None
    connection_reason: str | None = None
    next_at: dt.datetime | None = None
    """When the next sync is due, where one is ordered already."""


async def get(connection_id: int, data_type: DataType) -> SyncState:
    """The state of one type; one that was never synchronised is ``never``."""
    row = await one(
        "SELECT * FROM sync_states WHERE connection_id = $1 AND data_type = $2",
        connection_id,
        data_type.value,
    )
    return _state(row) if row is not None else SyncState(connection_id=connection_id, data_type=data_type)


async def begin(connection_id: int, data_type: DataType) -> SyncState:
    """An attempt begins; the state it finds, with the span that the last one left unfinished."""
    row = await one(_BEGIN, connection_id, data_type.value)
    assert row is not None
    return _state(row)


async def page_done(
    connection_id: int,
    data_type: DataType,
    *,
    cursor: str | None,
    since: dt.datetime,
    until: dt.datetime,
    records: int = 0,
    rejected: int = 0,
) -> None:
    """A page of ``[since, until)`` is stored; ``cursor``: where the next begins, ``None`` after the last."""
    await execute(_PAGE, connection_id, data_type.value, cursor, since, until, records, rejected)


async def span_done(connection_id: int, data_type: DataType, *, synced_until: dt.datetime) -> None:
    """A span was fetched to its end; what was synchronised further stays so."""
    await execute(_SPAN, connection_id, data_type.value, synced_until)


async def finish(connection_id: int, data_type: DataType, *, synced_until: dt.datetime | None = None) -> None:
    """An attempt ends well."""
    if synced_until is not None:
        await span_done(connection_id, data_type, synced_until=synced_until)
    await execute(_FINISH, connection_id, data_type.value)


async def fail(connection_id: int, data_type: DataType, error: str, *, status: SyncStatus = "error") -> None:
    """An attempt ends badly: ``status`` (partial, error, not_shared) and why. What was fetched is kept."""
    text = storable_text(error)[:_ERROR_CHARS]
    await execute(_FAIL, connection_id, data_type.value, status, text)


async def backfill_page(
    connection_id: int,
    data_type: DataType,
    *,
    asked_to: dt.datetime,
    found_to: dt.datetime,
    records: int = 0,
    rejected: int = 0,
) -> None:
    """A window of history is stored: asked for back to ``asked_to``, something found back to ``found_to``."""
    await execute(_BACKFILL, connection_id, data_type.value, asked_to, found_to, records, rejected)


async def backfill_done(connection_id: int, data_type: DataType) -> None:
    """There is no more history to fetch."""
    await execute(_BACKFILLED, connection_id, data_type.value)


async def of_connection(connection_id: int) -> list[SyncState]:
    """The states of a connection, by type."""
    return [_state(row) for row in await rows(_OF.format("s.connection_id = $1"), connection_id)]


async def of_athlete(athlete_id: int) -> list[SyncState]:
    """The states of an athlete's connections that are not removed, by vendor and type."""
    where = "c.athlete_id = $1 AND c.status <> 'removed'"
    return [_state(row) for row in await rows(_OF.format(where), athlete_id)]


def _state(row: Row) -> SyncState:
    values = {**row, "data_type": DataType(row["data_type"]), "status": cast(SyncStatus, row["status"])}
    return SyncState(**values)
