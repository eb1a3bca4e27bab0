"""Heartbeats → rMSSD, where Apple itself gives SDNN only.

An HRV record of the Health app lists the beats of about a minute by the time of day they fell on, to a
hundredth of a second. From their distances

    rMSSD = sqrt(mean((RR[i+1] − RR[i])²))

(Task Force of the ESC and NASPE, *Heart rate variability: standards of measurement*, Circulation 93, 1996),
in milliseconds. Beats the sensor missed would pass for huge differences, so:

* a distance below 300 ms or above 2,000 ms (200 and 30 beats a minute) is no interval between neighbours;
* an interval that differs from the one before it by more than 20 % of it is an artefact or an ectopic beat
  (Malik et al., *Heart rate variability in relation to prognosis*, Eur Heart J 10, 1989);
* a difference counts only between two neighbouring intervals, both sound;
* fewer than :data:`FEWEST` differences give no figure: recordings of ten seconds, about ten beats, are the
  shortest for which rMSSD was shown to agree with longer ones (Munoz et al., PLoS ONE 10, 2015);
* beats at perfectly equal distances are no heart's: no figure.

Times are of the local clock, in the words of the phone's language: ``4:17:18.57 PM``, ``16:17:18,57``,
``下午4:17:18.57``. Only distances matter, so no word for the half of the day needs to be known: a clock with
one turns over every 12 hours, another every 24.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = ["FEWEST", "rmssd_by_record"]

#: Differences that a figure needs at least.
FEWEST: Final = 8
SHORTEST_MS: Final = 300.0
LONGEST_MS: Final = 2000.0
LARGEST_CHANGE: Final = 0.2
_DAY_MS: Final = 86_400_000.0
_CLOCK: Final = r"(\d{1,2})[:.](\d{2})[:.](\d{2})(?:[.,٫](\d{1,6}))?"


def rmssd_by_record(beats: pl.DataFrame) -> pl.DataFrame:
    """``row``, ``rmssd`` (ms) of each record whose beats allow it.

    ``beats``: ``row`` and ``time`` (text) of every beat, a record's beats together and in order.
    """
    ms = _clock_ms(beats["time"])
    rows = beats["row"].to_numpy()
    # A word before or behind the digits is that for a half of the day.
    edges = [pl.col("time").str.head(1), pl.col("time").str.tail(1)]
    digits = beats.select(pl.all_horizontal(edge.str.contains(r"^\d") for edge in edges).alias("digits"))
    turn = np.where(digits["digits"].to_numpy(), _DAY_MS, _DAY_MS / 2)
    interval = np.full(len(ms), np.nan)
    together = rows[1:] == rows[:-1]
    # Distances on the dial; a clock that says 12 for 0 comes out right, because 12 hours are a whole turn.
    interval[1:] = np.where(together, (ms[1:] - ms[:-1]) % turn[1:], np.nan)
    # Hundredths of a second are no sums of powers of two: to the microsecond, so that equal means equal.
    interval = np.round(interval, 3)
    with np.errstate(invalid="ignore"):
        interval[~((interval >= SHORTEST_MS) & (interval <= LONGEST_MS))] = np.nan
        change = np.full(len(ms), np.nan)
        change[1:] = interval[1:] - interval[:-1]
        change[1:][~together] = np.nan
        change[1:][~(np.abs(change[1:]) <= LARGEST_CHANGE * interval[:-1])] = np.nan
    return (
        pl.DataFrame({"row": rows, "square": np.square(change)})
        .filter(pl.col("square").is_not_nan())
        .group_by("row", maintain_order=True)
        .agg(pl.col("square").mean().sqrt().alias("rmssd"), pl.len().alias("differences"))
        .filter((pl.col("differences") >= FEWEST) & (pl.col("rmssd") > 0))
        .select(pl.col("row").cast(pl.Int64), "rmssd")
    )


def _clock_ms(times: pl.Series) -> npt.NDArray[np.float64]:
    """Milliseconds since the dial's 0 o'clock; not a number for what is no time of day."""
    # Almost all are "4:17:18.57 PM": hours, minutes, and five characters of seconds.
    parts = times.str.split_exact(":", 2).struct.unnest()
    seconds = parts["field_2"].str.head(5).str.replace(",", ".", literal=True)
    ms = _sum(parts["field_0"], parts["field_1"], seconds.cast(pl.Float64, strict=False))
    odd = np.flatnonzero(np.isnan(ms))
    if len(odd):
        parts = times.gather(odd).str.extract_groups(_CLOCK).struct.unnest()
        hours, minutes, whole, decimals = (parts.to_series(index) for index in range(4))
        fraction = ("0." + decimals.fill_null("0")).cast(pl.Float64, strict=False)
        ms[odd] = _sum(hours, minutes, whole.cast(pl.Float64, strict=False) + fraction)
    return ms


def _sum(hours: pl.Series, minutes: pl.Series, seconds: pl.Series) -> npt.NDArray[np.float64]:
    whole = [part.cast(pl.Float64, strict=False) for part in (hours, minutes)]
    clock = ((whole[0] * 60 + whole[1]) * 60 + seconds) * 1000
    return clock.fill_null(float("nan")).to_numpy().copy()
