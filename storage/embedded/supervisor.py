"""One command, several processes: the embedded servers and the programs on top, all or none.

A program that ends is started again, after a pause that grows while it keeps failing; the database
and Redis are revived underneath under the same URLs. SIGINT and SIGTERM end everything in order;
should the supervisor itself be killed, the guards end everything (:mod:`storage.embedded.guard`).
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import IO
from urllib.parse import urlsplit

from storage.embedded.processes import Guarded, end_processes
from storage.embedded.runtime import Endpoints, runtime
from storage.settings import Settings

__all__ = ["Program", "Supervisor"]

_log = logging.getLogger(__name__)

_TICK_S = 0.1
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 10.0
_STEADY_S = 30.0  # a program that ran this long did not fail at starting
_GIVE_UP_AFTER = 3  # failures in a row before everything was ready once: then it is the set-up that is wrong


@dataclass(frozen=True)
class Program:
    """A child command. ``ready`` is asked until it says yes, once, at the first start."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    ready: Callable[[], bool] | None = None
    grace_s: float = 10.0


class _Child:
    """One program's present process, and how often it failed lately."""

    def __init__(self, program: Program, env: Mapping[str, str], forward: Callable[[str, str], None]) -> None:
        self.program = program
        self._env = {**env, **program.env}
        self._forward = forward
        self._reader: threading.Thread | None = None
        self.process: Guarded | None = None
        self.failures = 0
        self._begun = self._next = 0.0

    def start(self) -> None:
        self._begun = time.monotonic()
        self.process = Guarded(
            self.program.argv, env=self._env, grace_s=self.program.grace_s, output=subprocess.PIPE
        )
        self._reader = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self._reader.start()

    def _read(self, pipe: IO[bytes]) -> None:
        for line in pipe:
            self._forward(self.program.name, line.decode(errors="replace").rstrip("\n"))

    def tend(self) -> None:
        """Start it again if it ended and its pause is over."""
        if self.process is None:
            if time.monotonic() >= self._next:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            return
        self.collect()
        now = time.monotonic()
        self.failures = 1 if now - self._begun > _STEADY_S else self.failures + 1
        pause = min(_FIRST_PAUSE_S * 2 ** (self.failures - 1), _LONGEST_PAUSE_S)
        self._next = now + pause
        _log.warning("%s ended (exit code %d); starting it again in %.1f s", self.program.name, code, pause)

    def collect(self) -> None:
        """After its end: read what it said last, and let go of it."""
        if self.process is None:
            return
        if self._reader is not None:
            self._reader.join(timeout=self.program.grace_s)
        self.process.stop()
        self.process = None


class Supervisor:
    """Runs ``programs`` on the servers of ``settings`` until told to stop.

    ``output(name, line)`` gets every line the programs write (default: prefixed, to standard error);
    passwords of the servers are blanked in them.
    """

    def __init__(
        self,
        settings: Settings,
        programs: Sequence[Program],
        *,
        output: Callable[[str, str], None] | None = None,
    ) -> None:
        self._settings = settings
        self._programs = programs
        self._output = output or _to_standard_error
        self._secrets: list[str] = []
        self._stopping = threading.Event()
        self._hurried = threading.Event()

    def stop(self) -> None:
        """Ask :meth:`run` to end everything and return; a second call: without waiting. Any thread may."""
        if self._stopping.is_set():
            self._hurried.set()
        self._stopping.set()

    def run(self, on_ready: Callable[[Endpoints], None] | None = None) -> int:
        """Run until :meth:`stop`, SIGINT or SIGTERM; 0, or 1 if a program does not come up at all.

        ``on_ready`` is called once, in this thread, when every program's ``ready`` has said yes.
        Signals are taken only where this is the main thread.
        """
        with self._signals(), runtime(self._settings) as endpoints:
            self._secrets = [
                part
                for url in (endpoints.database_url, endpoints.redis_url)
                if (part := urlsplit(url).password)
            ]
            env = self._environment(endpoints)
            children = [_Child(program, env, self._forward) for program in self._programs]
            try:
                return self._tend(children, lambda: on_ready(endpoints) if on_ready else None)
            finally:
                self._end(children)

    def _tend(self, children: Sequence[_Child], on_ready: Callable[[], None]) -> int:
        waiting = [child.program.ready for child in children if child.program.ready]
        announced = False
        while not self._stopping.is_set():
            for child in children:
                child.tend()
                if not announced and child.failures >= _GIVE_UP_AFTER:
                    _log.error("%s does not come up; giving up", child.program.name)
                    return 1
            waiting = [ready for ready in waiting if not ready()]
            if not waiting and not announced:
                announced = True
                on_ready()
            self._stopping.wait(_TICK_S)
        return 0

    def _end(self, children: Sequence[_Child]) -> None:
        running = [child.process for child in children if child.process is not None]
        for process in running:
            process.terminate()  # all at once; their guards see to it that none takes for ever
        while any(process.poll() is None for process in running):
            if self._hurried.wait(_TICK_S / 2):
                end_processes([program for process in running if (program := process.program)], grace_s=0)
                break
        for child in children:
            child.collect()

    def _environment(self, endpoints: Endpoints) -> dict[str, str]:
        env = os.environ | {
            "DATABASE_URL": endpoints.database_url,
            "REDIS_URL": endpoints.redis_url,
            "POISE_DATA": str(self._settings.data),
            "PYTHONUNBUFFERED": "1",  # else their lines arrive late, and the last ones never
        }
        if self._settings.archive_url is not None:
            env["POISE_ARCHIVE_URL"] = self._settings.archive_url
        return env

    def _forward(self, name: str, line: str) -> None:
        for secret in self._secrets:
            line = line.replace(secret, "***")
        self._output(name, line)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def handle(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _to_standard_error(name: str, line: str) -> None:
    sys.stderr.write(f"{name:>8} | {line}\n")
    sys.stderr.flush()
