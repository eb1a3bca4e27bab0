"""Nights, naps and their stages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Mapping
from enum import Enum
from typing import Any, Self

import strawberry

from server.graphql.context import PoiseInfo
from server.graphql.described import value
from server.graphql.observed import Observation, measured, observed
from server.graphql.pagination import Node
from server.graphql.rows import Row

__all__ = ["Night", "SleepStage", "StageSpan"]


@strawberry.enum(description="A stage of sleep.")
class SleepStage(Enum):
    """`poise_sdk.observations.SleepStage`."""

    AWAKE = value("awake", "Awake in bed.")
    LIGHT = value("light", "Light sleep.")
    DEEP = value("deep", "Deep (slow-wave) sleep.")
    REM = value("rem", "REM sleep.")
    ASLEEP = value("asleep", "Asleep; the source does not tell the stage.")
    IN_BED = value("in_bed", "In bed; neither asleep nor awake is told.")
    NO_DATA = value("no_data", "The device told nothing.")


@strawberry.type(description="An unbroken stretch of one stage.")
class StageSpan(Row):
    """A row of ``night_stages``."""

    start_at: dt.datetime = strawberry.field(description="When it began.")
    end_at: dt.datetime = strawberry.field(description="When it ended.")
    stage: SleepStage = strawberry.field(description="The stage.")


def _stages(night: Any) -> Awaitable[list[StageSpan]]:
    async def loaded() -> list[StageSpan]:
        found = await night.loader.load((night.athlete_id, night.vendor, night.key))
        return [StageSpan.of(row) for row in found]

    return loaded()


@strawberry.type(description="A sleep: the night that ends on its day, or a nap.")
class Night(Observation, Node):
    """A row of ``nights``."""

    table = "nights"
    derived = {**observed("Night"), "stages": _stages}  # noqa: RUF012 - typed in Row

    start_at: dt.datetime = strawberry.field(description="When it began.")
    end_at: dt.datetime = strawberry.field(description="When it ended.")
    nap: bool = strawberry.field(description="Whether it is a nap.")
    asleep_min: float | None = measured("asleep_min")
    in_bed_min: float | None = measured("in_bed_min")
    awake_min: float | None = measured("awake_min")
    light_min: float | None = measured("light_min")
    deep_min: float | None = measured("deep_min")
    rem_min: float | None = measured("rem_min")
    no_data_min: float | None = measured("no_data_min")
    latency_min: float | None = measured("latency_min")
    need_min: float | None = measured("need_min")
    debt_min: float | None = measured("debt_min")
    efficiency_pct: float | None = measured("efficiency_pct")
    performance_pct: float | None = measured("performance_pct")
    consistency_pct: float | None = measured("consistency_pct")
    sleep_score: float | None = measured("sleep_score")
    disturbances: float | None = measured("disturbances")
    sleep_cycles: float | None = measured("sleep_cycles")
    respiratory_rate_rpm: float | None = measured("respiratory_rate_rpm")
    avg_hr_bpm: float | None = measured("avg_hr_bpm")
    min_hr_bpm: float | None = measured("min_hr_bpm")
    temp_deviation_c: float | None = measured("temp_deviation_c")
    stages: list[StageSpan] = strawberry.field(
        description="Its stages in order, without overlap; empty where the source tells none."
    )

    @classmethod
    def seen(cls, row: Mapping[str, Any], info: PoiseInfo) -> Self:
        """Its stages are loaded when they are asked for, unless they came along."""
        return cls.of({**row, "loader": info.context.loaders.stages})
