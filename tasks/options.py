"""How a worker behaves: its times and sizes, in one value, so that a test can be quick."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["WorkerOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """Seconds and counts; the defaults suit one machine and suit many.

    A killed worker's job begins again ``lease_s`` + ``sweep_s`` seconds later at the latest.
    """

    max_jobs: int = 64
    """Jobs at once. Most wait for a vendor or for a child process; those bound themselves."""
    poll_s: float = 0.05
    """How often arq looks into Redis."""
    lease_s: float = 10.0
    """How long a claim lasts unless renewed."""
    heartbeat_s: float = 2.0
    """How often a claim is renewed: several chances within a lease."""
    progress_s: float = 0.25
    """Progress is stored and published no more often than this."""
    sweep_s: float = 2.0
    """How often lost jobs are looked for and the schedule is read."""
    overdue_s: float = 1.0
    """A job this long due and not in Redis is taken for lost: its dispatch is not merely under way."""
    cancel_grace_s: float = 5.0
    """How long a cancelled handler may take to tidy up before it is left behind."""
    record_s: float = 60.0
    """How long a worker tries to write an outcome down while PostgreSQL is away; then the lease decides."""
    start_s: float = 30.0
    """How long a starting worker waits for PostgreSQL."""
