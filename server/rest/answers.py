"""Answers of the plain endpoints: small pages for people, small JSON for programs."""

from __future__ import annotations

from html import escape
from typing import Any, Final

import orjson
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, Response

from server.settings import ServerSettings

__all__ = ["address_of", "failure", "job_answer", "page", "plain"]

#: A page of words: it loads nothing, frames nothing, sends nobody the address it came by.
_PAGE_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
_STYLE: Final = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem}"


def page(title: str, message: str, status: int = 200) -> Response:
    """A page with a heading and a sentence."""
    body = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<h1>{escape(title)}</h1><p>{escape(message)}</p></html>"
    )
    return HTMLResponse(body, status, headers=_PAGE_HEADERS)


def failure(status: int, code: str, message: str, **headers: str) -> Response:
    """An error as JSON."""
    return plain({"error": {"code": code, "message": message}}, status, **headers)


def plain(body: Any, status: int = 200, **headers: str) -> Response:
    """JSON that nobody keeps."""
    return Response(
        orjson.dumps(body),
        status,
        {"cache-control": "no-store", **{name.replace("_", "-"): value for name, value in headers.items()}},
        media_type="application/json",
    )


def job_answer(job_id: str, node_id: str, size: int) -> Response:
    """What follows a file that was taken: the import's job, and how to follow it."""
    return plain(
        {
            "job": {"id": node_id, "key": job_id},
            "bytes": size,
            "follow": {
                "query": "query ($id: ID!) { job(id: $id) { state result error } }",
                "subscription": "subscription ($id: ID!) { jobProgress(jobId: $id) "
                "{ state progress { done total note } } }",
            },
        },
        202,
    )


def address_of(request: HTTPConnection, settings: ServerSettings) -> str:
    """The address by which whoever asks reaches this server; the guard has looked at its host already."""
    if settings.public_url is not None:
        return settings.public_url
    scheme = {"ws": "http", "wss": "https"}.get(request.url.scheme, request.url.scheme)
    return f"{scheme}://{request.headers.get('host', '')}"
