"""Following a job."""

from __future__ import annotations

from collections.abc import AsyncIterable

import strawberry

from server.graphql.context import PoiseInfo
from server.graphql.errors import Refused
from server.graphql.jobs.queries import JobId, job_key
from server.graphql.jobs.types import Job
from server.live.feed import Feed
from server.live.log import LiveEvent

__all__ = ["JobSubscriptions"]


@strawberry.type(description="Following jobs.")
class JobSubscriptions:
    """Part of the root subscription."""

    @strawberry.subscription(
        description="A job as it is, then whenever it changes; ends when the job does. States may be skipped."
    )
    async def job_progress(self, info: PoiseInfo, job_id: JobId) -> AsyncIterable[Job]:
        """The states of a job."""
        log = await info.context.services.hub.job(job_key(job_id))
        if await log.snapshot() is None:
            raise Refused(f"there is no job {job_id!r}", "NOT_FOUND")
        return Feed(log, _job, None)


def _job(event: LiveEvent) -> Job:
    return Job.of_ledger(event.payload)
