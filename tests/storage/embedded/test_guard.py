"""Nothing that Poise starts outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from storage.embedded.processes import Guarded, processes_in

# Says its id, then sleeps; the second ignores polite requests, the third leaves a child of its own
# in another session behind.
_SLEEPER = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
_STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + _SLEEPER
_PARENT = (
    "import subprocess, sys; p = subprocess.Popen(['sleep', '600'], start_new_session=True); "
    "print(p.pid, flush=True); sys.exit(3)"
)
_OWNER = """
import subprocess, sys
from storage.embedded.processes import Guarded
guarded = Guarded([sys.executable, "-c", sys.argv[1]], grace_s=0.2, output=subprocess.PIPE)
print(guarded.pid, guarded.stdout.readline().decode(), flush=True)
sys.stdin.read()
"""


def _ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("program", [_SLEEPER, _STUBBORN], ids=["polite", "stubborn"])
def test_a_program_ends_when_its_owner_is_killed(program, python, until) -> None:
    owner = python(_OWNER, program)
    guard, child = map(int, owner.stdout.readline().split())
    assert not _ended(child)
    owner.kill()
    until(lambda: _ended(child) and _ended(guard))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal exists on Linux only")
def test_a_program_ends_when_its_guard_is_killed(until) -> None:
    guarded = Guarded([sys.executable, "-c", _STUBBORN], output=subprocess.PIPE)
    child = int(guarded.stdout.readline())
    os.kill(guarded.pid, signal.SIGKILL)
    until(lambda: _ended(child))
    guarded.stop()


def test_a_program_that_does_not_stop_is_killed_after_its_grace() -> None:
    guarded = Guarded([sys.executable, "-c", _STUBBORN], grace_s=0.1, output=subprocess.PIPE)
    child = int(guarded.stdout.readline())
    assert guarded.stop() == 128 + signal.SIGKILL
    assert _ended(child)


def test_what_a_program_leaves_behind_is_ended_with_it(until) -> None:
    guarded = Guarded([sys.executable, "-c", _PARENT], output=subprocess.PIPE)
    left_behind = int(guarded.stdout.readline())
    assert guarded.wait(30) == 3
    assert _ended(left_behind)
    guarded.stop()


def test_a_guard_for_an_owner_that_is_gone_starts_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as gone:
        pass
    guarded = Guarded(["touch", tmp_path / "started"], owner=gone.pid)
    guarded.wait(30)
    assert not (tmp_path / "started").exists()


def test_a_program_that_cannot_be_run_is_reported() -> None:
    guarded = Guarded(["/nowhere/program"], output=subprocess.PIPE)
    assert guarded.stdout.read() == b"poise: cannot run /nowhere/program: No such file or directory\n"
    assert guarded.wait(30) == 127
    guarded.stop()


def test_processes_are_found_by_the_folder_they_stand_in(tmp_path: Path) -> None:
    with (
        subprocess.Popen(["sleep", "600"], cwd=tmp_path) as here,
        subprocess.Popen(["sleep", "600"]) as there,
    ):
        try:
            assert [process.pid for process in processes_in(tmp_path, "sleep")] == [here.pid]
            assert processes_in(tmp_path, "postgres") == []
        finally:
            here.kill()
            there.kill()
