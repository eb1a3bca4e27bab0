"""The clutch score, its readiness-adjusted sibling, and percentiles.

``score = 40 * success_rate + 40 * clamp((POE + 5) / 10, 0, 1) + 20 * min(10, actions) / 10``

with ``POE = points - expected points`` and ``success_rate = successes / actions`` over the window. So
a game of ten or more actions, all of them good, five points above expectation, scores 100.

An action is something a player did that could have gone well or badly for his team and is charged to
him by name:

===================  ==========  ==========================================================
action               succeeds    why
===================  ==========  ==========================================================
field goal attempt   when made   the shot
free throw           when made   each throw is its own make or miss
assist               always      the good end of a pass; its bad end is the turnover
turnover             never       the ball is lost
offensive rebound    always      a possession won
steal                always      a possession won
block                always      a shot denied
===================  ==========  ==========================================================

Not actions: defensive rebounds (three of four misses end in one, mostly for whoever stands nearest),
fouls (late ones are often ordered) and time on the floor.
"""

from __future__ import annotations

import polars as pl

__all__ = ["ACTIONS", "SUCCESSES", "adjusted_score", "percentiles", "scored"]

#: Counting columns whose sum is ``actions``.
ACTIONS = ("fga", "fta", "ast", "tov", "oreb", "stl", "blk")

#: Counting columns whose sum is ``successes``.
SUCCESSES = ("fgm", "ftm", "ast", "oreb", "stl", "blk")

_SUCCESS_WEIGHT, _POE_WEIGHT, _VOLUME_WEIGHT = 40.0, 40.0, 20.0
_POE_SPAN = 5.0  # points over (under) expectation that earn all (nothing) of its weight
_FULL_VOLUME = 10

_LOW_HRV_RATIO = 0.8  # more than 20 % below the baseline
_LOW_RECOVERY = 50.0
_PENALTY = 0.95


def scored(counts: pl.DataFrame) -> pl.DataFrame:
    """``counts`` with ``poe``, ``actions``, ``successes`` and ``score`` (null without an action).

    Needs the counting columns and ``expected_points``.
    """
    actions, poe = pl.col("actions"), pl.col("poe")
    return counts.with_columns(
        poe=pl.col("pts") - pl.col("expected_points"),
        actions=pl.sum_horizontal(*ACTIONS).cast(pl.Int32),
        successes=pl.sum_horizontal(*SUCCESSES).cast(pl.Int32),
    ).with_columns(
        score=pl.when(actions > 0).then(
            _SUCCESS_WEIGHT * pl.col("successes") / actions
            + _POE_WEIGHT * ((poe + _POE_SPAN) / (2 * _POE_SPAN)).clip(0.0, 1.0)
            + _VOLUME_WEIGHT * pl.min_horizontal(actions, pl.lit(_FULL_VOLUME)) / _FULL_VOLUME
        )
    )


def adjusted_score(score: float | None, hrv_ratio: float | None, recovery: float | None) -> float | None:
    """The score under the day's readiness: ×0.95 for low HRV, ×0.95 for low recovery.

    ``hrv_ratio``: the day's HRV over its baseline (low below 0.8); ``recovery``: 0-100 (low below 50).
    Where one is unknown, the other alone decides; ``None`` where there is no score or neither is known.
    """
    if score is None or (hrv_ratio is None and recovery is None):
        return None
    if hrv_ratio is not None and hrv_ratio < _LOW_HRV_RATIO:
        score *= _PENALTY
    if recovery is not None and recovery < _LOW_RECOVERY:
        score *= _PENALTY
    return score


def percentiles(player_games: pl.DataFrame, reference: pl.DataFrame | None = None) -> pl.DataFrame:
    """``player_games`` with ``percentile``: the share of the season's scores strictly below, in percent.

    A season's scores are those of ``reference`` (default: ``player_games`` itself) with the same
    ``definition_id``, ``season`` and ``season_type``; null where there is no score or no reference.
    """
    season = ["definition_id", "season", "season_type"]
    pool = (player_games if reference is None else reference).drop_nulls("score")
    below = (
        pool.group_by(*season, "score")
        .len("same")
        .sort(*season, "score")
        .with_columns(upto=pl.col("same").cum_sum().over(season), total=pl.col("same").sum().over(season))
    )
    # the number strictly below a score is the running count at the nearest lower score of the pool
    ranked = (
        player_games.drop("percentile", strict=False)
        .with_row_index("_order")
        .sort("score")
        .join_asof(
            below.sort("score").select(*season, "score", "upto"),
            on="score",
            by=season,
            strategy="backward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        .join(below.group_by(season).agg(pl.col("total").first()), on=season, how="left")
        .sort("_order")
    )
    share = 100 * pl.col("upto").fill_null(0) / pl.col("total")
    columns = dict.fromkeys([*player_games.columns, "percentile"])
    return ranked.with_columns(percentile=pl.when(pl.col("score").is_not_null()).then(share)).select(*columns)
