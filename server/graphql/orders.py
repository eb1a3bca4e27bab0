"""Mutations that leave work to a job: written in one transaction, carried after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.graphql.context import PoiseInfo
from server.graphql.errors import ErrorCode, Refused
from server.graphql.inputs import Invalid
from server.graphql.jobs.types import Job
from server.graphql.policy import may_change
from storage import ledger
from storage.ledger import Job as LedgerJob

__all__ = ["carry", "check_right", "order"]


def check_right(info: PoiseInfo, kind: str) -> None:
    """Raise `Invalid` unless the viewer may change objects of ``kind``."""
    if not may_change(info.context.viewer, kind):
        raise Invalid(ErrorCode.FORBIDDEN, f"you may not change a {kind}")


async def order(info: PoiseInfo, kind: str, args: Mapping[str, Any], *, key: str) -> Job:
    """Enqueue a job by itself and hand it to the workers; of one key only one is open at a time."""
    return await carry(info, await ledger.enqueue(kind, args, key=key))


async def carry(info: PoiseInfo, job: LedgerJob) -> Job:
    """Hand a committed job to the workers. Redis may be away: the job is safe, the sweeper sends it."""
    await ledger.dispatch(info.context.services.redis, job)
    return Job.of_ledger(job)


def rethrow(error: Refused) -> Invalid:
    """An id of another type is an expected failure of a mutation."""
    return Invalid(ErrorCode.INVALID, error.message, "id")
