"""GraphQL over HTTP, as https://graphql.github.io/graphql-over-http/draft/ describes it.

GET runs queries only. A request with a body must be JSON, so that no page of another origin can
send one without asking first (CSRF); one with files is a form, and must carry a header that no form can
(`server.graphql.uploads.multipart`). Batches and event streams are not served.
"""

from __future__ import annotations

import re
import uuid
from typing import Any, Final

import orjson
from graphql import ExecutionResult, GraphQLError, OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from server.graphql.context import Context
from server.graphql.engine import Engine, GraphQLRequest, run
from server.graphql.errors import OperationNotAllowed, RequestFailed, formatted, response
from server.graphql.uploads.multipart import PREFLIGHT, MalformedForm, is_multipart, may_be_form, read_form
from server.settings import Limits
from server.uploads import Upload, receiving

__all__ = ["negotiate", "request_id", "respond"]

GRAPHQL_JSON: Final = "application/graphql-response+json"
JSON: Final = "application/json"

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
_GET: Final = frozenset({OperationType.QUERY})
_POST: Final = frozenset({OperationType.QUERY, OperationType.MUTATION})


class _Malformed(Exception):
    """No request of the protocol at all."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


def request_id(given: str | None) -> str:
    """The caller's id of the request, if it is one, else a new one."""
    return given if given and _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def negotiate(accept: str) -> str | None:
    """Choose the media type of the response; ``None`` if none of ours is acceptable."""
    best, chosen = 0.0, None
    for item in accept.split(",") if accept.strip() else ["*/*"]:
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        quality, charset = 1.0, "utf-8"
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 0.0
            elif key == "charset":
                charset = value.strip('"')
        offered = {GRAPHQL_JSON: GRAPHQL_JSON, JSON: JSON, "application/*": JSON, "*/*": JSON}.get(name)
        if offered and charset in ("utf-8", "utf8") and quality > best:
            best, chosen = quality, offered
    return chosen


async def respond(
    request: Request, engine: Engine, context: Context, limits: Limits, *, files: bool
) -> Response:
    """Answer one HTTP request; ``files`` says whether it may bring some."""
    uploads: list[Upload] = []
    async with receiving(uploads):
        return await _respond(request, engine, context, limits, uploads if files else None)


async def _respond(
    request: Request, engine: Engine, context: Context, limits: Limits, uploads: list[Upload] | None
) -> Response:
    media = negotiate(request.headers.get("accept", ""))
    if media is None:
        return _refusal(406, JSON, f"this server answers with {GRAPHQL_JSON} or {JSON}", context)
    try:
        if request.method == "GET":
            asked, allowed = _from_query(request), _GET
        elif request.method == "POST":
            if uploads is not None and is_multipart(request.headers.get("content-type", "")):
                given = await _form(request, limits, uploads)
            else:
                given = _decoded(await _body(request, limits.body_bytes), "the body is not JSON")
            asked, allowed = _from_body(given), _POST
        else:
            raise _Malformed(405, "GraphQL is served by GET and POST", allow="GET, POST")
    except _Malformed as failed:
        return _refusal(failed.status, media, str(failed), context, **failed.headers)
    except RequestFailed as failed:
        return _failure(400, media, failed.errors, engine, context)
    try:
        operation = engine.operation(asked, allowed=allowed)
        executor = engine.executor(operation, asked.variables, context)
    except OperationNotAllowed as failed:
        if request.method == "GET" and failed.type is OperationType.MUTATION:
            return _failure(405, media, failed.errors, engine, context, allow="POST")
        return _failure(400, media, failed.errors, engine, context)
    except RequestFailed as failed:
        # Under the older media type a client takes anything but 200 for a fault of the transport.
        return _failure(400 if media == GRAPHQL_JSON else 200, media, failed.errors, engine, context)
    result: ExecutionResult = await run(executor)
    return _made(response(result, context.request_id, mask=engine.masks), 200, media, context)


def _from_query(request: Request) -> GraphQLRequest:
    given: dict[str, Any] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if given.get(name):
            given[name] = _decoded(given[name].encode(), f"`{name}` is not JSON")
        else:
            given.pop(name, None)
    if "query" not in given and "extensions" not in given:
        raise _Malformed(400, "the request has no `query`")
    return GraphQLRequest.from_json(given)


def _from_body(given: Any) -> GraphQLRequest:
    asked = GraphQLRequest.from_json(given)
    if asked.query is None and not asked.extensions:
        raise _Malformed(400, "the request has no `query`")
    return asked


async def _body(request: Request, limit: int) -> bytes:
    name, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    charset = parameters.partition("charset=")[2].strip().strip('"')
    if name.strip() != JSON or charset not in ("", "utf-8", "utf8"):
        raise _Malformed(415, f"the body of a request must be {JSON} in UTF-8")
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise _Malformed(413, f"the body of a request may have {limit} bytes", connection="close")
            chunks.append(chunk)
    except ClientDisconnect:
        raise _Malformed(400, "the client went away") from None
    return b"".join(chunks)


async def _form(request: Request, limits: Limits, uploads: list[Upload]) -> Any:
    if may_be_form(request.headers):
        raise _Malformed(415, f"a multipart request must have the header {PREFLIGHT[0]} (any value)")
    try:
        return await read_form(request.headers["content-type"], request.stream(), limits, uploads)
    except MalformedForm as failed:
        raise _Malformed(failed.status, str(failed), connection="close") from None
    except ClientDisconnect:
        raise _Malformed(400, "the client went away") from None


def _decoded(text: bytes, message: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _Malformed(400, f"{message}: {error}") from None


def _refusal(status: int, media: str, message: str, context: Context, **headers: str) -> Response:
    body = orjson.dumps({"errors": [{"message": message, "extensions": {"code": "BAD_REQUEST"}}]})
    return _made(body, status, media, context, **headers)


def _failure(
    status: int, media: str, errors: list[GraphQLError], engine: Engine, context: Context, **headers: str
) -> Response:
    body = orjson.dumps({"errors": formatted(errors, context.request_id, mask=engine.masks)})
    return _made(body, status, media, context, **headers)


def _made(body: bytes, status: int, media: str, context: Context, **headers: str) -> Response:
    return Response(
        body,
        status,
        {
            "content-type": f"{media}; charset=utf-8",
            "x-request-id": context.request_id,
            "cache-control": "no-store",
            **headers,
        },
    )
