"""Mutations of jobs."""

from __future__ import annotations

import strawberry

from server.graphql.context import PoiseInfo
from server.graphql.errors import ErrorCode, MutationError, Refused
from server.graphql.inputs import Invalid
from server.graphql.jobs.queries import JobId, job_key
from server.graphql.jobs.types import Job
from server.graphql.orders import carry, check_right, rethrow
from storage import ledger

__all__ = ["JobMutations"]


@strawberry.type(description="The result of `jobRetry`.")
class JobRetryPayload:
    """Payload of `jobRetry`."""

    job: Job | None = strawberry.field(default=None, description="The job, queued again.")
    errors: list[MutationError] = strawberry.field(
        default_factory=list, description="Why it was not retried; empty if all is well."
    )


@strawberry.type(description="The result of `jobCancel`.")
class JobCancelPayload:
    """Payload of `jobCancel`."""

    job: Job | None = strawberry.field(default=None, description="The job, cancelled.")
    errors: list[MutationError] = strawberry.field(
        default_factory=list, description="Why it was not cancelled; empty if all is well."
    )


@strawberry.type(description="Mutations of jobs.")
class JobMutations:
    """Part of the root mutation."""

    @strawberry.mutation(description="Queue a dead or cancelled job again, with all its attempts before it.")
    async def job_retry(self, info: PoiseInfo, id: JobId) -> JobRetryPayload | None:
        """Replay a job."""
        try:
            check_right(info, "Job")
            found = await _existing(id)
            try:
                job = await ledger.retry(found.id)
            except ledger.LedgerError as error:
                raise Invalid(ErrorCode.CONFLICT, str(error), "id") from None
            return JobRetryPayload(job=await carry(info, job))
        except Invalid as failed:
            return JobRetryPayload(errors=[failed.error])

    @strawberry.mutation(description="Call off a job that is queued or running.")
    async def job_cancel(self, info: PoiseInfo, id: JobId) -> JobCancelPayload | None:
        """Cancel a job."""
        try:
            check_right(info, "Job")
            found = await _existing(id)
            job = await ledger.cancel(found.id)
            if job is None:
                raise Invalid(ErrorCode.CONFLICT, f"the job is {found.state}", "id")
            await ledger.announce(info.context.services.redis, job)
            return JobCancelPayload(job=Job.of_ledger(job))
        except Invalid as failed:
            return JobCancelPayload(errors=[failed.error])


async def _existing(id: str) -> ledger.Job:
    try:
        key = job_key(id)
    except Refused as error:
        raise rethrow(error) from None
    found = await ledger.get(key)
    if found is None:
        raise Invalid(ErrorCode.NOT_FOUND, "there is no such job", "id")
    return found
