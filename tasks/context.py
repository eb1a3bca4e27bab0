"""What a handler is given: the job, the servers, the children, and the ways to speak of its work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from arq.connections import ArqRedis

from poise_sdk.records import Rejected
from storage import events, ledger
from storage.connect import database
from storage.embedded.runtime import Endpoints
from storage.ledger import Job
from storage.settings import Settings, settings_in_force
from tasks.pool import ChildPool

if TYPE_CHECKING:
    from tasks.progress import Keeper

__all__ = ["JobContext", "Services", "open_services"]


@dataclass(frozen=True, slots=True)
class Services:
    """What all jobs of a process share."""

    settings: Settings
    endpoints: Endpoints
    redis: ArqRedis
    pool: ChildPool


@asynccontextmanager
async def open_services(
    settings: Settings, endpoints: Endpoints, *, children: int | None = None
) -> AsyncIterator[Services]:
    """Open the database, Redis and the (lazily started) children for the body's duration."""
    redis = ledger.connect_redis(endpoints.redis_url)
    pool = ChildPool(children)
    try:
        with settings_in_force(settings):
            async with database(endpoints.database_url):
                yield Services(settings, endpoints, redis, pool)
    finally:
        pool.close()
        await redis.aclose(close_connection_pool=True)


@dataclass(frozen=True, slots=True)
class JobContext:
    """One attempt of one job."""

    job: Job
    services: Services
    _keeper: Keeper = field(repr=False)

    @property
    def settings(self) -> Settings:
        """The settings of this process."""
        return self.services.settings

    @property
    def endpoints(self) -> Endpoints:
        """The URLs of database and Redis, as a child process needs them."""
        return self.services.endpoints

    @property
    def redis(self) -> ArqRedis:
        """Redis; it may be away at any time, and no job may depend on it."""
        return self.services.redis

    @property
    def pool(self) -> ChildPool:
        """Child processes for heavy work."""
        return self.services.pool

    def progress(self, done: int, total: int = 0, note: str = "") -> None:
        """Say how far the work is (``total`` 0: unknown); costs nothing, it is stored and published later."""
        self._keeper.report(done, total, note)

    async def reject(self, rejected: Sequence[Rejected]) -> int:
        """List input that was not understood; what this job has listed before is left out."""
        return await ledger.add_rejections(self.job.id, rejected)

    async def publish(self, channel: str, payload: bytes) -> bool:
        """Publish an event, after the commit of what it tells; ``False`` if Redis is away."""
        return await events.publish(self.redis, channel, payload)

    async def dispatch(self, job: Job) -> bool:
        """Send a job that the handler has enqueued, after the commit; the sweeper will if this cannot."""
        return await ledger.dispatch(self.redis, job)
