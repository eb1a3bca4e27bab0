"""A stranger's client in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator

import pytest

from adapters import apart as module
from adapters.apart import apart, at_home
from poise_sdk.errors import Retriable

SOON = 10.0


async def who() -> tuple[threading.Thread, asyncio.Task[None] | None]:
    return threading.current_thread(), asyncio.current_task()


async def test_all_calls_are_made_by_one_task_of_another_thread() -> None:
    async with apart("band") as thread:
        first, second = await thread.call(who, within_s=SOON), await thread.call(who, within_s=SOON)
    assert first == second
    assert first[0] is not threading.current_thread()
    assert not first[0].is_alive()


async def test_what_is_raised_over_there_is_raised_here() -> None:
    async def fails() -> None:
        raise TimeoutError("its own")

    async with apart("band") as thread:
        with pytest.raises(TimeoutError, match="its own"):
            await thread.call(fails, within_s=SOON)
        assert await thread.call(who, within_s=SOON)


async def test_what_awaits_too_long_is_cancelled_and_the_next_call_is_answered() -> None:
    ended = threading.Event()

    async def hangs() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    async with apart("band") as thread:
        with pytest.raises(Retriable, match=r"no answer within 0\.05 s"):
            await thread.call(hangs, within_s=0.05)
        assert ended.is_set()
        assert await thread.call(who, within_s=SOON)


async def test_what_blocks_is_given_up_with_its_place_while_others_go_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "GRACE_S", 0.1)
    gate, closed = threading.Event(), threading.Event()

    @contextlib.asynccontextmanager
    async def client() -> AsyncIterator[None]:
        yield
        closed.set()

    async def blocks() -> None:
        gate.wait()

    async with apart("band") as blocked, apart("ring") as other:
        await blocked.call(lambda: blocked.stack.enter_async_context(client()), within_s=SOON)
        asked = asyncio.create_task(blocked.call(blocks, within_s=0.1))
        assert await other.call(who, within_s=SOON)
        with (
            caplog.at_level(logging.WARNING),
            pytest.raises(
                Retriable, match=r"the adapter band blocks its thread in wait \(threading\.py:\d+\)"
            ),
        ):
            await asked
        assert [record.name for record in caplog.records] == ["poise.adapters"]
        with pytest.raises(Retriable, match="the adapter band blocks its thread"):
            await blocked.call(who, within_s=SOON)
    assert not closed.is_set()
    gate.set()
    assert await asyncio.to_thread(closed.wait, SOON), "the client is closed as soon as its thread goes on"


async def test_whoever_asks_may_leave_and_the_work_is_cancelled() -> None:
    begun, ended = threading.Event(), threading.Event()

    async def hangs() -> None:
        try:
            begun.set()
            await asyncio.sleep(3600)
        finally:
            ended.set()

    async with apart("band") as thread:
        asked = asyncio.create_task(thread.call(hangs, within_s=3600))
        assert await asyncio.to_thread(begun.wait, SOON)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert await asyncio.to_thread(ended.wait, SOON)
        assert await thread.call(who, within_s=SOON)


async def test_a_client_that_cannot_be_closed_is_told_of_and_spoils_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @contextlib.asynccontextmanager
    async def client() -> AsyncIterator[int]:
        yield 7
        raise ValueError("a secret")

    with caplog.at_level(logging.WARNING):
        async with apart("band") as thread:
            assert await thread.call(lambda: thread.stack.enter_async_context(client()), within_s=SOON) == 7
    [record] = caplog.records
    assert record.getMessage() == "a client of the adapter band did not close: ValueError"


async def test_what_belongs_to_a_loop_is_asked_there_from_anywhere() -> None:
    home = asyncio.get_running_loop()

    async def here() -> bool:
        return asyncio.get_running_loop() is home

    async with apart("band") as thread:
        assert not await thread.call(here, within_s=SOON)
        assert await thread.call(lambda: at_home(home, here), within_s=SOON)
    assert await at_home(home, here)
