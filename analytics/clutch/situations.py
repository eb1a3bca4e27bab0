"""Clutch situations: the unbroken stretches inside a window."""

from __future__ import annotations

import polars as pl

from analytics.frames import SITUATIONS, empty

__all__ = ["situations"]


def situations(flagged: pl.DataFrame, games: pl.DataFrame, definition_id: str) -> pl.DataFrame:
    """One row (``SITUATIONS``) for each run of neighbouring plays inside the window.

    ``flagged``: whole games from :func:`analytics.clutch.window.flag`. A stretch that reaches the end
    of a period and goes on at the start of the next (overtime) is one situation.
    """
    if not flagged["in_window"].any():
        return empty(SITUATIONS)
    inside = pl.col("in_window")
    opens = inside & ~inside.shift(1).over("game_id").fill_null(False)
    scored = pl.col("points")
    home = pl.col("team_id") == pl.col("home_team_id")
    away = pl.col("team_id") == pl.col("away_team_id")
    return (
        flagged.with_columns(number=opens.cum_sum().over("game_id").cast(pl.Int32))
        .filter(inside)
        .join(games.select("game_id", "home_team_id", "away_team_id"), on="game_id", how="left")
        .group_by("game_id", "number", maintain_order=True)
        .agg(
            definition_id=pl.lit(definition_id),
            start_period=pl.col("period").first(),
            start_clock_s=pl.col("clock_s").first(),
            end_period=pl.col("period").last(),
            end_clock_s=pl.col("clock_s").last(),
            start_margin=pl.col("margin_before").first(),
            end_margin=(pl.col("score_home") - pl.col("score_away")).last(),
            home_points=scored.filter(home).sum(),
            away_points=scored.filter(away).sum(),
            plays=pl.len(),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in SITUATIONS.items())
    )
