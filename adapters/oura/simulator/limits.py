"""Oura's request limit: so many in a window, for the whole application, and the headers that tell."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Final

__all__ = ["DEFAULT_COUNT", "DEFAULT_WINDOW_S", "RequestLimit"]

DEFAULT_COUNT: Final = 5_000
DEFAULT_WINDOW_S: Final = 300.0


class RequestLimit:
    """Counts requests. ``clock`` (seconds) may be a simulated one; ``enabled`` switches it off.

    A window begins with the first request in it.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.count = DEFAULT_COUNT
        self.window_s = DEFAULT_WINDOW_S
        self.clock = clock
        self.enabled = True
        self.refused = 0
        """How many requests were answered with 429."""
        self._opened = -math.inf
        self._taken = 0

    def take(self) -> tuple[bool, Mapping[str, str]]:
        """Whether one more request is allowed (then it is counted), and the headers of its answer."""
        if not self.enabled:
            return True, {}
        now = self.clock()
        if now - self._opened >= self.window_s:
            self._opened, self._taken = now, 0
        allowed = self._taken < self.count
        self._taken += allowed
        self.refused += not allowed
        reset = str(math.ceil(self._opened + self.window_s - now))
        headers = {
            "x-ratelimit-limit": str(self.count),
            "x-ratelimit-remaining": str(max(self.count - self._taken, 0)),
            "x-ratelimit-reset": reset,
        }
        return allowed, headers if allowed else {**headers, "retry-after": reset}
