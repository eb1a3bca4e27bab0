"""Children that cannot outlive their owner, and the question which processes run in a folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import psutil

from storage.embedded.accounts import Account

__all__ = ["Guarded", "end_processes", "processes_in"]

_GUARD = Path(__file__).with_name("guard.py")
_MARGIN_S = 5.0  # what a guard may need beyond its child's grace


class Guarded:
    """A program under a guard (see :mod:`storage.embedded.guard`): it ends when ``owner`` ends.

    ``owner`` is the process to live with (default: this one), ``account`` who to run as (default: as
    we are), ``stop_signal`` the polite end, ``grace_s`` how long it may take before ``SIGKILL``,
    ``death_signal`` what the kernel sends should the guard itself be killed.
    """

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        owner: int | None = None,
        account: Account | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        death_signal: signal.Signals = signal.SIGKILL,
        grace_s: float = 10.0,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: bytes | None = None,
        output: IO[bytes] | int | None = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.grace_s = grace_s
        who = (account.uid, account.gid) if account else (-1, -1)
        owner = os.getpid() if owner is None else owner
        terms = [owner, *who, int(stop_signal), int(death_signal), grace_s]
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_GUARD), *map(str, terms), *map(str, argv)],
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            env=None if env is None else dict(env),
            cwd=cwd or "/",
            pass_fds=pass_fds,
            start_new_session=True,  # a terminal's Ctrl-C is for the owner, who then ends things in order
        )
        if stdin is not None and self._process.stdin is not None:
            with self._process.stdin as pipe:
                pipe.write(stdin)

    @property
    def pid(self) -> int:
        """The guard's process id."""
        return self._process.pid

    @property
    def program(self) -> psutil.Process | None:
        """The guarded program itself, or ``None`` before it started and after it ended."""
        try:
            children = psutil.Process(self.pid).children()
        except psutil.NoSuchProcess:
            return None
        return children[0] if children else None

    @property
    def stdout(self) -> IO[bytes] | None:
        """The reading end, where ``output`` was ``subprocess.PIPE``."""
        return self._process.stdout

    def poll(self) -> int | None:
        """The exit code, or ``None`` while it runs."""
        return self._process.poll()

    def terminate(self) -> None:
        """Ask it to stop; do not wait."""
        if self.poll() is None:
            self._process.terminate()

    def wait(self, timeout_s: float | None = None) -> int:
        """Wait until it ended. Raises ``subprocess.TimeoutExpired``."""
        return self._process.wait(timeout_s)

    def stop(self) -> int:
        """Ask it to stop, kill it if it does not within its grace, and return the exit code."""
        self.terminate()
        try:
            code = self.wait(self.grace_s + _MARGIN_S)
        except subprocess.TimeoutExpired:
            if program := self.program:
                end_processes([program], grace_s=0)
            self._process.kill()
            code = self.wait()
        if self.stdout is not None:
            self.stdout.close()
        return code

    def detach(self) -> None:
        """Forget it without stopping it: another process (its ``owner``) answers for it."""
        self._process.returncode = 0  # else the interpreter warns of a child still running


def processes_in(folder: Path, name: str) -> list[psutil.Process]:
    """Processes called ``name`` whose working folder is ``folder``: PostgreSQL's all stand in their cluster.

    The working folder, unlike an id in a file, cannot be recycled.
    """
    target = folder.resolve()
    found = []
    for process in psutil.process_iter(["name"]):
        if process.info["name"] != name:
            continue
        try:
            if Path(process.cwd()) == target and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # ended meanwhile, or somebody else's
    return found


def end_processes(
    processes: Sequence[psutil.Process], *, stop_signal: signal.Signals = signal.SIGTERM, grace_s: float
) -> None:
    """Signal them, wait ``grace_s``, kill the rest and wait until they are gone."""
    for process in processes:
        _send(process, stop_signal)
    deadline = time.monotonic() + grace_s
    _, alive = psutil.wait_procs(processes, timeout=max(0.0, deadline - time.monotonic()))
    for process in alive:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=_MARGIN_S)


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
