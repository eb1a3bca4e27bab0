"""One database for all tests of observations of a worker: each leaves it empty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import adbc_driver_postgresql.dbapi as adbc
import pytest

from storage.arrow import execute, query
from storage.connect import Connection, connect
from storage.embedded.postgres import EmbeddedPostgres
from storage.observations.tables import TABLES
from tests.storage.observations.invented import ATHLETE, people

_OTHERS = (
    "night_stages", "readings", "reading_streams", "observation_documents", "tombstones", "daily_values",
    "daily_effective", "source_orders",
)  # fmt: skip


@pytest.fixture(scope="session")
def observations_url(_postgres: EmbeddedPostgres, worker_name: str) -> Iterator[str]:
    """A migrated database; making one takes longer than most of these tests."""
    name = f"poise_{worker_name}_observations"
    with closing(adbc.connect(_postgres.url_of("postgres"), autocommit=True)) as own, own.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE poise_template")
        yield _postgres.url_of(name)
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def c(observations_url: str) -> Iterator[Connection]:
    with closing(connect(observations_url)) as connection:
        people(connection, ATHLETE, ATHLETE + 1)
        connection.commit()
        yield connection
        connection.rollback()
        tables = ", ".join((*(one.name for one in TABLES), *_OTHERS))
        if query(connection, "SELECT EXISTS (SELECT 1 FROM observation_documents) AS some")["some"][0]:
            execute(connection, f"TRUNCATE {tables}")
        connection.commit()
