"""One data folder, several processes: one runs the servers, others use them, any of them may be killed."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
from pathlib import Path

import asyncpg
import psutil
import pytest
import redis

from storage.embedded import runtime as runtime_module
from storage.embedded.locks import FolderLock
from storage.embedded.postgres import EmbeddedPostgres
from storage.embedded.redis import IN_PROCESS_URL, EmbeddedRedis
from storage.embedded.runtime import Endpoints, NoRedisBinary, runtime
from storage.embedded.tenancy import AttachError, Tenancy
from storage.settings import Settings, load_settings

# Says when it is in, leaves when told to.
_PROCESS = """
import sys
from pathlib import Path
from storage.embedded.runtime import runtime
from storage.settings import load_settings
with runtime(load_settings(Path(sys.argv[1]))) as endpoints:
    print(endpoints.database_url, endpoints.redis_url, flush=True)
    sys.stdin.readline()
print("left", flush=True)
"""


def _redis_process(url: str) -> psutil.Process:
    with contextlib.closing(redis.Redis.from_url(url)) as client:
        return psutil.Process(client.info("server")["process_id"])


def _gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_second_process_attaches_and_the_first_waits_for_it(data, python, servers, caplog) -> None:
    tenancy_log = logging.getLogger("storage.embedded.tenancy")
    with contextlib.ExitStack() as stack, runtime(load_settings(data)) as endpoints:
        before = {process.pid for process in servers(data)}
        second = python(_PROCESS, data)
        assert second.stdout.readline().split() == [endpoints.database_url, endpoints.redis_url]
        assert before & {process.pid for process in servers(data)}

        def leave_when_waited_for(record: logging.LogRecord) -> bool:
            if record.msg.startswith("waiting for other processes") and second.poll() is None:
                assert EmbeddedPostgres(data).answers()  # not pulled away under the one still there
                second.stdin.write("\n")
                second.stdin.flush()
            return True

        tenancy_log.addFilter(leave_when_waited_for)
        stack.callback(tenancy_log.removeFilter, leave_when_waited_for)
    assert second.stdout.readline() == "left\n"
    assert second.wait(30) == 0
    assert servers(data) == []
    assert "waiting for other processes that still use the redis" in caplog.text


def test_the_owner_s_death_leaves_no_orphan_and_the_next_start_works(
    data, python, servers, query, until
) -> None:
    owner = python(_PROCESS, data)
    database_url, redis_url = owner.stdout.readline().split()
    query(database_url, "CREATE TABLE kept AS SELECT 1 AS n")
    orphans = [*servers(data), _redis_process(redis_url)]
    assert len(orphans) > 2
    owner.kill()
    with runtime(load_settings(data)) as endpoints:  # at once, while they may still be on their way out
        assert query(endpoints.database_url, "SELECT n FROM kept") == [(1,)]
        until(lambda: all(_gone(process) for process in orphans))


def test_a_killed_owner_alone_leaves_nothing_running(data, python, servers, until) -> None:
    owner = python(_PROCESS, data)
    _, redis_url = owner.stdout.readline().split()
    carrier = _redis_process(redis_url)
    owner.kill()
    until(lambda: not servers(data) and _gone(carrier))


def test_an_attached_process_takes_over_from_a_killed_owner_under_the_same_urls(
    data, python, query, until
) -> None:
    owner = python(_PROCESS, data)
    urls = owner.stdout.readline().split()
    with runtime(load_settings(data)) as endpoints:
        assert [endpoints.database_url, endpoints.redis_url] == urls
        old = _redis_process(endpoints.redis_url)
        owner.kill()
        postgres, carrier = EmbeddedPostgres(data), EmbeddedRedis(data)
        until(lambda: _gone(old))
        until(lambda: postgres.answers() and carrier.answers())
        assert [postgres.url, carrier.url] == urls
    assert not postgres.answers()


def test_killed_servers_come_back_under_the_same_urls(data, servers, until) -> None:
    with runtime(load_settings(data)) as endpoints:
        victims = [*servers(data), _redis_process(endpoints.redis_url)]
        for process in victims:
            with contextlib.suppress(
                psutil.NoSuchProcess
            ):  # PostgreSQL's processes follow one another at once
                process.kill()
        until(lambda: all(_gone(process) for process in victims))
        postgres, carrier = EmbeddedPostgres(data), EmbeddedRedis(data)
        until(lambda: postgres.answers() and carrier.answers())
        assert (postgres.url, carrier.url) == (endpoints.database_url, endpoints.redis_url)
        assert _redis_process(endpoints.redis_url) not in victims


def test_a_killed_guard_takes_its_server_along_and_both_come_back(data, servers, until) -> None:
    with runtime(load_settings(data)) as endpoints:
        postmaster = min(servers(data), key=lambda process: process.create_time())
        os.kill(postmaster.ppid(), signal.SIGKILL)
        until(lambda: _gone(postmaster))
        until(EmbeddedPostgres(data).answers)
        assert EmbeddedPostgres(data).url == endpoints.database_url


async def test_it_works_inside_a_running_event_loop_and_migrates(data: Path) -> None:
    with runtime(load_settings(data)) as endpoints:
        connection = await asyncpg.connect(endpoints.database_url)
        try:
            assert await connection.fetchval("SELECT count(*) FROM schema_migrations") > 0
        finally:
            await connection.close()


def test_a_forked_child_does_not_keep_the_lock(tmp_path: Path, until) -> None:
    lock, other = FolderLock(tmp_path / "lock"), FolderLock(tmp_path / "lock")
    assert lock.acquire()
    out, into = os.pipe()
    child = os.fork()
    if child == 0:  # stays until the pipe closes
        os.close(into)
        os.read(out, 1)
        os._exit(0)
    try:
        assert not other.acquire()
        # As if we were killed: the descriptor goes, without an unlock.
        lock._drop()
        until(other.acquire)
    finally:
        os.close(into)
        os.close(out)
        os.waitpid(child, 0)
        other.release()


def test_asked_twice_to_leave_the_owner_does_not_wait(data: Path, caplog, monkeypatch) -> None:
    owner = Tenancy(EmbeddedRedis(data), data, "redis")
    guest = Tenancy(server := EmbeddedRedis(data), data, "redis")
    with contextlib.ExitStack() as stack:
        owner.__enter__()
        stack.enter_context(guest)
        assert (owner.owned, guest.owned) == (True, False)
        threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
        owner.__exit__(None, None, None)
        assert "not waiting any longer" in caplog.text
        assert not owner.owned
    assert not server.answers()


def test_a_server_that_does_not_answer_is_an_error_not_an_endless_wait(data: Path, monkeypatch) -> None:
    monkeypatch.setattr("storage.embedded.tenancy._ATTACH_WITHIN_S", 0.2)
    data.mkdir()
    holder = FolderLock(data / "redis.owner")
    assert holder.acquire()
    try:
        with pytest.raises(AttachError, match="its redis does not answer"):
            Tenancy(EmbeddedRedis(data), data, "redis").__enter__()
    finally:
        holder.release()


def test_external_servers_are_used_and_left_alone(database_url, redis_url, data, query) -> None:
    with runtime(Settings(database_url=database_url, redis_url=redis_url, data=data)) as endpoints:
        assert endpoints == Endpoints(database_url=database_url, redis_url=redis_url)
        assert not data.exists()
    assert query(database_url, "SELECT count(*) > 0 FROM schema_migrations") == [(True,)]
    with contextlib.closing(redis.Redis.from_url(redis_url)) as client:
        assert client.ping()


def test_one_server_may_be_external_and_the_other_embedded(database_url: str, data: Path) -> None:
    with runtime(Settings(database_url=database_url, data=data)) as endpoints:
        assert endpoints.database_url == database_url
        assert EmbeddedRedis(data).url == endpoints.redis_url
        assert EmbeddedRedis(data).answers()
        assert not (data / "postgres.access.json").exists()


def test_without_a_redis_program_the_caller_chooses(database_url: str, data: Path, monkeypatch) -> None:
    def none(_account: object) -> Path:
        raise NoRedisBinary("none here")

    monkeypatch.setattr(runtime_module, "redis_binary", none)
    settings = Settings(database_url=database_url, data=data)
    with pytest.raises(NoRedisBinary), runtime(settings):
        pass
    with runtime(settings, in_process_redis=True) as endpoints:
        assert endpoints.redis_url == IN_PROCESS_URL
