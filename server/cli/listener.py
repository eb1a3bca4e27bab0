"""The loopback page that a vendor sends the athlete's browser back to (RFC 8252 §7.3), for one answer."""

from __future__ import annotations

import asyncio
import hmac
import html
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qsl, urlsplit

from poise_sdk.errors import Fatal, NeedsReauth
from poise_sdk.wearable import Secret

__all__ = ["Answer", "Listener"]

HOST: Final = "127.0.0.1"
PATH: Final = "/callback"
#: A browser sends its request line at once; whoever is slower is none.
READ_S: Final = 5.0
MAX_HEAD: Final = 16 * 1024

_PAGE: Final = (
    '<!doctype html><meta charset="utf-8"><title>Poise</title>'
    '<body style="font:18px/1.5 system-ui;max-width:34em;margin:15vh auto"><h1>{title}</h1><p>{text}</p>'
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the vendor sent back."""

    code: Secret | None
    error: str | None
    """The vendor's word for why there is no code."""


class Listener:
    """Listens on ``port`` (0: any free one) of loopback; an async context manager.

    ``redirect_uri`` is what to give to the vendor. Raises :class:`~poise_sdk.errors.Fatal` if the port is
    taken.
    """

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._server: asyncio.Server | None = None
        self._state: Secret | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._outcome: asyncio.Future[tuple[str, str]] | None = None

    @property
    def redirect_uri(self) -> str:
        """Where the vendor sends the browser."""
        return f"http://{HOST}:{self._port}{PATH}"

    async def __aenter__(self) -> Self:
        try:
            self._server = await asyncio.start_server(self._serve, HOST, self._port, limit=MAX_HEAD)
        except OSError as error:
            raise Fatal(
                f"port {self._port} cannot be listened on: {error.strerror}",
                hint="choose another with --redirect-port, and register that one with the vendor",
            ) from error
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._server is not None
        if self._outcome is not None and not self._outcome.done():
            self._outcome.set_result(("Not connected", "Poise could not finish. Its terminal says why."))
            await asyncio.sleep(0)  # the page goes out before the door closes
        self._server.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._server.wait_closed(), READ_S)

    async def receive(
        self, state: Secret, within_s: float, finish: Callable[[Secret], Awaitable[str]]
    ) -> None:
        """Wait for the answer to ``state``, have ``finish`` use its code, and show the browser what it says.

        Answers to other states are refused and waited through: anybody's page can make a browser come
        here. Raises :class:`~poise_sdk.errors.NeedsReauth` if the athlete refuses or does not come, and
        whatever ``finish`` raises.
        """
        loop = asyncio.get_running_loop()
        self._state, self._answer, self._outcome = state, loop.create_future(), loop.create_future()
        try:
            async with asyncio.timeout(within_s):
                answer = await self._answer
        except TimeoutError:
            raise NeedsReauth("nobody answered the vendor's consent page", hint="begin again") from None
        if answer.code is None:
            raise NeedsReauth(f"the vendor gave no consent: {answer.error}", hint="begin again")
        self._outcome.set_result(("Connected", await finish(answer.code)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(
            OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError
        ):
            async with asyncio.timeout(READ_S):
                head = await reader.readuntil(b"\r\n\r\n")
            method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
            status, title, text = await self._reply(method, target)
            body = _PAGE.format(title=html.escape(title), text=html.escape(text)).encode()
            writer.write(
                f"HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\ncache-control: no-store\r\n"
                "referrer-policy: no-referrer\r\n"
                "content-security-policy: default-src 'none'; style-src 'unsafe-inline'\r\n\r\n".encode()
                + body
            )
            await writer.drain()
        writer.close()

    async def _reply(self, method: str, target: str) -> tuple[str, str, str]:
        parts = urlsplit(target)
        if method != "GET" or parts.path != PATH:
            return "404 Not Found", "Nothing here", "This address waits for a vendor's answer."
        query = dict(parse_qsl(parts.query))
        state = query.get("state", "")
        if (
            self._state is None
            or self._answer is None
            or self._outcome is None
            or not hmac.compare_digest(state.encode(), self._state.reveal().encode())
        ):
            return "400 Bad Request", "Not connected", "This answer does not belong to the attempt under way."
        if self._answer.done():
            return "400 Bad Request", "Not connected", "This answer has been used already."
        code, error = query.get("code"), query.get("error_description") or query.get("error")
        self._answer.set_result(Answer(Secret(code) if code else None, error or "it does not say why"))
        title, text = await self._outcome
        return "200 OK", title, text
