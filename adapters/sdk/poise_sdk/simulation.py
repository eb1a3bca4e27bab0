"""A vendor to talk to without the vendor: an HTTP server on loopback, with faults on demand.

::

    vendor = SimulatedVendor()

    @vendor.route("/games/{game_id}")
    def game(request: Request, game_id: str) -> Reply:
        return Reply.json({"id": game_id})

    async with vendor:
        feed = adapter.connect(FeedConfig(base_url=vendor.base_url))
        vendor.faults.add(Fault.status(429, {"retry-after": "2"}), times=1)

The server is the base of vendor simulators, of replayed games and of the conformance suite. It speaks
enough HTTP/1.1 for that (keep-alive, ``Content-Length`` bodies), answers conditional requests by
itself, and needs nothing but the standard library.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from poise_sdk._faults import Fault, FaultPlan

__all__ = ["Fault", "FaultPlan", "Handler", "Reply", "Request", "SimulatedVendor"]

#: Bytes of a request's head and body: a simulator is for our own requests.
MAX_HEAD: Final = 32 * 1024
MAX_REQUEST_BODY: Final = 8 * 1024 * 1024
#: Seconds a connection may idle, and seconds a hang lasts: longer than any client's deadline.
IDLE_S: Final = 60.0
HANG_S: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as a handler sees it; ``headers`` have lower-case names."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A handler's answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def json(cls, value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
        """``value`` as JSON."""
        return cls(
            status=status,
            headers={"content-type": "application/json", **(headers or {})},
            body=msgspec.json.encode(value),
        )


Handler = Callable[..., Reply | Awaitable[Reply]]
"""``handler(request, **parameters of the path)``, plain or asynchronous."""

_H = TypeVar("_H", bound=Handler)


class SimulatedVendor:
    """An HTTP server on loopback; an async context manager.

    ``faults`` says what goes wrong, ``requests`` what was asked (oldest first, the last
    ``remember``). Port 0 takes a free one. One object may be entered once.
    """

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, remember: int = 10_000) -> None:
        self.host = host
        self.port = port
        self.faults = FaultPlan()
        self.requests: list[Request] = []
        self._remember = remember
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:PORT``, once the server runs."""
        if self._server is None:
            raise RuntimeError("the simulated vendor is not running: use `async with`")
        return f"http://{self.host}:{self.port}"

    def route(self, path: str, *, method: str = "GET") -> Callable[[_H], _H]:
        """Decorator: answer ``method`` ``path`` with a handler.

        ``{name}`` in ``path`` stands for one segment (``{name:path}`` for the rest of the path) and is
        given to the handler, percent-decoded. The first route that fits answers; nothing fits: 404.
        """

        def add(handler: _H) -> _H:
            self._routes.append((method, _pattern(path), handler))
            return handler

        return add

    def serve(self, path: str, reply: Reply, *, method: str = "GET") -> None:
        """Always answer ``method`` ``path`` with ``reply``."""
        self.route(path, method=method)(lambda request, **parameters: reply)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, self.host, self.port, limit=MAX_HEAD)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        # A client that leaves is no error of the server's; a cancelled task was cancelled by __aexit__.
        with contextlib.suppress(
            ConnectionError, TimeoutError, asyncio.IncompleteReadError, asyncio.CancelledError
        ):
            try:
                while await self._one(reader, writer):
                    pass
            finally:
                writer.close()
                with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                    await writer.wait_closed()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one request; whether the connection goes on."""
        request = await _read(reader)
        if request is None:
            return False
        self.requests.append(request)
        del self.requests[: -self._remember]
        fault = self.faults.take(request.path)
        if fault is not None and fault.kind == "hang":
            await asyncio.sleep(HANG_S)
        if fault is not None and fault.kind == "reset":
            writer.transport.abort()
            return False
        if fault is not None and fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault is not None and fault.kind == "status":
            reply = Reply(status=fault.code, headers=fault.headers, body=fault.body)
        elif fault is not None and fault.kind == "oversize":
            return await _flood(writer, fault.size)
        else:
            reply = _conditional(request, await self._answer(request))
        cut = len(reply.body) // 2 if fault is not None and fault.kind == "truncate" else None
        return await _write(writer, request, reply, cut)

    async def _answer(self, request: Request) -> Reply:
        for method, pattern, handler in self._routes:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                try:
                    reply = handler(request, **{k: unquote(v) for k, v in match.groupdict().items()})
                    return reply if isinstance(reply, Reply) else await reply
                except Exception as error:  # a defect of the handler, told to whoever asked
                    return Reply.json({"error": f"{type(error).__name__}: {error}"}, status=500)
        return Reply.json({"error": f"no such path: {request.path}"}, status=404)


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)(:path)?\}", path)
    pattern = re.escape(parts[0])
    for name, rest, literal in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        pattern += f"(?P<{name}>{'.+' if rest else '[^/]+'})" + re.escape(literal)
    return re.compile(pattern)


def _conditional(request: Request, reply: Reply) -> Reply:
    """The reply with an entity tag, or 304 if the client has it (RFC 9110 §13.1.2)."""
    if request.method != "GET" or reply.status != HTTPStatus.OK:
        return reply
    known = {name.lower(): value for name, value in reply.headers.items()}
    etag = known.get("etag") or f'"{hashlib.sha256(reply.body).hexdigest()[:32]}"'
    headers = {**reply.headers, "etag": etag}
    if etag in [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]:
        return Reply(status=304, headers=headers)
    return Reply(status=reply.status, headers=headers, body=reply.body)


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), IDLE_S)
        method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        return None
    headers: dict[str, str] = {}
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    size = headers.get("content-length", "0")
    if not size.isdigit() or int(size) > MAX_REQUEST_BODY:
        return None
    body = await asyncio.wait_for(reader.readexactly(int(size)), IDLE_S)
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Request(method=method, path=parts.path, query=query, headers=headers, body=body)


async def _write(writer: asyncio.StreamWriter, request: Request, reply: Reply, cut: int | None) -> bool:
    close = cut is not None or request.headers.get("connection", "").lower() == "close"
    headers = {
        **reply.headers,
        "content-length": str(len(reply.body)),
        "connection": "close" if close else "keep-alive",
    }
    if reply.status == HTTPStatus.NOT_MODIFIED:
        del headers["content-length"]
    phrase = HTTPStatus(reply.status).phrase if reply.status in HTTPStatus._value2member_map_ else "Unknown"
    head = f"HTTP/1.1 {reply.status} {phrase}\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    body = b"" if request.method == "HEAD" else reply.body[:cut]
    writer.write(head.encode("latin-1") + b"\r\n" + body)
    await writer.drain()
    return not close


async def _flood(writer: asyncio.StreamWriter, size: int) -> bool:
    """A body of ``size`` bytes without an announced length, as a broken vendor would send it."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n")
    chunk = b" " * 65_536
    for _ in range(-(-size // len(chunk))):
        writer.write(chunk)
        await writer.drain()
    return False
