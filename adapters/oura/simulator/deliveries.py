"""Webhooks: signed, sent over HTTP, tried again; twice, backwards or not at all on demand."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx
import msgspec

from adapters.oura.simulator.book import Change
from adapters.oura.simulator.orders import Orders
from adapters.oura.simulator.outgoing import open_http
from adapters.oura.webhooks import SIGNATURE, TIMESTAMP, signature
from poise_sdk.wearable import ClientCredentials

__all__ = ["Deliveries", "Event"]

#: Seconds before the second, third, … attempt. Oura spreads its own over hours; nobody waits for that here.
_PAUSES_S: Final = (0.02, 0.05, 0.1, 0.2)


@dataclass(frozen=True, slots=True)
class Event:
    """A webhook, as it was or will be sent."""

    user_id: str
    change: Change

    @property
    def body(self) -> bytes:
        """The bytes that are signed."""
        return msgspec.json.encode(
            {
                "event_type": self.change.operation,
                "data_type": self.change.word,
                "object_id": self.change.id,
                "event_time": self.change.at.isoformat(),
                "user_id": self.user_id,
            }
        )


class Deliveries:
    """Sends what happened to whoever ordered it, and to ``url``, which stands for orders of everything.

    Signatures bear the time of ``wall``, the real clock: the receiver judges by its own.
    """

    def __init__(
        self,
        url: str | None,
        client: ClientCredentials,
        orders: Orders,
        *,
        wall: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self.url = url
        self.copies = 1
        """How often each event is sent."""
        self.newest_first = False
        """Send what is announced together backwards."""
        self.silent = False
        """Nothing is sent, as when the vendor's webhooks have stopped without a word."""
        self.sent: list[Event] = []
        """What a receiver took, in the order in which it did."""
        self.lost: list[Event] = []
        """What a receiver never took: :meth:`send` it again."""
        self._client = client
        self._orders = orders
        self._wall = wall

    async def announce(self, *events: Event) -> None:
        """Send ``events``, the oldest first, in the order that is set."""
        await self.send(*(reversed(events) if self.newest_first else events))

    async def send(self, *events: Event) -> None:
        """Send ``events`` in this order, each until it is taken or the attempts are used up."""
        if self.silent or not events:
            return
        async with open_http() as http:
            for event in events:
                ordered = self._orders.listeners(event.change.word, event.change.operation)
                for url in sorted({*ordered, *([self.url] if self.url else [])}):
                    for _ in range(self.copies):
                        taken = await self._deliver(http, url, event)
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
        timestamp = str(int(self._wall().timestamp()))
        return {
            "content-type": "application/json",
            SIGNATURE: signature(secret.reveal() if secret else "", timestamp, body),
            TIMESTAMP: timestamp,
        }
