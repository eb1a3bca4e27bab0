"""The words every room of Poise speaks: leagues, seasons, plays, statuses.

Vendor words never leave a vendor's folder; they are translated into these. Units stand in the
names: ``clock_s`` is seconds left in the period, ``distance_ft`` feet from the basket.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "DataType",
    "GameStatus",
    "PlayKind",
    "SeasonType",
    "period_length_s",
    "period_start_s",
]


class DataType(StrEnum):
    """What kind of body data a wearable's document holds; the unit of fetching and of sync state."""

    SLEEP = "sleep"
    RECOVERY = "recovery"
    CYCLE = "cycle"
    """A vendor's day of strain, from waking to waking."""
    WORKOUT = "workout"
    DAILY = "daily"
    """A summary of one local day."""
    READING = "reading"
    """Single values in time: heart rate, HRV, SpO2, temperature, …"""
    BODY = "body"
    """Height, weight, maximum heart rate."""
    PROFILE = "profile"
    JOURNAL = "journal"


class GameStatus(StrEnum):
    """Where a game stands."""

    SCHEDULED = "scheduled"
    LIVE = "live"
    FINAL = "final"


class SeasonType(StrEnum):
    """The part of a season a game belongs to."""

    PRESEASON = "preseason"
    REGULAR = "regular"
    PLAY_IN = "play_in"
    PLAYOFFS = "playoffs"
    CUP_FINAL = "cup_final"
    ALL_STAR = "all_star"


class PlayKind(StrEnum):
    """What happened in one play.

    A steal is part of its turnover and a block part of its missed shot (``steal_id``,
    ``block_id``): they are never plays of their own, because half of the vendors' formats
    carry them so and the other half can be folded into it without loss.
    """

    FIELD_GOAL = "field_goal"
    FREE_THROW = "free_throw"
    REBOUND = "rebound"
    TURNOVER = "turnover"
    FOUL = "foul"
    VIOLATION = "violation"
    SUBSTITUTION = "substitution"
    TIMEOUT = "timeout"
    JUMP_BALL = "jump_ball"
    EJECTION = "ejection"
    REVIEW = "review"
    STOPPAGE = "stoppage"
    PERIOD_START = "period_start"
    PERIOD_END = "period_end"
    GAME_END = "game_end"
    OTHER = "other"


#: Seconds in a regulation period and in an overtime, by league (NBA, G League: 12 minutes; WNBA: 10).
REGULATION_S = {"NBA": 720, "G League": 720, "WNBA": 600}
OVERTIME_S = 300


def period_length_s(league: str, period: int, *, regulation_periods: int = 4) -> int:
    """Seconds that ``period`` (1-based) of a game in ``league`` lasts."""
    return REGULATION_S.get(league, 720) if period <= regulation_periods else OVERTIME_S


def period_start_s(league: str, period: int, *, regulation_periods: int = 4) -> int:
    """Seconds of play before ``period`` (1-based) begins."""
    regulation = min(period - 1, regulation_periods) * REGULATION_S.get(league, 720)
    return regulation + max(period - 1 - regulation_periods, 0) * OVERTIME_S
