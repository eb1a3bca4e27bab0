"""A client that follows a game over a WebSocket and comes back with its cursor whenever it is cut off."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

__all__ = ["Subscriber"]

_QUERY: Final = """
subscription Follow($gameId: ID!, $after: String) {
  updates: %s(gameId: $gameId, after: $after) { sequence cursor snapshot }
}
"""
TOPICS: Final = {"game": "gameUpdates", "clutch": "clutchUpdates"}
#: How soon to come back.
_PAUSE_S: Final = 0.1


class Subscriber:
    """Remembers every sequence it was told, in order; ``async with`` follows in the background."""

    def __init__(self, address: str, game_id: str) -> None:
        self._url = address.replace("http://", "ws://")
        self._game_id = game_id
        self._cursors: dict[str, str | None] = dict.fromkeys(TOPICS)
        self.began: dict[str, int] = {}
        """The sequence of the snapshot each topic began with."""
        self.seen: dict[str, list[int]] = {topic: [] for topic in TOPICS}
        self.cuts = 0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Subscriber:
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def check(self) -> None:
        """Raise what went wrong in the background."""
        assert self._task is not None
        if self._task.done():
            self._task.result()

    async def _follow(self) -> None:
        while True:
            try:
                async with connect(self._url, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]  # a NewType
                    await self._listen(socket)
            except (WebSocketException, OSError):
                self.cuts += 1
            await asyncio.sleep(_PAUSE_S)

    async def _listen(self, socket: ClientConnection) -> None:
        await socket.send(json.dumps({"type": "connection_init"}))
        async for text in socket:
            said = json.loads(text)
            match said["type"]:
                case "connection_ack":
                    for topic, field in TOPICS.items():
                        await self._subscribe(socket, topic, field)
                case "ping":
                    await socket.send('{"type":"pong"}')
                case "next":
                    self._take(said["id"], said["payload"])
                case "error" | "complete":  # the server cannot go on: ask anew, where we are
                    self.cuts += 1
                    return

    async def _subscribe(self, socket: ClientConnection, topic: str, field: str) -> None:
        variables = {"gameId": self._game_id, "after": self._cursors[topic]}
        payload = {"query": _QUERY % field, "variables": variables}
        await socket.send(json.dumps({"id": topic, "type": "subscribe", "payload": payload}))

    def _take(self, topic: str, payload: dict[str, Any]) -> None:
        assert "errors" not in payload, payload
        update = payload["data"]["updates"]
        if update["snapshot"]:
            assert topic not in self.began, "a client that resumes with its cursor needs no snapshot"
            self.began[topic] = update["sequence"]
        else:
            self.seen[topic].append(update["sequence"])
        self._cursors[topic] = update["cursor"]
