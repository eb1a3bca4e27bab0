"""Fits the expected-points model and says, out of sample, what it is worth.

The last season is held out (of a single season its last fifth of games); nothing of it is fitted. What
is shipped is the very model that was evaluated. Each season has its own base rate while fitting and the
model takes the latest one: what a layup adds changes slowly, how well the league shoots does not.

Leakage: whether a distance is printed must say nothing about the outcome. ``Report.distance_gap`` holds,
for every season, how much more often jump shots carry one when made than when missed; where the gap
exceeds the tolerance, distances are not used at all. ``Report.known_gain`` is what the bare flag "a
distance is known" still adds, out of sample, to a model with all features: it must be nothing.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression

from analytics.clutch import shots, window
from analytics.clutch.definition import LEAGUE
from analytics.clutch.expected_points import ExpectedPoints, Weights
from analytics.frames import GAMES, PLAYS, conform
from analytics.models.evaluation import CalibrationBin, Floats, Quality, calibration, quality
from poise_sdk.vocabulary import PlayKind

__all__ = ["Report", "TrainConfig", "features", "fit", "train"]

_FIELD_GOAL, _FREE_THROW = PlayKind.FIELD_GOAL.value, PlayKind.FREE_THROW.value
_MODELS: Mapping[str, Mapping[str, shots.Feature]] = {
    _FIELD_GOAL: shots.FIELD_GOAL_FEATURES,
    _FREE_THROW: shots.FREE_THROW_FEATURES,
}
_DECIMALS = 5  # of a weight: a hundred-thousandth of a logit is below any sampling error


@dataclasses.dataclass(frozen=True)
class TrainConfig:
    """What a fit depends on besides its data."""

    test_share: float = 0.2
    """Share of games held out where there is only one season."""
    inverse_ridge: float = 1.0
    """scikit-learn's ``C``: a level's weight is shrunk as by about one attempt."""
    distance_tolerance: float = 0.1
    """Largest ``distance_gap`` with which distances are used."""

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a value out of range."""
        if not (0 < self.test_share < 1 and self.inverse_ridge > 0 and 0 <= self.distance_tolerance <= 1):
            raise ValueError(f"expected points: impossible training configuration {self}")


@dataclasses.dataclass(frozen=True)
class Report:
    """What was fitted on what, and how good it is on what it never saw."""

    trained_on: tuple[str, ...]
    tested_on: tuple[str, ...]
    train_games: int
    test_games: int
    train_attempts: Mapping[str, int]
    quality: Mapping[str, Mapping[str, Quality]]
    """By set of test attempts (``field_goal``, ``field_goal_clutch``, ``free_throw``) and forecaster:
    ``model``, ``by_value`` (the mean of each shot value in the latest training season), ``constant``
    (the mean of all)."""
    calibration: Mapping[str, tuple[CalibrationBin, ...]]
    distance_gap: Mapping[str, float]
    """By season: P(distance known | made) - P(… | missed), over twos that are jump shots, and threes."""
    distance_used: bool
    known_gain: float
    """Out-of-sample log loss won by adding "a distance is known" to the features."""
    data_sha256: str
    """Of the training attempts, counted by level and outcome."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON and the artefact's provenance."""
        return {
            "trained_on": list(self.trained_on),
            "tested_on": list(self.tested_on),
            "train_games": self.train_games,
            "test_games": self.test_games,
            "train_attempts": dict(self.train_attempts),
            "quality": {
                part: {name: scores.as_dict() for name, scores in forecasters.items()}
                for part, forecasters in self.quality.items()
            },
            "calibration": {
                part: [[b.n, round(b.forecast, 4), round(b.made, 4)] for b in bins]
                for part, bins in self.calibration.items()
            },
            "distance_gap": {season: round(gap, 4) for season, gap in self.distance_gap.items()},
            "distance_used": self.distance_used,
            "known_gain": round(self.known_gain, 6),
            "data_sha256": self.data_sha256,
        }


def train(
    plays: pl.DataFrame, games: pl.DataFrame, config: TrainConfig | None = None
) -> tuple[ExpectedPoints, Report]:
    """Fit on ``plays`` (``PLAYS``) of ``games`` (``GAMES``, with seasons); see :func:`fit`."""
    return fit(features(plays, games), config)


