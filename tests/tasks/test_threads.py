"""Blocking work in threads."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tasks.threads import in_thread
from tests.tasks.conftest import WITHIN_S


async def test_a_cancelled_caller_waits_until_the_thread_is_done_with_what_it_uses() -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait(WITHIN_S)
        ended.set()
        raise ValueError("nobody hears of it")

    caller = asyncio.create_task(in_thread(work))
    await asyncio.to_thread(begun.wait, WITHIN_S)
    caller.cancel()
    await asyncio.sleep(0)
    assert not caller.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert ended.is_set()


async def test_what_the_thread_returns_or_raises_is_the_callers() -> None:
    assert await in_thread(divmod, 7, 3) == (2, 1)
    with pytest.raises(ZeroDivisionError):
        await in_thread(divmod, 7, 0)
