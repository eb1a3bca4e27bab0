"""Large files and posted documents: streamed to disk, imported by a job.

``POST /uploads/V?athlete=ID&name=export.zip`` takes an export of any size as its body. ``POST /ingest/V``
takes what an app posts by itself (Health Auto Export's JSON), proved by an ingest token, a bearer's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from poise_sdk.wearable import WearableAdapter
from server.graphql.context import Services
from server.graphql.errors import Refused
from server.graphql.ids import global_id, number_of
from server.graphql.policy import ANYBODY, may_change
from server.rest.answers import failure, job_answer
from server.uploads import NoSpaceError, TooLargeError, Upload, Writing, receiving, room_for
from storage import ledger
from storage.people import athletes, ingest_tokens, orders

__all__ = ["routes"]

#: Types that a page's form can send without asking first; a file comes under its own, or under none.
_FORMS: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
_BEARER: Final = "bearer "


def routes(opened: Callable[[], Services]) -> list[Route]:
    """Both ways in."""

    async def upload(request: Request) -> Response:
        services = opened()
        adapter = services.wearables.get(request.path_params["vendor"])
        if refused := _unable(services, adapter):
            return refused
        assert adapter is not None
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in _FORMS:
            message = f"send the file itself as the body, with its own type (application/zip), not as {kind}"
            return failure(415, "BAD_REQUEST", message, connection="close")
        try:
            athlete_id = number_of("Athlete", request.query_params.get("athlete", ""))
        except Refused as error:
            return failure(
                400, "BAD_REQUEST", f"`athlete` is missing or wrong: {error.message}", connection="close"
            )
        if not may_change(ANYBODY, "Athlete", of=athlete_id):
            return failure(403, "FORBIDDEN", "you may not change this athlete", connection="close")
        if await athletes.get(athlete_id) is None:
            return failure(404, "NOT_FOUND", "there is no such athlete", connection="close")
        name = request.query_params.get("name")
        return await _taken(
            services, adapter, request, athlete_id, name, services.settings.limits.upload_bytes
        )

    async def ingest(request: Request) -> Response:
        services = opened()
        adapter = services.wearables.get(request.path_params["vendor"])
        if refused := _unable(services, adapter):
            return refused
        assert adapter is not None
        given = request.headers.get("authorization", "")
        token = given[len(_BEARER) :].strip() if given.lower().startswith(_BEARER) else ""
        grant = await ingest_tokens.verify(token) if token else None
        if grant is None or grant.vendor != adapter.name:
            return failure(
                401,
                "UNAUTHORIZED",
                "a valid ingest token is needed",
                www_authenticate="Bearer",
                connection="close",
            )
        limit = services.settings.limits.ingest_bytes
        return await _taken(services, adapter, request, grant.athlete_id, "ingest.json", limit)

    return [
        Route("/uploads/{vendor}", upload, methods=["POST"]),
        Route("/ingest/{vendor}", ingest, methods=["POST"]),
    ]


def _unable(services: Services, adapter: WearableAdapter | None) -> Response | None:
    if not services.settings.uploads:
        return failure(403, "DISABLED", "this server takes no files", connection="close")
    if adapter is None:
        return failure(404, "NOT_FOUND", "there is no such vendor here", connection="close")
    if not adapter.capabilities.file_import:
        return failure(400, "DISABLED", f"{adapter.title} has no files to import", connection="close")
    return None


async def _taken(
    services: Services,
    adapter: WearableAdapter,
    request: Request,
    athlete_id: int,
    name: str | None,
    limit: int,
) -> Response:
    """Write the body to disk and order its import."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        return failure(415, "BAD_REQUEST", "send the body as it is, not compressed again", connection="close")
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit():
        if int(announced) > limit:
            return _too_large(limit)
        if not await room_for(int(announced)):
            return _no_space()
    uploads: list[Upload] = []
    async with receiving(uploads):
        try:
            async with Writing(name, limit) as writing:
                async for chunk in request.stream():
                    await writing.write(chunk)
                uploads.append(await writing.done())
        except TooLargeError:
            return _too_large(limit)
        except NoSpaceError:
            return _no_space()
        except ClientDisconnect:
            return failure(400, "BAD_REQUEST", "the client went away")
        [upload] = uploads
        if upload.size == 0:
            return failure(400, "BAD_REQUEST", "the body is empty")
        job = await orders.order_import(adapter.name, [upload.path], athlete_id)
        upload.claimed = True
    await ledger.dispatch(services.redis, job)
    return job_answer(str(job.id), global_id("Job", job.id), upload.size)


def _too_large(limit: int) -> Response:
    return failure(413, "LIMIT_EXCEEDED", f"the body may have {limit:,} bytes", connection="close")


def _no_space() -> Response:
    return failure(507, "UNAVAILABLE", "there is no room for this file here", connection="close")
