"""Runs one program that must not outlive its owner: a small script on the standard library alone.

Started by :mod:`storage.embedded.processes` as
``python -I -S guard.py OWNER UID GID STOP DEATH GRACE ARGV…``:

* it drops to ``UID``/``GID`` (``-1``: stays who it is) in the child only, then executes ``ARGV``;
* when the process ``OWNER`` ends, however it ends, the child gets the signal ``STOP`` and, ``GRACE``
  seconds later, ``SIGKILL``. The same on ``SIGTERM`` or ``SIGINT`` to the guard;
* when the guard itself is killed, the kernel sends the child the signal ``DEATH`` (Linux).

A guard, rather than ``PR_SET_PDEATHSIG`` alone, because that signal is bound to the parent *thread*,
is cleared by a change of user, and exists on Linux only. The owner is watched through a pidfd, which
is bound to the process and cannot be fooled by a recycled id; elsewhere it is polled.

Exit code: the child's, or 128 + the signal that ended it.
"""

import contextlib
import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Sequence

__all__ = ["main"]

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_CHILD_SUBREAPER = 36
_LINGER_S = 1.0  # PostgreSQL's backends see by themselves that their postmaster is gone
_SWEEP_S = 5.0
_REAP_S = 0.01
_POLL_S = 0.5  # how often the owner is looked at where there is no pidfd
_SIGNALED = 128  # the shell's convention for "ended by a signal"
_NOT_STARTED = 127  # likewise: the program could not be executed


def _watch(owner: int) -> int | None:
    """A descriptor that becomes readable when ``owner`` ends, or ``None`` where the system has none."""
    if sys.platform == "linux":
        try:
            return os.pidfd_open(owner)
        except ProcessLookupError:
            sys.exit(_NOT_STARTED)
        except OSError:  # an old kernel, or a sandbox that forbids the call
            return None
    else:
        return None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _become(argv: Sequence[str], uid: int, gid: int, death: int, guard: int) -> None:
    """In the child: own session, no privileges, dies with the guard, then the program itself."""
    os.setsid()
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    os.umask(0o077)
    if sys.platform == "linux":
        # After the change of user: that change clears it.
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, death, 0, 0, 0)
        if os.getppid() != guard:
            os._exit(_NOT_STARTED)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it; programs expect the default
    os.execvp(argv[0], list(argv))  # noqa: S606 - this is what a guard is for; no shell is wanted


def _start(argv: Sequence[str], uid: int, gid: int, death: int) -> int:
    guard = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            _become(argv, uid, gid, death, guard)
        except OSError as error:
            os.write(2, f"poise: cannot run {argv[0]}: {error.strerror}\n".encode())
        finally:
            os._exit(_NOT_STARTED)
    return child


def _children() -> list[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:  # noqa: PTH123 - no pathlib: starts faster
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []


def _reap(child: int) -> tuple[bool, int]:
    """Reap whoever ended; whether ``child`` is among them, and its status."""
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid in (0, child):
            return pid == child, status


def _sweep(child: int) -> None:
    """End and reap what the program started and left behind: as a subreaper the guard inherits it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    begun = time.monotonic()
    with contextlib.suppress(ChildProcessError):  # there is nobody left
        while time.monotonic() < begun + _SWEEP_S:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                if time.monotonic() > begun + _LINGER_S:
                    for pid in _children():
                        os.kill(pid, signal.SIGKILL)
                time.sleep(_REAP_S)


def main(arguments: Sequence[str]) -> int:
    """Run the child to its end; see the module's text for the arguments and the exit code."""
    owner, uid, gid, stop, death = (int(value) for value in arguments[:5])
    grace, argv = float(arguments[5]), arguments[6:]
    awake, waker = os.pipe()
    os.set_blocking(awake, False)
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    owner_fd = _watch(owner)
    child = _start(argv, uid, gid, death)
    poller = select.poll()
    poller.register(awake, select.POLLIN)
    if owner_fd is not None:
        poller.register(owner_fd, select.POLLIN)

    stopping = False
    deadline = float("inf")
    while True:
        wait = _POLL_S if owner_fd is None else None
        if stopping:
            wait = min(max(0.0, deadline - time.monotonic()), _POLL_S)
        ready = {fd for fd, _ in poller.poll(None if wait is None else wait * 1000)}
        received = b""
        with contextlib.suppress(BlockingIOError):
            received = os.read(awake, 4096)
        ended, status = _reap(child)
        if ended:
            break
        asked = any(number in received for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
        orphaned = owner_fd in ready if owner_fd is not None else not _alive(owner)
        if (asked or orphaned) and not stopping:
            stopping, deadline = True, time.monotonic() + grace
            os.kill(child, stop)
        if orphaned and owner_fd is not None:
            poller.unregister(owner_fd)  # it stays readable for ever
            owner_fd = None
            owner = os.getpid()
        if time.monotonic() >= deadline:
            os.kill(child, signal.SIGKILL)
            deadline = float("inf")

    _sweep(child)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else _SIGNALED - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
