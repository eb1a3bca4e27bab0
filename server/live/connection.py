"""One WebSocket of the protocol graphql-transport-ws.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import asyncio
import inspect
from contextlib import suppress
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError, OperationType
from graphql.execution import create_source_event_stream
from starlette.types import Message, Receive, Scope, Send

from server.graphql.context import Context
from server.graphql.documents import Operation
from server.graphql.engine import Engine, GraphQLRequest, run
from server.graphql.errors import RequestFailed, formatted, response
from server.live.feed import Feed
from server.live.group import Member, Subscription, join
from server.live.hub import Hub
from server.live.outbox import Outbox
from server.settings import Limits

__all__ = ["CLOSE_CODES", "Connection"]

PROTOCOL = "graphql-transport-ws"

#: Codes of the protocol; 1013 is WebSocket's "try again later", on which clients reconnect by themselves.
CLOSE_CODES = {
    "invalid message": 4400,
    "unauthorised": 4401,
    "subprotocol": 4406,
    "init timeout": 4408,
    "duplicate": 4409,
    "too many init": 4429,
    "too slow": 1013,
    "busy": 1013,
}
TOO_SLOW = "too slow: subscribe again with `after`, the last cursor you have"
#: How long a close frame may take to a client that does not read.
CLOSE_TIMEOUT_S = 5.0


class _Closed(Exception):
    """The connection is to end with this code and reason."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = CLOSE_CODES[code]
        self.reason = reason


