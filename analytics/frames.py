"""Column contracts of every frame that enters or leaves analytics.

A contract is a ``pl.Schema``; what a column means stands beside it. :func:`conform` is the door:
it selects a contract's columns in its order, brings equivalent types to the contract's (a column of
nulls, narrower integers, categories for text) and refuses everything else with a sentence that
names the column. Extra columns are dropped, so a caller may hand over whole rows of storage.
"""

from __future__ import annotations

import polars as pl

__all__ = [
    "COUNTS",
    "GAMES",
    "LEADERS",
    "PLAYER_GAMES",
    "PLAYS",
    "ROSTERS",
    "SITUATIONS",
    "TEAM_GAMES",
    "ColumnError",
    "conform",
    "empty",
]

_TIME = pl.Datetime("us", "UTC")

#: One row a play; the reader's words are those of ``poise_sdk.records.Play``.
PLAYS = pl.Schema(
    {
        "game_id": pl.String(),
        "position": pl.Int32(),  # place in the game, ascending; need not be dense
        "period": pl.Int32(),  # 1-based, overtimes go on counting
        "clock_s": pl.Float64(),  # seconds left in the period
        "kind": pl.String(),  # poise_sdk.vocabulary.PlayKind
        "subtype": pl.String(),  # canonical refinement: offensive, dunk, technical, 1_of_2
        "team_id": pl.Int64(),
        "player_id": pl.Int64(),  # who did it, null for a team's play; in a substitution: who leaves
        "assist_id": pl.Int64(),
        "steal_id": pl.Int64(),  # an opponent's
        "block_id": pl.Int64(),  # an opponent's
        "foul_drawn_id": pl.Int64(),  # an opponent's
        "sub_in_id": pl.Int64(),  # in a substitution: who comes in
        "shot_value": pl.Int32(),  # 1, 2 or 3; null for everything that is not an attempt
        "made": pl.Boolean(),
        "points": pl.Int32(),  # points this play scored, for team_id
        "distance_ft": pl.Float32(),  # null where the document does not say
        "score_home": pl.Int32(),  # after the play
        "score_away": pl.Int32(),
    }
)

#: One row a game.
GAMES = pl.Schema(
    {
        "game_id": pl.String(),
        "season": pl.String(),  # 2024-25
        "season_type": pl.String(),  # poise_sdk.vocabulary.SeasonType
        "tipoff_at": _TIME,
        "home_team_id": pl.Int64(),
        "away_team_id": pl.Int64(),
    }
)

#: One row for each player of each game.
ROSTERS = pl.Schema(
    {
        "game_id": pl.String(),
        "player_id": pl.Int64(),
        "team_id": pl.Int64(),
        "starter": pl.Boolean(),  # null where the document does not tell who started
    }
)

#: The counting columns, in the league's order. Field goals include threes; a player's turnovers,
#: rebounds and fouls are his own, a team's turnovers include those no player is charged with.
#: ``pf`` never holds technical fouls. ``plus_minus``: points for minus against while on the floor.
COUNTS: dict[str, pl.Int32] = {
    name: pl.Int32()
    for name in (
        "fgm", "fga", "fg3m", "fg3a", "ftm", "fta", "oreb", "dreb",
        "ast", "tov", "stl", "blk", "pf", "pts", "plus_minus",
    )
}  # fmt: skip

#: One row for each unbroken stretch inside the window.
SITUATIONS = pl.Schema(
    {
        "definition_id": pl.String(),
        "game_id": pl.String(),
        "number": pl.Int32(),  # 1-based in the game
        "start_period": pl.Int32(),
        "start_clock_s": pl.Float64(),  # clock of its first play
        "end_period": pl.Int32(),
        "end_clock_s": pl.Float64(),  # clock of its last play
        "start_margin": pl.Int32(),  # home minus away before its first play
        "end_margin": pl.Int32(),  # home minus away after its last play
        "home_points": pl.Int32(),  # scored inside it
        "away_points": pl.Int32(),
        "plays": pl.Int32(),
    }
)

