"""Workers, Redis and PostgreSQL are killed; no job is lost and none is done twice in effect."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import psutil
import pytest

from storage import ledger
from storage.connect import rows
from storage.embedded.postgres import EmbeddedPostgres
from storage.embedded.redis import EmbeddedRedis
from storage.embedded.runtime import Endpoints
from storage.migrate import apply_migrations
from storage.settings import Settings
from tasks.context import JobContext, Services, open_services
from tasks.registry import Outcome, Registry
from tests.tasks.conftest import QUICK, WITHIN_S, Working, ended, state_of, until

PROJECT = Path(__file__).parents[2]

Worker: TypeAlias = "subprocess.Popen[bytes]"
StartWorker: TypeAlias = Callable[..., Worker]


@pytest.fixture
def start_worker(endpoints_here: Endpoints, tmp_path: Path) -> Iterator[StartWorker]:
    """Start worker processes; they are gone when the test is."""
    started: list[Worker] = []
    environment = {
        **os.environ,
        "TEST_DATABASE": endpoints_here.database_url,
        "TEST_REDIS": endpoints_here.redis_url,
    }

    def start(*arguments: float) -> Worker:
        command = [sys.executable, "-m", "tests.tasks.worker_process", str(tmp_path), *map(str, arguments)]
        started.append(subprocess.Popen(command, cwd=PROJECT, env=environment))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()
        worker.wait()


@pytest.fixture
async def effects(services: Services) -> Callable[[], Any]:
    await rows("CREATE TABLE effects (step integer PRIMARY KEY, pid integer NOT NULL)")

    async def read() -> list[tuple[int, int]]:
        return [
            (row["step"], row["pid"]) for row in await rows("SELECT step, pid FROM effects ORDER BY step")
        ]

    return read


async def waits(folder: Path, pattern: str) -> None:
    async def there() -> bool:
        return any(folder.glob(pattern))  # noqa: ASYNC240  # a folder of two files

    await until(there)


async def gone(worker: Worker) -> int:
    return await asyncio.wait_for(asyncio.to_thread(worker.wait), WITHIN_S)


async def test_a_job_whose_worker_is_killed_is_finished_by_another_once_in_effect(
    services: Services, start_worker: StartWorker, effects: Callable[[], Any], tmp_path: Path
) -> None:
    job = await ledger.enqueue("test.steps", {})
    await ledger.dispatch(services.redis, job)
    first = start_worker(2.0)
    await waits(tmp_path, "waiting-*")
    first.kill()
    await gone(first)
    assert (await state_of(job.id)).state == "running"
    assert [step for step, _ in await effects()] == [0, 1, 2]
    second = start_worker(2.0)
    job = await ended(job)
    assert (job.state, job.attempts, job.result) == ("succeeded", 2, {"pid": second.pid})
    assert await effects() == [
        (0, first.pid),
        (1, first.pid),
        (2, first.pid),
        (3, second.pid),
        (4, second.pid),
    ]


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
async def test_a_worker_told_to_stop_hands_its_job_back_at_once(
    services: Services,
    start_worker: StartWorker,
    effects: Callable[[], Any],
    tmp_path: Path,
    signum: signal.Signals,
) -> None:
    job = await ledger.enqueue("test.steps", {})
    await ledger.dispatch(services.redis, job)
    worker = start_worker(600.0)  # its lease would last for ever
    await waits(tmp_path, "waiting-*")
    worker.send_signal(signum)
    assert await gone(worker) == 0
    back = await state_of(job.id)
    assert (back.state, back.attempts) == ("queued", 0)
    start_worker(600.0)
    job = await ended(job)
    assert (job.state, job.attempts) == ("succeeded", 1)
    assert [step for step, _ in await effects()] == [0, 1, 2, 3, 4]


async def test_two_workers_run_each_slot_of_the_schedule_once(
    services: Services, start_worker: StartWorker
) -> None:
    await rows("CREATE TABLE ticks (key text, pid integer)")
    for _ in range(2):
        start_worker(5.0, 0.4)

    async def several() -> bool:
        return (await rows("SELECT count(DISTINCT key) AS n FROM ticks"))[0]["n"] >= 4

    await until(several)
    assert await rows("SELECT key FROM ticks GROUP BY key HAVING count(*) > 1") == []
    assert await rows("SELECT key FROM jobs WHERE kind = 'test.tick' GROUP BY key HAVING count(*) > 1") == []


class Servers:
    """A database and a Redis of one test's own, which it may kill."""

    def __init__(self, folder: Path) -> None:
        self.postgres = EmbeddedPostgres(folder / "servers", durable=True)
        self.redis = EmbeddedRedis(folder / "servers")

    async def kill_redis(self) -> None:
        client = ledger.connect_redis(self.redis.url)
        os.kill((await client.info("server"))["process_id"], signal.SIGKILL)
        await client.aclose(close_connection_pool=True)
        await self._until_ended(self.redis)

    async def kill_postgres(self) -> None:
        backend = (await rows("SELECT pg_backend_pid() AS pid"))[0]["pid"]
        psutil.Process(psutil.Process(backend).ppid()).kill()
        await self._until_ended(self.postgres)

    async def start(self, server: EmbeddedPostgres | EmbeddedRedis) -> None:
        await asyncio.to_thread(server.start, same_port=True)

    async def _until_ended(self, server: EmbeddedPostgres | EmbeddedRedis) -> None:
        async def ended() -> bool:
            return not server.running

        await until(ended)


