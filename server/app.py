"""The application: GraphQL under ``/graphql``, plain HTTP where protocols demand it, and its health.

It reads what others computed; it never loads the training stack.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from adapters.host import Registry, load_registry
from server import graphiql, health
from server.graphql.context import Context, Services
from server.graphql.engine import Engine
from server.graphql.http import request_id, respond
from server.graphql.policy import ANYBODY
from server.graphql.schema import core_schema
from server.graphql.uploads.multipart import PREFLIGHT
from server.guards import Guard
from server.live.connection import CLOSE_CODES, Connection
from server.live.hub import hub
from server.rest import callback, uploads, webhooks
from server.rest.answers import address_of
from server.settings import Profile, ServerSettings
from storage.connect import database
from storage.ledger import connect_redis

__all__ = ["create_app"]

#: Connections to the database. Reads are short; more of them only queue there instead of here.
POOL = 10


class _GraphQL:
    """The endpoint; its services exist while the application's lifespan lasts."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._engine = Engine(core_schema(), settings)
        self._connections = 0
        self.services: Services | None = None

    async def http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if self._settings.profile is Profile.DEVELOPMENT and graphiql.wants_page(request):
            response = graphiql.page()
        else:
            context = self._context(request.headers.get("x-request-id"), address_of(request, self._settings))
            response = await respond(
                request, self._engine, context, self._settings.limits, files=self._settings.uploads
            )
        await response(scope, receive, send)

    async def websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._connections >= self._settings.limits.connections:
            await receive()
            await send({"type": "websocket.accept"})
            await send(
                {"type": "websocket.close", "code": CLOSE_CODES["busy"], "reason": "too many connections"}
            )
            return
        context = self._context(None, address_of(WebSocket(scope, receive, send), self._settings))
        self._connections += 1
        try:
            await Connection(
                scope,
                receive,
                send,
                engine=self._engine,
                hub=context.services.hub,
                context=context,
                limits=self._settings.limits,
            ).run()
        finally:
            self._connections -= 1

    def _context(self, given_id: str | None, address: str) -> Context:
        assert self.services is not None, "requests come within the lifespan"
        return Context(self.services, ANYBODY, request_id(given_id), address)


class _Asgi:
    """An ASGI application of a bound method: Starlette takes plain functions for request handlers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


def create_app(settings: ServerSettings, registry: Registry | None = None) -> Starlette:
    """Build the application; its databases are opened when it starts (see `server.serving`).

    ``registry`` replaces the adapters that are installed.
    """
    endpoint = _GraphQL(settings)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        redis = connect_redis(settings.redis_url.get_secret_value())
        adapters = registry or load_registry()
        vendors = frozenset(adapters.game_feeds)
        try:
            async with database(settings.database_url.get_secret_value(), max_size=POOL), hub(redis) as live:
                endpoint.services = Services(settings, redis, live, vendors, adapters.wearables)
                yield
        finally:
            endpoint.services = None
            await redis.aclose(close_connection_pool=True)

    def opened() -> Services:
        assert endpoint.services is not None, "requests come within the lifespan"
        return endpoint.services

    routes: list[BaseRoute] = []
    for path in ("/graphql", "/graphql/"):
        routes.append(Route(path, _Asgi(endpoint.http), methods=None))
        routes.append(WebSocketRoute(path, _Asgi(endpoint.websocket)))
    for plain in (callback, uploads, webhooks):
        routes += plain.routes(opened)
    routes += health.routes(lambda: opened().redis)
    if settings.profile is Profile.DEVELOPMENT:
        routes.append(graphiql.static())
    middleware = [Middleware(Guard, settings=settings)]
    if settings.allowed_origins:
        cors = Middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["content-type", "x-request-id", *PREFLIGHT],
            expose_headers=["x-request-id"],
        )
        middleware.insert(0, cors)
    return Starlette(routes=routes, middleware=middleware, lifespan=lifespan)
