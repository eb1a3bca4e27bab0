"""Whether the process lives, and whether it can do its work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import orjson
from arq.connections import ArqRedis
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from storage.connect import rows

__all__ = ["routes"]

#: A database that takes longer is as good as none to a balancer.
TIMEOUT_S = 2.0


def routes(redis: Callable[[], ArqRedis]) -> list[Route]:
    """``/healthz`` (the process answers) and ``/readyz`` (so do its databases; 503 where one does not)."""

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_request: Request) -> Response:
        database, queue = await asyncio.gather(_state(rows("SELECT 1")), _state(redis().ping()))
        ready = database == queue == "ok"
        body = orjson.dumps({"database": database, "redis": queue})
        return Response(body, 200 if ready else 503, media_type="application/json")

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


async def _state(question: Awaitable[object]) -> str:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await question
    except Exception as error:  # whatever it is, it is not ready
        return type(error).__name__
    return "ok"
