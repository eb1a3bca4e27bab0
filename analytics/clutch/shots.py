"""Attempts and their features, for expected points.

Each feature is one function that gives a level (text) for every attempt; ``FIELD_GOAL_FEATURES`` and
``FREE_THROW_FEATURES`` are the ordered lists. A feature may read only what was settled when the ball
left the hand. What the outcome colours is left out on purpose:

* assists (given for makes only), blocks, the wording around the shot ("Jump Shot" for makes where
  misses say "Shot");
* pull-up and step-back labels: in the archive format they are given to makes more often than to
  misses (step-back threes "fall" 39 %), so all jump shots are one family;
* the *absence* of a distance. Descriptions print it only from 6 ft (twos) or 24 ft (threes) on, so
  every distance below, and none at all, is the same level, whatever the format knows.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import polars as pl

from analytics.clutch.actions import is_technical
from analytics.clutch.definition import LEAGUE
from poise_sdk.vocabulary import PlayKind

__all__ = [
    "DISTANCE_PRINTED_FROM_FT",
    "FIELD_GOAL_FEATURES",
    "FREE_THROW_FEATURES",
    "attempts",
    "origin",
    "reach",
    "situation",
    "throw",
    "time_left",
]

#: From this distance on (whole feet, by what the shot is worth) descriptions print it.
DISTANCE_PRINTED_FROM_FT = {2: 6, 3: 24}

#: Upper bounds (feet, exclusive) of the levels of ``reach`` beyond the printed threshold.
_REACH_FT = {2: (10, 16, 20), 3: (25, 27, 30, 35, 40)}

#: Subtypes of field goals that are told apart; every other one is a jump shot.
_FAMILIES = ("dunk", "floater", "hook", "layup", "tip_in")
_JUMP = "jump_shot"
#: Families taken from every distance; the rest are told apart only as near or away.
_JUMPERS = ("floater", "jump_shot")

#: Kinds between two actions that are not basketball: they neither start nor end a possession.
_ADMINISTRATION = (
    PlayKind.SUBSTITUTION,
    PlayKind.TIMEOUT,
    PlayKind.REVIEW,
    PlayKind.STOPPAGE,
    PlayKind.EJECTION,
    PlayKind.OTHER,
)

_PUTBACK_S, _SECOND_CHANCE_S = 2, 5
_FAST_S, _EARLY_S = 4, 8
_LATE_CLOCK_S = 21  # of the 24 s shot clock
_BUZZER_S = (1, 3, 6)


def attempts(plays: pl.DataFrame, where: pl.Expr) -> pl.DataFrame:
    """Field goals and free throws among ``plays`` for which ``where`` holds, with what the features read.

    ``plays``: whole games, ordered, with ``margin_before`` (:func:`analytics.clutch.window.flag`).
    Added columns: ``before_kind``, ``before_subtype``, ``before_team``, ``before_steal`` and ``gap_s``
    of the basketball play before in the same period (null at its start).
    """
    shot = pl.col("kind").is_in([PlayKind.FIELD_GOAL.value, PlayKind.FREE_THROW.value])
    earlier = ["game_id", "period"]
    return (
        plays.filter(~pl.col("kind").is_in([kind.value for kind in _ADMINISTRATION]))
        .with_columns(
            before_kind=pl.col("kind").shift(1).over(earlier),
            before_subtype=pl.col("subtype").shift(1).over(earlier),
            before_team=pl.col("team_id").shift(1).over(earlier),
            before_steal=pl.col("steal_id").shift(1).over(earlier).is_not_null(),
            gap_s=(pl.col("clock_s").shift(1).over(earlier) - pl.col("clock_s")).clip(lower_bound=0.0),
        )
        .filter(shot & where & pl.col("shot_value").is_not_null() & pl.col("made").is_not_null())
    )


def reach() -> pl.Expr:
    """What the shot is worth, its family and how far it is: ``2 layup near``, ``3 jump_shot 25-27``."""
    three = pl.col("shot_value") == 3
    told = pl.when(pl.col("subtype").is_in(_FAMILIES)).then("subtype").otherwise(pl.lit(_JUMP))
    family = pl.when(three).then(pl.lit(_JUMP)).otherwise(told)
    far = family.is_in(_JUMPERS)
    twos = (
        pl.when(far)
        .then(_feet(2))
        .when(pl.col("distance_ft") >= DISTANCE_PRINTED_FROM_FT[2])
        .then(pl.lit("away"))  # too few to be told apart any further
        .otherwise(pl.lit("near"))
    )
    return pl.format("{} {} {}", "shot_value", family, pl.when(three).then(_feet(3)).otherwise(twos))


def _feet(value: int) -> pl.Expr:
    """The level of ``distance_ft`` for a shot worth ``value``; unknown counts as near."""
    low = DISTANCE_PRINTED_FROM_FT[value]
    feet, bounds = pl.col("distance_ft"), (low, *_REACH_FT[value])
    level: pl.Expr = pl.lit(f"{bounds[-1]}+")
    for near, far in reversed(list(itertools.pairwise(bounds))):
        level = pl.when(feet < far).then(pl.lit(f"{near}-{far}")).otherwise(level)
    return pl.when(feet.is_null() | (feet < low)).then(pl.lit("near")).otherwise(level)


def origin() -> pl.Expr:
    """How the ball came to the shooter's team, and how fast the shot followed."""
    gap, ours = pl.col("gap_s"), pl.col("before_team") == pl.col("team_id")
    rebound = pl.col("before_kind") == PlayKind.REBOUND.value
    second = rebound & (pl.col("before_subtype") == "offensive") & ours
    first = rebound & (pl.col("before_subtype") == "defensive") & ours
    steal = (pl.col("before_kind") == PlayKind.TURNOVER.value) & pl.col("before_steal") & ~ours
    return (
        pl.when(second & (gap <= _PUTBACK_S))
        .then(pl.lit("putback"))
        .when(second & (gap <= _SECOND_CHANCE_S))
        .then(pl.lit("second chance"))
        .when(steal & (gap <= _FAST_S))
        .then(pl.lit("steal, fast"))
        .when(steal & (gap <= _EARLY_S))
        .then(pl.lit("steal, early"))
        .when(first & (gap <= _FAST_S))
        .then(pl.lit("rebound, fast"))
        .when(first & (gap <= _EARLY_S))
        .then(pl.lit("rebound, early"))
        .when(gap >= _LATE_CLOCK_S)
        .then(pl.lit("late clock"))
        .otherwise(pl.lit("set"))
    )


