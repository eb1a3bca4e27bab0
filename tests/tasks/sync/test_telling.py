from __future__ import annotations

import asyncio
import json
from typing import Any

import asyncpg
import pytest

from poise_sdk.vocabulary import DataType
from storage import events
from storage.connect import rows
from tasks.sync.telling import SYNC
from tasks.sync.turns import BusyError, turn
from tests.tasks.conftest import WITHIN_S
from tests.tasks.sync.conftest import Place, nights

SESSIONS = (
    "SELECT count(*) AS n FROM pg_stat_activity "
    "WHERE application_name = 'poise-turns' AND datname = current_database()"
)


async def heard(place: Place, what: Any) -> list[dict[str, Any]]:
    """What is published while ``what`` is done, up to the news that ends it."""
    news: list[dict[str, Any]] = []
    async with events.subscribe(place.services.redis, SYNC) as subscription, asyncio.timeout(WITHIN_S):
        await what()
        async for event in subscription:
            assert isinstance(event, events.Message)
            news.append(json.loads(event.payload))
            if news[-1]["status"] in ("ok", "error", "backfilled"):
                return news
    raise AssertionError("it ended without a word")


async def test_a_sync_is_told_from_its_beginning_to_its_end(place: Place) -> None:
    nights(place.vendor, 3)
    news = await heard(place, place.sync)
    # on a slow machine the same status is told again
    assert list(dict.fromkeys(one["status"] for one in news)) == ["syncing", "ok"]
    last = news[-1]
    assert last.pop("at").endswith("+00:00")
    assert last == {
        "athlete_id": place.connection.athlete_id,
        "connection_id": place.connection.id,
        "vendor": "stranger",
        "data_type": "sleep",
        "status": "ok",
        "done": 3,
        "total": 0,
        "note": "",
    }


async def test_a_backfill_is_told_with_how_far_it_is(place: Place) -> None:
    news = await heard(place, place.backfill)
    assert {(one["status"], one["total"]) for one in news} == {("backfilling", 14), ("backfilled", 0)}
    assert news[0]["note"].startswith("fetched back to ")
    assert len(news) < 14  # of the same status only now and then


async def test_one_turn_excludes_the_same_turn_and_no_other(place: Place) -> None:
    async with turn(1, DataType.SLEEP):
        for _ in range(2):
            with pytest.raises(BusyError):
                async with turn(1, DataType.SLEEP):
                    raise AssertionError("two have the turn")
        async with turn(1, DataType.WORKOUT), turn(2, DataType.SLEEP):
            assert (await rows(SESSIONS))[0]["n"] == 1
    async with turn(1, DataType.SLEEP):
        pass


async def test_a_turn_held_by_another_process_is_respected(place: Place) -> None:
    name = f"poise sync 1 {DataType.SLEEP.value}"
    other = await asyncpg.connect(place.services.endpoints.database_url)
    try:
        await other.execute("SELECT pg_advisory_lock(hashtextextended($1, 0))", name)
        with pytest.raises(BusyError):
            async with turn(1, DataType.SLEEP):
                raise AssertionError("two have the turn")
    finally:
        await other.close()
    async with turn(1, DataType.SLEEP):
        pass
