"""Recurring jobs: each slot of the clock is enqueued once, however many workers read the schedule.

Slots are times in UTC. The latest slot that has begun is enqueued; slots missed while no worker
lived are not made up for, and while the job of an earlier slot is open the next one waits: a job that
takes longer than its period runs back to back, and never beside itself.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from tortoise.transactions import in_transaction

from storage import ledger
from storage.ledger import Job
from storage.ledger.sql import fetch

if TYPE_CHECKING:
    from tasks.registry import Registry

__all__ = ["Cron", "Every", "Recurring", "Scheduler", "Trigger"]

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MINUTE: Final = dt.timedelta(minutes=1)

# One reader of the schedule at a time: a slot may be enqueued, run and finished within another
# reader's glance, and the index of open keys no longer knows it then.
_ALONE = "SELECT pg_try_advisory_xact_lock(hashtextextended('poise schedule', 0)) AS alone"

# The bound on ``created_at`` is for the index; a day is more than clocks can differ.
_HAD = """
SELECT
    EXISTS (
        SELECT FROM jobs
        WHERE kind = $1 AND key = $2 AND created_at > least($4, clock_timestamp()) - interval '1 day'
    ) AS slot,
    EXISTS (
        SELECT FROM jobs
        WHERE kind = $1 AND starts_with(key, $3) AND key <> $2 AND state IN ('queued', 'running')
    ) AS open
"""


class Trigger(Protocol):
    """Decides when a recurring job is due."""

    def slot(self, now: dt.datetime) -> dt.datetime | None:
        """Return the begin of the slot that ``now`` (aware) lies in, ``None`` if it lies in none."""


@dataclass(frozen=True, slots=True)
class Every:
    """Every ``seconds``, counted from the epoch, so that all workers agree."""

    seconds: float

    def __post_init__(self) -> None:
        if self.seconds <= 0:
            raise ValueError("the seconds between two slots must be positive")

    def slot(self, now: dt.datetime) -> dt.datetime:
        """Return the latest whole multiple of ``seconds``."""
        period = dt.timedelta(seconds=self.seconds)
        return _EPOCH + (now - _EPOCH) // period * period


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """At the given minutes, hours (UTC) and weekdays (Monday is 0); ``None`` means each.

    A slot lasts ``grace``: a worker that starts later than that waits for the next one.
    """

    minute: frozenset[int] = field(default_factory=lambda: frozenset({0}))
    hour: frozenset[int] | None = None
    weekday: frozenset[int] | None = None
    grace: dt.timedelta = dt.timedelta(hours=1)

    def slot(self, now: dt.datetime) -> dt.datetime | None:
        """Return the latest matching minute no longer ago than ``grace``."""
        moment = now.astimezone(dt.UTC).replace(second=0, microsecond=0)
        while now - moment <= self.grace:
            if self._matches(moment):
                return moment
            moment -= _MINUTE
        return None

    def _matches(self, moment: dt.datetime) -> bool:
        return (
            moment.minute in self.minute
            and (self.hour is None or moment.hour in self.hour)
            and (self.weekday is None or moment.weekday() in self.weekday)
        )


@dataclass(frozen=True, slots=True)
class Recurring:
    """When a kind of job is due by itself, and with which arguments."""

    trigger: Trigger
    args: dict[str, Any] = field(default_factory=dict)


class Scheduler:
    """Reads the schedule of one registry for one worker."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._settled: dict[tuple[str, int], dt.datetime] = {}
        """The latest slot of each entry that needs no further look: it spares an idle worker the database."""

    async def enqueue_due(self, now: dt.datetime) -> list[Job]:
        """Enqueue what is due at ``now`` (aware) and has not been enqueued; the caller dispatches it."""
        due = [
            (kind, number, slot)
            for kind in self._registry.kinds()
            for number, recurring in enumerate(kind.recurring)
            if (slot := recurring.trigger.slot(now)) is not None
            and self._settled.get((kind.name, number)) != slot
        ]
        if not due:
            return []
        jobs = []
        settled = {}
        async with in_transaction() as transaction:
            if not (await fetch(_ALONE, using_db=transaction))[0]["alone"]:
                return []
            for kind, number, slot in due:
                # several entries of one kind are told apart by their place
                prefix = f"schedule:{kind.name}:{number}:"
                key = f"{prefix}{slot:%Y-%m-%dT%H:%M:%S.%fZ}"
                had = (await fetch(_HAD, kind.name, key, prefix, slot, using_db=transaction))[0]
                if not had["slot"] and not had["open"]:
                    job = await ledger.enqueue(
                        kind.name,
                        kind.recurring[number].args,
                        key=key,
                        timeout_s=kind.timeout_s,
                        max_attempts=kind.max_attempts,
                        using_db=transaction,
                    )
                    jobs.append(job)
                if had["slot"] or not had["open"]:
                    settled[kind.name, number] = slot
        self._settled.update(settled)
        return jobs
