"""A guard around code that must be pure: no file, no socket, no program."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["Impure", "pure"]

#: Audit events (PEP 578) that reach out of the process, by prefix.
_FORBIDDEN: Final = ("open", "socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "urllib.")


class Impure(AssertionError):
    """What was to be pure reached outside."""


class _Guard(threading.local):
    """Per thread, because other threads of the test run may do as they like."""

    depth = 0
    found: str | None = None


_guard = _Guard()
_installed = threading.Event()


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if _guard.depth and event.startswith(_FORBIDDEN):
        shown = ", ".join(repr(argument) for argument in arguments[:2])
        _guard.found = f"{event}({shown}) inside what must be pure: no clock, no network, no file"
        raise Impure(_guard.found)


@contextmanager
def pure() -> Iterator[None]:
    """Raise :class:`Impure` where the block opens a file or a socket or starts a program.

    Run the block once without the guard first: imports and caches may read files the first time. The
    clock cannot be guarded so; compare two runs instead.
    """
    if not _installed.is_set():  # an audit hook stays for ever, so there is one
        _installed.set()
        sys.addaudithook(_audit)
    _guard.depth += 1
    _guard.found = None
    try:
        yield
    finally:
        _guard.depth -= 1
    if _guard.found:  # raised before, and swallowed by somebody who catches everything
        raise Impure(_guard.found)
