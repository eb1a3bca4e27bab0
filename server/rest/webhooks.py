"""Webhooks: verified by the adapter over the raw bytes, written down with the job for them, answered.

An answer says nothing of why a webhook was refused: whoever forges one learns nothing.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from tortoise.transactions import in_transaction

from poise_sdk.errors import PoiseError
from poise_sdk.wearable import ClientCredentials, WearableAdapter, Webhook, WebhookEvent
from server.graphql.context import Services
from server.rest.answers import failure, plain
from storage import ledger
from storage.people import orders, vendor_apps, webhooks

__all__ = ["routes"]

_log = logging.getLogger("poise.webhooks")


def routes(opened: Callable[[], Services]) -> list[Route]:
    """Where vendors send webhooks to, and check that they may."""

    async def receive(request: Request) -> Response:
        services = opened()
        adapter = services.wearables.get(request.path_params["vendor"])
        if adapter is None:
            return failure(404, "NOT_FOUND", "there is no such vendor here")
        client = await _client(adapter)
        if request.method == "GET":
            return _challenged(adapter, request, client)
        if request.method != "POST":
            return failure(405, "BAD_REQUEST", "webhooks come by POST", allow="GET, POST")
        body = await _body(request, services.settings.limits.webhook_bytes)
        if body is None:
            return failure(413, "LIMIT_EXCEEDED", "a webhook is small", connection="close")
        headers = {name.lower(): value for name, value in request.headers.items()}
        webhook = Webhook(headers=headers, body=body, received_at=dt.datetime.now(dt.UTC))
        if client is None or not _verified(adapter, webhook, client):
            return failure(401, "UNAUTHORIZED", "this webhook is not accepted")
        events = _events(adapter, webhook)
        if events:
            async with in_transaction():
                fresh = await webhooks.record(adapter.name, events)
                job = await orders.order_webhooks(adapter.name) if fresh else None
            if job is not None:
                await ledger.dispatch(services.redis, job)
        return plain({"received": len(events)})

    return [Route("/webhooks/{vendor}", receive, methods=["GET", "POST"])]


async def _client(adapter: WearableAdapter) -> ClientCredentials | None:
    try:
        app = await vendor_apps.find(adapter.name)
    except PoiseError as error:
        _log.error("webhooks of %s cannot be verified: %s", adapter.name, error.message)
        return None
    return app.client if app else None


def _challenged(adapter: WearableAdapter, request: Request, client: ClientCredentials | None) -> Response:
    answer = None
    if client is not None:
        try:
            answer = adapter.answer_challenge(dict(request.query_params), client)
        except Exception as error:  # a stranger's adapter may raise anything; the vendor is refused
            _log.error("the adapter %s failed on a challenge: %s", adapter.name, type(error).__name__)
    if answer is None:
        return failure(401, "UNAUTHORIZED", "this check is not accepted")
    media = "application/json" if answer[:1] in (b"{", b"[", b'"') else "text/plain"
    return Response(
        answer, media_type=media, headers={"cache-control": "no-store", "x-content-type-options": "nosniff"}
    )


def _verified(adapter: WearableAdapter, webhook: Webhook, client: ClientCredentials) -> bool:
    try:
        return adapter.verify_webhook(webhook, client) is True
    except Exception as error:  # as above: what cannot be verified is not accepted
        _log.error("the adapter %s failed on a signature: %s", adapter.name, type(error).__name__)
        return False


def _events(adapter: WearableAdapter, webhook: Webhook) -> list[WebhookEvent]:
    """The events of a verified webhook; one that makes no sense has none, and is not sent again for it."""
    try:
        return list(adapter.parse_webhook(webhook))
    except Exception as error:
        _log.error("a webhook of %s makes no sense: %s", adapter.name, type(error).__name__)
        return []


async def _body(request: Request, limit: int) -> bytes | None:
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                return None
            chunks.append(chunk)
    except ClientDisconnect:
        return None
    return b"".join(chunks)
