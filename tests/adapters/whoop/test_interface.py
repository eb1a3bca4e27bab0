"""Documents of WHOOP's interface as canonical records."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.whoop.normalize import normalize
from adapters.whoop.normalize.workouts import snake_case
from poise_sdk.observations import (
    BodyMeasurement,
    Cycle,
    HrvNight,
    Night,
    Profile,
    Quality,
    QualityFlag,
    Recovery,
    WearableRecord,
    Workout,
)
from poise_sdk.plausibility import admit
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.wearable import Item
from tests.adapters.whoop.invented import (
    BODY,
    CYCLE,
    DOCUMENTS,
    PROFILE,
    RECOVERY,
    SLEEP,
    WORKOUT,
    document,
    page,
    without,
)

UTC = dt.UTC
UPDATED = dt.datetime(2025, 3, 10, 7, 14, 1, 137_000, tzinfo=UTC)


def read(name: str, *records: object) -> list[Item]:
    return list(normalize(page(name, *records)))


def one(name: str, record: object) -> Any:
    """The only record; nothing of it was refused."""
    (item,) = read(name, record)
    assert isinstance(item, WearableRecord)
    return item


def test_a_sleep_is_read_in_minutes() -> None:
    night = one("v2/activity/sleep", SLEEP)
    assert isinstance(night, Night)
    assert (night.source_id, night.cycle_id, night.nap) == (SLEEP["id"], "93845", False)
    assert night.start_at == dt.datetime(2025, 3, 9, 22, 18, tzinfo=UTC)
    assert night.end_at == dt.datetime(2025, 3, 10, 6, 48, tzinfo=UTC)
    assert (night.utc_offset_s, night.vendor_updated_at) == (-4 * 3600, UPDATED)
    assert (night.in_bed_min, night.awake_min, night.no_data_min) == (510, 30, 10)
    assert (night.light_min, night.deep_min, night.rem_min, night.asleep_min) == (250, 110, 110, 470)
    assert (night.efficiency_pct, night.performance_pct, night.consistency_pct) == (92.15, 97, 78)
    assert (night.sleep_cycles, night.disturbances, night.respiratory_rate_rpm) == (5, 9, 15.86)
    assert night.quality == ()


def test_what_is_needed_is_the_sum_of_its_parts_and_a_nap_takes_off() -> None:
    night = one("v2/activity/sleep", SLEEP)
    assert (night.need_min, night.debt_min) == (450 + 20 + 15 - 5, 20)


def test_a_recovery_is_known_by_its_sleep_and_brings_the_nights_variability() -> None:
    recovery, hrv = read("v2/recovery", RECOVERY)
    assert isinstance(recovery, Recovery)
    assert isinstance(hrv, HrvNight)
    assert recovery.source_id == recovery.night_id == hrv.source_id == hrv.night_id == SLEEP["id"]
    assert recovery.cycle_id == "93845"
    assert (recovery.recovery_pct, recovery.resting_hr_bpm, recovery.hrv_rmssd_ms) == (72, 51, 68.4)
    assert (recovery.spo2_pct, recovery.skin_temp_c) == (96.7, 33.4)
    assert (hrv.hrv_rmssd_ms, hrv.in_sleep, hrv.hrv_sdnn_ms) == (68.4, True, None)
    assert recovery.hrv_sdnn_ms is None


def test_a_body_that_is_not_known_well_enough_is_flagged() -> None:
    record = without(RECOVERY, score={**RECOVERY["score"], "user_calibrating": True})
    for item in read("v2/recovery", record):
        assert isinstance(item, WearableRecord)
        assert item.quality == (Quality(flag=QualityFlag.CALIBRATING),)


def test_a_cycle_is_read_in_kilojoules() -> None:
    cycle = one("v2/cycle", CYCLE)
    assert isinstance(cycle, Cycle)
    assert (cycle.source_id, cycle.day) == ("93845", None)
    assert (cycle.strain, cycle.energy_kj, cycle.avg_hr_bpm, cycle.max_hr_bpm) == (12.25, 9_288.297, 68, 171)


def test_the_cycle_that_lasts_has_no_end_and_says_so() -> None:
    cycle = one("v2/cycle", without(CYCLE, "end"))
    assert cycle.end_at is None
    assert [remark.flag for remark in cycle.quality] == [QualityFlag.PARTIAL]
    assert cycle.strain == 12.25


def test_a_workout_is_read_with_its_zones() -> None:
    workout = one("v2/activity/workout", WORKOUT)
    assert isinstance(workout, Workout)
    assert (workout.activity, workout.activity_label) == ("functional_fitness", "functional-fitness")
    assert (workout.duration_min, workout.energy_kj, workout.strain) == (60, 1_832.74, 12.4163)
    assert (workout.avg_hr_bpm, workout.max_hr_bpm, workout.recorded_pct) == (152, 178, 99.5)
    assert (workout.distance_m, workout.altitude_gain_m, workout.altitude_change_m) == (8_123.4, 64.2, -1.8)
    zones = [getattr(workout, f"zone_{zone}_min") for zone in range(6)]
    assert zones == [1, 4, 9, 22, 23, 1]
    assert sum(zones) == workout.duration_min


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("running", "running"),
        ("Functional Fitness", "functional_fitness"),
        ("hiking/rucking", "hiking_rucking"),
        ("  HIIT  ", "hiit"),
        ("weightlifting_msk", "weightlifting_msk"),
        ("jiu-jitsu – gi", "jiu_jitsu_gi"),
        ("乒乓球", "乒乓球"),
    ],
)
def test_a_sport_keeps_its_word_in_snake_case(word: str, name: str) -> None:
    assert snake_case(word) == name
    assert one("v2/activity/workout", without(WORKOUT, sport_name=word)).activity == name


def test_the_body_and_the_account() -> None:
    (body,) = normalize(document("v2/user/measurement/body", BODY))
    assert isinstance(body, BodyMeasurement)
    assert (body.height_m, body.weight_kg, body.max_hr_bpm, body.start_at) == (1.8288, 90.7185, 200, None)
    (profile,) = normalize(document("v2/user/profile/basic", PROFILE))
    assert profile == Profile(source_id="10129", row=1, vendor_user_id="10129")
    assert b"example.com" not in msgspec.json.encode(profile)


@pytest.mark.parametrize(
    ("state", "flag"),
    [("PENDING_SCORE", QualityFlag.PENDING_SCORE), ("UNSCORABLE", QualityFlag.UNSCORABLE)],
)
@pytest.mark.parametrize("left_over", [False, True])
@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("v2/activity/sleep", SLEEP),
        ("v2/recovery", RECOVERY),
        ("v2/cycle", CYCLE),
        ("v2/activity/workout", WORKOUT),
    ],
)
def test_only_what_is_scored_has_figures(
    name: str, record: dict[str, Any], state: str, flag: QualityFlag, left_over: bool
) -> None:
    changed = without(record, *(() if left_over else ("score",)), score_state=state)
    scored = read(name, record)
    for item, before in zip(read(name, changed), scored, strict=True):
        assert isinstance(item, WearableRecord)
        assert [remark.flag for remark in item.quality] == [flag]
        told = {
            field for field in item.__struct_fields__ if isinstance(getattr(item, field), int | float)
        } - {"row", "utc_offset_s", "nap", "in_sleep", "duration_min"}
        assert told == set()
        assert item.source_id == before.source_id


def test_a_state_that_is_not_described_is_reported_and_its_score_is_not_believed() -> None:
    cycle, rejected = read("v2/cycle", without(CYCLE, score_state="ESTIMATED"))
    assert isinstance(cycle, Cycle)
    assert cycle.strain is None
    assert isinstance(rejected, Rejected)
    assert (rejected.row, rejected.field, rejected.kept) == (1, "score_state", True)
    assert "'ESTIMATED'" in rejected.reason


def test_scored_without_a_score_is_reported() -> None:
    cycle, rejected = read("v2/cycle", without(CYCLE, "score"))
    assert isinstance(cycle, Cycle)
    assert [remark.flag for remark in cycle.quality] == [QualityFlag.PARTIAL]
    assert isinstance(rejected, Rejected)
    assert (rejected.field, rejected.kept) == ("score", True)


@pytest.mark.parametrize(
    ("name", "record", "field"),
    [
        ("v2/activity/sleep", without(SLEEP, "id"), "id"),
        ("v2/activity/sleep", without(SLEEP, "end"), "end"),
        ("v2/activity/sleep", without(SLEEP, start="yesterday"), "start"),
        ("v2/recovery", without(RECOVERY, "sleep_id"), "sleep_id"),
        ("v2/cycle", without(CYCLE, "start"), "start"),
        ("v2/cycle", without(CYCLE, end="2025-03-10T21:50:00"), "end"),
        ("v2/activity/workout", without(WORKOUT, id={"a": 1}), "id"),
        ("v2/user/profile/basic", without(PROFILE, "user_id"), "user_id"),
        ("v2/cycle", ["not", "an", "object"], "(row)"),
    ],
)
def test_a_row_without_its_identity_is_refused_and_the_others_go_on(
    name: str, record: object, field: str
) -> None:
    good = {"v2/activity/sleep": SLEEP, "v2/recovery": RECOVERY, "v2/cycle": CYCLE}.get(name, WORKOUT)
    name_of_good = name if name != "v2/user/profile/basic" else "page.json"
    whole = read(name_of_good, good)
    (refused,) = [item for item in read(name, record) if isinstance(item, Rejected)]
    assert (refused.file, refused.row, refused.field, refused.kept) == (name, 1, field, False)
    assert len(read(name_of_good, {"x": 1}, good)) == 1 + len(whole)


@pytest.mark.parametrize(
    ("name", "record", "path", "value"),
    [
        ("v2/activity/sleep", SLEEP, ("timezone_offset",), "America/New_York"),
        ("v2/activity/sleep", SLEEP, ("score", "respiratory_rate"), "fast"),
        ("v2/activity/sleep", SLEEP, ("score", "stage_summary", "total_rem_sleep_time_milli"), [1]),
        ("v2/activity/sleep", SLEEP, ("score", "sleep_needed"), "much"),
        ("v2/activity/sleep", SLEEP, ("nap",), "no"),
        ("v2/activity/sleep", SLEEP, ("updated_at",), "2025"),
        ("v2/recovery", RECOVERY, ("score", "user_calibrating"), "maybe"),
        ("v2/recovery", RECOVERY, ("score", "hrv_rmssd_milli"), True),
        ("v2/recovery", RECOVERY, ("created_at",), 17),
        ("v2/cycle", CYCLE, ("score",), [12.25]),
        ("v2/activity/workout", WORKOUT, ("sport_name",), 3.5),
        ("v2/activity/workout", WORKOUT, ("score", "zone_durations", "zone_two_milli"), "9"),
    ],
)
def test_a_value_that_cannot_be_read_is_left_out_and_the_row_is_kept(
    name: str, record: dict[str, Any], path: tuple[str, ...], value: object
) -> None:
    copy = json.loads(json.dumps(record))
    place = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    items = read(name, copy)
    records = [item for item in items if isinstance(item, WearableRecord)]
    rejected = [item for item in items if isinstance(item, Rejected)]
    assert records
    assert records[0].source_id == (record.get("sleep_id") or str(record["id"]))
    if value == "9":  # a number written as text is a number
        assert rejected == []
        return
    assert [(one.field, one.kept, one.row) for one in rejected] == [(".".join(path), True, 1)]


def test_impossible_values_pass_here_and_fall_in_the_host() -> None:
    night = one("v2/activity/sleep", without(SLEEP, end="2025-03-12T06:48:00.000Z"))
    kept, (refused,) = admit(night, file="sleep", received_at=dt.datetime(2025, 3, 13, tzinfo=UTC))
    assert kept is None
    assert "lasts" in refused.reason


@pytest.mark.parametrize("offset", ["Z", "+00:00", "-00:00"])
def test_utc_is_an_offset_too(offset: str) -> None:
    assert one("v2/cycle", without(CYCLE, timezone_offset=offset)).utc_offset_s == 0


def test_unknown_fields_are_ignored() -> None:
    more = {**CYCLE, "mood": "fine", "score": {**CYCLE["score"], "stress": [1, 2]}}
    assert read("v2/cycle", more) == read("v2/cycle", CYCLE)


def test_without_a_known_name_the_fields_tell_what_a_record_is() -> None:
    for known in DOCUMENTS:
        renamed = RawDocument(name="archive/page_17.json", content=known.content)
        assert list(normalize(renamed)) == list(normalize(known))


def test_an_empty_page_says_nothing_and_rubbish_is_refused_once() -> None:
    assert read("v2/cycle") == []
    for content in (b"", b"[]", b'"text"', b"{", b"<html></html>", b'{"records": {}}', b'{"records": null}'):
        items = list(normalize(RawDocument(name="v2/cycle", content=content)))
        assert [type(item) for item in items] == [Rejected]


EXAMPLES = {
    "whoop-list-sleep-example.json": "v2/activity/sleep",
    "whoop-get-recovery-example.json": "v2/cycle/93845/recovery",
    "whoop-list-workouts-example.json": "v2/activity/workout",
}


@pytest.mark.real_data
def test_the_vendors_own_examples_are_read_whole(real_data: Path) -> None:
    folder = real_data / "vendors" / "whoop"
    if not folder.is_dir():
        pytest.skip(f"no description of WHOOP at {folder}")
    found: dict[str, list[Item]] = {}
    for file, name in EXAMPLES.items():
        body = json.loads((folder / file).read_bytes())["response"]["body"]
        found[name] = list(normalize(document(name, body)))
    (night,), (recovery, hrv), (workout,) = found.values()
    assert isinstance(night, Night)
    assert (night.asleep_min, night.in_bed_min, night.utc_offset_s) == (430, 453, -14_400)
    assert night.need_min == pytest.approx((27_395_716 + 1_200_000 + 850_000) / 60_000)
    assert isinstance(recovery, Recovery)
    assert (recovery.recovery_pct, recovery.skin_temp_c, recovery.cycle_id) == (72.5, 33.4, "93845")
    assert isinstance(hrv, HrvNight)
    assert hrv.hrv_rmssd_ms == 68.4
    assert isinstance(workout, Workout)
    assert (workout.activity, workout.zone_3_min, workout.distance_m) == ("running", 25, 8_123.4)
