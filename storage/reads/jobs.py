"""The job ledger and the archive's index, as the API and the command line read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from storage.connect import rows

__all__ = ["documents_page", "jobs_by_ids", "jobs_page", "rejections_page"]

Row = dict[str, Any]


async def jobs_page(
    *,
    state: str | None = None,
    kind: str | None = None,
    after: tuple[dt.datetime, UUID] | None = None,
    limit: int = 100,
) -> list[Row]:
    """Jobs, newest first; ``after`` is ``(created_at, id)`` of the last one seen.

    ``args`` and ``result`` are decoded.
    """
    seek = "AND (created_at, id) < ($4::timestamptz, $5::uuid)" if after else ""
    found = await rows(
        "SELECT * FROM jobs WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR kind = $2) "  # noqa: S608 - constants
        f"{seek} ORDER BY created_at DESC, id DESC LIMIT $3",
        state,
        kind,
        limit,
        *(after or ()),
    )
    return [_decoded(row) for row in found]


async def jobs_by_ids(ids: Sequence[UUID]) -> dict[UUID, Row]:
    """Jobs by id."""
    found = await rows("SELECT * FROM jobs WHERE id = ANY($1::uuid[])", list(ids))
    return {row["id"]: _decoded(row) for row in found}


async def rejections_page(job_id: UUID, *, after: int = -1, limit: int = 100) -> list[Row]:
    """What a job could not understand, by its running number ``n``, beyond number ``after``."""
    return await rows(
        "SELECT * FROM job_rejections WHERE job_id = $1 AND n > $2 ORDER BY n LIMIT $3", job_id, after, limit
    )


async def documents_page(
    *, vendor: str | None = None, after: tuple[dt.datetime, str] | None = None, limit: int = 100
) -> list[Row]:
    """The raw archive's index, newest first; ``after`` is ``(stored_at, sha256)`` of the last row seen."""
    seek = "AND (stored_at, sha256) < ($3::timestamptz, $4)" if after else ""
    return await rows(
        "SELECT * FROM raw_documents WHERE ($1::text IS NULL OR vendor = $1) "  # noqa: S608 - constants
        f"{seek} ORDER BY stored_at DESC, sha256 DESC LIMIT $2",
        vendor,
        limit,
        *(after or ()),
    )


def _decoded(row: Row) -> Row:
    """A copy with the ``jsonb`` columns decoded."""
    result = row["result"]
    return {
        **row,
        "args": msgspec.json.decode(row["args"]),
        "result": None if result is None else msgspec.json.decode(result),
    }
