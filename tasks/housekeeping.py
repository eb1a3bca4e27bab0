"""Recurring jobs of the house itself: old successes are forgotten, uploads that were read are removed."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
from pathlib import Path
from typing import Any, Final

from storage import ledger
from storage.connect import rows
from tasks.context import JobContext
from tasks.registry import job
from tasks.schedule import Cron, Recurring

__all__ = ["clean_uploads", "prune_jobs"]

#: Days a finished job can be looked up.
KEEP_DAYS: Final = 30
#: Hours that an uploaded file is kept at least: an import that failed can be tried again for a day.
KEEP_UPLOADS_HOURS: Final = 24

# An import that is open needs its file, however long it waits.
_WANTED = "SELECT args FROM jobs WHERE kind = 'wearables.import' AND state IN ('queued', 'running')"


@job(
    "jobs.prune",
    timeout_s=300,
    recurring=(Recurring(Cron(hour=frozenset({3}), minute=frozenset({30})), {"keep_days": KEEP_DAYS}),),
)
async def prune_jobs(context: JobContext, args: dict[str, Any]) -> dict[str, Any]:
    """Forget jobs that ended well more than ``keep_days`` ago."""
    return {"pruned": await ledger.prune(dt.timedelta(days=float(args["keep_days"])))}


@job(
    "uploads.clean",
    timeout_s=300,
    recurring=(
        Recurring(Cron(hour=frozenset({3}), minute=frozenset({45})), {"keep_hours": KEEP_UPLOADS_HOURS}),
    ),
)
async def clean_uploads(context: JobContext, args: dict[str, Any]) -> dict[str, Any]:
    """Remove files uploaded to this machine more than ``keep_hours`` ago that no open import has to read."""
    wanted = "\n".join(row["args"] for row in await rows(_WANTED))
    before = dt.datetime.now(dt.UTC) - dt.timedelta(hours=float(args["keep_hours"]))
    folder = context.settings.data / "uploads"
    return {"removed": await asyncio.to_thread(_remove, folder, before.timestamp(), wanted)}


def _remove(folder: Path, before: float, wanted: str) -> int:
    """Remove each upload's folder that has not been touched since ``before``; how many."""
    removed = 0
    for home in folder.iterdir() if folder.is_dir() else ():
        # An upload's folder has a random name: where it stands in a job's arguments, it is that job's.
        if home.is_dir() and not home.is_symlink() and home.name not in wanted and _touched(home) < before:
            shutil.rmtree(home, ignore_errors=True)
            removed += 1
    return removed


def _touched(home: Path) -> float:
    """When the folder or a file in it last changed: a large upload may be written for hours."""
    try:
        return max(path.stat().st_mtime for path in (home, *home.iterdir()))
    except FileNotFoundError:  # somebody else is removing it
        return float("inf")
