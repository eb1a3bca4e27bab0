"""The supervisor keeps everything running, or ends everything: never the half of it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr

from storage.embedded.postgres import EmbeddedPostgres
from storage.embedded.redis import EmbeddedRedis
from storage.embedded.runtime import Endpoints
from storage.embedded.supervisor import Program, Supervisor
from storage.settings import Settings, load_settings

_SLEEPER = "import os, time; print('id', os.getpid()); time.sleep(600)"
_STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + _SLEEPER
_ENVIRONMENT = (
    "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'], os.environ['POISE_DATA']);"
)


class _Lines:
    """Collects what the programs say, as (name, line)."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def __call__(self, name: str, line: str) -> None:
        self.said.append((name, line))

    def ids(self, name: str) -> list[int]:
        return [int(line.split()[1]) for who, line in self.said if who == name and line.startswith("id ")]


def _gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _program(name: str, code: str, **options) -> Program:
    return Program(name, [sys.executable, "-c", code], **options)


@pytest.fixture
def external(endpoints: Endpoints, database_url: str, redis_url: str, data: Path) -> Settings:
    """Servers that run already, so that only the programs are the supervisor's."""
    return Settings(database_url=SecretStr(database_url), redis_url=SecretStr(redis_url), data=data)


@pytest.fixture
def running(until):
    """Run a supervisor in a thread during the test; the function returned starts it."""
    threads: list[tuple[Supervisor, threading.Thread]] = []

    def start(
        supervisor: Supervisor, on_ready: Callable[[Endpoints], None] | None = None
    ) -> threading.Thread:
        thread = threading.Thread(target=supervisor.run, args=(on_ready,))
        thread.start()
        threads.append((supervisor, thread))
        return thread

    yield start
    for supervisor, thread in threads:
        supervisor.stop()
        thread.join(60)
        assert not thread.is_alive()


def test_a_killed_program_is_started_again(external, running, until) -> None:
    lines = _Lines()
    running(Supervisor(external, [_program("one", _SLEEPER), _program("two", _SLEEPER)], output=lines))
    first = until(lambda: lines.ids("one"))[0]
    other = until(lambda: lines.ids("two"))[0]
    os.kill(first, signal.SIGKILL)
    until(lambda: len(lines.ids("one")) == 2)
    assert not _gone(other)
    assert lines.ids("two") == [other]


def test_programs_are_told_the_servers_and_passwords_do_not_reach_the_log(external, running, until) -> None:
    lines = _Lines()
    running(Supervisor(external, [_program("one", _ENVIRONMENT + _SLEEPER)], output=lines))
    until(lambda: lines.ids("one"))
    database, redis, data = lines.said[0][1].split()
    assert database.startswith("postgresql://poise:***@127.0.0.1:")
    assert redis.startswith("redis://:***@127.0.0.1:")
    assert data == str(external.data)


def test_ready_is_said_once_when_every_program_is(external, running, until) -> None:
    lines, told, may = _Lines(), [], threading.Event()
    programs = [_program("one", _SLEEPER, ready=may.is_set), _program("two", _SLEEPER)]
    running(Supervisor(external, programs, output=lines), told.append)
    until(lambda: lines.ids("one") and lines.ids("two"))
    assert told == []
    may.set()
    until(lambda: told)
    os.kill(lines.ids("one")[0], signal.SIGKILL)
    until(lambda: len(lines.ids("one")) == 2)
    assert len(told) == 1


def test_programs_that_do_not_stop_in_time_are_killed(external, running, until) -> None:
    lines = _Lines()
    supervisor = Supervisor(external, [_program("one", _STUBBORN, grace_s=0.2)], output=lines)
    thread = running(supervisor)
    pid = until(lambda: lines.ids("one"))[0]
    supervisor.stop()
    thread.join(30)
    assert _gone(pid)


def test_asked_twice_it_does_not_wait_for_anybody(external, running, until) -> None:
    lines = _Lines()
    supervisor = Supervisor(external, [_program("one", _STUBBORN, grace_s=600)], output=lines)
    thread = running(supervisor)
    pid = until(lambda: lines.ids("one"))[0]
    supervisor.stop()
    supervisor.stop()
    thread.join(30)
    assert _gone(pid)


def test_a_program_that_never_comes_up_ends_everything(external, caplog) -> None:
    lines = _Lines()
    broken = _program("broken", "import sys; print('no configuration'); sys.exit(2)", ready=lambda: False)
    assert Supervisor(external, [broken, _program("fine", _SLEEPER)], output=lines).run() == 1
    assert ("broken", "no configuration") in lines.said
    assert "broken ended (exit code 2)" in caplog.text
    assert all(_gone(pid) for pid in lines.ids("fine"))


_COMMAND = """
import sys
from pathlib import Path
from storage.embedded.supervisor import Program, Supervisor
from storage.settings import load_settings
programs = [Program(name, [sys.executable, "-c", sys.argv[2]]) for name in ("one", "two")]
settings = load_settings(Path(sys.argv[1]))
supervisor = Supervisor(settings, programs, output=lambda name, line: print(line, flush=True))
sys.exit(supervisor.run(lambda endpoints: print("ready", flush=True)))
"""


def _started(command) -> list[int]:
    lines = sorted(command.stdout.readline().split()[0:2] for _ in range(3))
    assert lines[2] == ["ready"]
    return [int(pid) for _, pid in lines[:2]]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda n: n.name)
def test_everything_ends_with_the_supervisor(number, data, python, servers, until) -> None:
    command = python(_COMMAND, data, _SLEEPER)
    programs = _started(command)
    assert servers(data)
    command.send_signal(number)
    assert command.wait(60) == (-number if number == signal.SIGKILL else 0)
    until(lambda: all(map(_gone, programs)) and not servers(data))
    until(lambda: not EmbeddedRedis(data).answers())


def test_the_database_and_redis_come_back_under_the_programs(data, running, servers, until) -> None:
    lines, told = _Lines(), []
    running(Supervisor(load_settings(data), [_program("one", _SLEEPER)], output=lines), told.append)
    endpoints = until(lambda: told)[0]
    program = until(lambda: lines.ids("one"))
    victims = [process.pid for process in servers(data)]
    for pid in victims:
        with contextlib.suppress(ProcessLookupError):  # PostgreSQL's processes follow one another at once
            os.kill(pid, signal.SIGKILL)
    postgres = EmbeddedPostgres(data)
    until(lambda: all(map(_gone, victims)) and postgres.answers())
    assert postgres.url == endpoints.database_url
    assert lines.ids("one") == program
    assert not _gone(program[0])
