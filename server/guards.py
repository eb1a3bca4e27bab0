"""Who may speak to the server: requests to our own name, from our own pages.

A page of another site can make its visitor's browser send requests to 127.0.0.1, and, by letting
its own name resolve there (DNS rebinding), even read the answers. Hence a loopback server answers
only to loopback names, and neither takes WebSockets nor requests from pages of other origins.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from server.settings import ServerSettings, is_loopback

__all__ = ["FROM_VENDORS", "Guard"]

#: Where vendors send browsers and words of their own, from whatever page: a callback is proved by its state
#: and the browser's cookie, a webhook by its signature. The host name is checked there too.
FROM_VENDORS = ("/oauth/", "/webhooks/")

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class Guard:
    """ASGI middleware that refuses foreign hosts and origins."""

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app = app
        self._hosts = settings.hosts
        self._origins = {origin.rstrip("/").lower() for origin in settings.allowed_origins}
        self._any_host = settings.allow_anonymous and not settings.allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request or refuse it with 403."""
        if scope["type"] not in ("http", "websocket") or not (refusal := self._refusal(scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse(refusal + "\n", 403)(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": refusal})

    def _refusal(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        name = _name(host)
        if not self._any_host and not is_loopback(name) and name not in self._hosts:
            return "this server does not answer to that host name"
        origin = headers.get("origin")
        if scope["path"].startswith(FROM_VENDORS):
            return None
        if origin is not None and not self._own(origin, host, scope["scheme"]):
            return "pages of that origin may not use this server"
        return None

    def _own(self, origin: str, host: str, scheme: str) -> bool:
        if origin.lower() in self._origins or "*" in self._origins:
            return True
        try:
            parts = urlsplit(origin)
            given = (parts.hostname, parts.port or _PORTS.get(parts.scheme))
            ours = urlsplit(f"//{host}")
            own = (ours.hostname, ours.port or _PORTS.get(parts.scheme))
        except ValueError:
            return False
        # Behind a proxy that ends TLS the scheme differs; name and port are what makes the page ours.
        return given[0] is not None and given == own


def _name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""
