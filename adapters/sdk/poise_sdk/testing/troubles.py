"""A vendor's troubles, and whether an adapter answers each with the error that says how to recover."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from poise_sdk.errors import NeedsReauth, PoiseError, Retriable, Skippable
from poise_sdk.http import MAX_BODY
from poise_sdk.simulation import Fault

__all__ = ["PAUSE_S", "SHORT_TIMEOUT_S", "TIMEOUT_S", "TROUBLES", "CountingBudget", "expect"]

#: The deadline given to requests; a short one for the vendor that hangs, and when that counts as ignored.
TIMEOUT_S: Final = 30.0
SHORT_TIMEOUT_S: Final = 0.1
_HANGING_S: Final = 3.0
#: The pause that the vendor's 429 asks for.
PAUSE_S: Final = 7.0

#: Trouble → the errors that are right for it.
TROUBLES: Final[Mapping[str, tuple[Fault, tuple[type[PoiseError], ...]]]] = {
    "401": (Fault.status(401), (NeedsReauth,)),
    "403 with a web page": (Fault.firewall(), (Retriable,)),
    "404": (Fault.status(404), (Skippable,)),
    "429 with Retry-After": (Fault.status(429, {"retry-after": f"{PAUSE_S:g}"}), (Retriable,)),
    "500": (Fault.status(500), (Retriable,)),
    "503": (Fault.status(503), (Retriable,)),
    "a dropped connection": (Fault.reset(), (Retriable,)),
    "a truncated body": (Fault.truncate(), (Retriable,)),
    "a body without end": (Fault.oversize(MAX_BODY + 1_000_000), (Skippable,)),
}


class CountingBudget:
    """A budget that allows everything and counts what is asked for."""

    def __init__(self) -> None:
        self.taken = 0
        self.paused = 0.0

    async def acquire(self, n: int = 1, *, urgent: bool = False) -> None:
        """See :meth:`poise_sdk.budget.RateBudget.acquire`."""
        self.taken += n

    async def pause(self, seconds: float) -> None:
        """See :meth:`poise_sdk.budget.RateBudget.pause`."""
        self.paused = seconds


async def expect(
    call: Callable[[], Awaitable[object]], right: tuple[type[PoiseError], ...], where: str
) -> PoiseError:
    """The error of ``call``, if it is one of ``right``; else a failure that says ``where``."""
    names = " or ".join(kind.__name__ for kind in right)
    try:
        async with asyncio.timeout(_HANGING_S):
            result = await call()
    except TimeoutError:
        raise AssertionError(f"{where}: it hangs and ignores the timeout_s of its config") from None
    except right as error:
        if "Retry-After" in where and getattr(error, "after", None) != PAUSE_S:
            raise AssertionError(f"{where}: the vendor asked for {PAUSE_S:g} s: {error!r}") from error
        return error
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise AssertionError(f"{where}: {names} is right, it raised {said}") from error
    raise AssertionError(f"{where}: {names} is right, it answered {result!r:.200}")
