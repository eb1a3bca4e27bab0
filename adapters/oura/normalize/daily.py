"""Oura's figures of a day: readiness, and the summaries of sleep, activity, stress, SpO2 and VO2 max."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.oura.payloads import kilojoules
from poise_sdk.fields import Fields
from poise_sdk.observations import DailySummary, Quality, QualityFlag, Recovery
from poise_sdk.wearable import Item

__all__ = ["activity", "readiness", "sleep", "spo2", "stress", "vo2max"]

#: Seconds of a day without the ring from which on a day's activity covers less than it should.
_MISSED_S = 4 * 3600


def readiness(row: Fields, number: int) -> Iterator[Item]:
    """One row of ``daily_readiness``."""
    contributors = row.get("contributors")
    score = row.number("score", None)
    yield Recovery(
        source_id=row.text("id"),
        row=number,
        day=row.day("day"),
        utc_offset_s=row.offset_of("timestamp", None),
        recovery_pct=score,
        temp_deviation_c=row.number("temperature_deviation", None),
        contributors={
            name: value
            for name in contributors.values
            if (value := contributors.number(name, None)) is not None
        },
        quality=(Quality(flag=QualityFlag.UNSCORABLE, field="recovery_pct"),) if score is None else (),
    )


def sleep(row: Fields, number: int) -> Iterator[Item]:
    """One row of ``daily_sleep``: the score of all of a day's sleep."""
    yield _summary(row, number, "sleep", {"sleep_score": row.number("score", None)})


def activity(row: Fields, number: int) -> Iterator[Item]:
    """One row of ``daily_activity``."""
    active = [row.number(f"{grade}_activity_time", None) for grade in ("low", "medium", "high")]
    unworn = row.number("non_wear_time", None) or 0
    yield _summary(
        row,
        number,
        "activity",
        {
            "activity_score": row.number("score", None),
            "steps": row.number("steps", None),
            "energy_kj": _kj(row, "total_calories"),
            "active_energy_kj": _kj(row, "active_calories"),
            "active_min": None if None in active else sum(value or 0 for value in active) / 60,
            "sedentary_min": _minutes(row, "sedentary_time"),
            "distance_m": row.number("equivalent_walking_distance", None),
        },
        (Quality(flag=QualityFlag.PARTIAL, detail=f"not worn for {unworn / 3600:.1f} hours"),)
        if unworn >= _MISSED_S
        else (),
    )


def stress(row: Fields, number: int) -> Iterator[Item]:
    """One row of ``daily_stress``."""
    values = {"stress_min": _minutes(row, "stress_high"), "restored_min": _minutes(row, "recovery_high")}
    yield _summary(row, number, "stress", values)


def spo2(row: Fields, number: int) -> Iterator[Item]:
    """One row of ``daily_spo2``: the average of the night."""
    average = row.get("spo2_percentage").number("average", None)
    # Oura writes zero for a night in which nothing was measured.
    yield _summary(row, number, "spo2", {"spo2_pct": average or None})


def vo2max(row: Fields, number: int) -> Iterator[Item]:
    """One row of ``vO2_max``."""
    yield _summary(row, number, "vo2max", {"vo2max_ml_kg_min": row.number("vo2_max", None)})


def _summary(
    row: Fields, number: int, part: str, values: dict[str, float | None], quality: tuple[Quality, ...] = ()
) -> DailySummary:
    known = {name: value for name, value in values.items() if value is not None}
    nothing = () if known else (Quality(flag=QualityFlag.UNSCORABLE, detail="Oura gives no figure"),)
    return DailySummary(
        source_id=row.text("id"),
        row=number,
        day=row.day("day"),
        part=part,
        values=known,
        quality=quality + nothing,
    )


def _kj(row: Fields, name: str) -> float | None:
    return kilojoules(row.number(name, None))


def _minutes(row: Fields, name: str) -> float | None:
    seconds = row.number(name, None)
    return None if seconds is None else seconds / 60
