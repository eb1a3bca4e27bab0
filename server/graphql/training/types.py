"""Strain and workouts."""

from __future__ import annotations

import datetime as dt

import strawberry

from server.graphql.observed import Observation, measured, observed
from server.graphql.pagination import Node

__all__ = ["Cycle", "Workout"]


@strawberry.type(description="A vendor's day of strain, from falling asleep to falling asleep.")
class Cycle(Observation, Node):
    """A row of ``cycles``."""

    table = "cycles"
    derived = observed("Cycle")

    start_at: dt.datetime = strawberry.field(description="When it began.")
    end_at: dt.datetime | None = strawberry.field(description="When it ended; null while it is open.")
    strain: float | None = measured("strain")
    energy_kj: float | None = measured("energy_kj")
    avg_hr_bpm: float | None = measured("avg_hr_bpm")
    max_hr_bpm: float | None = measured("max_hr_bpm")


@strawberry.type(description="An activity; its day is the local day on which it began.")
class Workout(Observation, Node):
    """A row of ``workouts``."""

    table = "workouts"
    derived = observed("Workout")

    start_at: dt.datetime = strawberry.field(description="When it began.")
    end_at: dt.datetime | None = strawberry.field(description="When it ended, where told.")
    activity: str = strawberry.field(description="What it was, in snake_case: `running`.")
    activity_label: str | None = strawberry.field(description="The vendor's own word for it.")
    intensity: str | None = strawberry.field(description="The vendor's own grade of effort, in snake_case.")
    gps: bool | None = strawberry.field(description="Whether its path was recorded, where told.")
    duration_min: float | None = measured("duration_min")
    strain: float | None = measured("strain")
    energy_kj: float | None = measured("energy_kj")
    avg_hr_bpm: float | None = measured("avg_hr_bpm")
    min_hr_bpm: float | None = measured("min_hr_bpm")
    max_hr_bpm: float | None = measured("max_hr_bpm")
    distance_m: float | None = measured("distance_m")
    altitude_gain_m: float | None = measured("altitude_gain_m")
    altitude_change_m: float | None = measured("altitude_change_m")
    recorded_pct: float | None = measured("recorded_pct")
    zone_0_min: float | None = measured("zone_0_min")
    zone_1_min: float | None = measured("zone_1_min")
    zone_2_min: float | None = measured("zone_2_min")
    zone_3_min: float | None = measured("zone_3_min")
    zone_4_min: float | None = measured("zone_4_min")
    zone_5_min: float | None = measured("zone_5_min")
    player_load: float | None = measured("player_load")
    training_load: float | None = measured("training_load")
    high_speed_distance_m: float | None = measured("high_speed_distance_m")
    sprint_distance_m: float | None = measured("sprint_distance_m")
    max_speed_m_s: float | None = measured("max_speed_m_s")
