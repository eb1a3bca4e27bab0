"""Ending tasks for certain."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

__all__ = ["end"]


async def end(tasks: Iterable[asyncio.Task[Any]], *, within_s: float) -> set[asyncio.Task[Any]]:
    """Cancel ``tasks``, wait until they have ended, and return those that have not.

    A task has half of ``within_s`` to tidy up, then it is cancelled once more: ``asyncio.wait_for``
    may swallow a cancellation on Python 3.11 (CPython issue 86296), and a handler may well use it.
    """
    pending = {task for task in tasks if not task.done()}
    for _ in range(2):
        if not pending:
            break
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=within_s / 2)
    return pending
