"""How the application is put on a port."""

from __future__ import annotations

import uvicorn

from adapters.host import Registry
from server.app import create_app
from server.settings import ServerSettings, refuse_public_bind

__all__ = ["configuration"]

#: Pings tell a client that is gone from one that is silent.
PING_S = 20.0
#: What runs may finish within this time when the server is told to stop.
GRACE_S = 5


def configuration(settings: ServerSettings, registry: Registry | None = None) -> uvicorn.Config:
    """Return uvicorn's configuration; raises `PublicBindError` for a host that strangers can reach.

    ``registry`` replaces the adapters that are installed.
    """
    refuse_public_bind(settings)
    return uvicorn.Config(
        create_app(settings, registry),
        host=settings.host,
        port=settings.port,
        ws="websockets-sansio",
        # Compressing each message for each client anew would cost more than everything else together.
        ws_per_message_deflate=False,
        ws_max_size=settings.limits.body_bytes,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        timeout_graceful_shutdown=GRACE_S,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
