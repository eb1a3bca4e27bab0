"""Reading the ledger: one job, a page of jobs, one job with all that is known of it."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

from poise_sdk.records import Rejected
from storage.ledger.jobs import Job, JobState, from_row
from storage.ledger.rejections import count_rejections, rejections
from storage.ledger.sql import fetch, fetch_job

__all__ = ["MAX_PAGE", "JobDetail", "JobPage", "get", "list_jobs", "show"]

MAX_PAGE: Final = 500

_LIST = """
SELECT * FROM jobs
WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR kind = $2)
  AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid))
ORDER BY created_at DESC, id DESC
LIMIT $5
"""


@dataclass(frozen=True, slots=True)
class JobPage:
    """Jobs, newest first, and where the next page begins (``None`` on the last)."""

    jobs: tuple[Job, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class JobDetail:
    """One job with the first of its rejections and their number."""

    job: Job
    rejections: tuple[Rejected, ...]
    rejection_count: int


async def get(job_id: UUID, *, using_db: BaseDBAsyncClient | None = None) -> Job | None:
    """Return a job as it is now, ``None`` if there is none."""
    return await fetch_job("SELECT * FROM jobs WHERE id = $1", job_id, using_db=using_db)


async def list_jobs(
    *,
    state: JobState | None = None,
    kind: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> JobPage:
    """Return up to ``limit`` (at most :data:`MAX_PAGE`) jobs, newest first, from ``cursor`` on.

    Raises ``ValueError`` for a cursor that is not one of ours.
    """
    limit = min(max(limit, 1), MAX_PAGE)
    created_at, job_id = (None, None) if cursor is None else _read_cursor(cursor)
    found = [from_row(row) for row in await fetch(_LIST, state, kind, created_at, job_id, limit + 1)]
    jobs = tuple(found[:limit])
    return JobPage(jobs, _cursor(jobs[-1]) if len(found) > limit else None)


async def show(job_id: UUID, *, first_rejections: int = 100) -> JobDetail | None:
    """Return a job with traceback, progress and its first rejections, ``None`` if there is none."""
    job = await get(job_id)
    if job is None:
        return None
    count = await count_rejections(job_id)
    first = await rejections(job_id, limit=first_rejections) if count else []
    return JobDetail(job, tuple(first), count)


def _cursor(job: Job) -> str:
    return base64.urlsafe_b64encode(f"{job.created_at.isoformat()} {job.id}".encode()).decode()


def _read_cursor(cursor: str) -> tuple[dt.datetime, UUID]:
    try:
        created_at, _, job_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        moment = dt.datetime.fromisoformat(created_at)
        if moment.tzinfo is None:
            raise ValueError("no zone")
        return moment, UUID(job_id)
    except (ValueError, binascii.Error) as error:
        raise ValueError(f"not a cursor of the job list: {cursor!r}") from error
