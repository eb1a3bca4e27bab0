"""Several jobs from the command line at once: left to a worker or done here, and told as they end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from server.cli.output import progress_bar
from server.cli.session import endpoints, settings_for
from server.cli.work import EXCEPTION_CLASS, patiently

if TYPE_CHECKING:
    from storage.ledger import Job
    from tasks.context import Services

__all__ = ["Ended", "dispatch", "ended", "follow", "told", "with_services"]

Result = TypeVar("Result")

#: How many jobs are worked on here at once: they wait for a vendor, mostly.
AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a job."""

    job: Job
    failed: str | None
    """In a sentence; ``None`` if it went well."""


def with_services(data: Path | None, work: Callable[[Services], Awaitable[Result]]) -> Result:
    """Do ``work`` (an async function) with database, Redis and children open, and close everything again."""

    async def run() -> Result:
        async with _opened(data) as services:
            return await work(services)

    return asyncio.run(run())


@asynccontextmanager
async def _opened(data: Path | None) -> AsyncIterator[Services]:
    from tasks.context import open_services

    with endpoints(data) as found:
        async with open_services(settings_for(data), found) as services:
            yield services


async def dispatch(services: Services, jobs: Sequence[Job]) -> bool:
    """Send jobs on their way; whether a worker lives who will take them."""
    from storage import ledger
    from tasks.sweeper import worker_alive

    for job in jobs:
        await ledger.dispatch(services.redis, job)
    return await worker_alive(services.redis)


async def follow(services: Services, jobs: Sequence[Job], title: Callable[[Job], str]) -> list[Ended]:
    """Follow jobs to their ends, under a bar each; where no worker lives they are done here."""
    from tasks.inline import complete

    # What fails is told by us, in a sentence; its traceback is in the ledger.
    logging.getLogger("tasks.runner").setLevel(logging.CRITICAL)
    turn = asyncio.Semaphore(AT_ONCE)
    with progress_bar() as bar:

        async def one(job: Job) -> Ended:
            name = title(job)
            async with turn:
                line = bar.add_task(name, total=None)

                def show(done: int, total: int, note: str) -> None:
                    bar.update(
                        line, completed=done, total=total or None, description=f"{name} {note}".strip()
                    )

                done = await patiently(partial(complete, job.id, services, on_progress=show))
                bar.remove_task(line)
                return ended(done)

        return list(await asyncio.gather(*(one(job) for job in jobs)))


def ended(job: Job) -> Ended:
    """What a job came to: its own failure, or the one its result tells of."""
    if job.state != "succeeded":
        lines = (job.error or job.state).strip().splitlines()
        return Ended(job, EXCEPTION_CLASS.sub("", lines[-1]) if lines else job.state)
    error = (job.result or {}).get("error")
    return Ended(job, str(error) if error else None)


def told(one: Ended) -> dict[str, Any]:
    """A row about a sync or a backfill for people and programs."""
    result = one.job.result or {}
    skipped = result.get("skipped")
    return {
        "type": one.job.args.get("data_type"),
        "work": one.job.kind.removeprefix("sync.").replace("run", "sync"),
        "status": "skipped" if skipped else result.get("status", one.job.state),
        "records": result.get("records"),
        "stored": result.get("stored"),
        "rejected": result.get("rejected"),
        "error": one.failed or skipped,
    }