@pytest.fixture
async def servers(tmp_path: Path) -> AsyncIterator[Servers]:
    servers = Servers(tmp_path)
    await asyncio.to_thread(servers.redis.start)
    await asyncio.to_thread(servers.postgres.start)
    await apply_migrations(servers.postgres.url)
    yield servers
    await asyncio.to_thread(servers.postgres.stop)
    await asyncio.to_thread(servers.redis.stop)
    servers.postgres.end_and_remove()


@pytest.fixture
async def own_services(servers: Servers, tmp_path: Path) -> AsyncIterator[Services]:
    endpoints = Endpoints(database_url=servers.postgres.url, redis_url=servers.redis.url)
    async with open_services(Settings(data=tmp_path / "data"), endpoints, children=1) as services:
        yield services


class Gated:
    """A kind of job that counts its runs, and of which some wait at a gate."""

    def __init__(self, registry: Registry) -> None:
        self.gate = asyncio.Event()
        self.begun: list[int] = []
        self.finished: list[int] = []
        registry.job("test.gated", timeout_s=60)(self.handle)

    async def handle(self, context: JobContext, args: dict[str, Any]) -> Outcome:
        self.begun.append(args["n"])
        if args["wait"]:
            await self.gate.wait()
        self.finished.append(args["n"])
        return {"n": args["n"]}


async def enqueue(services: Services, n: int, *, wait: bool = False) -> ledger.Job:
    job = await ledger.enqueue("test.gated", {"n": n, "wait": wait})
    await ledger.dispatch(services.redis, job)
    return job


async def test_a_redis_that_is_killed_loses_no_job_and_stops_none(
    servers: Servers, own_services: Services, registry: Registry, working: Working
) -> None:
    services = own_services
    gated = Gated(registry)
    # two at a time, so that some jobs are still in Redis when it dies
    async with working(replace(QUICK, max_jobs=2), services):
        jobs = [await enqueue(services, n, wait=n < 2) for n in range(8)]

        async def both_begun() -> bool:
            return sorted(gated.begun) == [0, 1]

        await until(both_begun)
        await servers.kill_redis()
        jobs += [await enqueue(services, n) for n in range(8, 12)]  # these stay in the ledger
        assert gated.finished == []
        gated.gate.set()
        assert [(await ended(job)).result for job in jobs[:2]] == [{"n": 0}, {"n": 1}]
        await servers.start(servers.redis)
        assert {(await ended(job)).state for job in jobs} == {"succeeded"}
    assert sorted(gated.begun) == sorted(gated.finished) == list(range(12))


async def test_a_postgresql_that_is_killed_loses_no_job(
    servers: Servers, own_services: Services, registry: Registry, working: Working
) -> None:
    services = own_services
    gated = Gated(registry)
    async with working(replace(QUICK, max_jobs=2), services):
        jobs = [await enqueue(services, n, wait=n < 1) for n in range(6)]

        async def all_but_one() -> bool:
            return sorted(gated.finished) == [1, 2, 3, 4, 5]

        await until(all_but_one)
        await servers.kill_postgres()
        gated.gate.set()

        async def last() -> bool:
            return 0 in gated.finished

        await until(last)  # done while there is no database to write it down in
        await servers.start(servers.postgres)
        states = [await ended(job) for job in jobs]
        assert [job.result for job in states] == [{"n": n} for n in range(6)]
        assert sorted(gated.finished) == [0, 1, 2, 3, 4, 5]
        assert (await ended(await enqueue(services, 6))).state == "succeeded"
