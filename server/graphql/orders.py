"""Mutations that leave work to a job: written in one transaction, carried after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from poise_sdk.wearable import WearableAdapter
from server.graphql.context import PoiseInfo
from server.graphql.errors import ErrorCode, Refused
from server.graphql.ids import a, number_of
from server.graphql.inputs import Invalid
from server.graphql.jobs.types import Job
from server.graphql.policy import may_change
from storage import ledger
from storage.ledger import Job as LedgerJob

__all__ = ["athlete_key", "carry", "check_right", "order", "rethrow", "wearable"]


def check_right(info: PoiseInfo, kind: str, *, of: int | None = None) -> None:
    """Raise `Invalid` unless the viewer may change objects of ``kind`` (of this athlete)."""
    if not may_change(info.context.viewer, kind, of=of):
        raise Invalid(ErrorCode.FORBIDDEN, f"you may not change {a(kind)}")


async def athlete_key(info: PoiseInfo, id: str, *, field: str = "athlete") -> int:
    """The number of an athlete there is, and that the viewer may change; raises `Invalid`."""
    try:
        key = number_of("Athlete", id)
    except Refused as error:
        raise Invalid(ErrorCode.INVALID, error.message, field) from None
    check_right(info, "Athlete", of=key)
    if await info.context.loaders.athletes.load(key) is None:
        raise Invalid(ErrorCode.NOT_FOUND, "there is no such athlete", field)
    return key


def wearable(info: PoiseInfo, name: str) -> WearableAdapter:
    """The installed adapter of this name; raises `Invalid` that lists them."""
    installed = info.context.services.wearables
    adapter = installed.get(name)
    if adapter is None:
        known = ", ".join(sorted(installed)) or "none"
        message = f"no vendor is called {name[:60]!r}; there are: {known}"
        raise Invalid(ErrorCode.INVALID, message, "vendor")
    return adapter


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
