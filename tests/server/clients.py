"""Clients of the tests: one for HTTP, one for graphql-transport-ws."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

PATIENCE_S = 15.0


class Api:
    """GraphQL over HTTP."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def data(self, query: str, **variables: Any) -> Any:
        """Run a document that must succeed; returns its data."""
        answer = await self.http.post("/graphql", json={"query": query, "variables": variables})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert "errors" not in body, body["errors"]
        return body["data"]

    async def errors(self, query: str, **variables: Any) -> list[dict[str, Any]]:
        """Run a document that must fail; returns its errors."""
        answer = await self.http.post("/graphql", json={"query": query, "variables": variables})
        found: list[dict[str, Any]] = answer.json()["errors"]
        return found


class Socket:
    """One connection; messages by operation."""

    def __init__(self, raw: ClientConnection) -> None:
        self.raw = raw
        self._ids = itertools.count(1)
        self._kept: dict[str, list[dict[str, Any]]] = {}

    @classmethod
    @asynccontextmanager
    async def connected(cls, url: str, *, init: bool = True, **options: Any) -> AsyncIterator[Socket]:
        options = {"subprotocols": ["graphql-transport-ws"], "compression": None, **options}
        async with connect(url.replace("http://", "ws://"), **options) as raw:
            made = cls(raw)
            if init:
                await made.send({"type": "connection_init"})
                assert await made.receive() == {"type": "connection_ack"}
            yield made

    async def send(self, message: dict[str, Any]) -> None:
        await self.raw.send(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            found: dict[str, Any] = json.loads(await self.raw.recv())
            return found

    async def subscribe(self, query: str, *, id: str | None = None, **variables: Any) -> str:
        id = id or str(next(self._ids))
        await self.send({"id": id, "type": "subscribe", "payload": {"query": query, "variables": variables}})
        return id

    async def message(self, id: str) -> dict[str, Any]:
        """The operation's next message."""
        while not self._kept.get(id):
            found = await self.receive()
            self._kept.setdefault(found["id"], []).append(found)
        return self._kept[id].pop(0)

    async def next(self, id: str) -> Any:
        """The data of the operation's next event."""
        found = await self.message(id)
        assert found["type"] == "next", found
        assert "errors" not in found["payload"], found["payload"]
        return found["payload"]["data"]
