"""A job from the command line: written into the ledger, done by a worker or here, watched to its end."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from server.cli.output import fail, notices, progress_bar
from server.cli.session import endpoints, settings_for

if TYPE_CHECKING:
    from storage.embedded.runtime import Endpoints
    from storage.ledger import Job
    from storage.settings import Settings

__all__ = ["carry_out", "patiently"]

#: How a traceback's last line names what was raised: ``package.module.Class: ``.
EXCEPTION_CLASS = re.compile(r"^(?:\w+\.)+\w+: ")

Result = TypeVar("Result")

#: How long to wait for a database that is away, and how soon to ask again. Whoever supervises it
#: restarts it within seconds; a crash recovery of a large log takes longer.
PATIENCE_S: Final = 60.0
PAUSE_S: Final = 0.2
STEADY_S: Final = 5.0


def carry_out(
    data: Path | None,
    order: Callable[[], Awaitable[Job]],
    title: str,
    then: Callable[[Job], Awaitable[None]] | None = None,
) -> Job:
    """Enqueue what ``order`` writes, follow it under a progress bar, return it when it succeeded.

    A live worker does it; where there is none, this process does. ``then`` is called with the ended
    job while the database is still open. Exits with the job's error if it failed for good; Ctrl-C
    hands it back to the queue.
    """
    # A job that fails here is told by us, in a sentence; its traceback is in the ledger.
    logging.getLogger("tasks.runner").setLevel(logging.CRITICAL)
    with endpoints(data) as found:
        job = asyncio.run(_follow(settings_for(data), found, order, title, then))
    if job.state == "succeeded":
        return job
    # The last line of a traceback, without the class that only a developer wants to know.
    reason = EXCEPTION_CLASS.sub("", (job.error or job.state).strip().splitlines()[-1])
    notices.print(f"job {job.id} is {job.state}", highlight=False)
    raise fail(reason, hint=f"poise jobs show {job.id}")


async def _follow(
    settings: Settings,
    found: Endpoints,
    order: Callable[[], Awaitable[Job]],
    title: str,
    then: Callable[[Job], Awaitable[None]] | None,
) -> Job:
    from storage import ledger
    from tasks.context import open_services
    from tasks.inline import complete

    async with open_services(settings, found) as services:
        job = await order()
        if job.existed:
            notices.print(f"the same job is under way already ({job.id}); following it", highlight=False)
        await ledger.dispatch(services.redis, job)
        with progress_bar() as bar:
            line = bar.add_task(title, total=None)

            def show(done: int, total: int, note: str) -> None:
                bar.update(line, completed=done, total=total or None, description=f"{title} {note}".strip())

            job = await patiently(partial(complete, job.id, services, on_progress=show))
        if then is not None:
            await patiently(partial(then, job))
        return job


async def patiently(ask: Callable[[], Awaitable[Result]]) -> Result:
    """Ask again while the database is away: it is restarted underneath, and the job goes on meanwhile."""
    from storage.connect import is_transient

    loop = asyncio.get_running_loop()
    deadline: float | None = None
    while True:
        begun = loop.time()
        try:
            return await ask()
        except Exception as error:
            now = loop.time()
            # what went well for a while and fails now is a new trouble, with a patience of its own
            if deadline is None or now - begun > STEADY_S:
                deadline = now + PATIENCE_S
            if not is_transient(error) or now > deadline:
                raise
        await asyncio.sleep(PAUSE_S)
