"""Recovery and heart rate variability."""

from __future__ import annotations

import datetime as dt
from typing import Any

import orjson
import strawberry

from server.graphql.observed import Observation, measured, observed
from server.graphql.pagination import Node

__all__ = ["Contributor", "HrvNight", "Recovery"]


@strawberry.type(
    description="Heart rate variability of one night. rMSSD and SDNN are two measures and never compare."
)
class HrvNight(Observation, Node):
    """A row of ``hrv_nights``."""

    table = "hrv_nights"
    derived = observed("HrvNight")

    start_at: dt.datetime = strawberry.field(description="When the measurement began.")
    end_at: dt.datetime | None = strawberry.field(description="When it ended, where told.")
    in_sleep: bool = strawberry.field(description="Whether it was measured in sleep, not by day.")
    hrv_rmssd_ms: float | None = measured("hrv_rmssd_ms")
    hrv_sdnn_ms: float | None = measured("hrv_sdnn_ms")
    samples: int | None = strawberry.field(description="How many measurements the figure is the mean of.")


@strawberry.type(description="A part of a vendor's score.")
class Contributor:
    """One entry of ``recoveries.contributors``."""

    name: str = strawberry.field(description="The vendor's name of it, in snake_case.")
    value: float = strawberry.field(description="Its value, on the vendor's own scale.")


def _contributors(one: Any) -> list[Contributor]:
    parts: dict[str, float] = orjson.loads(one.parts)
    return [Contributor(name=name, value=float(value)) for name, value in sorted(parts.items())]


@strawberry.type(description="How recovered a vendor finds the body in the morning.")
class Recovery(Observation, Node):
    """A row of ``recoveries``."""

    table = "recoveries"
    derived = {**observed("Recovery"), "contributors": _contributors}  # noqa: RUF012 - typed in Row

    start_at: dt.datetime | None = strawberry.field(description="When it was told, where told.")
    recovery_pct: float | None = measured("recovery_pct")
    resting_hr_bpm: float | None = measured("resting_hr_bpm")
    hrv_rmssd_ms: float | None = measured("hrv_rmssd_ms")
    hrv_sdnn_ms: float | None = measured("hrv_sdnn_ms")
    spo2_pct: float | None = measured("spo2_pct")
    skin_temp_c: float | None = measured("skin_temp_c")
    temp_deviation_c: float | None = measured("temp_deviation_c")
    respiratory_rate_rpm: float | None = measured("respiratory_rate_rpm")
    contributors: list[Contributor] = strawberry.field(description="The parts of the score, by name.")

    parts: strawberry.Private[str]

    def prepare(self) -> None:
        """Its parts are decoded only for who asks."""
        super().prepare()
        self.__dict__["parts"] = self.__dict__.pop("contributors")
