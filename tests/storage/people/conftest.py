"""An open database with a vault of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from adbc_driver_postgresql import dbapi
from pydantic import SecretStr

from storage.connect import connect, database
from storage.embedded.postgres import EmbeddedPostgres
from storage.settings import Settings, settings_in_force
from tests.storage.people.invented import KEYS

#: What tests here write into; emptied in a fraction of the time that a fresh database takes.
TABLES = "athletes, vendor_apps, vendor_circuits, webhook_events, jobs"


@pytest.fixture(scope="module")
def shared_database(
    _postgres: EmbeddedPostgres, worker_name: str, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A migrated database for one module."""
    name = f"poise_people_{worker_name}_{request.module.__name__.rsplit('.', 1)[-1]}"
    with closing(dbapi.connect(_postgres.url_of("postgres"), autocommit=True)) as c:
        c.execute(f"CREATE DATABASE {name} TEMPLATE poise_template").close()
        yield _postgres.url_of(name)
        c.execute(f"DROP DATABASE {name} WITH (FORCE)").close()


@pytest.fixture
def database_url(shared_database: str) -> str:
    """The module's database, emptied."""
    with closing(connect(shared_database)) as c:
        c.execute(f"TRUNCATE {TABLES} RESTART IDENTITY CASCADE").close()
        c.commit()
    return shared_database


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        database_url=SecretStr(database_url), data=tmp_path / "data", vault_keys=SecretStr(KEYS), vendors={}
    )


@pytest.fixture
async def db(database_url: str, settings: Settings) -> AsyncIterator[str]:
    """The open database; its URL."""
    with settings_in_force(settings):
        async with database(database_url):
            yield database_url
