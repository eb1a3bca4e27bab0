"""What is counted: each counting column as one expression over plays, in one ordered table.

How the league counts under its clutch definition (found by comparing all 30 teams' cells):

* a rebound no player is credited with counts for nobody, nor for the team;
* a turnover no player is charged with (shot clock, eight seconds, five seconds) counts for the team;
* technical fouls of every sort count for nobody, nor does a foul of the bench.
"""

from __future__ import annotations

import dataclasses

import polars as pl

from poise_sdk.vocabulary import PlayKind

__all__ = ["COUNTED", "Counted", "is_technical", "player_counts", "team_counts"]

#: In ``subtype``: the word that marks a technical foul or free throw, and a technical foul without it.
_TECHNICAL = "technical"
_DEFENSIVE_THREE_SECONDS = "defensive_3_seconds"


def is_technical() -> pl.Expr:
    """Whether a foul or a free throw is technical; an unknown subtype is not."""
    subtype = pl.col("subtype").fill_null("")
    return subtype.str.contains(_TECHNICAL, literal=True) | (subtype == _DEFENSIVE_THREE_SECONDS)


def _kind(kind: PlayKind) -> pl.Expr:
    return pl.col("kind") == kind.value


@dataclasses.dataclass(frozen=True)
class Counted:
    """One counting column."""

    column: str
    """Its name in ``analytics.frames.COUNTS``."""
    amount: pl.Expr
    """What one play adds, over the columns of ``PLAYS``; null adds nothing."""
    by: str
    """The column of the player who is credited."""
    opponent: bool = False
    """Credited to a player of the team that is not ``team_id``."""
    players_only: bool = True
    """A play without a player adds nothing to the team either."""


_FIELD_GOAL = _kind(PlayKind.FIELD_GOAL)
_THREE = _FIELD_GOAL & (pl.col("shot_value") == 3)
_FREE_THROW = _kind(PlayKind.FREE_THROW)
_REBOUND = _kind(PlayKind.REBOUND)

#: Every counting column but plus/minus, which needs to know who is on the floor (``minutes``).
COUNTED: tuple[Counted, ...] = (
    Counted("fgm", _FIELD_GOAL & pl.col("made"), "player_id", players_only=False),
    Counted("fga", _FIELD_GOAL, "player_id", players_only=False),
    Counted("fg3m", _THREE & pl.col("made"), "player_id", players_only=False),
    Counted("fg3a", _THREE, "player_id", players_only=False),
    Counted("ftm", _FREE_THROW & pl.col("made"), "player_id", players_only=False),
    Counted("fta", _FREE_THROW, "player_id", players_only=False),
    Counted("oreb", _REBOUND & (pl.col("subtype") == "offensive"), "player_id"),
    Counted("dreb", _REBOUND & (pl.col("subtype") == "defensive"), "player_id"),
    Counted("ast", _FIELD_GOAL & pl.col("made"), "assist_id"),
    Counted("tov", _kind(PlayKind.TURNOVER), "player_id", players_only=False),
    Counted("stl", _kind(PlayKind.TURNOVER), "steal_id", opponent=True),
    Counted("blk", _FIELD_GOAL, "block_id", opponent=True),
    Counted("pf", _kind(PlayKind.FOUL) & ~is_technical(), "player_id"),
    Counted("pts", pl.col("points"), "player_id", players_only=False),
)


def player_counts(plays: pl.DataFrame) -> pl.DataFrame:
    """Counting columns (Int32) per ``game_id`` and ``player_id`` over the given plays."""
    columns = [counted.column for counted in COUNTED]
    parts = []
    for by in dict.fromkeys(counted.by for counted in COUNTED):
        amounts = [_amount(counted) for counted in COUNTED if counted.by == by]
        parts.append(
            plays.filter(pl.col(by).is_not_null()).group_by("game_id", player_id=pl.col(by)).agg(amounts)
        )
    return (
        pl.concat(parts, how="diagonal")
        .group_by("game_id", "player_id")
        .agg(pl.col(columns).sum())
        .filter(pl.any_horizontal(pl.col(columns) != 0))
    )


def team_counts(plays: pl.DataFrame) -> pl.DataFrame:
    """Counting columns (Int32) per ``game_id`` and ``team_id``.

    ``plays`` carries ``opponent_id``, the team of its game that is not ``team_id``.
    """
    columns = [counted.column for counted in COUNTED]
    parts = []
    for opponent in (False, True):
        amounts = [
            _amount(counted, pl.col(counted.by).is_not_null() if counted.players_only else None)
            for counted in COUNTED
            if counted.opponent is opponent
        ]
        team = pl.col("opponent_id" if opponent else "team_id")
        parts.append(plays.filter(team.is_not_null()).group_by("game_id", team_id=team).agg(amounts))
    return pl.concat(parts, how="diagonal").group_by("game_id", "team_id").agg(pl.col(columns).sum())


def _amount(counted: Counted, condition: pl.Expr | None = None) -> pl.Expr:
    amount = counted.amount if condition is None else pl.when(condition).then(counted.amount)
    return amount.cast(pl.Int32).sum().alias(counted.column)
