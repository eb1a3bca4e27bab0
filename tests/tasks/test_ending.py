"""Tasks that are told to end do."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from tasks.ending import end


async def swallow(times: int) -> None:
    for _ in range(times):
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
    await asyncio.Event().wait()


async def begun(times: int) -> asyncio.Task[None]:
    task = asyncio.create_task(swallow(times))
    await asyncio.sleep(0)
    return task


async def test_a_task_that_loses_one_cancellation_ends_by_the_next() -> None:
    obedient, deaf = await begun(0), await begun(1)
    assert await end([obedient, deaf], within_s=0.2) == set()
    assert obedient.cancelled()
    assert deaf.cancelled()


async def test_a_task_that_ignores_all_is_named() -> None:
    stubborn = await begun(2)
    assert await end([stubborn], within_s=0.02) == {stubborn}
    stubborn.cancel()


async def test_tasks_that_have_ended_keep_their_results() -> None:
    done = asyncio.create_task(asyncio.sleep(0, result=7))
    await done
    assert await end([done], within_s=0.01) == set()
    assert done.result() == 7
