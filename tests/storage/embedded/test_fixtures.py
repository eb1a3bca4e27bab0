"""The fixtures that every other test stands on."""

from __future__ import annotations

import contextlib

import adbc_driver_postgresql.dbapi as adbc
import asyncpg
import pytest
import redis

from storage.embedded.runtime import Endpoints


@pytest.mark.parametrize("time", [1, 2])
def test_every_test_gets_a_database_nobody_wrote_in(database_url: str, time: int) -> None:
    with contextlib.closing(adbc.connect(database_url)) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE mine (n int)")
        connection.commit()


async def test_the_database_is_postgresql_18_in_utf_8(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        assert (await connection.fetchval("SHOW server_version")).startswith("18.")
        assert await connection.fetchval("SHOW server_encoding") == "UTF8"
        assert await connection.fetchval("SHOW TimeZone") == "UTC"
    finally:
        await connection.close()


@pytest.mark.parametrize("time", [1, 2])
def test_every_test_gets_an_empty_redis(redis_url: str, time: int) -> None:
    with contextlib.closing(redis.Redis.from_url(redis_url)) as client:
        assert client.dbsize() == 0
        client.set("key", time)


def test_endpoints_hide_their_secrets(endpoints: Endpoints) -> None:
    assert "://" not in repr(endpoints)
    assert endpoints.database_url.startswith("postgresql://poise:")
    assert endpoints.redis_url.startswith("redis://:")