def features(plays: pl.DataFrame, games: pl.DataFrame) -> pl.DataFrame:
    """One row for each attempt: game, season, outcome, what the levels are made of.

    Seasons may be prepared one by one and concatenated, which is all that keeps memory low.
    """
    known = conform(games, GAMES, "games").select("game_id", "season", "tipoff_at")
    if known["season"].null_count():
        raise ValueError("expected points: every game needs its season to be ordered in time")
    ordered = conform(plays, PLAYS, "plays").sort("game_id", "position")
    tried = shots.attempts(window.flag(ordered, LEAGUE), pl.lit(True))
    columns = [
        "game_id", "kind", "subtype", "shot_value", "made", "distance_ft", "period", "clock_s", "team_id",
        "margin_before", "before_kind", "before_subtype", "before_team", "before_steal", "gap_s",
    ]  # fmt: skip
    return tried.select(columns).join(known, on="game_id", how="inner", maintain_order="left")


def fit(attempts: pl.DataFrame, config: TrainConfig | None = None) -> tuple[ExpectedPoints, Report]:
    """The model fitted on all but the held-out games of ``attempts``, and its report on those.

    ``attempts``: from :func:`features`, of at least two games. Deterministic. Raises ``ValueError`` where
    either side of the split has no field goal and no free throw, made and missed.
    """
    config = config or TrainConfig()
    gap = _distance_gap(attempts)
    use_distance = all(abs(value) <= config.distance_tolerance for value in gap.values())
    known = pl.col("distance_ft").is_not_null()
    prepared = attempts.with_columns(known=pl.when(known).then(pl.lit("known")).otherwise(pl.lit("unknown")))
    if not use_distance:
        prepared = prepared.with_columns(distance_ft=pl.lit(None, pl.Float32))
    seen, unseen = _split(prepared, config)
    _refuse_too_little(seen, unseen)
    cells = {kind: _cells(seen, kind, list(names)) for kind, names in _MODELS.items()}
    weights = {kind: _logistic(cells[kind], list(names), config) for kind, names in _MODELS.items()}
    model = ExpectedPoints(weights[_FIELD_GOAL], weights[_FREE_THROW], {}, use_distance)
    report = Report(
        trained_on=tuple(sorted(seen["season"].unique())),
        tested_on=tuple(sorted(unseen["season"].unique())),
        train_games=seen["game_id"].n_unique(),
        test_games=unseen["game_id"].n_unique(),
        train_attempts={kind: int(table["n"].sum()) for kind, table in cells.items()},
        **_evaluate(model, seen, unseen),
        distance_gap=gap,
        distance_used=use_distance,
        known_gain=_known_gain(seen, unseen, config),
        data_sha256=_digest(cells),
    )
    provenance = {
        "made_by": __name__,
        "config": dataclasses.asdict(config),
        "features": {kind: list(names) for kind, names in _MODELS.items()},
        **report.as_dict(),
    }
    return dataclasses.replace(model, provenance=provenance), report


