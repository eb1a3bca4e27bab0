"""An athlete connected to a stranger's vendor, whose adapter is installed as any third party's is."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Secret
from storage.connect import rows
from storage.embedded.postgres import EmbeddedPostgres
from storage.embedded.runtime import Endpoints
from storage.ledger import Job
from storage.observations.tables import TABLES
from storage.people import athletes, connections, orders, sync_states, vendor_apps
from storage.people.connections import Connection
from storage.people.sync_states import SyncState
from storage.settings import Settings
from tasks.context import Services, open_services
from tasks.handlers import load
from tasks.inline import run_inline
from tasks.pool import ChildPool
from tasks.runner import Runner
from tasks.sync.intake import installed
from tests.conftest import _TEMPLATE, _administrator
from tests.tasks.conftest import QUICK, state_of
from tests.tasks.sync.vendor import Vendor

STRANGER = "stranger"

#: What syncs write to, children before their parents.
_WRITTEN = (
    "jobs",
    "raw_documents",
    "observation_documents",
    "athletes",  # with their connections, and all that hangs on those
    "vendor_apps",
    "vendor_circuits",
    "webhook_events",
    "night_stages",
    *(table.name for table in TABLES),
    "tombstones",
    "daily_values",
    "daily_effective",
)


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The stranger's package is installed, for this process and its children."""
    site = install_stranger(tmp_path_factory.mktemp("site"))
    sys.path.insert(0, str(site))
    installed.cache_clear()
    yield
    sys.path.remove(str(site))
    installed.cache_clear()


def install_stranger(site: Path) -> Path:
    """Put the stranger's package into a folder as an installer would."""
    described = site / "poise_stranger-1.0.dist-info"
    described.mkdir()
    shutil.copy(Path(__file__).with_name("poise_stranger.py"), site)
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: poise-stranger\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text("[poise.adapters]\nstranger = poise_stranger\n")
    return site


@pytest.fixture(scope="session")
def children(stranger: None) -> Iterator[ChildPool]:
    """Child processes for all tests here: each costs a second to start."""
    pool = ChildPool(2)
    yield pool
    pool.close()


@pytest.fixture(scope="session")
def kept_database(_postgres: EmbeddedPostgres, worker_name: str) -> Iterator[str]:
    """One database for all tests here: to make and drop one takes longer than most of them."""
    name = f"poise_sync_{worker_name}"
    with _administrator(_postgres.url_of("postgres")) as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    yield _postgres.url_of(name)
    with _administrator(_postgres.url_of("postgres")) as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(kept_database: str) -> str:
    """The database, without anything that an earlier test wrote."""
    with _administrator(kept_database) as cursor:
        for table in _WRITTEN:
            cursor.execute(f"DELETE FROM {table}")
    return kept_database


@pytest.fixture
async def services(endpoints_here: Endpoints, tmp_path: Path, children: ChildPool) -> AsyncIterator[Services]:
    children._turn = asyncio.Semaphore(children.size)  # that of the last test belongs to its event loop
    async with open_services(Settings(data=tmp_path / "data"), endpoints_here) as services:
        yield dataclasses.replace(services, pool=children)


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    async with Vendor() as vendor:
        yield vendor


class Place:
    """One athlete, one connection, and the jobs about it."""

    def __init__(self, services: Services, vendor: Vendor, connection: Connection) -> None:
        self.services = services
        self.vendor = vendor
        self.connection = connection
        self.runner = Runner(services, load(), QUICK)

    async def once(self, job: Job) -> Job:
        """One attempt of a job, here, whenever it is due."""
        await rows("UPDATE jobs SET run_after = clock_timestamp() WHERE id = $1 AND state = 'queued'", job.id)
        await self.runner.run(job.id)
        return await state_of(job.id)

    async def order(self, data_type: DataType = DataType.SLEEP, **more: Any) -> Job:
        return await orders.order_sync(self.connection.id, data_type, **more)

    async def sync(self, data_type: DataType = DataType.SLEEP, **more: Any) -> Job:
        """One attempt of a new sync."""
        return await self.once(await self.order(data_type, **more))

    async def backfill(self, data_type: DataType = DataType.SLEEP) -> Job:
        """A whole backfill."""
        job = await orders.order_backfill(self.connection.id, data_type)
        return await run_inline(job.id, self.services, options=QUICK)

    async def state(self, data_type: DataType = DataType.SLEEP) -> SyncState:
        return await sync_states.get(self.connection.id, data_type)

    async def status(self) -> str:
        found = await connections.get(self.connection.id)
        assert found is not None
        return found.status

    async def stored(self, table: str = "nights") -> list[str]:
        """The ids of the stored rows, oldest first."""
        sql = f"SELECT source_id FROM {table} WHERE athlete_id = $1 ORDER BY start_at"
        return [row["source_id"] for row in await rows(sql, self.connection.athlete_id)]


async def connected(services: Services, vendor: Vendor, name: str = "Ada", **credentials: Any) -> Place:
    """A new athlete, connected to the vendor."""
    athlete = await athletes.add(name, time_zone="Europe/Berlin")
    await vendor_apps.configure(
        STRANGER, client_id="poise", client_secret=Secret("hidden"), base_url=vendor.base_url
    )
    connection = await connections.connect(
        athlete.id, STRANGER, vendor.credentials(**credentials), f"account of {name}"
    )
    return Place(services, vendor, connection)


@pytest.fixture
async def place(stranger: None, services: Services, vendor: Vendor) -> Place:
    return await connected(services, vendor)


def nights(vendor: Vendor, count: int, *, first: int = 0) -> list[str]:
    """So many nights, the last one ``first`` days ago; their ids, oldest first."""
    return [vendor.add(DataType.SLEEP, days) for days in reversed(range(first, first + count))]


def in_seconds(job: Job) -> float:
    """How long until the job is due."""
    return (job.run_after - dt.datetime.now(dt.UTC)).total_seconds()
