"""From plays to clutch tables: many games at once, or one live game."""

from __future__ import annotations

import dataclasses

import polars as pl

from analytics.clutch import actions, lineups, minutes, score, shots, window
from analytics.clutch.definition import ClutchDefinition
from analytics.clutch.expected_points import ExpectedPoints
from analytics.clutch.situations import situations
from analytics.frames import (
    COUNTS,
    GAMES,
    PLAYER_GAMES,
    PLAYS,
    ROSTERS,
    SITUATIONS,
    TEAM_GAMES,
    conform,
    empty,
)

__all__ = ["ClutchTables", "compute"]

_GAME_COLUMNS = ("game_id", "season", "season_type", "tipoff_at")


@dataclasses.dataclass(frozen=True)
class ClutchTables:
    """What one definition finds in the given games."""

    situations: pl.DataFrame
    """``analytics.frames.SITUATIONS``."""
    player_games: pl.DataFrame
    """``analytics.frames.PLAYER_GAMES``; ``percentile`` and ``adjusted_score`` are still null."""
    team_games: pl.DataFrame
    """``analytics.frames.TEAM_GAMES``."""
    skipped: tuple[str, ...] = ()
    """Games with a window whose two teams ``games`` does not tell: they give no row."""


def compute(
    plays: pl.DataFrame,
    games: pl.DataFrame,
    rosters: pl.DataFrame,
    definition: ClutchDefinition,
    model: ExpectedPoints,
) -> ClutchTables:
    """Situations, player games and team games of every game in ``plays`` under ``definition``.

    The frames keep ``PLAYS``, ``GAMES`` and ``ROSTERS`` (rosters may lack players, or be empty) and may
    come in any order. A game without a play inside the window gives no row. Raises
    :class:`analytics.frames.ColumnError` where a contract is broken.
    """
    games = conform(games, GAMES, "games").unique("game_id", keep="first", maintain_order=True)
    rosters = conform(rosters, ROSTERS, "rosters")
    flagged = _late_games(conform(plays, PLAYS, "plays"), definition)
    teams = games.select("game_id", "home_team_id", "away_team_id").drop_nulls()
    skipped = flagged.join(teams, on="game_id", how="anti")["game_id"].unique().sort()
    flagged = _with_teams(flagged, teams)
    if flagged.is_empty():
        return ClutchTables(empty(SITUATIONS), empty(PLAYER_GAMES), empty(TEAM_GAMES), tuple(skipped))
    rosters = rosters.join(flagged.select("game_id").unique(), on="game_id", how="semi")
    members = lineups.memberships(flagged, rosters)
    floor = minutes.on_the_floor(flagged, lineups.stints(flagged, games, rosters, members))
    inside = flagged.filter("in_window")
    return ClutchTables(
        situations(flagged, games, definition.id),
        _player_games(flagged, inside, members, floor, games, definition, model),
        _team_games(inside, games, definition),
        tuple(skipped),
    )


def _late_games(plays: pl.DataFrame, definition: ClutchDefinition) -> pl.DataFrame:
    """Every play, in order and flagged, of the games that have one inside the window."""
    flagged = window.flag(plays.sort("game_id", "position"), definition)
    return flagged.filter(pl.col("in_window").any().over("game_id"))


def _with_teams(plays: pl.DataFrame, teams: pl.DataFrame) -> pl.DataFrame:
    """Plays of games whose ``teams`` are known, with ``row``, ``home_team_id`` and ``opponent_id``."""
    return (
        plays.join(teams, on="game_id", how="inner", maintain_order="left")
        .with_row_index("row")
        .with_columns(
            pl.col("row").cast(pl.Int64),
            opponent_id=pl.when(pl.col("team_id") == pl.col("home_team_id"))
            .then("away_team_id")
            .when(pl.col("team_id") == pl.col("away_team_id"))
            .then("home_team_id"),
        )
        .drop("away_team_id")
    )


def _player_games(
    flagged: pl.DataFrame,
    inside: pl.DataFrame,
    members: pl.DataFrame,
    floor: pl.DataFrame,
    games: pl.DataFrame,
    definition: ClutchDefinition,
    model: ExpectedPoints,
) -> pl.DataFrame:
    key = ["game_id", "player_id"]
    shot = shots.attempts(flagged, pl.col("in_window") & pl.col("player_id").is_not_null())
    expected = shot.with_columns(model.expected(shot)).group_by(key).agg(pl.col("expected_points").sum())
    # who did something countable but cannot be placed on the floor still has his row
    counts = actions.player_counts(inside).join(members, on=key, how="inner")
    whole = (
        floor.join(counts, on=[*key, "team_id"], how="full", coalesce=True)
        .filter((pl.col("seconds") > 0) | (pl.col("plus_minus") != 0) | pl.col("fga").is_not_null())
        .join(expected, on=key, how="left")
        .with_columns(
            pl.col("lineups_complete").fill_null(False),
            pl.col("seconds", "expected_points").fill_null(0.0),
            *(pl.col(name).fill_null(0) for name in COUNTS),
        )
    )
    return _finish(score.scored(whole), games, definition, PLAYER_GAMES, "player_id")


def _team_games(inside: pl.DataFrame, games: pl.DataFrame, definition: ClutchDefinition) -> pl.DataFrame:
    teams = games.select("game_id", pl.concat_list("home_team_id", "away_team_id").alias("team_id"))
    length = inside.group_by("game_id").agg(seconds=pl.col("elapsed_s").sum())
    counts = actions.team_counts(inside)
    both = (
        length.join(teams, on="game_id")
        .explode("team_id")
        .join(counts, on=["game_id", "team_id"], how="left")
        .with_columns(pl.col(counts.columns[2:]).fill_null(0))
        .with_columns(plus_minus=2 * pl.col("pts") - pl.col("pts").sum().over("game_id"))
    )
    return _finish(both, games, definition, TEAM_GAMES, "team_id")


def _finish(
    rows: pl.DataFrame, games: pl.DataFrame, definition: ClutchDefinition, schema: pl.Schema, by: str
) -> pl.DataFrame:
    """The columns of ``schema``: the definition and the game beside what was counted; the rest null."""
    known = rows.join(games.select(_GAME_COLUMNS), on="game_id", how="left").with_columns(
        definition_id=pl.lit(definition.id)
    )
    return known.select(
        (pl.col(name) if name in known.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in schema.items()
    ).sort("game_id", "team_id", by, maintain_order=True)
