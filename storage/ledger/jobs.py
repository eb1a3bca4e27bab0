"""What the ledger knows of one job, as a value.

::

    enqueue ─▶ queued ──claim──▶ running ──finish──▶ succeeded
                 ▲                  │ ├──bury─────▶ dead ──replay──▶ queued
                 │                  │ └──cancel───▶ cancelled
                 └─ retry, reschedule, hand back, lease expired

A job is *open* while queued or running; of one key only one can be open.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, get_args
from uuid import UUID

import orjson

__all__ = ["OPEN_STATES", "STATES", "Job", "JobState", "from_row", "storable", "storable_text"]

JobState = Literal["queued", "running", "succeeded", "dead", "cancelled"]
STATES: Final[tuple[JobState, ...]] = get_args(JobState)
OPEN_STATES: Final[tuple[JobState, ...]] = ("queued", "running")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One row of ``jobs`` at one instant. It does not change with the row: read it again."""

    id: UUID
    kind: str
    key: str | None
    args: dict[str, Any]
    state: JobState
    attempts: int
    """Attempts begun since it was enqueued, replayed or rescheduled; one handed back does not count."""
    max_attempts: int
    timeout_s: int
    """Seconds one attempt may take."""
    run_after: dt.datetime
    lease_until: dt.datetime | None
    progress_done: int
    progress_total: int
    """Zero while unknown."""
    progress_note: str
    result: dict[str, Any] | None
    error: str | None
    """The traceback of the last failure, without values of variables and without secrets."""
    created_at: dt.datetime
    started_at: dt.datetime | None
    """Begin of the last attempt. No two attempts share one, so it tells whose lease it is."""
    finished_at: dt.datetime | None
    dispatched_at: dt.datetime | None
    existed: bool = False
    """``True`` only in the answer of ``enqueue``, where an open job of this key was there before."""

    @property
    def open(self) -> bool:
        """Whether it is still to be worked on."""
        return self.state in OPEN_STATES

    def as_existing(self) -> Job:
        """Return this job marked as one that ``enqueue`` found rather than wrote."""
        return replace(self, existed=True)


def from_row(row: Mapping[str, Any]) -> Job:
    """Build a :class:`Job` from a row of ``jobs``; jsonb columns arrive as text."""
    values = dict(row)
    values["args"] = orjson.loads(values["args"])
    values["result"] = None if values["result"] is None else orjson.loads(values["result"])
    return Job(**values)


def storable_text(text: str) -> str:
    """Replace what PostgreSQL's text cannot hold: NUL, and the lone surrogates of undecodable file names."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def storable(value: Any) -> Any:
    """Do as :func:`storable_text` to every string inside a JSON value, keys included."""
    match value:
        case str():
            return storable_text(value)
        case Mapping():
            return {storable_text(str(key)): storable(inner) for key, inner in value.items()}
        case list() | tuple():
            return [storable(inner) for inner in value]
        case _:
            return value
