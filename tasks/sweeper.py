"""Finding what was lost: jobs whose worker vanished, and jobs that no message in Redis stands for."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import uuid4

from arq.connections import ArqRedis
from redis.asyncio import Redis
from redis.exceptions import RedisError

from storage import ledger
from storage.connect import is_transient
from storage.ledger.sql import fetch
from tasks.options import WorkerOptions
from tasks.registry import Registry
from tasks.schedule import Scheduler

__all__ = ["Sweeper", "worker_alive"]

logger = logging.getLogger(__name__)

# Worker id → the millisecond until which it counts as alive.
_WORKERS: Final = "poise:workers"

# A worker counts as alive for this many rounds of its sweeper after the last one.
_ROUNDS_ALIVE: Final = 3

# A round must not hang on a server that neither answers nor leaves.
_PART_S: Final = 30.0

# How long to ask whether a worker lives.
_ASK_S: Final = 2.0

# Jobs sent again in one round; what is left over is due in the next.
_BATCH: Final = 500

# ``dispatched_at`` and ``run_after`` in the near past: the message, or the worker's claim, is on its way.
_OVERDUE = """
SELECT id FROM jobs
WHERE state = 'queued' AND run_after < clock_timestamp() - make_interval(secs => $1)
    AND (dispatched_at IS NULL OR dispatched_at < clock_timestamp() - make_interval(secs => $1))
ORDER BY run_after LIMIT $2
"""


class Sweeper:
    """One worker's round: say that it lives, reclaim, send again, read the schedule."""

    def __init__(self, redis: ArqRedis, registry: Registry, options: WorkerOptions) -> None:
        self._redis = redis
        self._scheduler = Scheduler(registry)
        self._options = options
        self._name = uuid4().hex
        self._database_back_at = 0.0

    async def run(self) -> None:
        """Make rounds until cancelled; no failure ends them."""
        while True:
            await self.round()
            await asyncio.sleep(self._options.sweep_s)

    async def round(self) -> None:
        """Make one round. Its parts do not depend on each other: Redis may be away, or PostgreSQL."""
        for part in (self._live, self._reclaim, self._send_again, self._schedule):
            await self._try(part)

    async def leave(self) -> None:
        """Say that this worker no longer lives."""

        async def away() -> None:
            await self._redis.zrem(_WORKERS, self._name)

        await self._try(away)

    async def _try(self, part: Callable[[], Awaitable[None]]) -> None:
        try:
            async with asyncio.timeout(_PART_S):
                await part()
        except (RedisError, OSError) as error:
            logger.debug("sweeper: %s", type(error).__name__)
        except Exception as error:
            if not is_transient(error):
                logger.exception("sweeper: %s failed", part.__name__)
            # While PostgreSQL was away nobody could renew a lease: those who live get the time to do so.
            self._database_back_at = time.monotonic() + 2 * self._options.heartbeat_s

    async def _live(self) -> None:
        now_ms = time.time_ns() // 1_000_000
        until_ms = now_ms + int(1_000 * _ROUNDS_ALIVE * max(self._options.sweep_s, 1.0))
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.zremrangebyscore(_WORKERS, "-inf", now_ms)
            pipe.zadd(_WORKERS, {self._name: until_ms})
            await pipe.execute()

    async def _reclaim(self) -> None:
        if time.monotonic() < self._database_back_at:
            return
        for job in await ledger.reclaim():
            logger.warning("job %s (%s): its worker vanished, now %s", job.id, job.kind, job.state)
            await ledger.announce(self._redis, job)
            if job.open:
                await ledger.dispatch(self._redis, job.id)

    async def _send_again(self) -> None:
        overdue = [row["id"] for row in await fetch(_OVERDUE, self._options.overdue_s, _BATCH)]
        if not overdue:
            return
        carried = await ledger.waiting(self._redis)
        for job_id in overdue:
            if job_id not in carried and not await ledger.dispatch(self._redis, job_id):
                return

    async def _schedule(self) -> None:
        for job in await self._scheduler.enqueue_due(dt.datetime.now(dt.UTC)):
            await ledger.dispatch(self._redis, job)


async def worker_alive(redis: Redis) -> bool:
    """Tell whether some worker has made a round lately; ``False`` if Redis is away.

    A worker that was killed counts as alive for some seconds more.
    """
    try:
        async with asyncio.timeout(_ASK_S):
            return bool(await redis.zcount(_WORKERS, time.time_ns() // 1_000_000, "+inf"))
    except (RedisError, OSError):
        return False
