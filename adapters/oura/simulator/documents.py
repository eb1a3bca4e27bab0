"""Simulated days in Oura's words, as its public API description has them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from adapters.oura.simulator.life import GRAIN_MIN, Day, Life, Moment, Sleep

__all__ = ["Document", "documents_of", "heart_rate", "personal_info"]

_NAMESPACE: Final = uuid.UUID("6f9b3a52-0f5e-4b7a-9a6e-3c1d2b8f4e70")
#: Local hours between which the ring reports a day's activity, growing.
_MORNING: Final = 6.0
_END_OF_DAY: Final = 28.0
_HEART_RATE_EVERY: Final = dt.timedelta(minutes=15)
#: Beats a minute, at least, above the resting heart rate.
_ABOVE_RESTING: Final = {"sleep": 2, "awake": 24, "workout": 78}


@dataclass(frozen=True, slots=True)
class Document:
    """One document, and the instants from which the vendor has it and between which it changes."""

    collection: str
    id: str
    day: dt.date
    known_at: dt.datetime
    settled_at: dt.datetime
    body: dict[str, Any]


def documents_of(
    life: Life, date: dt.date, now: dt.datetime, longer: Mapping[str, int] | None = None
) -> Iterator[Document]:
    """What the vendor knows at ``now`` of one local day, heart rate excepted.

    ``longer``: by how many grains the ends of sleeps were moved, by the sleep's id.
    """
    for document in _documents(life, life.day(date), now, longer or {}):
        if document.known_at <= now:
            yield document


def heart_rate(life: Life, since: dt.datetime, until: dt.datetime) -> Iterator[dict[str, Any]]:
    """Rows of ``heartrate`` in ``[since, until)``: one every quarter of an hour while the ring is worn."""
    step = _HEART_RATE_EVERY.total_seconds()
    at = dt.datetime.fromtimestamp(-(-since.timestamp() // step) * step, dt.UTC)
    while at < until:
        day = life.day(at.astimezone(life.zone_on(at.date())).date())
        coming = life.day(day.date + dt.timedelta(days=1))  # its night begins on the evening before
        sleeps = [s for s in (day.night, day.nap, coming.night) if s is not None]
        inside = any(sleep.start <= at < sleep.end for sleep in sleeps)
        working = day.exercise is not None and day.exercise.start <= at < day.exercise.end
        if day.night is not None or at >= day.at(_MORNING):
            yield _beat(life, at, "sleep" if inside else "workout" if working else "awake")
        at += _HEART_RATE_EVERY


def _beat(life: Life, at: dt.datetime, source: str) -> dict[str, Any]:
    minute = int(at.timestamp() // 60)
    return {
        "timestamp": at.isoformat().replace("+00:00", "Z"),
        "timestamp_unix": int(at.timestamp() * 1000),
        "bpm": round(life.resting + _ABOVE_RESTING[source] + minute * 7_919 % 11),
        "source": source,
    }


def personal_info(life: Life, account: str) -> dict[str, Any]:
    """The document ``personal_info``."""
    return {
        "id": account,
        "age": life.age,
        "weight": life.weight_kg,
        "height": life.height_m,
        "biological_sex": None,
        "email": None,
    }


def _documents(life: Life, day: Day, now: dt.datetime, longer: Mapping[str, int]) -> Iterator[Document]:
    night = day.night
    for number, recorded in enumerate((day.night, day.nap)):
        if recorded is not None:
            what = f"sleep/{number}"
            sleep = recorded.longer(longer.get(_key(life, day, what), 0))
            night = sleep if number == 0 else night
            yield _made(life, day, what, "sleep", recorded.known_at, _sleep(life, day, sleep, number))
    if day.night is not None and night is not None:
        known = day.night.known_at
        stamp = _local(day, day.at(0))
        yield _made(
            life,
            day,
            "readiness",
            "daily_readiness",
            known,
            {**_readiness(day), "timestamp": stamp},
        )
        score = round(min(max(day.readiness + (len(night.phases) * GRAIN_MIN - 470) / 12, 30), 99))
        contributors = dict.fromkeys(
            ("deep_sleep", "efficiency", "latency", "rem_sleep", "restfulness", "timing", "total_sleep"),
            score,
        )
        yield _made(
            life,
            day,
            "sleep-score",
            "daily_sleep",
            known,
            {"contributors": contributors, "score": score, "timestamp": stamp},
        )
        spo2 = {"breathing_disturbance_index": 3, "spo2_percentage": {"average": day.spo2}}
        yield _made(life, day, "spo2", "daily_spo2", known, spo2)
    done = min(max((now - day.at(_MORNING)) / (day.at(_END_OF_DAY) - day.at(_MORNING)), 0.0), 1.0)
    yield _made(
        life,
        day,
        "activity",
        "daily_activity",
        day.at(_MORNING),
        _activity(day, done),
        settled_at=day.at(_END_OF_DAY),
    )
    stress = {"day_summary": "normal", "recovery_high": day.restored_s, "stress_high": day.stress_s}
    yield _made(life, day, "stress", "daily_stress", day.at(_END_OF_DAY), stress)
    if day.vo2max is not None:
        estimate = {"timestamp": _local(day, day.at(_END_OF_DAY)), "vo2_max": day.vo2max}
        yield _made(life, day, "vo2max", "vO2_max", day.at(_END_OF_DAY), estimate)
    if day.moment is not None:
        yield _made(life, day, "session", "session", day.moment.end, _session(day, day.moment))
    if day.exercise is not None:
        work = day.exercise
        body = {
            "activity": work.sport,
            "calories": work.kcal,
            "distance": work.distance_m,
            "end_datetime": _local(day, work.end),
            "intensity": work.intensity,
            "label": None,
            "source": "confirmed",
            "start_datetime": _local(day, work.start),
        }
        yield _made(life, day, "workout", "workout", work.end + dt.timedelta(minutes=10), body)


def _made(
    life: Life,
    day: Day,
    what: str,
    collection: str,
    known_at: dt.datetime,
    body: dict[str, Any],
    *,
    settled_at: dt.datetime | None = None,
) -> Document:
    key = _key(life, day, what)
    return Document(
        collection=collection,
        id=key,
        day=day.date,
        known_at=known_at,
        settled_at=settled_at or known_at,
        body={"id": key, "day": day.date.isoformat(), **body},
    )


def _key(life: Life, day: Day, what: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{life.number}/{life.rmssd}/{day.date}/{what}"))


def _session(day: Day, moment: Moment) -> dict[str, Any]:
    start = _local(day, moment.start)
    return {
        "end_datetime": _local(day, moment.end),
        "heart_rate": {"interval": 60.0, "items": list(moment.hr), "timestamp": start},
        "heart_rate_variability": {"interval": 60.0, "items": list(moment.hrv), "timestamp": start},
        "start_datetime": start,
        "type": moment.kind,
        # Left out where there is none: the description lets no reference be null.
        **({"mood": moment.mood} if moment.mood else {}),
    }


def _sleep(life: Life, day: Day, sleep: Sleep, number: int) -> dict[str, Any]:
    asleep = sleep.seconds("123")
    heart = [value for value in sleep.hr if value is not None]
    variability = [value for value in sleep.hrv if value is not None]
    start = _local(day, sleep.start)
    return {
        "average_breath": sleep.breath,
        "average_heart_rate": round(sum(heart) / len(heart), 2) if heart else None,
        "average_hrv": round(sum(variability) / len(variability)) if variability else None,
        "awake_time": sleep.seconds("4"),
        "bedtime_end": _local(day, sleep.end),
        "bedtime_start": start,
        "deep_sleep_duration": sleep.seconds("1"),
        "efficiency": round(100 * asleep / (sleep.end - sleep.start).total_seconds()),
        "heart_rate": {"interval": 300.0, "items": list(sleep.hr), "timestamp": start},
        "hrv": {"interval": 300.0, "items": list(sleep.hrv), "timestamp": start},
        "latency": GRAIN_MIN * 60,
        "light_sleep_duration": sleep.seconds("2"),
        "low_battery_alert": False,
        "lowest_heart_rate": round(min(heart)) if heart else None,
        "movement_30_sec": None,
        "period": number,
        "readiness_score_delta": None,
        "rem_sleep_duration": sleep.seconds("3"),
        "restless_periods": sleep.phases.count("4") * 3,
        "sleep_algorithm_version": "v2",
        "sleep_analysis_reason": "foreground_sleep_analysis",
        "sleep_phase_30_sec": None,
        "sleep_phase_5_min": sleep.phases,
        "sleep_score_delta": None,
        "time_in_bed": round((sleep.end - sleep.start).total_seconds()),
        "total_sleep_duration": asleep,
        "type": "late_nap" if sleep.nap else "long_sleep",
        "ring_id": None,
        "app_sleep_phase_5_min": None,
        **({} if sleep.nap else {"readiness": _readiness(day)}),
    }


def _activity(day: Day, done: float) -> dict[str, Any]:
    names = ("meet_daily_targets", "move_every_hour", "recovery_time", "stay_active", "training_frequency")
    active_s = round(4 * 3600 * done)
    return {
        "active_calories": round(day.kcal_active * done),
        "average_met_minutes": 1.5,
        "class_5_min": None,
        "contributors": {**dict.fromkeys(names, 80), "training_volume": 75},
        "equivalent_walking_distance": round(day.steps * 0.72 * done),
        "high_activity_met_minutes": 100,
        "high_activity_time": active_s // 8 // 60 * 60,
        "inactivity_alerts": 1,
        "low_activity_met_minutes": 120,
        "low_activity_time": active_s // 2 // 60 * 60,
        "medium_activity_met_minutes": 90,
        "medium_activity_time": active_s // 4 // 60 * 60,
        "met": {"interval": 60.0, "items": [1.0, 1.2], "timestamp": _local(day, day.at(4))},
        "meters_to_target": 0,
        "non_wear_time": 0 if day.night is not None else 8 * 3600,
        "resting_time": 28_800,
        "score": 82 if done == 1.0 else None,
        "sedentary_met_minutes": 10,
        "sedentary_time": round(9 * 3600 * done) // 60 * 60,
        "steps": round(day.steps * done),
        "target_calories": 500,
        "target_meters": 9_000,
        "timestamp": _local(day, day.at(4)),
        "total_calories": round(day.kcal_total * done),
    }


def _readiness(day: Day) -> dict[str, Any]:
    return {
        "contributors": _readiness_contributors(day),
        "score": day.readiness,
        "temperature_deviation": round((day.spo2 - 97) / 10, 2),
        "temperature_trend_deviation": None,
    }


def _readiness_contributors(day: Day) -> dict[str, int]:
    names = ("activity_balance", "body_temperature", "hrv_balance", "previous_day_activity", "previous_night")
    more = ("recovery_index", "resting_heart_rate", "sleep_balance", "sleep_regularity")
    return dict.fromkeys((*names, *more), day.readiness)


def _local(day: Day, moment: dt.datetime) -> str:
    return moment.astimezone(day.zone).isoformat(timespec="seconds")
