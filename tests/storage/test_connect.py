"""Connections: they read, they survive the server, and their errors are told apart."""

from __future__ import annotations

import asyncio
from contextlib import closing

import asyncpg
import pytest
from tortoise.exceptions import OperationalError
from tortoise.transactions import in_transaction

from storage import connect as module
from storage.arrow import execute, query
from storage.connect import connect, database, is_transient, rows
from storage.models import ClutchDefinition, Team

END_OTHERS = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


async def test_rows_and_models_read_the_same_database(database_url: str) -> None:
    async with database(database_url):
        await Team.create(id=7, name="Hosts")
        assert await rows("SELECT id, name FROM teams WHERE id = ANY($1::bigint[])", [7, 8]) == [
            {"id": 7, "name": "Hosts"}
        ]
        assert (await ClutchDefinition.get(id="league")).last_seconds == 300


async def test_rows_take_part_in_the_callers_transaction(database_url: str) -> None:
    async with database(database_url):
        async with in_transaction() as transaction:
            await rows("INSERT INTO teams (id) VALUES (1) RETURNING id")
            assert await rows("SELECT id FROM teams") == [{"id": 1}]
            await transaction.rollback()
        assert await rows("SELECT id FROM teams") == []


async def test_another_task_sees_the_database_too(database_url: str) -> None:
    async def request() -> int:
        return await Team.all().count()

    started = asyncio.Event()

    async def lifespan() -> None:
        async with database(database_url):
            started.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(lifespan())
    await started.wait()
    assert await request() == 0
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_pool_outlives_its_connections(database_url: str) -> None:
    async with database(database_url, max_size=2):
        await asyncio.gather(*(rows("SELECT 1") for _ in range(4)))
        with closing(connect(database_url)) as other:
            assert query(other, END_OTHERS).item() >= 1
        errors = []
        for _ in range(4):  # what is under way when the server goes may fail, once for each connection
            try:
                await rows("SELECT 1")
            except Exception as error:
                errors.append(error)
        assert len(errors) <= 2
        assert all(is_transient(error) for error in errors)
        assert await rows("SELECT 1 AS one") == [{"one": 1}]


def test_a_lost_adbc_connection_is_worth_another_try(database_url: str) -> None:
    with closing(connect(database_url)) as c, closing(connect(database_url)) as other:
        query(other, END_OTHERS)
        with pytest.raises(Exception, match=r"terminat|closed") as caught:
            query(c, "SELECT 1")
        assert is_transient(caught.value)
        with pytest.raises(Exception, match=r"no connection|closed") as caught:
            query(c, "SELECT 1")
        assert is_transient(caught.value)


def test_errors_worth_another_try_are_told_from_mistakes(database_url: str) -> None:
    assert is_transient(asyncpg.DeadlockDetectedError("x"))
    assert is_transient(asyncpg.SerializationError("x"))
    assert is_transient(asyncpg.CannotConnectNowError("the database system is starting up"))
    assert is_transient(asyncpg.ConnectionDoesNotExistError("x"))
    assert is_transient(asyncpg.InterfaceError("connection is closed"))
    assert is_transient(ConnectionRefusedError())
    assert not is_transient(asyncpg.UniqueViolationError("x"))
    assert not is_transient(asyncpg.InterfaceError("expected 2 arguments"))
    assert not is_transient(ValueError("connection refused"))
    with closing(connect(database_url)) as c:
        with pytest.raises(Exception, match="syntax") as caught:
            execute(c, "SELEKT 1")
        assert not is_transient(caught.value)
    with pytest.raises(Exception, match="refused") as caught:
        connect("postgresql://poise:x@127.0.0.1:1/poise")
    assert is_transient(caught.value)
    with pytest.raises(Exception, match="password authentication failed") as caught:
        connect(database_url.replace("poise:", "poise:wrong"))
    assert not is_transient(caught.value)


async def test_what_the_orm_wraps_is_judged_by_its_cause(database_url: str) -> None:
    async with database(database_url):
        with pytest.raises(OperationalError) as caught:
            await rows("SELECT nothing")
    assert not is_transient(caught.value)
    wrapped = OperationalError("deadlock")
    wrapped.__cause__ = asyncpg.DeadlockDetectedError("x")
    assert is_transient(wrapped)


def test_a_url_is_read_as_libpq_reads_it() -> None:
    read = module._credentials
    assert read("postgresql://me:p%40ss@db.example:6543/my%20games?sslmode=require&connect_timeout=3") == {
        "host": "db.example",
        "port": 6543,
        "user": "me",
        "password": "p@ss",
        "database": "my games",
        "application_name": "poise",
        "ssl": "require",
        "timeout": 3.0,
        "server_settings": {},
    }
    socket = read("postgresql:///games?host=/run/postgresql&user=me&application_name=ours&search_path=x")
    assert (socket["host"], socket["port"], socket["user"]) == ("/run/postgresql", 5432, "me")
    assert (socket["application_name"], socket["server_settings"]) == ("ours", {"search_path": "x"})


def test_a_bulk_session_keeps_its_settings_through_a_rollback(database_url: str) -> None:
    with closing(connect(database_url)) as c:
        c.rollback()
        assert query(c, "SELECT current_setting('jit') AS j, current_setting('work_mem') AS w").row(0) == (
            "off",
            "64MB",
        )
