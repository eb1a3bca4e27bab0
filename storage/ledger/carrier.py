"""Redis carries jobs; the ledger owns them.

A carried job is the ledger's id under a fresh name each time, so that nothing arq remembers of an
earlier dispatch can hold a later one up. A duplicate is harmless: only one claim succeeds. A lost
one is found by the sweeper, which compares what is due with what :func:`waiting` lists.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from typing import Any, Final
from uuid import UUID

import orjson
from arq.connections import ArqRedis
from redis.asyncio import Redis
from redis.exceptions import RedisError
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.connection import get_connection

from storage.embedded.redis import IN_PROCESS_URL, connection_pool
from storage.events import JOBS, publish
from storage.ledger.jobs import Job
from storage.ledger.sql import fetch

__all__ = [
    "FUNCTION",
    "QUEUE",
    "announce",
    "connect_redis",
    "deserialize",
    "dispatch",
    "serialize",
    "waiting",
]

logger = logging.getLogger(__name__)

QUEUE: Final = "poise:queue"
FUNCTION: Final = "run_job"

# No ``socket_timeout``: with one, redis-py puts every command into ``asyncio.wait_for``, which on Python
# 3.11 may swallow a cancellation (CPython issue 86296), so that a task told to stop goes on. A peer that
# went silent is noticed by keep-alive, and who cannot wait so long sets ``asyncio.timeout``.
_CONNECTION: Final[dict[str, Any]] = {
    "socket_connect_timeout": 2.0,
    "socket_keepalive": True,
    "socket_keepalive_options": {
        option: seconds_or_count
        for name, seconds_or_count in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 3), ("TCP_KEEPCNT", 3))
        if (option := getattr(socket, name, None)) is not None  # macOS lacks one of them
    },
}

# How long a dispatch may keep its caller; a local server answers in well under a millisecond.
_DISPATCH_S: Final = 5.0

_MEMORY: Final = "memory://"
_IN_PROCESS: Final = (_MEMORY, "fakeredis://")

_NONCE_BYTES: Final = 8

# The delay is taken from the database's clock, the one that judges the claim.
_MARK = """
UPDATE jobs SET dispatched_at = clock_timestamp() WHERE id = $1 AND state = 'queued'
RETURNING greatest(0, extract(epoch FROM run_after - clock_timestamp()))::float8 AS delay_s
"""

_UNMARK = "UPDATE jobs SET dispatched_at = NULL WHERE id = $1 AND state = 'queued'"


def serialize(message: dict[str, Any]) -> bytes:
    """Write arq's message as JSON. An exception, which arq reports when a message expired, becomes text."""
    return orjson.dumps(message, default=str)


def deserialize(data: bytes) -> dict[str, Any]:
    """Read arq's message from JSON."""
    message: dict[str, Any] = orjson.loads(data)
    return message


def connect_redis(url: str) -> ArqRedis:
    """Return a client for ``redis://…``, or for a Redis inside this process (``memory://``).

    It connects on first use, so this never fails; close it with ``aclose(close_connection_pool=True)``.
    All in-process clients share one store, which is gone with the process.
    """
    pool = connection_pool(
        IN_PROCESS_URL if url.startswith(_MEMORY) else url,
        **({} if url.startswith(_IN_PROCESS) else _CONNECTION),
    )
    return ArqRedis(pool, job_serializer=serialize, job_deserializer=deserialize, default_queue_name=QUEUE)


async def dispatch(redis: ArqRedis, job: Job | UUID) -> bool:
    """Hand a queued job to Redis, to arrive when it is due; call it after the commit that wrote the job.

    ``False`` if Redis could not be reached: the job is safe in the ledger and the sweeper will send it.
    A job that is not queued (any more) needs no carrying: ``True``.

    Raises ``RuntimeError`` inside a transaction, where a worker could not see the job yet.
    """
    job_id = job.id if isinstance(job, Job) else job
    if isinstance(get_connection("default"), TransactionalDBClient):
        raise RuntimeError("dispatch a job after the transaction that enqueued it is committed")
    marked = await fetch(_MARK, job_id)
    if not marked:
        return True
    try:
        async with asyncio.timeout(_DISPATCH_S):
            await redis.enqueue_job(
                FUNCTION,
                str(job_id),
                _job_id=f"{job_id}:{secrets.token_hex(_NONCE_BYTES)}",
                _queue_name=QUEUE,
                _defer_by=marked[0]["delay_s"],
            )
    except (RedisError, OSError) as error:
        logger.warning("job %s waits in the ledger, Redis is away: %s", job_id, type(error).__name__)
        await fetch(_UNMARK, job_id)
        return False
    if isinstance(job, Job):
        await announce(redis, job)
    return True


async def waiting(redis: ArqRedis) -> set[UUID]:
    """Return the jobs that Redis carries and no worker has taken yet, those for later included.

    Raises ``redis.RedisError`` if Redis is away.
    """
    names: list[bytes] = await redis.zrange(QUEUE, 0, -1)
    return {UUID(name.decode().partition(":")[0]) for name in names}


async def announce(redis: Redis, job: Job) -> bool:
    """Publish what a job has come to on :data:`storage.events.JOBS`; ``False`` if Redis is away."""
    return await publish(redis, JOBS, orjson.dumps(_summary(job)))


def _summary(job: Job) -> dict[str, Any]:
    return {
        "job_id": str(job.id),
        "kind": job.kind,
        "key": job.key,
        "state": job.state,
        "attempts": job.attempts,
        "max_attempts": job.max_attempts,
        "done": job.progress_done,
        "total": job.progress_total,
        "note": job.progress_note,
        # the last line of a traceback: type and message
        "error": job.error.rstrip().rpartition("\n")[2] if job.error else None,
    }
