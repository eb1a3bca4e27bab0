"""Lists of an export of Garmin Connect, and which files of an export are read."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from adapters.garmin.adapter import Garmin
from poise_sdk.days import local_day
from poise_sdk.observations import DailySummary, Night, Reading
from poise_sdk.records import RawDocument, Rejected
from tests.adapters.garmin.invented import (
    activity,
    day,
    eastern_night,
    everything,
    export,
    health,
    night,
    of,
    rejected_of,
    told,
)


def test_a_night_is_told_in_minutes() -> None:
    items = told([night()], "x_sleepData.json")
    (found,) = of(Night, items)
    assert found.start_at == dt.datetime(2025, 3, 4, 4, 10, tzinfo=dt.UTC)
    assert (found.deep_min, found.light_min, found.rem_min, found.asleep_min) == (90, 240, 100, 430)
    assert (found.awake_min, found.no_data_min, found.in_bed_min) == (20, 20, 470)
    assert (found.sleep_score, found.respiratory_rate_rpm, found.avg_hr_bpm) == (79, 13.5, 54)
    assert (found.utc_offset_s, found.quality) == (None, ())
    (oxygen,) = of(Reading, items)
    assert (oxygen.metric, oxygen.value, oxygen.end_at) == ("spo2_pct", 95, found.end_at)


def test_a_night_falls_on_the_day_that_garmin_names_and_says_how_its_offset_is_known() -> None:
    (found,) = of(Night, told([eastern_night()], "x_sleepData.json"))
    assert local_day(found.end_at, found.utc_offset_s) == dt.date(2025, 3, 5)
    assert [remark.field for remark in found.quality] == ["utc_offset_s"]


def test_a_day_far_from_its_night_is_refused() -> None:
    (refused,) = told([night(calendarDate="2025-03-09")], "x_sleepData.json")
    assert isinstance(refused, Rejected)
    assert refused.field == "calendarDate"


def test_a_day_is_told_by_metric() -> None:
    (found,) = of(DailySummary, told([day()], "UDSFile_1.json"))
    assert (found.day, found.utc_offset_s) == (dt.date(2025, 3, 4), -5 * 3600)
    assert found.values == pytest.approx(
        {
            "steps": 9_876,
            "distance_m": 7_654,
            "floors": 10,
            "energy_kj": 2_500 * 4.184,
            "active_energy_kj": 700 * 4.184,
            "basal_energy_kj": 1_800 * 4.184,
            "resting_hr_bpm": 49,
            "min_hr_bpm": 44,
            "max_hr_bpm": 171,
            "sedentary_min": 600,
            "exercise_min": 45,
            "active_min": 100,
            "stress_level": 31,
            "stress_min": 30,
        }
    )


def test_an_older_days_dates_are_objects() -> None:
    older = day(calendarDate={"date": "2019-05-06T00:00:00.0"})
    (found,) = of(DailySummary, told([older], "UDSFile_1.json"))
    assert found.day == dt.date(2019, 5, 6)


def test_stress_that_could_not_be_measured_is_left_out() -> None:
    stress = {"aggregatorList": [{"type": "TOTAL", "averageStressLevel": -2}]}
    (found,) = of(DailySummary, told([day(allDayStress=stress)], "UDSFile_1.json"))
    assert "stress_level" not in found.values


def test_the_nights_variability_is_a_days_figure() -> None:
    (found,) = of(DailySummary, told([health()], "x_healthStatusData.json"))
    assert found.values == {"hrv_rmssd_ms": 57, "spo2_pct": 95.5}


def test_a_list_under_another_name_is_told_by_its_first_row() -> None:
    for row, kind in ((night(), Night), (day(), DailySummary), (health(), DailySummary)):
        assert of(kind, told([row], "renamed.json"))


@pytest.mark.parametrize("lost", ["sleepStartTimestampGMT", "sleepEndTimestampGMT"])
def test_a_night_without_a_time_is_refused_and_the_others_are_kept(lost: str) -> None:
    items = told([night(**{lost: None}), night()], "x_sleepData.json")
    assert [(one.row, one.field) for one in rejected_of(items)] == [(1, lost)]
    assert len(of(Night, items)) == 1


def test_an_odd_value_is_reported_and_its_row_kept() -> None:
    items = told([day(totalSteps="many")], "UDSFile_1.json")
    (summary,) = of(DailySummary, items)
    assert "steps" not in summary.values
    assert [(one.field, one.kept) for one in rejected_of(items)] == [("totalSteps", True)]


@pytest.mark.parametrize("content", [b"{", b"{}", b"[1]", b"[[]]", b'[{"a": 1}]', b"[" * 5_000])
def test_other_json_is_refused(content: bytes) -> None:
    assert [type(item).__name__ for item in told(content, "other.json")] == ["Rejected"]


def test_of_an_export_the_known_files_are_read_also_those_in_a_zip_within(tmp_path: Path) -> None:
    found = list(Garmin().read_file(export(tmp_path / "export.zip")))
    assert all(isinstance(one, RawDocument) for one in found)
    names = {one.name.rsplit("/", 1)[-1] for one in found if isinstance(one, RawDocument)}
    assert names == {name.rsplit("/", 1)[-1] for name in everything()}


def test_a_single_fit_file_and_a_folder_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "1.fit").write_bytes(activity())
    assert len(list(Garmin().read_file(tmp_path / "1.fit"))) == 1
    assert len(list(Garmin().read_file(tmp_path))) == 1


def test_a_folder_without_any_of_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    (refused,) = Garmin().read_file(tmp_path)
    assert isinstance(refused, Rejected)
