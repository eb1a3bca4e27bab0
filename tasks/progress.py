"""Keeping an attempt alive: its lease is renewed, its progress stored and published, at a bounded rate."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TypeAlias

from redis.asyncio import Redis

from storage import ledger
from storage.ledger import Job
from tasks.options import WorkerOptions

__all__ = ["Keeper", "OnProgress"]

logger = logging.getLogger(__name__)

OnProgress: TypeAlias = Callable[[int, int, str], None]
"""Told ``done, total, note`` in the process that works, at the rate at which progress is stored."""


class Keeper:
    """Keeps one attempt; ``report`` may be called from any thread."""

    def __init__(
        self, job: Job, redis: Redis, options: WorkerOptions, on_progress: OnProgress | None = None
    ) -> None:
        self._job = job
        self._redis = redis
        self._options = options
        self._on_progress = on_progress
        self._reported = self._stored = (0, 0, "")

    def report(self, done: int, total: int, note: str) -> None:
        """Note how far the work is; the latest report of a period is the one that counts."""
        self._reported = (done, total, note)

    async def keep(self) -> None:
        """Renew the lease until it is lost (or cancelled), then return.

        While PostgreSQL is away it goes on trying: nobody else can take the job then either.
        """
        loop = asyncio.get_running_loop()
        renewed_at = loop.time()
        while True:
            await asyncio.sleep(self._options.progress_s)
            heartbeat_due = loop.time() - renewed_at >= self._options.heartbeat_s
            if self._reported == self._stored and not heartbeat_due:
                continue
            try:
                if not await self._renew():
                    return
                renewed_at = loop.time()
            except Exception as error:
                # whatever it is, the work goes on: only the ledger's answer may end it
                logger.warning("job %s: lease not renewed (%s)", self._job.id, type(error).__name__)

    async def flush(self) -> None:
        """Store and publish the last report, if that has not happened yet."""
        if self._reported != self._stored:
            await self._renew()

    async def _renew(self) -> bool:
        report = self._reported
        if report == self._stored:
            return await ledger.heartbeat(self._job, lease_s=self._options.lease_s) is not None
        done, total, note = report
        job = await ledger.progress(self._job, done, total, note, lease_s=self._options.lease_s)
        if job is None:
            return False
        self._stored = report
        if self._on_progress is not None:
            self._on_progress(done, total, note)
        await ledger.announce(self._redis, job)
        return True
