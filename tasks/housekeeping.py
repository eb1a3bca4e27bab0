"""The ledger's own recurring job: old successes are forgotten, dead letters are kept."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from storage import ledger
from tasks.context import JobContext
from tasks.registry import job
from tasks.schedule import Cron, Recurring

__all__ = ["prune_jobs"]

#: Days a finished job can be looked up.
KEEP_DAYS: Final = 30


@job(
    "jobs.prune",
    timeout_s=300,
    recurring=(Recurring(Cron(hour=frozenset({3}), minute=frozenset({30})), {"keep_days": KEEP_DAYS}),),
)
async def prune_jobs(context: JobContext, args: dict[str, Any]) -> dict[str, Any]:
    """Forget jobs that ended well more than ``keep_days`` ago."""
    return {"pruned": await ledger.prune(dt.timedelta(days=float(args["keep_days"])))}
