"""An export of Garmin Connect, from the order to the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from storage.connect import rows
from storage.embedded.runtime import Endpoints
from storage.people import athletes
from storage.people.orders import order_import
from storage.settings import Settings
from tasks.context import Services, open_services
from tasks.inline import run_inline
from tests.adapters.garmin.invented import export
from tests.tasks.conftest import QUICK

TABLES = ("nights", "hrv_nights", "workouts", "body_measurements", "daily_summaries")


async def _imported(services: Services, whose: int, path: Path) -> dict[str, int]:
    """The counts of all its files together."""
    job = await order_import("garmin", [path], whose)
    job = await run_inline(job.id, services, options=QUICK)
    assert job.state == "succeeded", job.error
    assert job.result is not None
    counts = list(job.result["files"].values())
    return {name: sum(one[name] for one in counts) for name in ("rows", "stored", "unchanged", "rejected")}


async def _stored() -> dict[str, list[Any]]:
    found = {}
    for table in TABLES:
        found[table] = await rows(f"SELECT * FROM {table} ORDER BY athlete_id, source_id")
    found["readings"] = await rows("SELECT * FROM readings ORDER BY stream_id, at, end_at")
    found["effective"] = await rows("SELECT * FROM daily_effective ORDER BY athlete_id, day, metric")
    return found


async def test_a_second_import_of_an_export_changes_nothing(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    path = export(tmp_path / "export.zip")
    here = Endpoints(database_url=database_url, redis_url=redis_url)
    async with open_services(Settings(data=tmp_path / "data"), here, children=1) as services:
        whose = (await athletes.add("Ada", "America/New_York")).id
        first = await _imported(services, whose, path)
        assert first["rejected"] == 0
        assert first["stored"] > 0
        before = await _stored()
        assert all(before.values())
        assert {night["day"].isoformat() for night in before["nights"]} == {"2025-03-04", "2025-03-05"}
        # also where nobody remembers the documents
        await rows("UPDATE observation_documents SET complete = false")
        again = await _imported(services, whose, path)
        assert (again["stored"], again["rejected"]) == (0, 0)
        assert again["unchanged"] == first["rows"]
        assert await _stored() == before
