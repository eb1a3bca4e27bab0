"""A seeded database, the application on it, and a real server where sockets matter."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import httpx
import pytest
import uvicorn

from server.app import create_app
from server.serving import configuration
from server.settings import ServerSettings
from storage.embedded.postgres import EmbeddedPostgres
from tests.server import world
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
async def serving(settings: ServerSettings) -> AsyncIterator[Api]:
    """The application without sockets."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            yield Api(client)


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[Api]:
    """The application under development settings, without sockets."""
    async with serving(settings()) as made:
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
async def running(settings: ServerSettings) -> AsyncIterator[Running]:
    """Start a server and stop it."""
    # asyncio switches Nagle off only on sockets that say they are TCP
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(configuration(settings))
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
