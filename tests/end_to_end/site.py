"""A whole Poise as a user starts it: ``poise up`` on a data folder of its own, and its processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import asyncpg
import psutil

from storage.embedded.clusters import cluster_folder
from storage.embedded.locks import FolderLock
from storage.embedded.postgres import EmbeddedPostgres
from storage.embedded.processes import processes_in
from storage.embedded.redis import EmbeddedRedis

__all__ = ["WITHIN_S", "Site", "gone", "poise", "run", "until"]

PROJECT: Final = Path(__file__).parents[2]
#: Far beyond what anything here takes, on a machine that does much else.
WITHIN_S: Final = 180.0
_POLL_S: Final = 0.05
_AWAY: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)


def poise(*arguments: str | Path) -> list[str]:
    """The command line of a ``poise`` command of this very code."""
    return [sys.executable, "-m", "server.cli", *map(str, arguments)]


async def until(ask: Callable[[], Awaitable[Any]], what: str) -> Any:
    """Ask until the answer is true, and return it."""
    deadline = time.monotonic() + WITHIN_S
    while not (answer := await ask()):
        assert time.monotonic() < deadline, f"in vain: {what}"
        await asyncio.sleep(_POLL_S)
    return answer


def _ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def gone(processes: Sequence[psutil.Process]) -> None:
    """Wait until none of the processes lives."""

    async def none_left() -> bool:
        return all(_ended(one) for one in processes)

    await until(none_left, "nobody is left")


class Site:
    """One data folder and the ``poise up`` on it, while there is one."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.address = ""
        self._log = data.parent / "up.log"
        self.process: subprocess.Popen[str] | None = None

    async def start(self, command: str = "up") -> None:
        """``poise up`` (or ``demo``); returns when it is ready."""
        self.process = process = await asyncio.to_thread(self._launch, command)
        assert process.stdout is not None
        line = await asyncio.wait_for(asyncio.to_thread(process.stdout.readline), WITHIN_S)
        assert line.startswith("ready http://127.0.0.1:"), self.log()
        self.address = line.split()[1]

    def _launch(self, command: str) -> subprocess.Popen[str]:
        self.data.mkdir(parents=True, exist_ok=True)
        with self._log.open("a") as log:
            return subprocess.Popen(
                poise(command, "--port", "0", "--data", self.data),
                cwd=PROJECT,
                env=environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def log(self) -> str:
        """What ``poise up`` and its programs have said."""
        return self._log.read_text()

    async def interrupt(self) -> int:
        """Ctrl-C; returns the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return await self._ended()

    async def kill(self) -> None:
        """``kill -9`` of ``poise up`` itself."""
        assert self.process is not None
        self.process.kill()
        await self._ended()

    async def _ended(self) -> int:
        process = self.process
        assert process is not None
        code = await asyncio.wait_for(asyncio.to_thread(process.wait), WITHIN_S)
        if process.stdout is not None:
            process.stdout.close()
        self.process = None
        return code

    async def remove(self) -> None:
        """Whatever became of it: nothing runs on the folder any more."""
        if self.process is not None:
            try:
                await self.interrupt()
            except TimeoutError:
                await self.kill()
        await asyncio.to_thread(EmbeddedPostgres(self.data).end_and_remove)

    # -- processes ----------------------------------------------------------------------------

    def everybody(self) -> list[psutil.Process]:
        """``poise up`` and all its descendants."""
        assert self.process is not None
        up = psutil.Process(self.process.pid)
        return [up, *up.children(recursive=True)]

    def process_of(self, part: str) -> psutil.Process | None:
        """The process of ``worker``, ``server``, ``redis`` or ``postgres`` (the postmaster), if any."""
        if part == "postgres":
            there = processes_in(cluster_folder(self.data), "postgres")
            pids = {process.pid for process in there}
            fitting = [process for process in there if process.ppid() not in pids]
        else:
            fitting = [process for process in self.everybody() if _is(process, part)]
        return fitting[0] if len(fitting) == 1 else None

    def locked(self) -> list[str]:
        """The locks of the data folder that somebody holds."""
        held = []
        for path in sorted((*self.data.glob("*.owner"), *self.data.glob("*.attached"))):
            lock = FolderLock(path)
            if not lock.acquire():
                held.append(path.name)
            lock.release()
        return held

    # -- the database -------------------------------------------------------------------------

    @property
    def database_url(self) -> str:
        return EmbeddedPostgres(self.data).url

    @property
    def redis_url(self) -> str:
        return EmbeddedRedis(self.data).url

    async def rows(self, sql: str, *args: object) -> list[dict[str, Any]]:
        """The rows of a statement; asked again while the database is away."""

        async def answer() -> tuple[list[dict[str, Any]]] | None:
            with contextlib.suppress(*_AWAY):
                connection = await asyncpg.connect(self.database_url, timeout=5)
                try:
                    return ([dict(row) for row in await connection.fetch(sql, *args)],)
                finally:
                    await connection.close(timeout=5)
            return None

        (found,) = await until(answer, sql)
        rows: list[dict[str, Any]] = found
        return rows


def _is(process: psutil.Process, part: str) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        if part == "redis":
            return process.name().startswith("redis-server")
        line = process.cmdline()
        return line[1:4] == ["-m", "server.cli", part]
    return False


def environment(**more: str) -> dict[str, str]:
    """Without the servers and the folder of whoever runs the tests."""
    unset = ("DATABASE_URL", "REDIS_URL", "POISE_DATA", "POISE_ARCHIVE_URL", "POISE_LIVE", "POISE_LOG_LEVEL")
    return {name: value for name, value in os.environ.items() if name not in unset} | more


async def run(command: Sequence[str], *, timeout_s: float = WITHIN_S) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return await asyncio.to_thread(
        subprocess.run,
        command,
        cwd=PROJECT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
    )
