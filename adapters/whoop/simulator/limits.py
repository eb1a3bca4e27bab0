"""WHOOP's request limits: so many in a window, for the whole application, and the headers that tell."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Final

__all__ = ["DEFAULT_WINDOWS", "RequestLimits"]

#: Requests and seconds.
DEFAULT_WINDOWS: Final = ((100, 60), (10_000, 86_400))


class RequestLimits:
    """Counts requests. ``clock`` (seconds) may be a simulated one; ``enabled`` switches it all off.

    A window begins with the first request in it.
    """

    def __init__(
        self,
        windows: tuple[tuple[int, int], ...] = DEFAULT_WINDOWS,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.windows = windows
        self.clock = clock
        self.enabled = True
        self.refused = 0
        """How many requests were answered with 429."""
        self._opened = [-math.inf for _ in windows]
        self._taken = [0 for _ in windows]

    def take(self) -> tuple[bool, Mapping[str, str]]:
        """Whether one more request is allowed (then it is counted), and the headers of its answer."""
        if not self.enabled:
            return True, {}
        now = self.clock()
        for index, (_, seconds) in enumerate(self.windows):
            if now - self._opened[index] >= seconds:
                self._opened[index], self._taken[index] = now, 0
        allowed = all(taken < count for taken, (count, _) in zip(self._taken, self.windows, strict=True))
        if allowed:
            self._taken = [taken + 1 for taken in self._taken]
        else:
            self.refused += 1
        return allowed, self._headers(now)

    def _headers(self, now: float) -> dict[str, str]:
        """Of the window that is closest to its end."""
        left = [count - taken for taken, (count, _) in zip(self._taken, self.windows, strict=True)]
        index = left.index(min(left))
        count, seconds = self.windows[index]
        rules = ", ".join(f"{count};window={seconds}" for count, seconds in self.windows)
        return {
            "x-ratelimit-limit": f"{count}, {rules}",
            "x-ratelimit-remaining": str(left[index]),
            "x-ratelimit-reset": str(math.ceil(self._opened[index] + seconds - now)),
        }
