"""Points an attempt was worth before it went in or did not.

Two additive logistic models over levels (field goals, free throws), each a table of weights:

    P(made) = 1 / (1 + exp(-(intercept + sum of weight[feature][level]))),   expected = value * P(made)

A level the training never saw weighs nothing. The shipped artefact is JSON, carries its provenance and
a SHA-256 of itself, and is made by :mod:`analytics.models.train_expected_points`; evaluating it needs
polars only.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import polars as pl

from analytics.clutch import shots
from poise_sdk.vocabulary import PlayKind

__all__ = ["FORMAT", "ArtefactError", "ExpectedPoints", "Weights", "load", "loads", "shipped"]

#: Raised by every change that readers of an artefact must know of.
FORMAT = 1

_ARTEFACT = "expected_points.json"


class ArtefactError(ValueError):
    """An artefact is not one, is of another format, or was changed after it was made."""


@dataclasses.dataclass(frozen=True)
class Weights:
    """One additive logistic model."""

    intercept: float
    levels: Mapping[str, Mapping[str, float]]
    """Weight by feature and level."""

    def logit(self, features: Mapping[str, shots.Feature]) -> pl.Expr:
        """The log odds of a make, over the columns of :func:`analytics.clutch.shots.attempts`."""
        total: pl.Expr = pl.lit(self.intercept)
        for name, weights in self.levels.items():
            levels = features[name]()
            total = total + levels.replace_strict(
                list(weights), list(weights.values()), default=0.0, return_dtype=pl.Float64
            )
        return total


@dataclasses.dataclass(frozen=True)
class ExpectedPoints:
    """A fitted model with where it comes from."""

    field_goal: Weights
    free_throw: Weights
    provenance: Mapping[str, Any]
    """Seasons, counts, data hash, configuration and out-of-sample metrics of the fit."""
    uses_distance: bool = True
    """``False`` where the training found distances to tell the outcome: then none is looked at."""

    @property
    def version(self) -> str:
        """The first twelve digits of the artefact's hash."""
        return self.digest()[:12]

    def probability(self, attempts: pl.DataFrame) -> pl.Series:
        """P(made) of each attempt (frame of :func:`analytics.clutch.shots.attempts`), Float64."""
        if not self.uses_distance:
            attempts = attempts.with_columns(distance_ft=pl.lit(None, pl.Float32))
        free = pl.col("kind") == PlayKind.FREE_THROW.value
        logit = (
            pl.when(free)
            .then(self.free_throw.logit(shots.FREE_THROW_FEATURES))
            .otherwise(self.field_goal.logit(shots.FIELD_GOAL_FEATURES))
        )
        return attempts.select(probability=1 / (1 + (-logit).exp()))["probability"]

    def expected(self, attempts: pl.DataFrame) -> pl.Series:
        """Expected points of each attempt, Float64."""
        return (self.probability(attempts) * attempts["shot_value"]).alias("expected_points")

    def digest(self) -> str:
        """SHA-256 (hex) of the artefact's canonical JSON."""
        return hashlib.sha256(_canonical(self._body())).hexdigest()

    def dumps(self) -> str:
        """The artefact as JSON text that :func:`loads` verifies."""
        return json.dumps({**self._body(), "sha256": self.digest()}, indent=1, ensure_ascii=False) + "\n"

    def _body(self) -> dict[str, Any]:
        models = {"field_goal": self.field_goal, "free_throw": self.free_throw}
        return {
            "format": FORMAT,
            "uses_distance": self.uses_distance,
            "provenance": dict(self.provenance),
            **{name: dataclasses.asdict(weights) for name, weights in models.items()},
        }


def loads(text: str) -> ExpectedPoints:
    """The model in an artefact's text; raises :class:`ArtefactError` where it cannot be trusted."""
    try:
        body = json.loads(text)
    except ValueError as error:
        raise ArtefactError(f"expected points: not JSON: {error}") from error
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise ArtefactError(f"expected points: not an artefact of format {FORMAT}")
    claimed = body.pop("sha256", None)
    if hashlib.sha256(_canonical(body)).hexdigest() != claimed:
        raise ArtefactError("expected points: its content does not match its SHA-256")
    try:
        models = {
            name: Weights(float(body[name]["intercept"]), body[name]["levels"])
            for name in ("field_goal", "free_throw")
        }
        unknown = sorted(
            set(models["field_goal"].levels) - set(shots.FIELD_GOAL_FEATURES)
            | set(models["free_throw"].levels) - set(shots.FREE_THROW_FEATURES)
        )
        if unknown:
            raise ArtefactError(f"expected points: unknown features {', '.join(unknown)}")
        return ExpectedPoints(**models, provenance=body["provenance"], uses_distance=body["uses_distance"])
    except (KeyError, TypeError) as error:
        raise ArtefactError(f"expected points: incomplete artefact: {error!r}") from error


def load(path: Path) -> ExpectedPoints:
    """The model in the artefact at ``path``."""
    return loads(path.read_text(encoding="utf-8"))


def shipped() -> ExpectedPoints:
    """The model that comes with Poise."""
    return loads(resources.files(__package__).joinpath(_ARTEFACT).read_text(encoding="utf-8"))


def _canonical(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
