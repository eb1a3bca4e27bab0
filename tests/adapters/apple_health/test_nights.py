"""Sleep analysis → nights, naps, stages, and the variability of a night."""

from __future__ import annotations

import datetime as dt

import pytest

from poise_sdk.observations import HrvNight, Night, QualityFlag, SleepStage
from poise_sdk.wearable import Item
from tests.adapters.apple_health.invented import (
    START,
    at,
    beat_times,
    beats,
    export,
    night,
    readings_of,
    rejected_of,
    sleep,
    told,
    zone,
)

PHONE = {"source": "Sam’s iPhone", "device": None}
APP = {"source": "AutoSleep", "device": None}


def _nights(*elements: str) -> list[Night]:
    items = told(export(*elements))
    assert not rejected_of(items)
    return [item for item in items if isinstance(item, Night)]


def test_stages_of_a_watch_are_a_night_with_minutes() -> None:
    (one,) = _nights(night())
    assert (one.start_at, one.end_at, one.nap) == (START, START + dt.timedelta(minutes=478), False)
    assert (one.awake_min, one.light_min, one.deep_min, one.rem_min) == (10, 240, 120, 108)
    assert (one.asleep_min, one.in_bed_min) == (468, 478)
    assert one.efficiency_pct == pytest.approx(100 * 468 / 478)
    assert one.latency_min is None
    assert [stage.stage for stage in one.stages[:3]] == [SleepStage.AWAKE, SleepStage.LIGHT, SleepStage.DEEP]
    assert one.source == "Sam’s Apple Watch"


def test_the_time_in_bed_of_a_phone_frames_the_night_of_a_watch() -> None:
    (one,) = _nights(sleep("InBed", at(-0.5), at(8.5), **PHONE), night())
    assert (one.start_at, one.end_at) == (at(-0.5), at(8.5))
    assert one.asleep_min == 468
    assert one.in_bed_min == 540
    assert one.latency_min == 40
    assert one.stages[0].stage is SleepStage.IN_BED
    assert one.source == "Sam’s Apple Watch"


def test_an_old_export_knows_only_in_bed_and_asleep() -> None:
    (one,) = _nights(
        sleep("InBed", at(), at(8), **PHONE), sleep("Asleep", at(0.25), at(4), **PHONE),
        sleep("Asleep", at(4.25), at(7.75), **PHONE),
    )  # fmt: skip
    assert one.asleep_min == 7.25 * 60
    assert (one.light_min, one.deep_min, one.rem_min, one.awake_min) == (None, None, None, None)
    assert {stage.stage for stage in one.stages} == {SleepStage.IN_BED, SleepStage.ASLEEP}


def test_a_phone_that_saw_only_the_bed_gives_a_night_of_unknown_sleep() -> None:
    (one,) = _nights(sleep("InBed", at(), at(8), **PHONE))
    assert (one.asleep_min, one.in_bed_min, one.efficiency_pct) == (None, 480, None)
    assert [(q.flag, q.field) for q in one.quality] == [(QualityFlag.PARTIAL, "asleep_min")]


def test_several_sources_of_one_night_are_not_added_up() -> None:
    (one,) = _nights(
        night(), sleep("AsleepUnspecified", at(), at(8.5), **PHONE), sleep("AsleepDeep", at(), at(9), **APP)
    )
    assert one.deep_min == 120 + 30
    assert one.asleep_min == 468 + 32 + 30  # the phone after the watch, then the app
    assert one.in_bed_min == 540
    assert all(a.end_at <= b.start_at for a, b in zip(one.stages, one.stages[1:], strict=False))


def test_a_source_that_knows_stages_is_believed_before_one_of_its_kind_that_does_not() -> None:
    (one,) = _nights(
        sleep("AsleepUnspecified", at(), at(8), source="Another app", device=None),
        sleep("AsleepCore", at(), at(4), **APP), sleep("AsleepREM", at(4), at(8), **APP),
    )  # fmt: skip
    assert (one.light_min, one.rem_min, one.asleep_min) == (240, 240, 480)
    assert one.source == "AutoSleep"