def time_left() -> pl.Expr:
    """Whether the period's end presses the shot."""
    level: pl.Expr = pl.lit("enough")
    for bound in reversed(_BUZZER_S):
        level = pl.when(pl.col("clock_s") <= bound).then(pl.lit(f"<={bound} s")).otherwise(level)
    return level


def situation() -> pl.Expr:
    """Whether the game is late and close by the league's definition, whatever window is asked for."""
    late = (pl.col("period") >= LEAGUE.min_period) & (pl.col("clock_s") <= LEAGUE.last_seconds)
    close = pl.col("margin_before").abs() <= LEAGUE.margin
    return pl.when(late & close).then(pl.lit("clutch")).otherwise(pl.lit("other"))


def throw() -> pl.Expr:
    """Which free throw of how many: ``1 of 2``; ``technical``; ``other`` where it is not told."""
    count = pl.col("subtype").str.extract(r"([1-3]_of_[1-3])$").str.replace_all("_", " ", literal=True)
    return pl.when(is_technical()).then(pl.lit("technical")).otherwise(count.fill_null("other"))


Feature = Callable[[], pl.Expr]

FIELD_GOAL_FEATURES: dict[str, Feature] = {
    "reach": reach,
    "origin": origin,
    "time_left": time_left,
    "situation": situation,
}

FREE_THROW_FEATURES: dict[str, Feature] = {"throw": throw, "situation": situation}
