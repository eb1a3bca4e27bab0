"""Webhooks: signed, sent over HTTP, tried again; twice, backwards or not at all on demand."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import httpx
import msgspec

from adapters.whoop.payloads import Kind
from adapters.whoop.simulator.book import Change
from adapters.whoop.webhooks import SIGNATURE, TIMESTAMP, signature
from poise_sdk.wearable import ClientCredentials

__all__ = ["Deliveries", "Event"]

#: Seconds before the second, third, … attempt. WHOOP spreads five over an hour; nobody waits for that here.
_PAUSES_S: Final = (0.02, 0.05, 0.1, 0.2)
_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Event:
    """A webhook, as it was or will be sent."""

    user_id: int
    id: str
    type: str
    """``sleep.updated``, ``recovery.deleted``, …"""
    trace_id: str

    @property
    def body(self) -> bytes:
        """The bytes that are signed."""
        return msgspec.json.encode(
            {"user_id": self.user_id, "id": self.id, "type": self.type, "trace_id": self.trace_id}
        )


class Deliveries:
    """Sends what happened to ``url``; ``None`` sends nothing.

    Signatures bear the time of ``wall``, the real clock: the receiver judges by its own.
    """

    def __init__(
        self,
        url: str | None,
        client: ClientCredentials,
        *,
        wall: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self.url = url
        self.copies = 1
        """How often each event is sent."""
        self.newest_first = False
        """Send the events of one moment backwards."""
        self.silent = False
        """Nothing is sent, as when the vendor's webhooks have stopped without a word."""
        self.sent: list[Event] = []
        """What the receiver took, in the order in which it did."""
        self.lost: list[Event] = []
        """What it never took: :meth:`send` it again."""
        self._client = client
        self._wall = wall

    async def announce(self, user_id: int, changes: Sequence[Change]) -> None:
        """Send an event for each of ``changes``."""
        events = [_event(user_id, change) for change in changes]
        await self.send(*(reversed(events) if self.newest_first else events))

    async def send(self, *events: Event) -> None:
        """Send ``events`` in this order, each until it is taken or the attempts are used up."""
        if self.url is None or self.silent or not events:
            return
        async with httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False) as http:
            for event in events:
                for _ in range(self.copies):
                    taken = await self._deliver(http, self.url, event)
                    (self.sent if taken else self.lost).append(event)

    async def _deliver(self, http: httpx.AsyncClient, url: str, event: Event) -> bool:
        for pause in (0.0, *_PAUSES_S):
            await asyncio.sleep(pause)
            try:
                answer = await http.post(url, content=event.body, headers=self._headers(event.body))
            except httpx.TransportError:
                continue
            if answer.is_success:
                return True
        return False

    def _headers(self, body: bytes) -> dict[str, str]:
        secret = self._client.client_secret
        timestamp = str(int(self._wall().timestamp() * 1000))
        return {
            "content-type": "application/json",
            SIGNATURE: signature(secret.reveal() if secret else "", timestamp, body),
            TIMESTAMP: timestamp,
        }


def _event(user_id: int, change: Change) -> Event:
    told = f"{change.kind.value}.{'deleted' if change.deleted else 'updated'}"
    assert change.kind in (Kind.SLEEP, Kind.RECOVERY, Kind.WORKOUT), "cycles have no webhooks"
    trace = uuid5(NAMESPACE_URL, f"{user_id}/{change.id}/{told}/{change.at.isoformat()}")
    return Event(user_id=user_id, id=change.id, type=told, trace_id=str(trace))
