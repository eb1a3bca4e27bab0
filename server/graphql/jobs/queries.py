"""Queries of the job ledger."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from uuid import UUID

import strawberry

from server.graphql.errors import Refused
from server.graphql.ids import key_of
from server.graphql.jobs.types import Job, JobState
from server.graphql.pagination import DEFAULT_PAGE, After, Connection, First, page, position
from storage import ledger
from storage.reads.jobs import jobs_page

__all__ = ["JobId", "JobQueries", "job_key"]

JobId = Annotated[strawberry.ID, strawberry.argument(description="The job's global id or its UUID.")]


def job_key(id: str) -> UUID:
    """The ledger's id behind ``id``; raises `Refused`."""
    try:
        return UUID(key_of("Job", id))
    except ValueError:
        raise Refused(f"{id!r} is not the id of a job") from None


@strawberry.type(description="Queries of the job ledger.")
class JobQueries:
    """Part of the root query."""

    @strawberry.field(description="Jobs, newest first.")
    async def jobs(
        self,
        state: Annotated[JobState | None, strawberry.argument(description="Only in this state.")] = None,
        kind: Annotated[str | None, strawberry.argument(description="Only of this kind.")] = None,
        first: First = DEFAULT_PAGE,
        after: After = None,
    ) -> Connection[Job]:
        """A page of jobs."""
        seen = position(after, dt.datetime, UUID)
        return await page(
            first,
            seen,
            lambda limit: jobs_page(state=state.value if state else None, kind=kind, after=seen, limit=limit),
            Job.of,
            lambda row: (row["created_at"], row["id"]),
        )

    @strawberry.field(description="One job; null if there is no such job.")
    async def job(self, id: JobId) -> Job | None:
        """A job by id."""
        found = await ledger.get(job_key(id))
        return None if found is None else Job.of_ledger(found)
