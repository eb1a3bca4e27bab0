"""Beats → rMSSD beside SDNN."""

from __future__ import annotations

import itertools
import math

import pytest

from adapters.apple_health.beats import FEWEST
from tests.adapters.apple_health.invented import beat_times, beats, export, readings_of, told

ALTERNATING = [800, 850] * 10


def _rmssd(times: list[str]) -> float | None:
    readings = readings_of(told(export(beats(times))))
    values = {reading.metric: reading.value for reading in readings}
    assert values["hrv_sdnn_ms"] == 45.2
    return values.get("hrv_rmssd_ms")


def test_alternating_intervals_give_their_difference() -> None:
    assert _rmssd(beat_times(ALTERNATING)) == pytest.approx(50)


def test_rmssd_has_the_row_the_time_and_the_source_of_its_sdnn() -> None:
    sdnn, rmssd = readings_of(told(export(beats(beat_times(ALTERNATING)))))
    assert (sdnn.metric, rmssd.metric) == ("hrv_sdnn_ms", "hrv_rmssd_ms")
    for field in ("row", "start_at", "end_at", "source", "utc_offset_s", "origin"):
        assert getattr(sdnn, field) == getattr(rmssd, field)


@pytest.mark.parametrize(
    "write",
    [
        lambda clock: clock,
        lambda clock: clock.replace(".", ","),
        lambda clock: clock.removesuffix("\u202fPM") + " p.m.",
        lambda clock: "下午" + clock.removesuffix("\u202fPM"),
        lambda clock: "1" + clock.removesuffix("\u202fPM").replace("4:", "6:", 1),
        lambda clock: "1" + clock.removesuffix("\u202fPM").replace("4:", "6:", 1).replace(".", ","),
    ],
)
def test_the_clock_may_be_in_any_language(write: object) -> None:
    assert callable(write)
    assert _rmssd([write(clock) for clock in beat_times(ALTERNATING)]) == pytest.approx(50)


@pytest.mark.parametrize("start_s", [43_195.0, 86_395.0, 46_795.0])
def test_noon_midnight_and_one_o_clock_in_the_middle_change_nothing(start_s: float) -> None:
    assert _rmssd(beat_times(ALTERNATING, start_s)) == pytest.approx(50)


def test_a_missed_beat_is_no_difference() -> None:
    assert _rmssd(beat_times([*ALTERNATING, 4200, *ALTERNATING])) == pytest.approx(50)
    assert _rmssd(beat_times([*ALTERNATING, 1650, *ALTERNATING])) == pytest.approx(50)


def test_differences_are_squared_before_their_mean() -> None:
    intervals = [800, 810, 850, 800] * 5
    differences = [b - a for a, b in itertools.pairwise(intervals)]
    expected = math.sqrt(sum(d * d for d in differences) / len(differences))
    assert _rmssd(beat_times(intervals)) == pytest.approx(expected)


def test_too_few_beats_or_perfectly_even_ones_give_no_figure() -> None:
    assert _rmssd(beat_times(ALTERNATING[: FEWEST + 1])) == pytest.approx(50)
    assert _rmssd(beat_times(ALTERNATING[:FEWEST])) is None
    assert _rmssd(beat_times([1000] * 50)) is None


def test_times_that_are_none_are_gaps() -> None:
    times = beat_times(ALTERNATING)
    times[10] = "soon"
    assert _rmssd(times) == pytest.approx(50)


def test_two_records_do_not_lend_each_other_beats() -> None:
    one, two = beat_times([800, 850] * 5), beat_times([800, 840] * 5, 57_608.25)
    readings = readings_of(told(export(beats(one), beats(two))))
    rmssd = [reading.value for reading in readings if reading.metric == "hrv_rmssd_ms"]
    assert rmssd == [pytest.approx(50), pytest.approx(40)]