class Connection:
    """Serves one client until it leaves or breaks the protocol."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        engine: Engine,
        hub: Hub,
        context: Context,
        limits: Limits,
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._engine = engine
        self._hub = hub
        self._context = context
        self._limits = limits
        self._outbox = Outbox(
            send,
            max_messages=limits.backlog_messages,
            max_bytes=limits.backlog_bytes,
            overflowed=self._overflowed,
        )
        self._acknowledged = False
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._members: dict[str, Member] = {}
        self._too_slow = asyncio.Event()

    async def run(self) -> None:
        """Serve the connection; returns when it is over."""
        await self._receive()  # websocket.connect
        if PROTOCOL not in self._scope["subprotocols"]:
            await self._send({"type": "websocket.accept"})
            await self._close(CLOSE_CODES["subprotocol"], "Subprotocol not acceptable")
            return
        await self._send({"type": "websocket.accept", "subprotocol": PROTOCOL})
        try:
            await self._converse()
        except _Closed as ending:
            await self._close(ending.code, ending.reason)
        finally:
            await self._leave()

    async def _converse(self) -> None:
        deadline = asyncio.get_running_loop().time() + self._limits.init_timeout_s
        overflow = asyncio.create_task(self._too_slow.wait())
        incoming: asyncio.Task[Message] | None = None
        try:
            while True:
                incoming = asyncio.ensure_future(self._receive())
                timeout = None
                if not self._acknowledged:
                    timeout = max(deadline - asyncio.get_running_loop().time(), 0)
                await asyncio.wait({incoming, overflow}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
                if overflow.done():
                    raise _Closed("too slow", TOO_SLOW)
                if not incoming.done():
                    raise _Closed("init timeout", "Connection initialisation timeout")
                message = incoming.result()
                if message["type"] == "websocket.disconnect":
                    return
                self._handle(message)
        finally:
            for task in (incoming, overflow):
                if task is not None:
                    task.cancel()

    def _handle(self, message: Message) -> None:
        text = message.get("text")
        if text is None:
            raise _Closed("invalid message", "WebSocket message type must be text")
        try:
            said = orjson.loads(text)
            kind = said["type"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            raise _Closed("invalid message", "a message is a JSON object with a `type`") from None
        payload = said.get("payload")
        if payload is not None and not isinstance(payload, dict):
            raise _Closed("invalid message", "`payload` must be an object")
        match kind:
            case "connection_init":
                if self._acknowledged:
                    raise _Closed("too many init", "Too many initialisation requests")
                self._acknowledged = True
                self._outbox.put('{"type":"connection_ack"}')
            case "ping":
                self._outbox.put('{"type":"pong"}')
            case "pong":
                pass
            case "subscribe" | "complete":
                operation_id = said.get("id")
                if not isinstance(operation_id, str) or not operation_id:
                    raise _Closed("invalid message", "`id` must be a string that is not empty")
                if kind == "complete":
                    self._stop(operation_id)
                else:
                    self._start(operation_id, payload)
            case _:
                raise _Closed("invalid message", "unknown message type")

    def _start(self, operation_id: str, payload: dict[str, Any] | None) -> None:
        if not self._acknowledged:
            raise _Closed("unauthorised", "Unauthorized")
        if operation_id in self._tasks or operation_id in self._members:
            raise _Closed("duplicate", f"Subscriber for {operation_id} already exists"[:120])
        if len(self._tasks.keys() | self._members.keys()) >= self._limits.operations:
            limit = f"at most {self._limits.operations} operations can run on one connection"
            self._fail(operation_id, [GraphQLError(limit, extensions={"code": "LIMIT_EXCEEDED"})])
            return
        try:
            request = GraphQLRequest.from_json(payload)
        except RequestFailed as failed:
            raise _Closed("invalid message", str(failed)[:120]) from None
        task = asyncio.create_task(self._operate(operation_id, request), name=f"operation {operation_id}")
        self._tasks[operation_id] = task

    def _stop(self, operation_id: str) -> None:
        if task := self._tasks.pop(operation_id, None):
            task.cancel()
        if member := self._members.pop(operation_id, None):
            member.leave()

    async def _operate(self, operation_id: str, request: GraphQLRequest) -> None:
        context = self._context.fresh()
        try:
            operation = self._engine.operation(request)
            if operation.type is OperationType.SUBSCRIPTION:
                await self._subscribe(operation_id, operation, request, context)
            else:
                result = await run(self._engine.executor(operation, request.variables, context))
                self._next(operation_id, result, context)
                self._complete(operation_id)
        except RequestFailed as failed:
            self._fail(operation_id, failed.errors)
        except Exception as error:
            self._fail(operation_id, [GraphQLError(str(error), original_error=error)])
        finally:
            if self._tasks.get(operation_id) is asyncio.current_task():
                del self._tasks[operation_id]

    async def _subscribe(
        self, operation_id: str, operation: Operation, request: GraphQLRequest, context: Context
    ) -> None:
        source: Any = create_source_event_stream(self._engine.executor(operation, request.variables, context))
        if inspect.isawaitable(source):
            source = await source
        if isinstance(source, ExecutionResult):
            self._fail(operation_id, source.errors or [])
            return
        assert isinstance(source, Feed), "every subscription of the schema returns a feed"
        member = Member(operation_id, self._outbox, lambda: self._complete(operation_id))
        self._members[operation_id] = member
        try:
            await join(
                self._hub, self._engine, Subscription(operation, request.variables, context, source), member
            )
        except BaseException:
            self._members.pop(operation_id, None)
            member.leave()
            raise

    def _next(self, operation_id: str, result: ExecutionResult, context: Context) -> None:
        payload = response(result, context.request_id, mask=self._engine.masks).decode()
        self._outbox.put(f'{{"id":{_quoted(operation_id)},"type":"next","payload":{payload}}}')

    def _complete(self, operation_id: str) -> None:
        if member := self._members.pop(operation_id, None):
            member.leave()
        self._outbox.put(f'{{"id":{_quoted(operation_id)},"type":"complete"}}')

    def _fail(self, operation_id: str, errors: list[GraphQLError]) -> None:
        shown = formatted(errors, self._context.request_id, mask=self._engine.masks)
        self._outbox.put(orjson.dumps({"id": operation_id, "type": "error", "payload": shown}).decode())

    def _overflowed(self) -> None:
        for member in tuple(self._members.values()):
            member.leave()
        self._members.clear()
        self._too_slow.set()

    async def _close(self, code: int, reason: str) -> None:
        self._outbox.close()
        with suppress(Exception):  # a client that is gone cannot be told
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._send({"type": "websocket.close", "code": code, "reason": reason})

    async def _leave(self) -> None:
        self._outbox.close()
        for member in tuple(self._members.values()):
            member.leave()
        self._members.clear()
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()
