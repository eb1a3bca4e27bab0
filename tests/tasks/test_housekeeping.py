"""What the house does by itself: uploads nobody reads any more are removed, and no others."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from storage import ledger
from tasks.context import JobContext, Services
from tasks.housekeeping import clean_uploads

DAY_S = 86_400


def upload(services: Services, name: str, *, age_s: float, file_age_s: float | None = None) -> Path:
    """A file that was uploaded some time ago."""
    home = services.settings.data / "uploads" / name
    home.mkdir(parents=True)
    path = home / "export.zip"
    path.write_bytes(b"PK")
    now = time.time()
    os.utime(path, times=(now, now - (age_s if file_age_s is None else file_age_s)))
    os.utime(home, times=(now, now - age_s))
    return path


async def clean(services: Services) -> dict[str, Any]:
    job = await ledger.enqueue("uploads.clean", {"keep_hours": 24})
    return await clean_uploads(JobContext(job, services, None), job.args)  # type: ignore[arg-type]


async def test_old_uploads_are_removed_and_those_still_wanted_are_kept(services: Services):
    assert await clean(services) == {"removed": 0}, "no folder, nothing to do"
    old = upload(services, "a" * 32, age_s=2 * DAY_S)
    young = upload(services, "b" * 32, age_s=DAY_S - 600)
    growing = upload(services, "c" * 32, age_s=2 * DAY_S, file_age_s=60)
    waiting = upload(services, "d" * 32, age_s=9 * DAY_S)
    args = {"vendor": "whoop", "paths": [str(waiting)], "athlete_id": 1}
    job = await ledger.enqueue("wearables.import", args)
    assert await clean(services) == {"removed": 1}
    assert [path.exists() for path in (old, young, growing, waiting)] == [False, True, True, True]
    await ledger.cancel(job.id)
    assert await clean(services) == {"removed": 1}
    assert not waiting.parent.exists()
