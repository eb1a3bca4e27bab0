"""GraphiQL, from our own files: it loads nothing from anybody else's server."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

__all__ = ["STATIC", "page", "static", "wants_page"]

STATIC = Path(__file__).parent / "static"

#: Styles of the editor are set by script; everything else must come from here.
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def wants_page(request: Request) -> bool:
    """Whether this is a browser on its way to a page rather than a client with a query."""
    return (
        request.method == "GET"
        and "text/html" in request.headers.get("accept", "")
        and "query" not in request.query_params
        and "extensions" not in request.query_params
    )


def page() -> Response:
    """The page."""
    headers = {
        "content-security-policy": _POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
    }
    return HTMLResponse(_index(), headers=headers)


def static() -> Mount:
    """Where the page's scripts and styles are served."""
    return Mount("/static", StaticFiles(directory=STATIC))


@cache
def _index() -> str:
    return (STATIC / "graphiql" / "index.html").read_text()
