"""The leaderboard of a season, and how much of it is luck.

Ranked is who has a score in at least a quarter of the scored games of the season's busiest player
(``MINIMUM_SHARE``): a rule that holds in the first week as in April, and that keeps one good minute in
November off the top. Everybody else is listed without a rank.

Points over expectation in the clutch say little about skill. In the clutch minutes of 2018-19, 2023-24
and 2024-25 players differ by 0.046, 0.016 and 0 points an attempt beyond what chance alone gives (method
of moments), that is: by nothing one season could tell. So :func:`shrunk_poe` takes how much they differ
from all their attempts, pulls every total towards the season's mean by it and adds a 95 % interval.
"""

from __future__ import annotations

import polars as pl

from analytics.frames import COUNTS, LEADERS, PLAYER_GAMES, conform

__all__ = ["MINIMUM_SHARE", "NOISE_VARIANCE", "SKILL_SD", "leaders", "shrunk_poe"]

#: Scored games needed for a rank, as a share of the most any player of that season has.
MINIMUM_SHARE = 0.25

#: Standard deviation between players of POE per attempt, in points, and variance of one attempt around a
#: player's mean, in points²: over all attempts of 2023-24 and 2018-19 they are 0.064 and 0.058, 1.17
#: and 1.11 (one-way analysis of variance, weighted by attempts).
SKILL_SD = 0.06
NOISE_VARIANCE = 1.1

_SEASON = ["definition_id", "season", "season_type"]
#: Order of the board inside a season, and whether it descends.
_ORDER = {"_enough": True, "score_mean": True, "poe": True, "player_id": False}
_NORMAL_95 = 1.959964  # two-sided 95 % quantile of the normal distribution


def leaders(player_games: pl.DataFrame) -> pl.DataFrame:
    """One row (``LEADERS``) for each definition, season, part of it and player; ranked first.

    ``rank`` orders by the mean score (ties: by POE, then by id); ``percentile`` is the share
    of the ranked strictly below, in percent. A game whose season is unknown is on no board.
    ``player_games`` keeps ``PLAYER_GAMES``.
    """
    played = conform(player_games, PLAYER_GAMES, "player_games").sort("tipoff_at", "game_id")
    played = played.drop_nulls(_SEASON)
    totals = played.group_by(*_SEASON, "player_id", maintain_order=True).agg(
        pl.col("team_id").last(),
        games=(pl.col("seconds") > 0).sum(),
        seconds=pl.col("seconds").sum(),
        **{name: pl.col(name).sum() for name in COUNTS},
        expected_points=pl.col("expected_points").sum(),
        poe=pl.col("poe").sum(),
        score_mean=pl.col("score").mean(),
        scored=pl.col("score").count(),
    )
    busiest = pl.col("scored").max().over(_SEASON)
    enough = (pl.col("scored") > 0) & (pl.col("scored") >= MINIMUM_SHARE * busiest)
    below = pl.col("_score").rank("min") - 1
    ranked = (
        totals.with_columns(_enough=enough)
        .sort(
            *_SEASON,
            *_ORDER,
            descending=[False] * len(_SEASON) + list(_ORDER.values()),
            nulls_last=True,
        )
        .with_columns(
            rank=pl.when("_enough").then(pl.int_range(1, pl.len() + 1).over(_SEASON)),
            _score=pl.when("_enough").then("score_mean"),
        )
        .with_columns(percentile=(100 * below / pl.col("_score").count()).over(_SEASON))
    )
    return ranked.select(pl.col(name).cast(dtype) for name, dtype in LEADERS.items())


def shrunk_poe(player_games: pl.DataFrame) -> pl.DataFrame:
    """A season's ``poe_shrunk``, ``poe_low`` and ``poe_high`` per player; keys as in :func:`leaders`.

    Totals over the season in points, for everybody with an attempt. POE per attempt ``x`` over ``n``
    attempts (field goals and free throws) is taken as normal around the player's own mean with variance
    ``NOISE_VARIANCE / n``, the players' means as normal around the season's ``m`` with ``SKILL_SD``:

        B = SKILL_SD² / (SKILL_SD² + NOISE_VARIANCE / n),   shrunk = n · (m + B · (x - m))

    and low and high are shrunk ± 1.96 · n · SKILL_SD · sqrt(1 - B). Half of the way back to the mean is
    left at about 300 attempts: more than anybody has in a season's clutch minutes.
    """
    games = conform(player_games, PLAYER_GAMES, "player_games")
    n, x, mean, trust = pl.col("n"), pl.col("x"), pl.col("m"), pl.col("b")
    return (
        games.group_by(*_SEASON, "player_id")
        .agg(n=(pl.col("fga") + pl.col("fta")).sum().cast(pl.Float64), poe=pl.col("poe").sum())
        .filter(n > 0)
        .with_columns(
            x=pl.col("poe") / n,
            m=(pl.col("poe").sum() / n.sum()).over(_SEASON),
            b=SKILL_SD**2 / (SKILL_SD**2 + NOISE_VARIANCE / n),
        )
        .with_columns(
            poe_shrunk=n * (mean + trust * (x - mean)),
            half=_NORMAL_95 * SKILL_SD * n * (1 - trust).sqrt(),
        )
        .select(
            *_SEASON,
            "player_id",
            "poe_shrunk",
            poe_low=pl.col("poe_shrunk") - pl.col("half"),
            poe_high=pl.col("poe_shrunk") + pl.col("half"),
        )
        .sort(*_SEASON, "player_id")
    )
