"""A vendor's request budget that all workers share, in Redis.

The same accounting as :class:`poise_sdk.budget.MemoryBudget` (a sliding window in slices: no window of
the given length ever holds more than its count), in one script, so that it is atomic over all limits
and workers; the clock is Redis's own. A lost Redis forgets what was used: the vendor's own 429 then
pauses everybody, which costs a minute and no data.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Literal

from redis.asyncio import Redis
from redis.exceptions import RedisError

from poise_sdk.budget import SLICES, Limit
from poise_sdk.errors import Retriable

__all__ = ["RESERVES", "Priority", "RedisBudget", "vendor_budget"]

Priority = Literal["urgent", "routine", "backfill"]

#: The part of a vendor's limits that work of a priority leaves to what is more urgent: whoever looks at a
#: missing day is served while schedules run, and schedules are while years of history are fetched.
RESERVES: Final[Mapping[Priority, float]] = {"urgent": 0.0, "routine": 0.2, "backfill": 0.5}

#: Seconds to wait where Redis does not answer: it is supervised and comes back.
_OUTAGE_S: Final = 2.0

#: KEYS: the pause, then one hash (slice → requests) a limit.
#: ARGV: requests, slices a window, then for each limit: requests allowed, window in ms.
#: Returns 0 and has taken the requests, or the milliseconds to wait and has taken nothing.
_ACQUIRE: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local n, slices = tonumber(ARGV[1]), tonumber(ARGV[2])
local wait = math.max(redis.call('PTTL', KEYS[1]), 0)
local current = {}
for i = 2, #KEYS do
  local allowed, window = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local width = window / slices
  local index = math.floor(now / width)
  current[i] = string.format('%.0f', index)
  local stored = redis.call('HGETALL', KEYS[i])
  local used, kept = {}, {}
  local excess = n - allowed
  for j = 1, #stored, 2 do
    local slice = tonumber(stored[j])
    if slice < index - slices then
      redis.call('HDEL', KEYS[i], stored[j])
    else
      used[slice] = tonumber(stored[j + 1])
      excess = excess + used[slice]
      kept[#kept + 1] = slice
    end
  end
  table.sort(kept)
  for _, slice in ipairs(kept) do
    if excess <= 0 then break end
    excess = excess - used[slice]
    wait = math.max(wait, (slice + slices + 1) * width - now)
  end
end
if wait > 0 then return math.ceil(wait) end
for i = 2, #KEYS do
  redis.call('HINCRBY', KEYS[i], current[i], n)
  redis.call('PEXPIRE', KEYS[i], math.ceil(tonumber(ARGV[2 * i]) * 2))
end
return 0
"""


class RedisBudget:
    """A :class:`poise_sdk.budget.RateBudget` for every process that uses the same Redis and ``name``.

    All of them must give the same ``limits``. ``patience_s`` bounds how long :meth:`acquire` waits.
    """

    def __init__(
        self,
        redis: Redis,
        name: str,
        *limits: Limit,
        patience_s: float = 10.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.limits = limits
        self.patience_s = patience_s
        self._redis = redis
        # The braces keep the keys of one budget on one node of a Redis cluster.
        self._pause = f"poise:budget:{{{name}}}:pause"
        self._keys = [self._pause, *(f"poise:budget:{{{name}}}:{limit.per_s:g}s" for limit in limits)]
        self._script = redis.register_script(_ACQUIRE)
        self._sleep = sleep

    async def acquire(self, n: int = 1, *, urgent: bool = False) -> None:
        """See :meth:`poise_sdk.budget.RateBudget.acquire`."""
        arguments: list[float] = [n, SLICES]
        for limit in self.limits:
            allowed = limit.count - (0 if urgent else limit.reserve)
            if n > allowed:
                raise ValueError(f"{n} requests at once never fit into {limit}")
            arguments += [allowed, limit.per_s * 1000]
        deadline = time.monotonic() + self.patience_s
        while wait := await self._take(arguments):
            if time.monotonic() + wait > deadline:
                raise Retriable("the vendor's request budget is used up", after=wait)
            await self._sleep(wait)

    async def pause(self, seconds: float) -> None:
        """See :meth:`poise_sdk.budget.RateBudget.pause`. A longer pause under way is not shortened."""
        milliseconds = max(int(seconds * 1000), 1)
        try:
            if await self._redis.pttl(self._pause) < milliseconds:
                await self._redis.set(self._pause, b"1", px=milliseconds)
        except RedisError as error:
            raise Retriable(f"the shared budget cannot be reached: {error}", after=_OUTAGE_S) from error

    async def _take(self, arguments: list[float]) -> float:
        """Take the requests and return 0, or take nothing and return the seconds to wait."""
        try:
            return float(await self._script(keys=self._keys, args=arguments)) / 1000
        except RedisError as error:
            raise Retriable(f"the shared budget cannot be reached: {error}", after=_OUTAGE_S) from error


def vendor_budget(
    redis: Redis, vendor: str, limits: Sequence[Limit], *, priority: Priority, patience_s: float = 10.0
) -> RedisBudget:
    """The budget of all of a vendor's athletes, as work of ``priority`` may use it (:data:`RESERVES`).

    Everybody draws on one account; only how much of it must stay differs. ``limits`` are the vendor's own
    (:attr:`poise_sdk.wearable.Capabilities.limits`); a larger reserve among them stays.
    """
    share = RESERVES[priority]
    drawn = [Limit(one.count, one.per_s, _reserve(one, share)) for one in limits]
    return RedisBudget(redis, vendor, *drawn, patience_s=patience_s)


def _reserve(limit: Limit, share: float) -> int:
    """What must stay of a limit; at least one request is left to everybody."""
    if share == 0.0:
        return 0
    return min(max(limit.reserve, math.ceil(limit.count * share)), limit.count - 1)
