"""Locks on a data folder that end with their process, however it ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
import weakref
from pathlib import Path

__all__ = ["FolderLock"]

_held: weakref.WeakSet[FolderLock] = weakref.WeakSet()


class FolderLock:
    """A file locked exclusively by one process or shared by many (``flock``)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether we have it."""
        return self._descriptor is not None

    def acquire(self, *, shared: bool = False) -> bool:
        """Try to take it, without waiting; whether we have it now."""
        if self._descriptor is not None:
            return True
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        _held.add(self)
        return True

    def release(self) -> None:
        """Give it back."""
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            self._drop()

    def _drop(self) -> None:
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None
            _held.discard(self)


def _forget_in_child() -> None:
    # A forked child (a pool of processes) shares the lock and would keep it after our death.
    for lock in list(_held):
        lock._drop()


os.register_at_fork(after_in_child=_forget_in_child)
