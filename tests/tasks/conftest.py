"""A worker inside the test's own event loop, quick and with the test's own handlers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

import pytest

from storage import ledger
from storage.embedded.runtime import Endpoints
from storage.ledger import Job
from storage.settings import Settings
from tasks.context import Services, open_services
from tasks.options import WorkerOptions
from tasks.registry import Registry
from tasks.retry import Backoff
from tasks.worker import work

WITHIN_S = 30.0

#: The lease is long enough for a busy machine; tests that need it to run out make their own.
QUICK = WorkerOptions(
    poll_s=0.01,
    lease_s=5.0,
    heartbeat_s=0.1,
    progress_s=0.02,
    sweep_s=0.05,
    overdue_s=0.2,
    cancel_grace_s=2.0,
    record_s=20.0,
)

#: Retries without a pause to speak of.
AT_ONCE = Backoff(base_s=0.001, cap_s=0.01)

Working: TypeAlias = Callable[..., AbstractAsyncContextManager[None]]
Until: TypeAlias = Callable[[Callable[[], Awaitable[object]]], Awaitable[None]]


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def endpoints_here(database_url: str, redis_url: str) -> Endpoints:
    return Endpoints(database_url=database_url, redis_url=redis_url)


@pytest.fixture
async def services(endpoints_here: Endpoints, tmp_path: Path) -> AsyncIterator[Services]:
    async with open_services(Settings(data=tmp_path / "data"), endpoints_here, children=1) as services:
        yield services


@pytest.fixture
def working(request: pytest.FixtureRequest, registry: Registry) -> Working:
    """``async with working(options, services):`` a worker works meanwhile, and leaves in good order."""

    @asynccontextmanager
    async def working(options: WorkerOptions = QUICK, on: Services | None = None) -> AsyncIterator[None]:
        stop = asyncio.Event()
        task = asyncio.create_task(
            work(on or request.getfixturevalue("services"), stop, registry=registry, options=options)
        )
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(task, WITHIN_S)

    return working


async def until(answer: Callable[[], Awaitable[object]]) -> None:
    """Ask until the answer is true."""
    async with asyncio.timeout(WITHIN_S):
        while not await answer():  # noqa: ASYNC110  # what is asked for happens in other processes
            await asyncio.sleep(0.01)


async def state_of(job_id: UUID) -> Job:
    job = await ledger.get(job_id)
    assert job is not None
    return job


async def ended(job: Job) -> Job:
    """Wait until nobody works on the job any more and return it."""

    async def closed() -> bool:
        return not (await state_of(job.id)).open

    await until(closed)
    return await state_of(job.id)