def test_stages_win_over_a_long_asleep_of_the_same_app() -> None:
    (one,) = _nights(sleep("Asleep", at(), at(8), **APP), sleep("AsleepDeep", at(1), at(2), **APP))
    assert (one.deep_min, one.asleep_min) == (60, 480)


def test_a_sample_that_stands_twice_counts_once() -> None:
    twice = sleep("AsleepCore", at(), at(6))
    (one,) = _nights(twice, twice)
    assert one.asleep_min == 360


def test_sleep_in_the_afternoon_is_a_nap_and_a_short_night_is_none() -> None:
    main, nap, short = _nights(
        night(), sleep("AsleepCore", at(15), at(16)), sleep("AsleepCore", at(27), at(28.5))
    )
    assert (main.nap, nap.nap) == (False, True)
    assert not short.nap  # 90 minutes from 1:30 on are what there was of that night
    day_sleep = _nights(sleep("AsleepCore", at(12), at(17)))
    assert not day_sleep[0].nap  # who works at night sleeps by day


def test_waking_for_an_hour_does_not_end_a_night_but_waking_for_three_does() -> None:
    assert len(_nights(sleep("AsleepCore", at(), at(3)), sleep("AsleepCore", at(4), at(7)))) == 1
    assert len(_nights(sleep("AsleepCore", at(), at(3)), sleep("AsleepCore", at(6), at(9)))) == 2


def test_samples_without_end_are_cut_into_sleeps_that_can_be() -> None:
    nights = _nights(*(sleep("AsleepCore", at(n), at(n + 0.5 + n % 3 / 10)) for n in range(100)))
    assert len(nights) > 4
    assert all(
        one.end_at is not None and one.end_at - one.start_at <= dt.timedelta(hours=20) for one in nights
    )


def test_the_zone_of_the_sleep_gives_the_local_time_and_a_change_is_flagged() -> None:
    (one,) = _nights(
        sleep("AsleepCore", at(), at(4), inside=zone("America/New_York")),
        sleep("AsleepREM", at(4), at(7), inside=zone("America/Chicago")),
    )
    assert one.utc_offset_s == -6 * 3600
    assert [quality.flag for quality in one.quality] == [QualityFlag.TIME_ZONE_CHANGE]


@pytest.mark.parametrize(
    ("element", "field", "reason"),
    [
        (sleep("AsleepWildly", at(), at(1)), "value", "no stage"),
        (sleep("AsleepCore", at(2), at(1)), "endDate", "before it begins"),
        (sleep("AsleepCore", at(), at(30)), "endDate", "more than a day"),
    ],
)
def test_a_sample_that_cannot_be_is_rejected_and_the_night_goes_on(
    element: str, field: str, reason: str
) -> None:
    items = told(export(element, night()))
    (rejected,) = rejected_of(items)
    assert (rejected.row, rejected.field) == (3, field)
    assert reason in rejected.reason
    assert [item.asleep_min for item in items if isinstance(item, Night)] == [468]


def _hrv(items: list[Item]) -> list[HrvNight]:
    return [item for item in items if isinstance(item, HrvNight)]


def test_the_variability_of_a_night_is_the_mean_of_what_was_measured_in_it() -> None:
    one = beats(beat_times([800, 850] * 6), sdnn=40, start=at(2), end=at(2.02))
    two = beats(beat_times([800, 820] * 6), sdnn=60, start=at(5), end=at(5.02))
    after = beats(beat_times([800, 900] * 6), sdnn=99, start=at(11), end=at(11.02))
    (hrv,) = _hrv(told(export(night(), one, two, after)))
    assert (hrv.start_at, hrv.in_sleep, hrv.samples) == (START, True, 2)
    assert hrv.hrv_sdnn_ms == 50
    assert hrv.hrv_rmssd_ms == pytest.approx(35)


def test_a_nap_has_no_variability_of_the_night_and_readings_stay_readings() -> None:
    items = told(
        export(sleep("AsleepCore", at(15), at(16)), beats(beat_times([800, 850] * 6), start=at(15.5)))
    )
    assert not _hrv(items)
    assert {reading.metric for reading in readings_of(items)} == {"hrv_sdnn_ms", "hrv_rmssd_ms"}
