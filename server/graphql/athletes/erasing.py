"""Erasing an athlete: the vendors are told, then nothing of them is left here."""

from __future__ import annotations

import asyncio
import logging
from contextlib import closing
from typing import Final

from tortoise.transactions import in_transaction

from server import uploads
from server.graphql.context import Services
from server.live.feed import Feed
from storage import ledger
from storage.connect import connect
from storage.ledger import Job
from storage.people import connections, orders
from storage.settings import current_settings

__all__ = ["erase"]

_log = logging.getLogger("poise.graphql")

#: Seconds that vendors are given to hear of it; an athlete's wish does not wait for them.
FAREWELL_S: Final = 10.0


async def erase(services: Services, athlete_id: int) -> None:
    """End the connections, forget the observations and their documents, remove the athlete."""
    async with in_transaction():
        found = await connections.of_athlete(athlete_id)
        jobs = [await orders.order_revoke(one.id) for one in found if await connections.remove(one.id)]
    for job in jobs:
        await ledger.dispatch(services.redis, job)
    try:
        async with asyncio.timeout(FAREWELL_S):
            for job in jobs:
                await _ended(services, job)
    except TimeoutError:
        _log.warning("an athlete is erased before every vendor was told")
    for job in jobs:
        await ledger.cancel(job.id)
    url = services.settings.database_url.get_secret_value()
    # Whoever leaves in the middle must not leave half of a person behind.
    await asyncio.shield(asyncio.to_thread(_erase, url, athlete_id))


async def _ended(services: Services, job: Job) -> None:
    async for _ in Feed(await services.hub.job(job.id), lambda event: event.payload, None):
        pass


def _erase(url: str, athlete_id: int) -> None:
    # Bulk work loads polars; a server that is never asked for it need not.
    from storage import archive
    from storage.observations import erase_athlete

    settings = current_settings()
    with closing(connect(url)) as c:
        kept = archive.Archive(settings.archive_url or str(settings.data / "archive"))
        erase_athlete(c, kept, uploads.folder(), athlete_id)