#: One row for each player who was on the floor for, or did anything countable in, a game's window.
PLAYER_GAMES = pl.Schema(
    {
        "definition_id": pl.String(),
        "game_id": pl.String(),
        "player_id": pl.Int64(),
        "team_id": pl.Int64(),
        "season": pl.String(),
        "season_type": pl.String(),
        "tipoff_at": _TIME,
        "seconds": pl.Float64(),  # on the floor inside the window; a game counts (GP) where > 0
        **COUNTS,
        "expected_points": pl.Float64(),  # of his attempts inside the window
        "poe": pl.Float64(),  # pts - expected_points
        "actions": pl.Int32(),  # analytics.clutch.score.ACTIONS
        "successes": pl.Int32(),
        "score": pl.Float64(),  # 0-100, null without an action
        "adjusted_score": pl.Float64(),  # null until a readiness is known
        "percentile": pl.Float64(),  # 0-100, null until the season is known (clutch.score.percentiles)
        "lineups_complete": pl.Boolean(),  # all five of his team were known throughout the window
    }
)

#: One row for each team of each game that had a window.
TEAM_GAMES = pl.Schema(
    {
        "definition_id": pl.String(),
        "game_id": pl.String(),
        "team_id": pl.Int64(),
        "season": pl.String(),
        "season_type": pl.String(),
        "tipoff_at": _TIME,
        "seconds": pl.Float64(),  # the window's length; a game counts (GP) where > 0
        **COUNTS,
    }
)

#: One row for each player of each season and part of a season.
LEADERS = pl.Schema(
    {
        "definition_id": pl.String(),
        "season": pl.String(),
        "season_type": pl.String(),
        "player_id": pl.Int64(),
        "team_id": pl.Int64(),  # of his latest game
        "games": pl.Int32(),  # with any second on the floor
        "seconds": pl.Float64(),
        **COUNTS,
        "expected_points": pl.Float64(),
        "poe": pl.Float64(),
        "score_mean": pl.Float64(),  # over his games with a score, null without one
        "percentile": pl.Float64(),  # 0-100, share of the season's ranked players strictly below
        "rank": pl.Int32(),  # 1-based, null below the minimum (clutch.leaders)
    }
)


class ColumnError(ValueError):
    """A frame does not keep its column contract."""


def empty(schema: pl.Schema) -> pl.DataFrame:
    """A frame of ``schema`` without a row."""
    return pl.DataFrame(schema=schema)


def conform(frame: pl.DataFrame, schema: pl.Schema, name: str) -> pl.DataFrame:
    """``frame`` with exactly the columns and types of ``schema``; ``name`` is used in the error.

    Raises :class:`ColumnError` where a column is missing, has a type that cannot stand for the
    contract's, or holds a value that does not fit it.
    """
    actual = frame.schema
    missing = [column for column in schema if column not in actual]
    if missing:
        raise ColumnError(f"{name}: missing column{'s' * (len(missing) > 1)} {', '.join(missing)}")
    casts = []
    for column, wanted in schema.items():
        have = actual[column]
        if have == wanted:
            continue
        if not _stands_for(have, wanted):
            raise ColumnError(f"{name}.{column}: expected {wanted}, got {have}")
        casts.append(pl.col(column).cast(wanted))
    chosen = frame.select(schema.names())
    try:
        return chosen.with_columns(casts) if casts else chosen
    except pl.exceptions.InvalidOperationError as error:
        raise ColumnError(f"{name}: a value does not fit its column: {error}") from error


def _stands_for(have: pl.DataType, wanted: pl.DataType) -> bool:
    """Whether a column of type ``have`` may be cast to ``wanted`` without changing its meaning."""
    if have == pl.Null:
        return True
    if wanted.is_integer():
        return have.is_integer()
    if wanted.is_float():
        return have.is_numeric()
    if wanted == pl.String:
        return have in (pl.Categorical, pl.Enum)
    if isinstance(wanted, pl.Datetime):
        return isinstance(have, pl.Datetime) and have.time_zone is not None
    return False
