"""Seconds on the floor and plus/minus.

Seconds: the ten on the floor are credited with the whole interval that ends at a play inside the
window, including its part before the window opened. Plus/minus: what a play inside the window scores
counts for the ten on the floor at that play; a free throw's points for the ten on the floor when the
foul was called, because substitutions are allowed between the foul and the throws.
"""

from __future__ import annotations

import polars as pl

from analytics.clutch.actions import is_technical
from poise_sdk.vocabulary import PlayKind

__all__ = ["on_the_floor", "whistles"]


def whistles(plays: pl.DataFrame) -> pl.DataFrame:
    """``row`` and ``whistle_row`` of every free throw: the play of the foul it was given for.

    That is the last foul of its sort (technical or not) against the shooter's team at the same clock;
    a free throw without one stands for itself.
    """
    foul = pl.col("kind") == PlayKind.FOUL.value
    sort = ["game_id", "period", "clock_s", "against", "technical"]
    return (
        plays.filter(foul | (pl.col("kind") == PlayKind.FREE_THROW.value))
        .with_columns(
            against=pl.when(foul).then("opponent_id").otherwise("team_id"),
            technical=is_technical(),
            whistle_row=pl.when(foul).then("row"),
        )
        .with_columns(pl.col("whistle_row").forward_fill().over(sort).fill_null(pl.col("row")))
        .filter(~foul)
        .select("row", "whistle_row")
    )


def on_the_floor(plays: pl.DataFrame, sides: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """``seconds``, ``plus_minus`` and ``lineups_complete`` per game, team and player.

    ``plays``: whole games from ``window.flag`` with ``row``, ``home_team_id`` and ``opponent_id``;
    ``sides``: their stints from ``lineups.stints``.
    """
    inside = plays.filter("in_window")
    scored = inside.filter(pl.col("points") != 0).join(whistles(plays), on="row", how="left")
    for_home = pl.col("team_id") == pl.col("home_team_id")
    points = scored.select(
        "game_id",
        row=pl.coalesce("whistle_row", "row"),
        home=pl.when(for_home).then("points").otherwise(-pl.col("points")),
    )
    parts = []
    for side, sign in (("home", 1), ("away", -1)):
        lineups = sides[side]
        starts = lineups["row"]
        elapsed = inside.select("game_id", "elapsed_s", stint=_stint(inside["row"], starts))
        margins = points.select(
            "game_id", plus_minus=sign * pl.col("home"), stint=_stint(points["row"], starts)
        )
        together = (
            pl.concat([elapsed, margins], how="diagonal")
            .group_by("game_id", "stint")
            .agg(seconds=pl.col("elapsed_s").sum(), plus_minus=pl.col("plus_minus").sum())
            .join(lineups.with_row_index("stint"), on="stint")
            .with_columns(
                lineups_complete=(pl.col("complete") | (pl.col("seconds") == 0)).all().over("game_id"),
            )
        )
        parts.append(
            together.explode("players", empty_as_null=True)
            .drop_nulls("players")
            .group_by("game_id", "team_id", player_id="players")
            .agg(
                pl.col("seconds").sum(),
                pl.col("plus_minus").sum().cast(pl.Int32),
                pl.col("lineups_complete").first(),
            )
        )
    return pl.concat(parts)


def _stint(rows: pl.Series, starts: pl.Series) -> pl.Series:
    """Which stint (index into ``starts``, ascending) each of ``rows`` belongs to."""
    index = starts.search_sorted(rows, side="right")
    return (index.cast(pl.Int64) - 1).cast(pl.UInt32)
