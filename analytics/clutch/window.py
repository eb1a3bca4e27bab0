"""Which plays are clutch, and how much time each of them ends.

Every play is judged by itself: the window is neither sticky nor by possession. A lead that grows
past the margin closes it, a basket that brings the teams together opens it again.
"""

from __future__ import annotations

import polars as pl

from analytics.clutch.definition import ClutchDefinition

__all__ = ["flag"]


def flag(plays: pl.DataFrame, definition: ClutchDefinition) -> pl.DataFrame:
    """``plays`` (ordered by game and position) with three more columns.

    * ``margin_before`` Int32: home minus away before the play, 0 before a game's first;
    * ``elapsed_s`` Float64: seconds from the previous play of the period to this one. A clock that
      runs backwards gives 0 until it has caught up, so a period's seconds add up to what was played;
    * ``in_window`` Boolean.
    """
    margin = pl.col("score_home") - pl.col("score_away")
    reached = pl.col("clock_s").cum_min().over("game_id", "period")
    return plays.with_columns(
        margin_before=margin.shift(1).over("game_id").fill_null(0),
        elapsed_s=(reached.shift(1).over("game_id", "period") - pl.col("clock_s"))
        .clip(lower_bound=0.0)
        .fill_null(0.0),
    ).with_columns(
        in_window=(
            (pl.col("period") >= definition.min_period)
            & (pl.col("clock_s") <= definition.last_seconds)
            & (pl.col("margin_before").abs() <= definition.margin)
        ),
    )
