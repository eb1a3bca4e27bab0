"""What a worker does with a job: claim it, keep the lease, report, and end the attempt.

Whoever runs a job holds a lease and renews it. Every statement here names the attempt by its
``started_at``, so that a worker which lost its lease (it was stopped, the machine slept) changes
nothing when it comes back: it gets ``None`` and must let go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import orjson

from storage.ledger.jobs import Job, from_row, storable, storable_text
from storage.ledger.sql import fetch, fetch_job

__all__ = ["bury", "claim", "fail", "finish", "hand_back", "heartbeat", "progress", "reclaim", "reschedule"]

# A dispatch aims at ``run_after`` in whole milliseconds and timers may fire a little early; so small an
# anticipation is nobody's loss, while turning the job away would cost another round through Redis.
_EARLY_S: Final = 0.25

_INT4_MAX: Final = 2**31 - 1

_CLAIM = """
UPDATE jobs SET state = 'running', attempts = attempts + 1,
    started_at = clock_timestamp(), finished_at = NULL,
    lease_until = clock_timestamp() + make_interval(secs => $2),
    timeout_s = least(timeout_s, $3), max_attempts = least(max_attempts, $4),
    progress_done = 0, progress_total = 0, progress_note = ''
WHERE id = $1 AND state = 'queued' AND run_after <= clock_timestamp() + make_interval(secs => $5)
RETURNING *
"""

_HEARTBEAT = """
UPDATE jobs SET lease_until = clock_timestamp() + make_interval(secs => $3)
WHERE id = $1 AND started_at = $2 AND state = 'running' RETURNING *
"""

_PROGRESS = """
UPDATE jobs SET lease_until = clock_timestamp() + make_interval(secs => $3),
    progress_done = $4, progress_total = $5, progress_note = $6
WHERE id = $1 AND started_at = $2 AND state = 'running' RETURNING *
"""

_FINISH = """
UPDATE jobs SET state = 'succeeded', result = $3::jsonb, error = NULL, lease_until = NULL,
    finished_at = clock_timestamp()
WHERE id = $1 AND started_at = $2 AND state = 'running' RETURNING *
"""

_FAIL = """
UPDATE jobs SET state = 'queued', error = $3, lease_until = NULL, dispatched_at = NULL,
    run_after = clock_timestamp() + make_interval(secs => $4)
WHERE id = $1 AND started_at = $2 AND state = 'running' RETURNING *
"""

_BURY = """
UPDATE jobs SET state = 'dead', error = $3, lease_until = NULL, finished_at = clock_timestamp()
WHERE id = $1 AND started_at = $2 AND state = 'running' RETURNING *
"""

_RESCHEDULE = """
UPDATE jobs SET state = 'queued', attempts = 0, error = NULL, lease_until = NULL, dispatched_at = NULL,
    run_after = clock_timestamp() + make_interval(secs => $3), progress_note = coalesce($4, progress_note)
WHERE id = $1 AND started_at = $2 AND state = 'running' RETURNING *
"""

_HAND_BACK = """
UPDATE jobs SET state = 'queued', attempts = attempts - 1, lease_until = NULL, dispatched_at = NULL,
    run_after = clock_timestamp()
WHERE id = $1 AND started_at = $2 AND state = 'running' RETURNING *
"""

# An attempt whose worker vanished counts: a job that kills every worker it meets must come to an end.
_RECLAIM = """
UPDATE jobs SET state = CASE WHEN attempts >= max_attempts THEN 'dead' ELSE 'queued' END,
    finished_at = CASE WHEN attempts >= max_attempts THEN clock_timestamp() END,
    error = format(
        'WorkerLost: attempt %s of %s ended without a word; its lease ran out at %s', attempts, max_attempts,
        to_char(lease_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    ),
    lease_until = NULL, dispatched_at = NULL, run_after = clock_timestamp()
WHERE id IN (
    SELECT id FROM jobs WHERE state = 'running' AND lease_until < clock_timestamp()
    ORDER BY lease_until LIMIT $1 FOR UPDATE SKIP LOCKED
)
RETURNING *
"""


async def claim(job_id: UUID, *, lease_s: float, timeout_s: int, max_attempts: int) -> Job | None:
    """Begin an attempt: the one caller that gets the job has it for ``lease_s`` seconds.

    The limits are those of the kind's handler; the job keeps its own where they are tighter.
    ``None`` if the job is not queued or not due.
    """
    return await fetch_job(_CLAIM, job_id, lease_s, timeout_s, max_attempts, _EARLY_S)


async def heartbeat(job: Job, *, lease_s: float) -> Job | None:
    """Renew the lease; ``None`` if the attempt is no longer the caller's (lost or cancelled)."""
    return await fetch_job(_HEARTBEAT, job.id, job.started_at, lease_s)


async def progress(job: Job, done: int, total: int, note: str, *, lease_s: float) -> Job | None:
    """Store how far the attempt is and renew the lease; ``None`` as in :func:`heartbeat`."""
    done, total = (min(max(count, 0), _INT4_MAX) for count in (done, total))
    return await fetch_job(_PROGRESS, job.id, job.started_at, lease_s, done, total, storable_text(note))


async def finish(job: Job, result: Mapping[str, Any] | None) -> Job | None:
    """End the attempt well. Raises ``TypeError`` if ``result`` is not JSON."""
    written = None if result is None else orjson.dumps(storable(dict(result))).decode()
    return await fetch_job(_FINISH, job.id, job.started_at, written)


async def fail(job: Job, error: str, *, retry_after_s: float) -> Job | None:
    """End the attempt badly and queue the job again, due in ``retry_after_s`` seconds."""
    return await fetch_job(_FAIL, job.id, job.started_at, storable_text(error), retry_after_s)


async def bury(job: Job, error: str) -> Job | None:
    """End the attempt for good: the job becomes a dead letter that can be read and replayed."""
    return await fetch_job(_BURY, job.id, job.started_at, storable_text(error))


async def reschedule(job: Job, *, after_s: float, note: str | None = None) -> Job | None:
    """End the attempt well and queue the same job again, with all its attempts before it."""
    note = None if note is None else storable_text(note)
    return await fetch_job(_RESCHEDULE, job.id, job.started_at, after_s, note)


async def hand_back(job: Job) -> Job | None:
    """Give the job back unfinished, due at once and without counting the attempt (the worker must leave)."""
    return await fetch_job(_HAND_BACK, job.id, job.started_at)


async def reclaim(*, limit: int = 100) -> list[Job]:
    """Take jobs whose lease ran out from their vanished workers.

    They are queued again, or dead where that attempt was the last.
    """
    return [from_row(row) for row in await fetch(_RECLAIM, limit)]
