"""Whether anything is stored of an athlete under a name."""

from __future__ import annotations

import asyncpg

from storage.connect import database
from storage.reads.wearables import metrics_told, vendors_told
from tests.server import bodies


async def test_a_name_is_known_to_the_athlete_of_whom_something_is_stored_under_it(database_url: str):
    await bodies.fill(database_url, days=0)
    c = await asyncpg.connect(database_url)
    try:
        value = {"day": bodies.TODAY, "vendor": "gone", "value": 1.0, "basis": "daily_summaries"}
        await bodies.insert(c, "daily_values", {"athlete_id": 1, "metric": "own_figure", **value})
        await c.execute(
            "INSERT INTO reading_streams (athlete_id, vendor, metric) VALUES (1, 'old', 'own_beat')"
        )
        await bodies.insert(c, "nights", bodies.night(2, bodies.TODAY, "gone"))
    finally:
        await c.close()
    async with database(database_url):
        names = ("own_figure", "own_beat", "nope")
        told = await metrics_told([(athlete, name) for athlete in (1, 2) for name in names])
        assert {key for key, known in told.items() if known} == {(1, "own_figure"), (1, "own_beat")}
        assert len(told) == 6
        vendors = await vendors_told([(athlete, name) for athlete in (1, 2) for name in ("gone", "old")])
        assert {key for key, known in vendors.items() if known} == {(1, "old"), (2, "gone")}
