"""FIT files: activities, nights, all-day values, and files that are not what they claim."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from adapters.garmin import fit as reading
from poise_sdk.observations import BodyMeasurement, HrvNight, Night, Reading, SleepStage, Workout
from tests.adapters.garmin import invented
from tests.adapters.garmin.encoding import Field, crc, fit, local, message, seconds
from tests.adapters.garmin.invented import (
    BEDTIME,
    MIDNIGHT,
    OFFSET,
    START,
    activity,
    after,
    file_id,
    hrv,
    levels,
    monitoring,
    of,
    records,
    rejected_of,
    session,
    sleep,
    time,
    told,
    walked,
    zones_of,
)


def readings(items: list[invented.Item | Reading], metric: str) -> list[tuple[dt.datetime, float]]:
    return [(one.start_at, one.value) for one in of(Reading, items) if one.metric == metric]


def test_the_checksum_is_that_of_the_protocol() -> None:
    """CRC-16/ARC of the digits one to nine, its published check value."""
    assert crc(b"123456789") == 0xBB3D


def test_a_session_is_a_workout() -> None:
    items = told(activity())
    assert rejected_of(items) == []
    (workout,) = of(Workout, items)
    assert (workout.start_at, workout.end_at) == (START, after(30))
    assert workout.utc_offset_s == OFFSET
    assert (workout.activity, workout.activity_label, workout.source) == ("running", "trail", "Invented 1")
    assert workout.duration_min == pytest.approx(29)
    assert workout.distance_m == pytest.approx(6123.45)
    assert workout.energy_kj == pytest.approx(400 * 4.184)
    assert (workout.avg_hr_bpm, workout.min_hr_bpm, workout.max_hr_bpm) == (151, 92, 183)
    assert workout.altitude_gain_m == 87
    assert workout.max_speed_m_s == pytest.approx(5.25)
    assert workout.training_load == pytest.approx(142)
    assert workout.gps is True


def test_time_above_the_fifth_zone_counts_as_the_fifth() -> None:
    (workout,) = of(Workout, told(activity()))
    spent = [getattr(workout, f"zone_{zone}_min") for zone in range(6)]
    assert spent == pytest.approx([1, 2, 5, 10, 8, 3])


def test_zones_in_a_message_of_their_own_belong_to_their_session() -> None:
    spent = [60_000 * part for part in (1, 2, 3, 4, 5, 6)]
    apart = message(216, Field(0, "u16", 18), Field(1, "u16", 0), Field(2, "u32", tuple(spent)))
    laps = message(216, Field(0, "u16", 19), Field(1, "u16", 0), Field(2, "u32", (1,) * 6))
    (workout,) = of(Workout, told(fit(session(), laps, apart)))
    assert [getattr(workout, f"zone_{zone}_min") for zone in range(6)] == pytest.approx([1, 2, 3, 4, 5, 6])


def test_an_array_too_short_to_say_which_zone_is_first_is_not_guessed_at() -> None:
    (workout,) = of(Workout, told(fit(session(zones_of(1000, 2000, 3000)))))
    assert workout.zone_0_min is None


def test_heart_rates_of_an_activity_are_readings() -> None:
    found = readings(told(activity()), "hr_bpm")
    assert found == [(START + dt.timedelta(seconds=at), rate) for at, rate in enumerate([118, 119, 121, 124])]


def test_a_weighing_is_a_measurement() -> None:
    (measured,) = of(BodyMeasurement, told(activity()))
    assert (measured.weight_kg, measured.body_fat_pct) == pytest.approx((81.5, 14.2))


def test_a_session_without_an_instant_is_refused_and_the_rest_kept() -> None:
    items = told(fit(file_id(), records([120]), session(start=1_000)))
    (rejected,) = rejected_of(items)
    assert (rejected.row, rejected.field) == (3, "start_time")
    assert readings(items, "hr_bpm") == [(START, 120)]


def test_levels_of_sleep_are_a_night_with_its_stages() -> None:
    (night,) = of(Night, told(sleep()))
    assert (night.start_at, night.end_at, night.utc_offset_s) == (BEDTIME, after(420, BEDTIME), OFFSET)
    assert [stage.stage.value for stage in night.stages] == [
        *("awake", "light", "deep", "rem", "no_data", "light", "awake")
    ]
    assert (night.light_min, night.deep_min, night.rem_min) == (280, 60, 40)
    assert (night.asleep_min, night.awake_min, night.no_data_min, night.in_bed_min) == (380, 30, 10, 420)
    assert night.sleep_score == 82
    assert all(one.end_at == two.start_at for one, two in zip(night.stages, night.stages[1:], strict=False))


def test_levels_far_apart_are_two_sleeps() -> None:
    afternoon = levels((0, "light"), (30, "awake"), start=after(900, BEDTIME))
    first, second = of(Night, told(sleep(afternoon)))
    assert second.start_at == after(900, BEDTIME)
    assert first.sleep_score is second.sleep_score is None
    assert [stage.stage for stage in second.stages] == [SleepStage.LIGHT]


def test_one_level_alone_is_no_sleep() -> None:
    items = told(fit(levels((0, "light"))))
    assert of(Night, items) == []
    assert [one.field for one in rejected_of(items)] == ["sleep_level"]


def test_variability_is_the_nights_mean_and_its_windows() -> None:
    items = told(hrv())
    (night,) = of(HrvNight, items)
    assert (night.hrv_rmssd_ms, night.hrv_sdnn_ms, night.samples) == (53, None, 3)
    assert (night.start_at, night.end_at) == (BEDTIME, after(15, BEDTIME))
    assert [value for _, value in readings(items, "hrv_rmssd_ms")] == [48, 52, 56]


def test_a_days_values_are_readings_and_what_was_not_measured_is_none() -> None:
    items = told(monitoring())
    assert rejected_of(items) == []
    assert readings(items, "hr_bpm") == [(after(61, MIDNIGHT), 62)]
    assert readings(items, "resting_hr_bpm") == [(after(240, MIDNIGHT), 51)]
    assert readings(items, "stress_level") == [(after(10, MIDNIGHT), 33)]
    assert readings(items, "respiratory_rate_rpm") == [(after(10, MIDNIGHT), 14.25)]
    assert readings(items, "spo2_pct") == [(after(10, MIDNIGHT), 96)]
    assert {one.utc_offset_s for one in of(Reading, items)} == {OFFSET}


def test_steps_are_what_the_counters_gained() -> None:
    found = [one for one in of(Reading, told(monitoring())) if one.metric == "steps"]
    assert [(one.start_at, one.end_at, one.value) for one in found] == [
        (MIDNIGHT, after(60, MIDNIGHT), 40),
        (after(60, MIDNIGHT), after(120, MIDNIGHT), 60),
        (after(180, MIDNIGHT), after(240, MIDNIGHT), 50),
    ]


def test_a_file_that_begins_during_the_day_does_not_count_the_steps_before_it() -> None:
    noon = after(720, MIDNIGHT)
    told_at = message(103, time(noon), Field(0, "u32", local(noon, OFFSET)))
    content = fit(told_at, walked(721, 5_000), walked(730, 5_080))
    assert readings(told(content), "steps") == [(after(721, MIDNIGHT), 80)]


def test_counters_start_anew_at_midnight() -> None:
    told_at = message(103, time(MIDNIGHT), Field(0, "u32", local(MIDNIGHT, OFFSET)))
    content = fit(
        told_at, walked(1_400, 900), walked(1_430, 300, kind=1), walked(1_460, 30), walked(1_470, 10, 1)
    )
    assert [value for _, value in readings(told(content), "steps")] == [900, 300, 30, 10]


def test_the_lower_bits_of_a_time_count_on_over_their_end() -> None:
    edge = seconds(START) | 0xFFFF
    late = message(55, Field(253, "u32", edge - 10), Field(27, "u8", 60))
    content = fit(late, message(55, Field(26, "u16", 5), Field(27, "u8", 61)))
    (_, first), (_, second) = found = readings(told(content), "hr_bpm")
    assert (first, second) == (60, 61)
    assert found[1][0] - found[0][0] == dt.timedelta(seconds=16)


def test_a_file_of_two_files_is_read_to_its_end() -> None:
    assert len(of(Workout, told(fit(session()) + fit(session(start=seconds(after(90))))))) == 2


def test_a_wrong_checksum_is_told_and_what_was_read_is_kept() -> None:
    items = told(activity(damage=True))
    assert len(of(Workout, items)) == 1
    assert ["checksum" in one.reason for one in rejected_of(items)] == [True]


def test_of_a_truncated_file_what_came_before_is_kept() -> None:
    content = fit(file_id(), records([118, 119, 121, 124]), session())
    items = told(content[: len(content) // 2])
    assert readings(items, "hr_bpm")
    assert of(Workout, items) == []
    assert ["cut short" in one.reason for one in rejected_of(items)] == [True]


def test_a_size_beyond_the_file_is_not_believed() -> None:
    items = told(fit(file_id(), records([118]), size=0xFFFF_FFF0))
    assert readings(items, "hr_bpm") == [(START, 118)]
    assert len(rejected_of(items)) == 1


def test_a_message_of_an_unknown_kind_in_between_ends_the_reading_with_a_reason() -> None:
    items = told(fit(records([118]), b"\x07\x00\x00", records([119])))
    assert readings(items, "hr_bpm") == [(START, 118)]
    assert any("damaged after 1" in one.reason for one in rejected_of(items))


def test_no_more_messages_are_read_than_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "FRAMES", 5)
    items = told(fit(records([118, 119, 121, 124])))
    assert [value for _, value in readings(items, "hr_bpm")] == [118, 119]
    assert ["more than 5 messages" in one.reason for one in rejected_of(items)] == [True]


@pytest.mark.parametrize("content", [b"", b"PK", b"<gpx/>", b"[]", b"\x0e\x20" + bytes(40)])
def test_another_file_under_the_name_is_refused(content: bytes) -> None:
    assert [type(item).__name__ for item in told(content, "1.fit")] == ["Rejected"]


@pytest.mark.parametrize("seed", range(8))
def test_a_file_with_bytes_of_chance_is_read_as_far_as_it_can_be_and_always_the_same(seed: int) -> None:
    chance = random.Random(seed)
    for whole in (activity(), monitoring(), sleep(), hrv()):
        content = bytearray(whole)
        for _ in range(6):
            content[chance.randrange(14, len(content))] = chance.randrange(256)
        first = told(bytes(content))
        assert first == told(bytes(content))
        assert rejected_of(first)
