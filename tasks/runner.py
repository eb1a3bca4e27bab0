"""Running one job, from the claim to the word in the ledger: the same path in worker and command line."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final
from uuid import UUID

from storage import ledger
from storage.connect import is_transient
from storage.ledger import Job
from tasks.context import JobContext, Services
from tasks.ending import end
from tasks.failure import describe, secrets_in
from tasks.options import WorkerOptions
from tasks.progress import Keeper, OnProgress
from tasks.registry import JobKind, Outcome, Registry, Reschedule
from tasks.retry import Bury, Retry, Skip, decide

__all__ = ["Runner"]

logger = logging.getLogger(__name__)

# Between two tries to write an outcome down while PostgreSQL is away.
_RECORD_PAUSE_S: Final = 0.2

# A kind that nobody here handles is buried: any limits do.
_NO_LIMITS: Final = (1, 1)


class Runner:
    """Runs jobs of one registry with the services of one process."""

    def __init__(self, services: Services, registry: Registry, options: WorkerOptions) -> None:
        self._services = services
        self._registry = registry
        self._options = options
        self._rng = random.Random()  # noqa: S311  # it spreads retries, it keeps no secret
        self._secrets = secrets_in([services.endpoints.database_url, services.endpoints.redis_url])

    async def run(self, job_id: UUID, *, on_progress: OnProgress | None = None) -> Job | None:
        """Run one attempt and return the job as it then stands; ``None`` if it was not there to run.

        ``None`` also if the attempt was taken away meanwhile (cancelled, or its lease lost). When this
        call is cancelled, the job is handed back. Raises the database's errors if it cannot be reached.
        """
        seen = await ledger.get(job_id)
        if seen is None or seen.state != "queued":
            return None
        kind = self._registry.get(seen.kind)
        timeout_s, max_attempts = (kind.timeout_s, kind.max_attempts) if kind else _NO_LIMITS
        job = await ledger.claim(
            job_id, lease_s=self._options.lease_s, timeout_s=timeout_s, max_attempts=max_attempts
        )
        if job is None:
            return None
        if kind is None:
            return await self._record(
                job, lambda: ledger.bury(job, f"UnknownKind: no handler for {job.kind!r}")
            )
        keeper = Keeper(job, self._services.redis, self._options, on_progress)
        try:
            await ledger.announce(self._services.redis, job)
            ending = await self._attempt(job, kind, keeper)
            if ending is None:
                await self._say_taken(job)
                return None
            with suppress(Exception):  # the outcome matters more than the last percent
                await keeper.flush()
        except asyncio.CancelledError:
            await self._record(job, lambda: ledger.hand_back(job))
            raise
        return await self._record(job, ending)

    async def _attempt(
        self, job: Job, kind: JobKind, keeper: Keeper
    ) -> Callable[[], Awaitable[Job | None]] | None:
        """Run the handler; returns how to write the outcome down, ``None`` if the lease was lost."""
        context = JobContext(job, self._services, keeper)
        work = asyncio.create_task(_timed(kind, context, job), name=f"job {job.kind} {job.id}")
        keep = asyncio.create_task(keeper.keep(), name=f"lease {job.id}")
        try:
            await asyncio.wait({work, keep}, return_when=asyncio.FIRST_COMPLETED)
            lost = not work.done()
        finally:
            left = await end([work, keep], within_s=self._options.cancel_grace_s)
            if work in left:
                logger.error("job %s (%s): the handler ignores its cancellation", job.id, job.kind)
        if lost:
            return None
        if work.cancelled():
            return self._failed(job, kind, asyncio.CancelledError("the handler cancelled itself"))
        error = work.exception()
        return self._done(job, work.result()) if error is None else self._failed(job, kind, error)

    @staticmethod
    async def _say_taken(job: Job) -> None:
        """A cancelled job is what somebody wanted; a lost lease is for the operator to know."""
        with suppress(Exception):  # only the log line depends on it
            now = await ledger.get(job.id)
            if now is not None and now.state == "cancelled":
                logger.info("job %s (%s): cancelled", job.id, job.kind)
                return
        logger.warning("job %s (%s): attempt %d taken away", job.id, job.kind, job.attempts)

    def _done(self, job: Job, outcome: Outcome) -> Callable[[], Awaitable[Job | None]]:
        if isinstance(outcome, Reschedule):
            return lambda: ledger.reschedule(job, after_s=outcome.after_s, note=outcome.note)
        return lambda: ledger.finish(job, outcome)

    def _failed(self, job: Job, kind: JobKind, error: BaseException) -> Callable[[], Awaitable[Job | None]]:
        decision = decide(
            error, attempt=job.attempts, max_attempts=job.max_attempts, backoff=kind.backoff, rng=self._rng
        )
        text = describe(error, secrets=self._secrets)
        match decision:
            case Skip(note):
                return lambda: ledger.finish(job, {"skipped": note})
            case Retry(after_s):
                logger.warning(
                    "job %s (%s): attempt %d failed, again in %.1f s", job.id, job.kind, job.attempts, after_s
                )
                return lambda: ledger.fail(job, text, retry_after_s=after_s)
            case Bury():
                logger.error("job %s (%s): dead after attempt %d\n%s", job.id, job.kind, job.attempts, text)
                return lambda: ledger.bury(job, text)

    async def _record(self, job: Job, write: Callable[[], Awaitable[Job | None]]) -> Job | None:
        """Write the outcome down; a worker told to stop meanwhile does that first, lest work be lost."""
        writing = asyncio.create_task(self._write(job, write), name=f"outcome {job.id}")
        try:
            return await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait({writing}, timeout=self._options.cancel_grace_s)
            raise

    async def _write(self, job: Job, write: Callable[[], Awaitable[Job | None]]) -> Job | None:
        """Write the outcome down, patiently, then tell it and send the job on if it goes on."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._options.record_s
        while True:
            try:
                after = await write()
                break
            except TypeError as error:  # the result is not JSON: the handler's defect, like any other
                after = await ledger.bury(job, describe(error, secrets=self._secrets))
                break
            except Exception as error:
                if not is_transient(error) or loop.time() > deadline:
                    raise
            await asyncio.sleep(_RECORD_PAUSE_S)
        if after is None:
            return None
        await ledger.announce(self._services.redis, after)
        if after.state == "queued":
            await ledger.dispatch(self._services.redis, after.id)
        return after


async def _timed(kind: JobKind, context: JobContext, job: Job) -> Outcome:
    try:
        async with asyncio.timeout(job.timeout_s) as limit:
            return await kind.handler(context, job.args)
    except TimeoutError as error:
        if limit.expired():
            raise TimeoutError(f"{job.kind} took longer than its {job.timeout_s} s") from error
        raise
