"""What callers ask of the ledger: do this, leave that, try the dead one again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid4

import orjson
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError

from storage.ledger.jobs import Job, storable
from storage.ledger.sql import fetch, fetch_job

__all__ = ["MAX_ATTEMPTS", "MAX_TIMEOUT_S", "LedgerError", "cancel", "enqueue", "prune", "retry"]

#: Ceilings of a job whose caller states no limits. The worker that claims it tightens both to what the
#: handler of its kind allows: whoever enqueues need not know the handlers.
MAX_ATTEMPTS: Final = 100
MAX_TIMEOUT_S: Final = 86_400

# An open job of the same key can end between our INSERT and our SELECT, and another can begin. Each
# round needs that to happen again, so a handful is plenty.
_ROUNDS: Final = 10

_INSERT = """
INSERT INTO jobs (id, kind, key, args, run_after, timeout_s, max_attempts, created_at)
VALUES ($1, $2, $3, $4::jsonb, coalesce($5, clock_timestamp()), $6, $7, clock_timestamp())
ON CONFLICT (key) WHERE state IN ('queued', 'running') DO NOTHING
RETURNING *
"""

_OPEN_BY_KEY = "SELECT * FROM jobs WHERE key = $1 AND state IN ('queued', 'running')"

_CANCEL = """
UPDATE jobs SET state = 'cancelled', finished_at = clock_timestamp(), lease_until = NULL
WHERE id = $1 AND state IN ('queued', 'running')
RETURNING *
"""

_REPLAY = """
UPDATE jobs SET state = 'queued', attempts = 0, run_after = clock_timestamp(), finished_at = NULL,
    dispatched_at = NULL, lease_until = NULL, progress_done = 0, progress_total = 0, progress_note = ''
WHERE id = $1 AND state IN ('dead', 'cancelled')
RETURNING *
"""

_PRUNE = """
DELETE FROM jobs WHERE state IN ('succeeded', 'cancelled') AND finished_at < clock_timestamp() - $1::interval
RETURNING 1
"""


class LedgerError(RuntimeError):
    """The ledger cannot do what was asked; the message says why."""


async def enqueue(
    kind: str,
    args: Mapping[str, Any],
    *,
    key: str | None = None,
    run_after: dt.datetime | None = None,
    timeout_s: int = MAX_TIMEOUT_S,
    max_attempts: int = MAX_ATTEMPTS,
    using_db: BaseDBAsyncClient | None = None,
) -> Job:
    """Write a job down, in the caller's transaction where one is open: rolled back, it never was.

    With a ``key`` of which a job is open already, nothing is written and that job is returned with
    ``existed`` set. ``args`` must be JSON. Call ``dispatch`` after the commit; should that be lost,
    the sweeper finds the job within seconds.

    Raises ``TypeError`` for arguments that are not JSON, ``ValueError`` for a NUL character in them.
    """
    written = orjson.dumps(dict(args)).decode()
    plain = orjson.loads(written)
    # Unlike a note or a message, an argument must not be altered quietly: it may be a file's name.
    if storable(plain) != plain:
        raise ValueError("job arguments cannot hold NUL characters")
    for _ in range(_ROUNDS):
        job = await fetch_job(
            _INSERT, uuid4(), kind, key, written, run_after, timeout_s, max_attempts, using_db=using_db
        )
        if job is not None:
            return job
        job = await fetch_job(_OPEN_BY_KEY, key, using_db=using_db)
        if job is not None:
            return job.as_existing()
    raise LedgerError(f"jobs of key {key!r} begin and end faster than one can be enqueued")


async def cancel(job_id: UUID, *, using_db: BaseDBAsyncClient | None = None) -> Job | None:
    """Cancel an open job; ``None`` if there is none. A running handler is told by its next heartbeat."""
    return await fetch_job(_CANCEL, job_id, using_db=using_db)


async def retry(job_id: UUID, *, using_db: BaseDBAsyncClient | None = None) -> Job:
    """Queue a dead or cancelled job again, with all its attempts before it. Dispatch it after the commit.

    Raises :class:`LedgerError` if there is no such job, if it is in another state, or if another job
    of its key is open.
    """
    try:
        job = await fetch_job(_REPLAY, job_id, using_db=using_db)
    except IntegrityError as error:
        raise LedgerError(f"job {job_id} cannot be replayed: another job of its key is open") from error
    if job is None:
        rows = await fetch("SELECT state FROM jobs WHERE id = $1", job_id, using_db=using_db)
        reason = f"it is {rows[0]['state']}" if rows else "there is no such job"
        raise LedgerError(f"job {job_id} cannot be replayed: {reason}")
    return job


async def prune(older_than: dt.timedelta) -> int:
    """Forget jobs that succeeded or were cancelled longer ago; dead letters stay. Returns how many went."""
    return len(await fetch(_PRUNE, older_than))
