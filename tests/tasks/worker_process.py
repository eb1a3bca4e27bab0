"""A worker as a process of its own, to be killed: ``python -m tests.tasks.worker_process SIGNS LEASE_S``.

Its one kind of job takes five steps, each a row of the table ``effects`` written once. In the first
process that does it, step three waits for ever.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from storage.connect import rows
from storage.embedded.runtime import Endpoints
from storage.settings import Settings
from tasks.context import JobContext
from tasks.options import WorkerOptions
from tasks.registry import Outcome, Registry
from tasks.schedule import Every, Recurring
from tasks.worker import run_worker

STEPS = 5


def main() -> None:
    signs, lease_s = Path(sys.argv[1]), float(sys.argv[2])
    period_s = float(sys.argv[3]) if len(sys.argv) > 3 else None
    registry = Registry()

    @registry.job("test.steps", timeout_s=60)
    async def steps(context: JobContext, args: dict[str, Any]) -> Outcome:
        patient = not list(signs.glob("waiting-*"))  # noqa: ASYNC240  # a folder of two files
        for step in range(STEPS):
            if step == 3 and patient:
                (signs / f"waiting-{os.getpid()}").touch()
                await asyncio.sleep(600)
            await rows(
                "INSERT INTO effects (step, pid) VALUES ($1, $2) ON CONFLICT (step) DO NOTHING",
                step,
                os.getpid(),
            )
            context.progress(step + 1, STEPS)
        return {"pid": os.getpid()}

    if period_s is not None:

        @registry.job("test.tick", timeout_s=60, recurring=(Recurring(Every(period_s)),))
        async def tick(context: JobContext, args: dict[str, Any]) -> Outcome:
            await rows("INSERT INTO ticks (key, pid) VALUES ($1, $2)", context.job.key, os.getpid())
            return None

    endpoints = Endpoints(database_url=os.environ["TEST_DATABASE"], redis_url=os.environ["TEST_REDIS"])
    options = WorkerOptions(
        poll_s=0.01, lease_s=lease_s, heartbeat_s=0.2, progress_s=0.05, sweep_s=0.1, overdue_s=0.3
    )
    (signs / f"begun-{os.getpid()}").touch()
    run_worker(Settings(data=signs / "data"), endpoints, registry=registry, options=options)


if __name__ == "__main__":
    main()
