"""How good probabilities are: proper scores, and whether they mean what they say."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["CalibrationBin", "Quality", "calibration", "quality"]

Floats = npt.NDArray[np.float64]

_BINS = 10
_CLIP = 1e-12  # keeps the log loss of a certain, wrong forecast finite


@dataclasses.dataclass(frozen=True)
class CalibrationBin:
    """Attempts of similar forecast: what was said and what happened."""

    n: int
    forecast: float
    made: float


@dataclasses.dataclass(frozen=True)
class Quality:
    """Scores of one forecaster on one set of attempts (all: lower is better)."""

    n: int
    brier: float
    log_loss: float
    ece: float
    """Expected calibration error: mean |forecast - rate| over bins, weighted by their size."""
    bias: float
    """Mean of (made - forecast)."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON, to six decimals; ``None`` where nothing was scored."""
        return {
            name: value if isinstance(value, int) else None if math.isnan(value) else round(value, 6)
            for name, value in dataclasses.asdict(self).items()
        }


def calibration(forecast: Floats, made: Floats) -> tuple[CalibrationBin, ...]:
    """Ten bins of (nearly) equal size by forecast; equal forecasts are never torn apart."""
    if not len(forecast):
        return ()
    edges = np.unique(np.quantile(forecast, np.linspace(0, 1, _BINS + 1)[1:-1]))
    index = np.searchsorted(edges, forecast, side="left")
    return tuple(
        CalibrationBin(int(chosen.sum()), float(forecast[chosen].mean()), float(made[chosen].mean()))
        for chosen in (index == number for number in np.unique(index))
    )


def quality(forecast: Floats, made: Floats) -> Quality:
    """Brier score, log loss, calibration error and bias of ``forecast`` against ``made`` (0 or 1)."""
    if not len(forecast):
        return Quality(0, *(float("nan"),) * 4)
    sure = np.clip(forecast, _CLIP, 1 - _CLIP)
    bins = calibration(forecast, made)
    return Quality(
        n=len(forecast),
        brier=float(np.mean((forecast - made) ** 2)),
        log_loss=float(-np.mean(made * np.log(sure) + (1 - made) * np.log1p(-sure))),
        ece=sum(b.n * abs(b.forecast - b.made) for b in bins) / len(forecast),
        bias=float(np.mean(made - forecast)),
    )
