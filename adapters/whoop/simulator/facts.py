"""What happened to a body: the plain facts, before anybody asks what WHOOP says of them by when."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from adapters.whoop.payloads import ScoreState

__all__ = ["Cycle", "Day", "Fact", "Recovery", "Sleep", "Workout"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A stretch of time (UTC) that WHOOP records at one instant and scores at another."""

    id: str
    start: dt.datetime
    end: dt.datetime
    offset_s: int
    recorded_at: dt.datetime
    scored_at: dt.datetime
    """When its score (or the finding that there is none) is there; never before it was recorded."""
    outcome: ScoreState
    """What it is from ``scored_at`` on."""
    edited_at: dt.datetime | None = None

    def state(self, now: dt.datetime) -> ScoreState:
        """Its state at ``now``."""
        return self.outcome if self.scored_at <= now else ScoreState.PENDING_SCORE

    def updated_at(self, now: dt.datetime) -> dt.datetime:
        """When it changed last."""
        known = self.scored_at if self.scored_at <= now else self.recorded_at
        return max(known, self.edited_at) if self.edited_at else known


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What a night gives the morning."""

    score: int
    resting_hr: float
    hrv_ms: float
    spo2: float | None
    skin_temp_c: float | None
    calibrating: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleep(Fact):
    """A night or a nap; durations in milliseconds, the stages fill the time in bed."""

    cycle_id: int
    nap: bool
    awake_ms: int
    no_data_ms: int
    light_ms: int
    deep_ms: int
    rem_ms: int
    sleep_cycles: int
    disturbances: int
    baseline_ms: int
    debt_ms: int
    strain_ms: int
    nap_ms: int
    """Negative or zero."""
    respiratory_rate: float
    consistency: float | None
    recovery: Recovery | None
    """``None`` for a nap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workout(Fact):
    """An activity; zones in milliseconds, 0 to 5."""

    sport: str
    strain: float
    average_hr: int
    max_hr: int
    kilojoule: float
    recorded_pct: float
    distance_m: float | None
    gain_m: float | None
    change_m: float | None
    zones_ms: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle(Fact):
    """A day of strain; ``end`` is when the next one starts, the figures are those of its end."""

    strain: float
    kilojoule: float
    average_hr: int
    max_hr: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """All that belongs to the cycle of one day."""

    cycle: Cycle
    sleeps: tuple[Sleep, ...]
    workouts: tuple[Workout, ...]
