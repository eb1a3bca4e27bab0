"""A seeded database, the application on it, and a real server where sockets matter."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import httpx
import pytest
import uvicorn

from adapters.host import Registry
from server.app import create_app
from server.serving import configuration
from server.settings import ServerSettings
from storage.embedded.postgres import EmbeddedPostgres
from storage.settings import Settings as StorageSettings
from storage.settings import settings_in_force
from tests.server import bodies, stranger, world
from tests.server.clients import Api, Socket

Settings = Callable[..., ServerSettings]


@pytest.fixture(scope="session")
def library(_postgres: EmbeddedPostgres, worker_name: str) -> str:
    """The URL of a database that holds the invented league, for tests that only read."""
    name = f"poise_library_{worker_name}"
    with closing(adbc.connect(_postgres.url_of("postgres"), autocommit=True)) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE poise_template").close()
    world.seed(_postgres.url_of(name))
    return _postgres.url_of(name)


@pytest.fixture
def home(library: str) -> str:
    """The database under test. Modules whose tests write override this by `own_home`."""
    return library


def own_home(database_url: str) -> str:
    """A database of the test's own that holds the invented league."""
    world.seed(database_url)
    return database_url


@pytest.fixture(scope="session")
def clinic(_postgres: EmbeddedPostgres, worker_name: str) -> str:
    """The URL of a database that holds two athletes' bodies, for tests that only read."""
    name = f"poise_clinic_{worker_name}"
    with closing(adbc.connect(_postgres.url_of("postgres"), autocommit=True)) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE poise_template").close()
    bodies.seed(_postgres.url_of(name))
    return _postgres.url_of(name)


@pytest.fixture(scope="session")
def _ward(_postgres: EmbeddedPostgres, worker_name: str) -> str:
    name = f"poise_ward_{worker_name}"
    with closing(adbc.connect(_postgres.url_of("postgres"), autocommit=True)) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE poise_template").close()
    return _postgres.url_of(name)


@pytest.fixture
def ward(_ward: str) -> str:
    """The URL of a database with two athletes (1 and 2) and nothing else, for tests that write.

    It is emptied for each test: that takes a tenth of the time that a new database does.
    """
    bodies.empty(_ward)
    bodies.seed(_ward, days=0)
    return _ward


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Path]:
    """A data folder of the test's own, with a key for the vault."""
    key = base64.b64encode(bytes(range(32))).decode()
    with settings_in_force(StorageSettings(data=tmp_path / "data", vault_keys=f"test:{key}")):
        yield tmp_path / "data"


@pytest.fixture
def settings(home: str, redis_url: str) -> Settings:
    """Settings on this test's databases, with changes."""

    def made(**changes: Any) -> ServerSettings:
        return ServerSettings(**{"database_url": home, "redis_url": redis_url, "port": 0} | changes)

    return made


@pytest.fixture
def feed(home: str, redis_url: str) -> world.Feed:
    """What the poller does."""
    return world.Feed(home, redis_url)


@asynccontextmanager
async def serving(settings: ServerSettings, registry: Registry | None = None) -> AsyncIterator[Api]:
    """The application without sockets."""
    app = create_app(settings, registry)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            yield Api(client)


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[Api]:
    """The application under development settings, without sockets."""
    async with serving(settings()) as made:
        yield made


@pytest.fixture
async def clinic_api(settings: Settings, house: Path) -> AsyncIterator[Api]:
    """The application with vendors that nobody has heard of, without sockets."""
    async with serving(settings(), stranger.registry()) as made:
        yield made


class Running:
    """A real server on a port of its own."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/graphql"

    @asynccontextmanager
    async def socket(self, **options: Any) -> AsyncIterator[Socket]:
        """An initialised WebSocket."""
        async with Socket.connected(self.url, **options) as made:
            yield made


@asynccontextmanager
async def running(
    settings: ServerSettings, registry: Registry | None = None, *, send_buffer: int | None = None
) -> AsyncIterator[Running]:
    """Start a server and stop it; ``send_buffer`` bounds what the system keeps for a client."""
    # asyncio switches Nagle off only on sockets that say they are TCP
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    if send_buffer is not None:  # accepted sockets inherit it
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(configuration(settings, registry))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with asyncio.timeout(20):
            while not server.started:
                if task.done():
                    await task
                await asyncio.sleep(0.01)
        yield Running(listener.getsockname()[1])
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Running]:
    """A real server under development settings."""
    async with running(settings()) as made:
        yield made