def _split(attempts: pl.DataFrame, config: TrainConfig) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Before and after: the last season is held out, or the last games of the only one."""
    games = attempts.select("game_id", "season", "tipoff_at").unique("game_id")
    seasons = games["season"].unique().sort()
    if len(seasons) > 1:
        late = pl.col("season") == seasons[-1]
        return attempts.filter(~late), attempts.filter(late)
    ordered = games.sort("tipoff_at", "game_id", nulls_last=True)["game_id"]
    held_out = ordered.tail(max(1, round(len(ordered) * config.test_share)))
    late = pl.col("game_id").is_in(held_out.implode())
    return attempts.filter(~late), attempts.filter(late)


def _refuse_too_little(seen: pl.DataFrame, unseen: pl.DataFrame) -> None:
    for part, name in ((seen, "training"), (unseen, "held-out")):
        for kind in _MODELS:
            if part.filter(pl.col("kind") == kind)["made"].n_unique() < 2:
                words = kind.replace("_", " ")
                raise ValueError(f"expected points: the {name} games lack made or missed {words}s")


def _cells(attempts: pl.DataFrame, kind: str, names: Sequence[str]) -> pl.DataFrame:
    """Attempts and makes by season and levels: all that a logistic fit needs to know."""
    levels = {name: _MODELS[kind][name]() for name in names if name in _MODELS[kind]}
    own = [name for name in names if name not in levels]
    return (
        attempts.filter(pl.col("kind") == kind)
        .select("season", "made", *own, **levels)
        .group_by("season", *names)
        .agg(n=pl.len(), made=pl.col("made").sum())
        .sort("season", *names)
    )


def _logistic(cells: pl.DataFrame, names: Sequence[str], config: TrainConfig) -> Weights:
    """Ridge logistic regression on one-hot levels; weights are centred on the training attempts."""
    columns = [(name, level) for name in names for level in cells[name].unique().sort()]
    seasons = cells["season"].unique().sort().to_list()
    design = np.column_stack(
        [(cells[name] == level).to_numpy() for name, level in columns]
        + [(cells["season"] == season).to_numpy() for season in seasons[:-1]]
    ).astype(np.float64)
    made, n = cells["made"].to_numpy().astype(np.float64), cells["n"].to_numpy().astype(np.float64)
    outcome = np.repeat([1, 0], len(n))
    fitted = LogisticRegression(C=config.inverse_ridge, solver="newton-cholesky", max_iter=200).fit(
        np.vstack([design, design]), outcome, sample_weight=np.concatenate([made, n - made])
    )
    intercept = float(fitted.intercept_[0])
    coefficients = dict(zip(columns, fitted.coef_[0], strict=False))
    levels: dict[str, dict[str, float]] = {}
    for name in names:
        counts = cells.group_by(name).agg(pl.col("n").sum()).sort(name)
        raw = np.array([coefficients[name, level] for level in counts[name]])
        centre = float(np.average(raw, weights=counts["n"].to_numpy()))
        intercept += centre
        levels[name] = {
            level: round(float(value - centre), _DECIMALS)
            for level, value in zip(counts[name], raw, strict=True)
        }
    return Weights(round(intercept, _DECIMALS), levels)


def _evaluate(model: ExpectedPoints, seen: pl.DataFrame, unseen: pl.DataFrame) -> dict[str, Any]:
    """Scores and calibration on the held-out attempts, of the model and of the plain means."""
    clutch = shots.situation() == "clutch"
    field_goal, free_throw = pl.col("kind") == _FIELD_GOAL, pl.col("kind") == _FREE_THROW
    parts = {"field_goal": field_goal, "field_goal_clutch": field_goal & clutch, "free_throw": free_throw}
    scores: dict[str, dict[str, Quality]] = {}
    tables: dict[str, tuple[CalibrationBin, ...]] = {}
    for part, where in parts.items():
        kind = _FREE_THROW if part == "free_throw" else _FIELD_GOAL
        chosen = unseen.filter(where)
        latest = seen.filter((pl.col("kind") == kind) & (pl.col("season") == pl.col("season").max()))
        made = _floats(chosen["made"])
        overall = float(_floats(latest["made"]).mean())
        means = dict(latest.group_by("shot_value").agg(pl.col("made").mean()).rows())
        by_value = chosen["shot_value"].replace_strict(means, default=overall, return_dtype=pl.Float64)
        forecasts = {
            "model": _floats(model.probability(chosen)),
            "by_value": _floats(by_value),
            "constant": np.full(len(made), overall),
        }
        scores[part] = {name: quality(forecast, made) for name, forecast in forecasts.items()}
        tables[part] = calibration(forecasts["model"], made)
    return {"quality": scores, "calibration": tables}


def _distance_gap(attempts: pl.DataFrame) -> dict[str, float]:
    """By season: how much more often a distance is known when the shot was made.

    Over threes and over twos that are jump shots, the larger of the two gaps. Layups and dunks are left
    out: printed distances begin at 6 ft, and there the longer ones really do miss more.
    """
    printed = pl.col("distance_ft") >= pl.col("shot_value").replace_strict(
        shots.DISTANCE_PRINTED_FROM_FT, default=0, return_dtype=pl.Int32
    )
    jump = (pl.col("shot_value") == 3) | (pl.col("subtype") == "jump_shot")
    shares = (
        attempts.filter((pl.col("kind") == _FIELD_GOAL) & jump)
        .group_by("season", "shot_value")
        .agg(
            gap=printed.fill_null(False).filter(pl.col("made")).mean()
            - printed.fill_null(False).filter(~pl.col("made")).mean()
        )
        .drop_nulls("gap")
        .sort("season", pl.col("gap").abs(), "shot_value")
    )
    return dict(shares.select("season", "gap").iter_rows())


def _known_gain(seen: pl.DataFrame, unseen: pl.DataFrame, config: TrainConfig) -> float:
    """Log loss on the held-out field goals without, minus with, the flag "a distance is known"."""
    losses = []
    for extra in ([], ["known"]):
        names = [*shots.FIELD_GOAL_FEATURES, *extra]
        weights = _logistic(_cells(seen, _FIELD_GOAL, names), names, config)
        functions = {**shots.FIELD_GOAL_FEATURES, "known": lambda: pl.col("known")}
        chosen = unseen.filter(pl.col("kind") == _FIELD_GOAL)
        logit = _floats(chosen.select(logit=weights.logit(functions))["logit"])
        losses.append(quality(1 / (1 + np.exp(-logit)), _floats(chosen["made"])).log_loss)
    return losses[0] - losses[1]


def _floats(series: pl.Series) -> Floats:
    return series.cast(pl.Float64).to_numpy()


def _digest(cells: Mapping[str, pl.DataFrame]) -> str:
    digest = hashlib.sha256()
    for kind in sorted(cells):
        digest.update(kind.encode())
        digest.update(cells[kind].write_csv().encode())
    return digest.hexdigest()
