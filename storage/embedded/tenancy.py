"""One embedded server, several Poise processes: who runs it, and who only uses it.

Two locks in the data folder say it. ``NAME.owner`` is held by the process that runs the server;
``NAME.attached`` is shared by all that use it, and taken alone by the owner before it stops: so an
owner never pulls the server away under somebody. Both end with their process. When an owner is
killed, the first of the attached to notice becomes the owner and starts the server again, on the
same port with the same password.
"""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import Protocol

from storage.embedded.locks import FolderLock
from storage.embedded.private import data_folder

__all__ = ["AttachError", "Server", "Tenancy"]

_log = logging.getLogger(__name__)

_ATTACH_WITHIN_S = 90.0  # the owner may be in the middle of a crash recovery
_POLL_S = 0.05
_WATCH_S = 0.2  # how soon a server that died is noticed
_LONGEST_PAUSE_S = 5.0  # between attempts to bring back one that does not come up


class AttachError(RuntimeError):
    """Another process holds the data folder, but its server does not answer."""


class Server(Protocol):
    """What a tenancy asks of an embedded server."""

    @property
    def running(self) -> bool:
        """Whether the process we started is there."""

    def start(self, *, same_port: bool = False) -> None:
        """Bring it up; ``same_port``: on the port others know, or fail."""

    def stop(self) -> None:
        """Shut it down."""

    def answers(self) -> bool:
        """Whether a connection with our password succeeds, whoever runs it."""


class Tenancy:
    """This process's share in one embedded server; a context manager."""

    def __init__(self, server: Server, data: Path, name: str) -> None:
        self._server = server
        self._name = name
        self._data = data_folder(data)
        self._owner = FolderLock(data / f"{name}.owner")
        self._attached = FolderLock(data / f"{name}.attached")
        self._leaving = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name=f"poise-{name}", daemon=True)

    @property
    def owned(self) -> bool:
        """Whether this process runs the server (it may become so when another is killed)."""
        return self._owner.held

    def __enter__(self) -> Tenancy:
        """Start the server or attach to the running one. Raises :class:`AttachError` or what start raises."""
        try:
            self._enter()
        except BaseException:
            if self.owned:  # interrupted halfway: what has been started must not go on without its lock
                self._server.stop()
            self._owner.release()
            self._attached.release()
            raise
        self._watcher.start()
        return self

    def _enter(self) -> None:
        deadline = time.monotonic() + _ATTACH_WITHIN_S
        while time.monotonic() < deadline:
            if self._owner.acquire():
                # Where a killed owner's guests are still there, they go on using the port they know.
                alone = self._attached.acquire()
                self._attached.release()
                self._server.start(same_port=not alone)
                return
            # Shared first, then the question: from here on the owner cannot stop it under us.
            if self._attached.acquire(shared=True):
                if self._server.answers():
                    return
                self._attached.release()
            time.sleep(_POLL_S)
        raise AttachError(f"another process holds {self._data}, but its {self._name} does not answer")

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._watcher.join()
        try:
            if self.owned:
                self._wait_for_others()
                self._server.stop()
        finally:
            self._attached.release()
            self._owner.release()

    def _wait_for_others(self) -> None:
        if self._attached.acquire():
            return
        _log.warning("waiting for other processes that still use the %s of %s", self._name, self._data)
        try:
            while not self._attached.acquire():
                time.sleep(_POLL_S)
        except KeyboardInterrupt:  # asked a second time: then without them, one of them will take over
            _log.warning("not waiting any longer")

    def _watch(self) -> None:
        pause = _WATCH_S
        while not self._leaving.wait(pause):
            try:
                pause = _WATCH_S
                if self.owned:
                    if not self._server.running:
                        _log.warning("the %s ended unexpectedly; starting it again", self._name)
                        self._server.start(same_port=True)
                elif self._owner.acquire():
                    self._attached.release()
                    _log.warning("the process that ran the %s is gone; taking over", self._name)
                    self._server.start(same_port=True)
            except Exception:
                _log.exception("could not bring back the %s; trying again", self._name)
                pause = min(2 * pause + _WATCH_S, _LONGEST_PAUSE_S)
