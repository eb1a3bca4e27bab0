"""What becomes of a page of OpenField's activities and statistics."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from adapters.catapult.adapter import CatapultAdapter
from poise_sdk.observations import Deleted, Workout
from poise_sdk.records import Rejected
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Item
from tests.adapters.catapult.invented import DELETION, document, page


def _said(value: object) -> list[Item]:
    return list(CatapultAdapter().normalize(document(value)))


def test_statistics_become_a_workout_with_the_activitys_version() -> None:
    [workout] = _said(page())
    assert isinstance(workout, Workout)
    assert workout.source_id == "act-1"
    assert workout.start_at == dt.datetime(2025, 3, 9, 17, 0, tzinfo=dt.UTC)
    assert workout.end_at == dt.datetime(2025, 3, 9, 18, 30, tzinfo=dt.UTC)
    assert workout.vendor_updated_at == dt.datetime(2025, 3, 9, 20, 10, 11, tzinfo=dt.UTC)
    assert (workout.duration_min, workout.player_load, workout.distance_m) == (90, 431.2, 4812.5)
    assert (workout.high_speed_distance_m, workout.sprint_distance_m) == (464.25, 153.75)
    assert (workout.max_speed_m_s, workout.avg_hr_bpm, workout.max_hr_bpm) == (7.43, 141.2, 186)
    assert (workout.activity, workout.activity_label) == ("team_session", "Practice")


def test_a_team_that_shows_kilometres_an_hour_gets_metres_a_second() -> None:
    [workout] = _said(page(max_vel=28.8) | {"speed_unit": "km/h"})
    assert isinstance(workout, Workout)
    assert workout.max_speed_m_s == pytest.approx(8.0)


def test_a_heart_rate_of_zero_is_none_and_a_missing_band_is_no_sum() -> None:
    [workout] = _said(page(mean_heart_rate=0, max_heart_rate=0, velocity_band5_total_distance=None))
    assert isinstance(workout, Workout)
    assert (workout.avg_hr_bpm, workout.max_hr_bpm) == (None, None)
    assert (workout.high_speed_distance_m, workout.sprint_distance_m) == (None, 153.75)


def test_without_the_athletes_own_times_the_sessions_count() -> None:
    [workout] = _said(page(start_time=None, end_time=None))
    assert isinstance(workout, Workout)
    assert workout.start_at == dt.datetime(2025, 3, 9, 16, 55, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"athlete_id": "somebody-else"}, "stats.athlete_id"),
        ({"activity_id": "of-no-page"}, "stats.activity_id"),
    ],
)
def test_figures_that_belong_to_somebody_or_something_else_are_refused(
    changes: dict[str, Any], field: str
) -> None:
    refused = _said(page(**changes))[-1]
    assert isinstance(refused, Rejected)
    assert refused.field == field
    assert not refused.kept


def test_a_deleted_activity_takes_its_workout_back_whatever_statistics_say() -> None:
    [deleted] = CatapultAdapter().normalize(DELETION)
    assert isinstance(deleted, Deleted)
    assert (deleted.of, deleted.source_id) == (DataType.WORKOUT, "act-1")
    assert deleted.vendor_updated_at == dt.datetime(2025, 3, 10, 8, tzinfo=dt.UTC)
    told = page()
    told["activities"][0]["is_deleted"] = True
    assert [type(item) for item in _said(told)] == [Deleted]
