"""The worker: arq brings word of jobs, the runner runs them, the sweeper finds what was lost.

arq is used for what it does well, taking due messages from Redis. Everything it would remember in
Redis (results, retries, who runs what) stands in the ledger instead, so its messages are taken out as
soon as they arrive, and a Redis that forgets everything costs a few seconds. A worker outlives Redis
and PostgreSQL: running jobs go on while Redis is away, and it comes back when they do.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from arq.utils import poll
from arq.worker import Worker, func
from redis.exceptions import RedisError

from storage.connect import is_transient, rows
from storage.embedded.runtime import Endpoints
from storage.ledger.carrier import FUNCTION, QUEUE, deserialize, dispatch, serialize
from storage.settings import Settings
from tasks.context import Services, open_services
from tasks.ending import end
from tasks.handlers import load
from tasks.options import WorkerOptions
from tasks.registry import Registry
from tasks.runner import Runner
from tasks.sweeper import Sweeper, worker_alive

__all__ = ["run_worker", "work", "worker_alive"]

logger = logging.getLogger(__name__)

_DEFAULTS: Final = WorkerOptions()

# How long to wait before looking whether Redis, or PostgreSQL at the start, is back.
_PAUSE_S: Final = 0.2


def run_worker(
    settings: Settings,
    endpoints: Endpoints,
    *,
    registry: Registry | None = None,
    options: WorkerOptions = _DEFAULTS,
) -> None:
    """Work until SIGTERM or SIGINT; jobs under way are then handed back for others to do.

    Without a ``registry`` it handles what ``tasks.handlers`` lists. Raises if PostgreSQL cannot be
    reached within ``options.start_s``: whoever supervises starts it again.
    """
    asyncio.run(_until_signalled(settings, endpoints, registry or load(), options))


async def work(
    services: Services, stop: asyncio.Event, *, registry: Registry, options: WorkerOptions = _DEFAULTS
) -> None:
    """Work with open ``services`` until ``stop`` is set: a worker inside another process."""
    await _wait_for_database(options.start_s)
    sweeper = Sweeper(services.redis, registry, options)
    carrier = _Carrier(services, Runner(services, registry, options), options)
    tasks = [
        asyncio.create_task(sweeper.run(), name="sweeper"),
        asyncio.create_task(carrier.run(), name="carrier"),
    ]
    stopped = asyncio.create_task(stop.wait(), name="stop")
    try:
        done, _ = await asyncio.wait([*tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end([*tasks, stopped], within_s=options.cancel_grace_s)
        await carrier.drain()
        await sweeper.leave()
    for task in done - {stopped}:
        task.result()  # neither ends by itself unless by a defect, which must be seen


async def _until_signalled(
    settings: Settings, endpoints: Endpoints, registry: Registry, options: WorkerOptions
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    async with open_services(settings, endpoints) as services:
        await work(services, stop, registry=registry, options=options)


async def _wait_for_database(start_s: float) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + start_s
    while True:
        try:
            await rows("SELECT 1")
            return
        except Exception as error:
            if not is_transient(error) or loop.time() > deadline:
                raise
        await asyncio.sleep(_PAUSE_S)


class _Carrier:
    """Takes messages from Redis by one arq worker after the other: a new one after each outage."""

    def __init__(self, services: Services, runner: Runner, options: WorkerOptions) -> None:
        self._redis = services.redis
        self._runner = runner
        self._options = options
        # Jobs of an earlier arq worker may still run beside those of the present one.
        self._places = asyncio.Semaphore(options.max_jobs)
        self._running: set[asyncio.Task[Any]] = set()

    async def run(self) -> None:
        """Take messages until cancelled."""
        while True:
            worker = self._arq()
            try:
                await worker.async_run()
            except (RedisError, OSError) as error:
                logger.warning("Redis is away (%s); running jobs go on", type(error).__name__)
            finally:
                self._running.update(worker.tasks.values())
            await self._wait_for_redis()
            logger.info("Redis is back")

    async def drain(self) -> None:
        """Cancel what runs and wait until it is handed back."""
        # each of them gives its handler the same grace
        await end(self._running, within_s=4 * self._options.cancel_grace_s)
        for task in self._running:
            _forget_outcome(task)
        self._running.clear()

    def _arq(self) -> Worker:
        settings: dict[str, Any] = {
            "redis_pool": self._redis,
            "queue_name": QUEUE,
            "handle_signals": False,
            "max_jobs": self._options.max_jobs,
            "poll_delay": self._options.poll_s,
            "keep_result": 0,
            # None: the runner times each job by itself, and a message that some worker picked up and
            # never took out, because it was killed just then, is free again after ten seconds
            "job_timeout": None,
            "job_serializer": serialize,
            "job_deserializer": deserialize,
        }
        return _Arq([func(self._run_job, name=FUNCTION)], **settings)

    async def _run_job(self, ctx: dict[Any, Any], *args: Any, **_: Any) -> None:
        """arq's one function. It raises nothing: all that happens to a job is in the ledger."""
        job_id = UUID(args[0])
        async with self._places:
            try:
                await self._redis.zrem(QUEUE, ctx["job_id"])
            except (RedisError, OSError):
                logger.debug("Redis left while job %s arrived", job_id)
            try:
                if await self._runner.run(job_id) is None:
                    # a message that came before its time goes round again; of an open job only
                    await dispatch(self._redis, job_id)
            except Exception as error:
                if not is_transient(error):
                    logger.exception("job %s: could not be run or recorded", job_id)
                # else PostgreSQL is away; when it is back the sweeper finds the job queued, or its lease over

    async def _wait_for_redis(self) -> None:
        while True:
            await asyncio.sleep(_PAUSE_S)
            for task in [task for task in self._running if task.done()]:
                self._running.remove(task)
                _forget_outcome(task)
            with suppress(RedisError, OSError):
                await self._redis.ping()
                return


class _Arq(Worker):
    """arq's worker without its greeting, for which an in-process Redis lacks the ``INFO`` command."""

    async def main(self) -> None:
        async for _ in poll(self.poll_delay_s):
            await self._poll_iteration()


def _forget_outcome(task: asyncio.Task[Any]) -> None:
    """arq tidies up in Redis after each job, which fails while Redis is away; nothing depends on it."""
    if task.done() and not task.cancelled() and (error := task.exception()) is not None:
        logger.debug("arq could not tidy up after a job: %s", type(error).__name__)
