"""One server or worker in this process: what ``poise server`` and ``poise worker`` run."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from server.serving import configuration
from server.settings import ServerSettings
from storage.settings import settings_in_force

if TYPE_CHECKING:
    from storage.embedded.runtime import Endpoints
    from storage.settings import Settings

__all__ = ["run_worker_process", "serve"]

logger = logging.getLogger(__name__)

#: Comma-separated names of the game feeds whose live games a worker follows.
LIVE_VARIABLE = "POISE_LIVE"


def serve(
    settings: Settings,
    endpoints: Endpoints,
    *,
    host: str,
    port: int,
    allow_anonymous: bool,
    with_worker: bool,
) -> None:
    """Serve until SIGINT or SIGTERM. Raises ``PublicBindError`` rather than let strangers in."""
    imports, replays = settings.data / "imports", settings.data / "replays"
    for folder in (imports, replays):
        folder.mkdir(parents=True, exist_ok=True)
    chosen = ServerSettings(
        database_url=endpoints.database_url,
        redis_url=endpoints.redis_url,
        host=host,
        port=port,
        allow_anonymous=allow_anonymous,
        import_root=Path(os.environ.get("POISE_IMPORT_ROOT", imports)),
        replay_root=Path(os.environ.get("POISE_REPLAY_ROOT", replays)),
    )
    server = uvicorn.Server(configuration(chosen))
    with settings_in_force(settings):
        asyncio.run(_serve(server, settings, endpoints, with_worker=with_worker))


async def _serve(
    server: uvicorn.Server, settings: Settings, endpoints: Endpoints, *, with_worker: bool
) -> None:
    if not with_worker:
        await server.serve()
        return
    from tasks.context import open_services
    from tasks.handlers import load
    from tasks.worker import work

    stop = asyncio.Event()
    async with open_services(settings, endpoints) as services:
        working = asyncio.create_task(work(services, stop, registry=load()))
        try:
            await server.serve()
        finally:
            stop.set()
            await working


def run_worker_process(settings: Settings, endpoints: Endpoints) -> None:
    """Work until SIGINT or SIGTERM."""
    from storage.connect import database
    from tasks.live.discover import watch_vendors
    from tasks.worker import run_worker

    vendors = [name.strip() for name in os.environ.get(LIVE_VARIABLE, "").split(",") if name.strip()]

    async def begin() -> None:
        async with database(endpoints.database_url):
            await watch_vendors(vendors)

    if vendors:
        asyncio.run(begin())
        logger.info("following the live games of %s", ", ".join(vendors))
    run_worker(settings, endpoints)
