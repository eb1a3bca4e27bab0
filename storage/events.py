"""Telling other processes what happened, over Redis pub/sub.

Pub/sub keeps nothing: who is away misses it. The truth is in the database, an event only says that
it changed. So a subscription that may have missed something says so by a :class:`Gap`, and its reader
catches up from the database. It comes back by itself after Redis was away, however long.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

__all__ = [
    "JOBS",
    "LIVE_CLUTCH",
    "LIVE_GAME",
    "SYNC",
    "Gap",
    "Message",
    "Subscription",
    "publish",
    "subscribe",
]

logger = logging.getLogger(__name__)

JOBS: Final = "poise:jobs"
LIVE_GAME: Final = "poise:live:game"
LIVE_CLUTCH: Final = "poise:live:clutch"
SYNC: Final = "poise:sync"

# A killed server closes its sockets and is noticed at once; a cut cable only by silence after a ping.
_IDLE_S: Final = 10.0

_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 1.0

# How long telling others may keep the one who tells.
_PUBLISH_S: Final = 5.0

# How long entering a subscription waits for Redis to confirm it before it goes on without.
_CONFIRM_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Message:
    """One event as it was published."""

    channel: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Gap:
    """Events may have been missed here: catch up from the database. What follows is complete again."""

    reason: str


async def publish(redis: Redis, channel: str, payload: bytes) -> bool:
    """Publish to whoever listens now; ``False`` (and a log line) if Redis is away.

    Never raises for that: what happened is in the database, and listeners that Redis left find a
    :class:`Gap` when it returns.
    """
    try:
        async with asyncio.timeout(_PUBLISH_S):
            await redis.publish(channel, payload)
    except (RedisError, OSError) as error:
        logger.warning("nobody was told on %s, Redis is away: %s", channel, type(error).__name__)
        return False
    return True


@asynccontextmanager
async def subscribe(redis: Redis, *channels: str, buffer: int = 1_024) -> AsyncIterator[Subscription]:
    """Listen to ``channels`` for the body's duration.

    On entry the subscription stands (so reading the database *after* it misses nothing), unless Redis
    is away: then it stands from the first :class:`Gap` on. A reader more than ``buffer`` events behind
    loses them all and finds a :class:`Gap`, so one slow reader cannot fill the memory.
    """
    subscription = Subscription(redis, channels, buffer)
    task = asyncio.create_task(subscription.listen(), name=f"events {' '.join(channels)}")
    try:
        await subscription.confirmed(_CONFIRM_S)
        yield subscription
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Subscription:
    """An endless asynchronous iterator of :class:`Message` and :class:`Gap`; made by :func:`subscribe`."""

    def __init__(self, redis: Redis, channels: tuple[str, ...], buffer: int) -> None:
        if not channels or buffer < 1:
            raise ValueError("a subscription needs at least one channel and room for one event")
        self._redis = redis
        self._channels = channels
        self._buffer = buffer
        self._pending: deque[Message | Gap] = deque()
        self._arrived = asyncio.Event()
        self._stands = asyncio.Event()
        self._missed = False
        self._failure: Exception | None = None

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Message | Gap:
        while not self._pending:
            if self._failure is not None:
                raise self._failure
            self._arrived.clear()
            await self._arrived.wait()
        return self._pending.popleft()

    async def confirmed(self, timeout_s: float) -> None:
        """Wait until the subscription stands; after ``timeout_s`` whatever comes begins with a gap."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._stands.wait()
        except TimeoutError:
            self._missed = True

    async def listen(self) -> None:
        """Read until cancelled; what ends it otherwise is a defect, and the reader's to see."""
        try:
            await self._listen()
        except Exception as error:
            self._failure = error
            self._stands.set()
            self._arrived.set()

    async def _listen(self) -> None:
        """Read from one connection after the other."""
        pause_s = _FIRST_PAUSE_S
        while True:
            pubsub = self._redis.pubsub()
            try:
                await pubsub.subscribe(*self._channels)
                async for stands in self._read(pubsub):
                    if stands:
                        pause_s = _FIRST_PAUSE_S
            except (RedisError, OSError) as error:
                if self._stands.is_set():
                    logger.warning("lost Redis (%s), subscribing again", type(error).__name__)
                self._stands.clear()
                self._missed = True
            finally:
                with suppress(RedisError, OSError):
                    await pubsub.aclose()  # type: ignore[no-untyped-call]  # redis leaves it without types
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _read(self, pubsub: PubSub) -> AsyncIterator[bool]:
        """Read one connection until it fails; yields after each event whether the subscription stands."""
        standing: set[bytes] = set()
        pinged = False
        while True:
            event = await pubsub.get_message(timeout=_IDLE_S)
            if event is None:
                if pinged:
                    raise RedisConnectionError("no answer to a ping")
                await pubsub.ping()
                pinged = True
                continue
            pinged = False
            match event["type"]:
                case "message":
                    self._put(Message(event["channel"].decode(), event["data"]))
                case "subscribe":
                    if event["channel"] in standing:  # redis-py came back on a new connection by itself
                        standing.clear()
                        self._missed = True
                    standing.add(event["channel"])
                    if len(standing) == len(set(self._channels)):
                        self._stand()
            yield self._stands.is_set()

    def _stand(self) -> None:
        self._stands.set()
        if self._missed:
            self._missed = False
            self._put(Gap("Redis was away"))

    def _put(self, event: Message | Gap) -> None:
        if len(self._pending) >= self._buffer:
            self._pending.clear()
            self._pending.append(Gap("the reader fell behind"))
        self._pending.append(event)
        self._arrived.set()
