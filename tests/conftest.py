"""What every test may stand on: one real PostgreSQL for the whole run, a real Redis for each worker.

The servers start when the first test asks for them, whichever xdist worker that runs in, and live
with the main process: their guards watch it, so they end even if it is killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import psutil
import pytest
import redis

from storage.embedded.postgres import EmbeddedPostgres
from storage.embedded.redis import EmbeddedRedis
from storage.embedded.runtime import Endpoints
from storage.migrate import migrate

_RUN = pytest.StashKey[Path]()
_PREFIX = "poise-tests-"
_TEMPLATE = "poise_template"
_SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"
_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    """The main process makes the run's folder; xdist workers are told where it is."""
    given: dict[str, Any] | None = getattr(config, "workerinput", None)
    if given is None:
        _remove_runs_that_were_killed()
        config.stash[_RUN] = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    else:
        config.stash[_RUN] = Path(given["poise_run"])


@pytest.hookimpl(optionalhook=True)  # unknown where xdist is switched off
def pytest_configure_node(node: Any) -> None:
    """Runs in the main process for each worker."""
    node.workerinput["poise_run"] = str(node.config.stash[_RUN])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are cores: the tests of killed processes wait more than they compute."""
    return (os.cpu_count() or 1) + 1


def pytest_unconfigure(config: pytest.Config) -> None:
    """The main process ends what was started and leaves nothing behind."""
    run = config.stash.get(_RUN, None)
    if run is None or hasattr(config, "workerinput"):
        return
    _remove(run)


def _remove(run: Path) -> None:
    if (run / "postgres").is_dir():
        EmbeddedPostgres(run / "postgres").end_and_remove()
    shutil.rmtree(run, ignore_errors=True)


def _remove_runs_that_were_killed() -> None:
    # Their servers ended with them, but nobody was left to remove their folders.
    for run in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        pid = run.name.removeprefix(_PREFIX).split("-")[0]
        if run.stat().st_uid == os.geteuid() and pid.isdecimal() and not psutil.pid_exists(int(pid)):
            _remove(run)


@contextlib.contextmanager
def _one_at_a_time(run: Path) -> Iterator[None]:
    with (run / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _administrator(url: str) -> Iterator[Any]:
    connection = adbc.connect(url, autocommit=True)
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


@pytest.fixture(scope="session")
def _postgres(request: pytest.FixtureRequest) -> EmbeddedPostgres:
    """The run's database server, with a migrated template; started by whoever comes first."""
    run = request.config.stash[_RUN]
    main = os.getpid() if not hasattr(request.config, "workerinput") else os.getppid()
    server = EmbeddedPostgres(run / "postgres", durable=False, owner=main)
    with _one_at_a_time(run):
        ready = run / "ready"
        if not ready.exists():
            server.start()
            with _administrator(server.url_of("postgres")) as cursor:
                cursor.execute(f"CREATE DATABASE {_TEMPLATE}")
            migrate(server.url_of(_TEMPLATE))
            with _administrator(server.url_of("postgres")) as cursor:
                cursor.execute(f"ALTER DATABASE {_TEMPLATE} ALLOW_CONNECTIONS false")
            server.detach()
            ready.touch()
    return server


@pytest.fixture(scope="session")
def _redis(request: pytest.FixtureRequest, worker_name: str) -> Iterator[EmbeddedRedis]:
    """This worker's own Redis: published messages know no database numbers, so sharing one would leak."""
    with EmbeddedRedis(request.config.stash[_RUN] / f"redis-{worker_name}") as server:
        yield server


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    """``gw0``, ``gw1``, … under xdist, else ``main``."""
    given: dict[str, Any] = getattr(request.config, "workerinput", {"workerid": "main"})
    return str(given["workerid"])


@pytest.fixture(scope="session")
def endpoints(_postgres: EmbeddedPostgres, _redis: EmbeddedRedis) -> Endpoints:
    """The servers of this run. The database has no tables: for those, ask for ``database_url``."""
    return Endpoints(database_url=_postgres.url, redis_url=_redis.url)


@pytest.fixture
def database_url(_postgres: EmbeddedPostgres, worker_name: str) -> Iterator[str]:
    """A fresh, migrated, empty database for one test."""
    name = f"poise_{worker_name}_{next(_numbers)}"
    with _administrator(_postgres.url_of("postgres")) as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    yield _postgres.url_of(name)
    with _administrator(_postgres.url_of("postgres")) as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def redis_url(_redis: EmbeddedRedis) -> str:
    """An empty Redis for one test: nobody else uses or hears it meanwhile."""
    with contextlib.closing(redis.Redis.from_url(_redis.url)) as client:
        client.flushall()
    return _redis.url


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real play-by-play (read-only): ``POISE_REAL_DATA``, else the one beside the project."""
    folder = Path(os.environ.get("POISE_REAL_DATA") or _SHARED_DATA)
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}: set POISE_REAL_DATA to a folder that has it")
    return folder
