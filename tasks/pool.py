"""Heavy work in child processes, so that no event loop waits for it.

Each child is a pool of its own with one process: a job that is cancelled or out of time takes its
child with it (a computation cannot be asked to stop), and the others go on. Children are spawned,
not forked, because polars and the database drivers run threads; that costs about 0.1 s once. They die
with their parent however it dies, and leave Ctrl-C to it.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from types import ModuleType
from typing import Final, ParamSpec, TypeVar

from poise_sdk.errors import Retriable

__all__ = ["ChildPool"]

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

_PR_SET_PDEATHSIG: Final = 1  # <linux/prctl.h>


class ChildPool:
    """Up to ``size`` child processes (by default one per processor), started when first needed.

    It belongs to one event loop, that of the thread which uses it.
    """

    def __init__(self, size: int | None = None) -> None:
        self.size = size or os.cpu_count() or 1
        self._children: list[_Child] = []
        self._idle: list[_Child] = []
        self._turn = asyncio.Semaphore(self.size)

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``function`` in a child and return its result; waits for a free child first.

        The function must be importable by its name, arguments and result must be picklable: plain
        values, paths, frames. What it raises is raised here, with the child's traceback as its cause.
        Cancelling the call kills the child. Raises :class:`poise_sdk.errors.Retriable` if the child
        died (killed from outside, or out of memory).
        """
        async with self._turn:
            child = self._take()
            try:
                result = await child.run(function, *args, **kwargs)
            except BrokenProcessPool as error:
                self._discard(child)
                raise Retriable(f"the child process that ran {_name(function)} died") from error
            except asyncio.CancelledError:
                self._discard(child)
                raise
            except BaseException:
                self._idle.append(child)
                raise
            self._idle.append(child)
            return result

    async def warm(self) -> None:
        """Start all children now, so that the first job need not wait for them."""
        await asyncio.gather(*(self.run(os.getpid) for _ in range(self.size)))

    def pids(self) -> list[int]:
        """Return the process ids of the children that live."""
        return [pid for child in self._children if (pid := child.pid) is not None]

    def close(self) -> None:
        """End all children at once, whatever they do."""
        while self._children:
            self._discard(self._children[-1], wait=True)

    def _take(self) -> _Child:
        while self._idle:
            child = self._idle.pop()
            if child.pid is not None:
                return child
            self._discard(child)  # killed from outside while it had nothing to do
        child = _Child()
        self._children.append(child)
        return child

    def _discard(self, child: _Child, *, wait: bool = False) -> None:
        for children in (self._children, self._idle):
            with suppress(ValueError):  # closing the pool has removed it already
                children.remove(child)
        child.kill(wait=wait)


class _Child:
    """One process and the executor that feeds it."""

    def __init__(self) -> None:
        before = set(multiprocessing.active_children())
        self._executor = ProcessPoolExecutor(
            max_workers=1,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(os.getpid(),),
        )
        # The executor starts its process with the first task. It must do so in this thread: on Linux
        # a child dies when the thread that started it ends, and the loop's thread is the last to.
        with _blank_main():
            self._executor.submit(os.getpid).add_done_callback(lambda future: future.exception())
        (self._process,) = set(multiprocessing.active_children()) - before

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process.is_alive() else None

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.wrap_future(self._executor.submit(function, *args, **kwargs))

    def kill(self, *, wait: bool) -> None:
        """End the process; ``wait``: until the executor's own thread has noticed.

        An interpreter that ends while that thread closes its pipe would write to it, and say so.
        """
        with suppress(ValueError):  # the executor has buried it already
            self._process.kill()
        self._executor.shutdown(wait=wait, cancel_futures=True)


@contextmanager
def _blank_main() -> Iterator[None]:
    """Hide the program from children that are started meanwhile.

    A spawned child first runs its parent's main module again, which for a command line costs more
    than all else it does; what it is to work on, it imports by name.
    """
    program = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = program


def _begin(parent: int) -> None:
    """Runs first in each child."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
        if os.getppid() != parent:  # it died before we could ask for the signal
            os._exit(1)
    else:
        threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
    os._exit(1)


def _name(function: Callable[..., object]) -> str:
    return getattr(function, "__qualname__", repr(function))
