"""A crowd of WebSocket clients in one process, on raw sockets: it must cost less than what it measures."""

from __future__ import annotations

import base64
import json
import multiprocessing as mp
import os
import resource
import selectors
import socket
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

__all__ = ["Crowd", "allow_many_files"]

PATIENCE_S = 120.0
#: Connections opened at once: more would overflow the listener's queue.
AT_ONCE = 100

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


def allow_many_files() -> None:
    """Raise this process's limit of open files as far as it may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Crowd:
    """The clients; they live in a process of their own."""

    def __init__(self) -> None:
        context = mp.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_crowd, args=(theirs,), daemon=True)

    def __enter__(self) -> Crowd:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join(10)

    def join(
        self,
        name: str,
        port: int,
        path: str,
        count: int,
        *,
        protocol: str | None = None,
        say: Sequence[dict[str, Any]] = (),
        greetings: int = 0,
    ) -> None:
        """Open ``count`` sockets, send ``say`` on each and wait for as many ``greetings``."""
        self._ask("join", name, port, path, count, protocol, [json.dumps(one) for one in say], greetings)

    def all_heard(self, name: str) -> float:
        """Wait until each socket has one more message; returns when the last one had (monotonic clock)."""
        return float(self._ask("heard", name))

    def sample(self, name: str) -> str:
        """The last message of one of the sockets."""
        return str(self._ask("sample", name))

    def _ask(self, *question: Any) -> Any:
        self._pipe.send(question)
        if not self._pipe.poll(PATIENCE_S):
            raise TimeoutError(f"the crowd did not answer: {question[:2]}")
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


class _Client:
    """One socket and what it has heard."""

    __slots__ = ("buffer", "group", "heard", "socket")

    def __init__(self, socket_: socket.socket, group: _Group) -> None:
        self.socket = socket_
        self.group = group
        self.buffer = b""
        self.heard = 0

    def read(self) -> None:
        """Take in what has arrived."""
        data = self.socket.recv(262_144)
        if not data:
            raise ConnectionError("a server closed a connection")
        data = self.buffer + data
        while len(data) >= 2:
            length, start = data[1], 2
            if length == 126:
                length, start = int.from_bytes(data[2:4], "big"), 4
            elif length == 127:
                length, start = int.from_bytes(data[2:10], "big"), 10
            if len(data) < start + length:
                break
            kind, payload = data[0] & 15, data[start : start + length]
            data = data[start + length :]
            if kind == TEXT:
                self.heard += 1
                self.group.hear(self, payload)
            elif kind == PING:
                self.socket.sendall(frame(PONG, payload))
            elif kind == CLOSE:
                raise ConnectionError(f"a server closed a connection: {payload!r}")
        self.buffer = data


class _Group:
    """Sockets of one server."""

    def __init__(self) -> None:
        self.clients: list[_Client] = []
        self.target = 0
        self.missing = 0
        self.last = 0.0
        self.sample = b""

    def expect(self, more: int) -> None:
        """Wait for ``more`` further messages on every socket."""
        self.target += more
        self.missing = sum(client.heard < self.target for client in self.clients)

    def hear(self, client: _Client, payload: bytes) -> None:
        """Count a message."""
        if client.heard == self.target:
            self.missing -= 1
            if not self.missing:
                self.last = time.monotonic()
                self.sample = payload


def _crowd(pipe: Connection) -> None:
    allow_many_files()
    groups: dict[str, _Group] = {}
    selector = selectors.DefaultSelector()
    while True:
        _listen(selector, pipe)
        question = pipe.recv()
        try:
            match question:
                case ("join", name, port, path, count, protocol, say, greetings):
                    groups[name] = _Group()
                    _join(selector, groups[name], port, path, count, protocol, say)
                    groups[name].expect(greetings)
                    _until(selector, groups[name])
                    groups[name].expect(1)
                    pipe.send(None)
                case ("heard", name):
                    _until(selector, groups[name])
                    last = groups[name].last
                    groups[name].expect(1)
                    pipe.send(last)
                case ("sample", name):
                    pipe.send(groups[name].sample.decode())
        except Exception as error:
            pipe.send(error)


def _listen(selector: selectors.BaseSelector, pipe: Connection) -> None:
    """Serve the sockets until there is a question."""
    while not pipe.poll(0):
        _read(selector, 0.005)


def _until(selector: selectors.BaseSelector, group: _Group) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while group.missing:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{group.missing} sockets did not hear")
        _read(selector, 0.1)


def _read(selector: selectors.BaseSelector, timeout: float) -> None:
    for key, _ in selector.select(timeout):
        key.data.read()


def _join(
    selector: selectors.BaseSelector,
    group: _Group,
    port: int,
    path: str,
    count: int,
    protocol: str | None,
    say: Sequence[str],
) -> None:
    offered = f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{offered}\r\n"
    ).encode()
    opening = b"".join(frame(TEXT, text.encode()) for text in say)
    for start in range(0, count, AT_ONCE):
        batch = []
        for _ in range(min(AT_ONCE, count - start)):
            one = socket.create_connection(("127.0.0.1", port), timeout=30)
            one.sendall(request)
            batch.append(one)
        for one in batch:
            head = b""
            while b"\r\n\r\n" not in head:
                head += one.recv(4096)
            if not head.startswith(b"HTTP/1.1 101"):
                raise ConnectionError(head.decode(errors="replace"))
            one.sendall(opening) if opening else None
            client = _Client(one, group)
            group.clients.append(client)
            selector.register(one, selectors.EVENT_READ, client)


def frame(kind: int, payload: bytes) -> bytes:
    """A client's frame; the mask is zero, which is allowed and spares the work."""
    if len(payload) < 126:
        head = bytes((128 | kind, 128 | len(payload)))
    else:
        head = bytes((128 | kind, 128 | 126)) + len(payload).to_bytes(2, "big")
    return head + b"\x00\x00\x00\x00" + payload
