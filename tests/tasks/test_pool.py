"""Children that do heavy work."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from poise_sdk.errors import Retriable
from tasks.pool import ChildPool

PROJECT = Path(__file__).parents[2]
WITHIN_S = 30.0


@pytest.fixture
async def pool() -> AsyncIterator[ChildPool]:
    pool = ChildPool(2)
    yield pool
    pool.close()


def add(a: int, b: int = 1) -> int:
    return a + b


def fail() -> None:
    raise KeyError("in the child")


def kill_oneself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def sleep_for_ever(sign: Path) -> None:
    sign.write_text(str(os.getpid()))
    while True:
        time.sleep(60)


async def until_gone(pid: int) -> None:
    async with asyncio.timeout(WITHIN_S):
        while _lives(pid):  # noqa: ASYNC110  # another process ends; nothing tells us
            await asyncio.sleep(0.01)


async def until_there(path: Path) -> int:
    async with asyncio.timeout(WITHIN_S):
        while (pid := _read_pid(path)) is None:  # noqa: ASYNC110  # another process writes; nothing tells us
            await asyncio.sleep(0.01)
    return pid


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _read_pid(path: Path) -> int | None:
    return int(path.read_text()) if path.exists() and path.read_text() else None


async def test_work_is_done_elsewhere_and_its_result_comes_back(pool: ChildPool) -> None:
    assert await pool.run(add, 2, b=3) == 5
    pid = await pool.run(os.getpid)
    assert pid != os.getpid()
    assert pid in pool.pids()


async def test_children_are_used_again_and_no_more_than_asked_for(pool: ChildPool) -> None:
    pids = await asyncio.gather(*(pool.run(os.getpid) for _ in range(8)))
    assert len(set(pids)) <= 2
    await pool.warm()
    assert len(pool.pids()) == 2


async def test_what_the_work_raises_is_raised_here_with_the_childs_traceback(pool: ChildPool) -> None:
    with pytest.raises(KeyError, match="in the child") as caught:
        await pool.run(fail)
    assert "in fail" in str(caught.value.__cause__)
    assert await pool.run(add, 1) == 2


async def test_a_child_that_dies_is_retriable_and_replaced(pool: ChildPool) -> None:
    with pytest.raises(Retriable, match="kill_oneself died"):
        await pool.run(kill_oneself)
    assert await pool.run(add, 1) == 2


async def test_a_child_killed_while_idle_is_replaced(pool: ChildPool) -> None:
    pid = await pool.run(os.getpid)
    os.kill(pid, signal.SIGKILL)
    await until_gone(pid)
    assert await pool.run(os.getpid) != pid


async def test_a_cancelled_call_takes_its_child_along_and_no_other(pool: ChildPool, tmp_path: Path) -> None:
    sleeper = asyncio.create_task(pool.run(sleep_for_ever, tmp_path / "sign"))
    pid = await until_there(tmp_path / "sign")
    other = await pool.run(os.getpid)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(sleeper, 0.01)
    await until_gone(pid)
    assert other in pool.pids()
    assert await asyncio.gather(pool.run(add, 1), pool.run(add, 2)) == [2, 3]


async def test_closing_ends_children_at_work(pool: ChildPool, tmp_path: Path) -> None:
    sleeper = asyncio.create_task(pool.run(sleep_for_ever, tmp_path / "sign"))
    pid = await until_there(tmp_path / "sign")
    pool.close()
    await until_gone(pid)
    with pytest.raises(Retriable):
        await sleeper


PARENT = """
import asyncio, sys
from pathlib import Path
from tasks.pool import ChildPool
from tests.tasks.test_pool import sleep_for_ever

if __name__ == "__main__":
    asyncio.run(ChildPool(1).run(sleep_for_ever, Path(sys.argv[1])))
"""


async def test_children_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    parent = subprocess.Popen(  # noqa: ASYNC220  # it is watched from outside
        [sys.executable, str(script), str(tmp_path / "sign")], env={**os.environ, "PYTHONPATH": str(PROJECT)}
    )
    pid = await until_there(tmp_path / "sign")
    parent.kill()
    parent.wait()
    await until_gone(pid)
