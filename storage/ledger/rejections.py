"""Rows of input that a job could not understand: listed with file, row, field and reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from tortoise.transactions import in_transaction

from poise_sdk.records import Rejected
from storage.ledger.jobs import storable_text
from storage.ledger.sql import fetch

__all__ = ["add_rejections", "count_rejections", "rejections"]

# Rows per statement: large enough that the round trip does not matter, small enough for memory.
_BATCH: Final = 5_000

# Writers of one job number their rows one after the other. A statement of its own, because what the
# INSERT sees is settled when it begins, and it must see what the writer before it has committed.
_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('poise rejections ' || $1::text, 0))"

# A second attempt finds again what the first one rejected, and only some of it: what the first has
# stored whole is skipped. So nothing is deleted between attempts, and what stands there is left out.
# EXCEPT, unlike a join, takes two nulls as equal.
_INSERT = """
WITH fresh AS (
    SELECT file, row, field, game_id, play, reason
    FROM unnest($2::text[], $3::int[], $4::text[], $5::text[], $6::int[], $7::text[])
        AS new(file, row, field, game_id, play, reason)
    EXCEPT
    SELECT file, row, field, game_id, play, reason FROM job_rejections WHERE job_id = $1
)
INSERT INTO job_rejections (job_id, n, file, row, field, game_id, play, reason)
SELECT $1, coalesce((SELECT max(n) FROM job_rejections WHERE job_id = $1), 0)
        + row_number() OVER (ORDER BY file, row NULLS FIRST, play NULLS FIRST, field, reason),
    file, row, field, game_id, play, reason
FROM fresh
RETURNING 1
"""

_READ = """
SELECT file, row, field, game_id, play, reason FROM job_rejections
WHERE job_id = $1 AND n > $2 ORDER BY n LIMIT $3
"""


async def add_rejections(job_id: UUID, rejected: Sequence[Rejected]) -> int:
    """Add to the rejections of a job those it does not list yet; returns how many were new."""
    added = 0
    for start in range(0, len(rejected), _BATCH):
        batch = rejected[start : start + _BATCH]
        async with in_transaction() as transaction:
            # hashtextextended wants text, and asyncpg takes a parameter's type from the statement
            await fetch(_TURN, str(job_id), using_db=transaction)
            written = await fetch(
                _INSERT,
                job_id,
                [storable_text(one.file) for one in batch],
                [one.row for one in batch],
                [_text(one.field) for one in batch],
                [_text(one.game_id) for one in batch],
                [one.play for one in batch],
                [storable_text(one.reason) for one in batch],
                using_db=transaction,
            )
        added += len(written)
    return added


async def rejections(job_id: UUID, *, limit: int = 100, after: int = 0) -> list[Rejected]:
    """Return up to ``limit`` rejections of a job in the order found, leaving out the first ``after``."""
    return [Rejected(**row) for row in await fetch(_READ, job_id, after, limit)]


async def count_rejections(job_id: UUID) -> int:
    """Return how many rejections a job has."""
    rows = await fetch("SELECT count(*) AS n FROM job_rejections WHERE job_id = $1", job_id)
    return int(rows[0]["n"])


def _text(value: str | None) -> str | None:
    return None if value is None else storable_text(value)
