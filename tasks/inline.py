"""Jobs without a worker: the command line runs its own job, on the same path as a worker would.

:func:`run_inline` is for a process that knows no worker is there; :func:`complete` for one that does
not know: it leaves the job to a worker while one lives and takes over when none does.
"""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import UUID

from storage import ledger
from storage.ledger import Job, LedgerError
from tasks.context import Services
from tasks.handlers import load
from tasks.options import WorkerOptions
from tasks.progress import OnProgress
from tasks.registry import Registry
from tasks.runner import Runner
from tasks.sweeper import worker_alive

__all__ = ["complete", "run_inline"]

_DEFAULTS: Final = WorkerOptions()

# How often the ledger is read while somebody else runs the job.
_LOOK_S: Final = 0.1


async def run_inline(
    job_id: UUID,
    services: Services,
    *,
    on_progress: OnProgress | None = None,
    registry: Registry | None = None,
    options: WorkerOptions = _DEFAULTS,
) -> Job:
    """Run a job here, with all its attempts and pauses, and return it when it is no longer open.

    If another process has it, wait for that one, and take over should it vanish. Cancelled, it hands
    the job back to the queue. Raises :class:`storage.ledger.LedgerError` if there is no such job.
    """
    return await _follow(job_id, services, on_progress, registry, options, leave_to_worker=False)


async def complete(
    job_id: UUID,
    services: Services,
    *,
    on_progress: OnProgress | None = None,
    registry: Registry | None = None,
    options: WorkerOptions = _DEFAULTS,
) -> Job:
    """As :func:`run_inline`, but leave the work to a worker for as long as one is alive."""
    return await _follow(job_id, services, on_progress, registry, options, leave_to_worker=True)


async def _follow(
    job_id: UUID,
    services: Services,
    on_progress: OnProgress | None,
    registry: Registry | None,
    options: WorkerOptions,
    *,
    leave_to_worker: bool,
) -> Job:
    runner = Runner(services, registry or load(), options)
    told = (0, 0, "")
    while True:
        job = await ledger.get(job_id)
        if job is None:
            raise LedgerError(f"there is no job {job_id}")
        report = (job.progress_done, job.progress_total, job.progress_note)
        if on_progress is not None and report != told:
            on_progress(*report)
            told = report
        if not job.open:
            return job
        if not (leave_to_worker and await worker_alive(services.redis)):
            await ledger.reclaim()
            if await runner.run(job_id, on_progress=on_progress) is not None:
                continue
        await asyncio.sleep(_LOOK_S)
