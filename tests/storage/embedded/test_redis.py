"""The embedded Redis: private, revived where it was, and what happens where there is no program for it."""

from __future__ import annotations

import contextlib
import stat
from pathlib import Path

import psutil
import pytest
import redis
import redis.asyncio

from storage.embedded import binaries
from storage.embedded.redis import IN_PROCESS_URL, EmbeddedRedis, NoRedisBinary, connection_pool


def test_it_asks_for_the_password_and_speaks_to_this_machine_only(data: Path) -> None:
    with EmbeddedRedis(data) as server:
        password = server.url.split(":")[2].split("@")[0]
        with contextlib.closing(redis.Redis.from_url(server.url)) as client:
            process = psutil.Process(client.info("server")["process_id"])
            assert {c.laddr.ip for c in process.net_connections() if c.status == "LISTEN"} == {"127.0.0.1"}
            assert password not in " ".join(process.cmdline())
            assert client.config_get("save") == {"save": ""}
        stranger = redis.Redis.from_url(server.url.replace(password, "guess"))
        with contextlib.closing(stranger), pytest.raises(redis.AuthenticationError):
            stranger.ping()
        assert password not in repr(server)
        assert password not in server.log.read_text()
        assert stat.S_IMODE((data / "redis.access.json").stat().st_mode) == 0o600


def test_its_url_is_the_same_after_a_restart_and_its_memory_is_gone(data: Path) -> None:
    server = EmbeddedRedis(data)
    with server, contextlib.closing(redis.Redis.from_url(server.url)) as client:
        url = server.url
        client.set("key", "value")
    assert not server.running
    assert not server.answers()
    with server, contextlib.closing(redis.Redis.from_url(server.url)) as client:
        assert server.url == url
        assert client.get("key") is None


def test_a_machine_without_a_redis_program_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(binaries, "_package_folder", lambda _name: None)
    with pytest.raises(NoRedisBinary, match="install Redis, or set REDIS_URL"):
        binaries.redis_binary.__wrapped__(None)


def test_a_program_on_the_path_goes_before_the_bundled_one(tmp_path: Path, monkeypatch) -> None:
    own = tmp_path / "redis-server"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert binaries.redis_binary.__wrapped__(None) == own
    monkeypatch.setenv("PATH", "/nowhere")
    assert binaries.redis_binary.__wrapped__(None).name == "redis-server"


@pytest.mark.parametrize("kind", ["real", "in the process"])
async def test_one_pool_serves_a_real_redis_and_the_last_resort_alike(kind: str, redis_url: str) -> None:
    url = redis_url if kind == "real" else IN_PROCESS_URL
    async with (
        redis.asyncio.Redis(connection_pool=connection_pool(url)) as writer,
        redis.asyncio.Redis(connection_pool=connection_pool(url)) as reader,
    ):
        async with reader.pubsub() as listener:
            await listener.subscribe("channel")
            await writer.set("key", b"value")
            assert await reader.get("key") == b"value"
            await writer.publish("channel", b"message")
            messages = [message async for message in _take(listener, 2)]
        assert [message["data"] for message in messages] == [1, b"message"]
        for client in (writer, reader):
            await client.connection_pool.disconnect()


async def _take(listener, count):
    async for message in listener.listen():
        yield message
        count -= 1
        if not count:
            return
