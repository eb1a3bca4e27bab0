"""``kill -9`` of the worker in the middle of a backfill: nothing lost, nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from poise_sdk.simulation import Fault
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Secret
from storage import ledger
from storage.connect import rows
from storage.embedded.runtime import Endpoints
from storage.people import athletes, connections, orders, vendor_apps
from storage.settings import Settings
from tasks.context import open_services
from tests.end_to_end.site import until
from tests.tasks.sync.conftest import install_stranger
from tests.tasks.sync.vendor import PAGE, Vendor

StartWorker: TypeAlias = "Callable[[], subprocess.Popen[bytes]]"


@pytest.fixture
def start_worker(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[StartWorker]:
    """Start the program's own worker, with a stranger's adapter installed; gone when the test is."""
    site = tmp_path / "site"
    site.mkdir()
    install_stranger(site)
    environment = {**os.environ, "PYTHONPATH": str(site)}
    script = Path(__file__).with_name("quick_worker.py")
    command = [sys.executable, str(script), str(tmp_path / "data"), database_url, redis_url]
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(command, env=environment))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()
        worker.wait()


async def ids(table: str) -> list[str]:
    return [row["source_id"] for row in await rows(f"SELECT source_id FROM {table} ORDER BY source_id")]


async def test_a_worker_killed_in_a_backfill_loses_nothing_and_repeats_nothing(
    start_worker: StartWorker, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    endpoints = Endpoints(database_url=database_url, redis_url=redis_url)
    async with (
        open_services(Settings(data=tmp_path / "data"), endpoints, children=1) as services,
        Vendor() as vendor,
    ):
        nights = [vendor.add(DataType.SLEEP, days) for days in range(0, 80, 2)]
        workouts = [vendor.add(DataType.WORKOUT, days) for days in range(0, 390, 15)]
        vendor.faults.add(Fault.slow(0.03))
        athlete = await athletes.add("Ada", time_zone="Europe/Berlin")
        await vendor_apps.configure(
            "stranger", client_id="poise", client_secret=Secret("hidden"), base_url=vendor.base_url
        )
        connection = await connections.connect(athlete.id, "stranger", vendor.credentials(), "u1")
        for job in await orders.order_first(connection.id, (DataType.SLEEP, DataType.WORKOUT)):
            await ledger.dispatch(services.redis, job)

        worker = start_worker()

        async def in_the_middle() -> bool:
            stored = len(await ids("nights"))
            assert stored < len(nights), "the backfill was too quick"
            return stored >= 3 * PAGE

        await until(in_the_middle, "the backfill is under way")
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        assert len(await ids("nights")) < len(nights)
        start_worker()

        async def over() -> bool:
            return not await rows(
                "SELECT 1 FROM jobs WHERE state IN ('queued', 'running') AND key LIKE '%:' || $1 || ':%'",
                str(connection.id),
            )

        await until(over, "all of it is fetched")
        assert await ids("nights") == sorted(nights)
        assert await ids("workouts") == sorted(workouts)
        done = await rows("SELECT state, error FROM jobs WHERE kind IN ('sync.run', 'sync.backfill')")
        assert {(row["state"], row["error"]) for row in done} == {("succeeded", None)}
        states = await rows(
            "SELECT status, backfill_done, cursor FROM sync_states WHERE data_type <> 'profile'"
        )
        assert [tuple(row.values()) for row in states] == [("ok", True, None)] * 2
        # of each job that was under way one page at most was asked for a second time
        asked = Counter((one.path, tuple(sorted(one.query.items()))) for one in vendor.asked())
        assert sum(count - 1 for count in asked.values()) <= 4
