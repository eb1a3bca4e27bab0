"""Facts in WHOOP's words: what its interface says of them at a given instant."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from adapters.whoop.payloads import ScoreState
from adapters.whoop.simulator.facts import Cycle, Fact, Sleep, Workout
from adapters.whoop.simulator.people import Person

__all__ = ["Payload", "body", "cycle", "instant", "profile", "recovery", "sleep", "workout"]

Payload = dict[str, Any]
"""A JSON object of the interface."""

_ZONES: Final = ("zero", "one", "two", "three", "four", "five")
_DAY_S: Final = 86_400.0
#: A body's weight goes up and down by as much within so many days.
_WEIGHT_SWING_KG: Final = 0.8
_WEIGHT_DAYS: Final = 14


def instant(moment: dt.datetime) -> str:
    """As WHOOP writes times: ``2022-04-24T11:25:44.774Z``."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def sleep(person: Person, fact: Sleep, now: dt.datetime) -> Payload:
    """A sleep or a nap."""
    payload = {
        "id": fact.id,
        "cycle_id": fact.cycle_id,
        **_common(person, fact, now),
        "end": instant(fact.end),
        "nap": fact.nap,
    }
    if payload["score_state"] != ScoreState.SCORED:
        return payload
    in_bed = (fact.end - fact.start) // dt.timedelta(milliseconds=1)
    asleep = fact.light_ms + fact.deep_ms + fact.rem_ms
    needed = fact.baseline_ms + fact.debt_ms + fact.strain_ms + fact.nap_ms
    payload["score"] = {
        "stage_summary": {
            "total_in_bed_time_milli": in_bed,
            "total_awake_time_milli": fact.awake_ms,
            "total_no_data_time_milli": fact.no_data_ms,
            "total_light_sleep_time_milli": fact.light_ms,
            "total_slow_wave_sleep_time_milli": fact.deep_ms,
            "total_rem_sleep_time_milli": fact.rem_ms,
            "sleep_cycle_count": fact.sleep_cycles,
            "disturbance_count": fact.disturbances,
        },
        "sleep_needed": {
            "baseline_milli": fact.baseline_ms,
            "need_from_sleep_debt_milli": fact.debt_ms,
            "need_from_recent_strain_milli": fact.strain_ms,
            "need_from_recent_nap_milli": fact.nap_ms,
        },
        "respiratory_rate": fact.respiratory_rate,
        "sleep_performance_percentage": round(min(100.0, 100 * asleep / needed), 1),
        **({} if fact.consistency is None else {"sleep_consistency_percentage": fact.consistency}),
        "sleep_efficiency_percentage": round(100 * asleep / in_bed, 8),
    }
    return payload


def recovery(person: Person, night: Sleep, now: dt.datetime) -> Payload:
    """The recovery of a night (not of a nap): it has no id, and no times but those of its recording."""
    known = night.recovery
    assert known is not None, "a nap has no recovery"
    payload = {
        "cycle_id": night.cycle_id,
        "sleep_id": night.id,
        "user_id": person.user_id,
        "created_at": instant(night.recorded_at),
        "updated_at": instant(night.updated_at(now)),
        "score_state": night.state(now).value,
    }
    if payload["score_state"] == ScoreState.SCORED:
        payload["score"] = {
            "user_calibrating": known.calibrating,
            "recovery_score": float(known.score),
            "resting_heart_rate": known.resting_hr,
            "hrv_rmssd_milli": known.hrv_ms,
            **({} if known.spo2 is None else {"spo2_percentage": known.spo2}),
            **({} if known.skin_temp_c is None else {"skin_temp_celsius": known.skin_temp_c}),
        }
    return payload


def cycle(person: Person, fact: Cycle, now: dt.datetime, ended_at: dt.datetime | None) -> Payload:
    """A cycle. ``ended_at`` is when its end became known; ``None`` while it lasts: strain grows hourly."""
    reached = fact.end if ended_at is not None else now.replace(minute=0, second=0, microsecond=0)
    payload = {"id": int(fact.id), **_common(person, fact, now)}
    payload["updated_at"] = instant(max(fact.recorded_at, ended_at or reached))
    if ended_at is not None:
        payload["end"] = instant(fact.end)
    if payload["score_state"] == ScoreState.SCORED:
        share = 1.0 if ended_at else min(1.0, max(0.04, (reached - fact.start).total_seconds() / _DAY_S))
        payload["score"] = {
            "strain": round(fact.strain * share, 6),
            "kilojoule": round(fact.kilojoule * share, 4),
            "average_heart_rate": fact.average_hr,
            "max_heart_rate": fact.max_hr,
        }
    return payload


def workout(person: Person, fact: Workout, now: dt.datetime) -> Payload:
    """A workout; way and heights only where they were recorded."""
    payload = {
        "id": fact.id,
        **_common(person, fact, now),
        "end": instant(fact.end),
        "sport_name": fact.sport,
    }
    if payload["score_state"] == ScoreState.SCORED:
        where = {
            "distance_meter": fact.distance_m,
            "altitude_gain_meter": fact.gain_m,
            "altitude_change_meter": fact.change_m,
        }
        payload["score"] = {
            "strain": fact.strain,
            "average_heart_rate": fact.average_hr,
            "max_heart_rate": fact.max_hr,
            "kilojoule": fact.kilojoule,
            "percent_recorded": fact.recorded_pct,
            **{name: value for name, value in where.items() if value is not None},
            "zone_durations": {
                f"zone_{word}_milli": length for word, length in zip(_ZONES, fact.zones_ms, strict=True)
            },
        }
    return payload


def body(person: Person, now: dt.datetime) -> Payload:
    """Height, weight (which drifts) and the highest heart rate."""
    position = now.toordinal() % (2 * _WEIGHT_DAYS)
    drift = (abs(position - _WEIGHT_DAYS) / _WEIGHT_DAYS - 0.5) * _WEIGHT_SWING_KG
    return {
        "height_meter": person.height_m,
        "weight_kilogram": round(person.weight_kg + drift, 4),
        "max_heart_rate": person.max_hr,
    }


def profile(person: Person) -> Payload:
    """Whose account it is."""
    return {
        "user_id": person.user_id,
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
    }


def _common(person: Person, fact: Fact, now: dt.datetime) -> Payload:
    return {
        "user_id": person.user_id,
        "created_at": instant(fact.recorded_at),
        "updated_at": instant(fact.updated_at(now)),
        "start": instant(fact.start),
        "timezone_offset": _designator(fact.offset_s),
        "score_state": fact.state(now).value,
    }


def _designator(offset_s: int) -> str:
    """A time zone designator: ``+hh:mm``, ``-hh:mm``, or ``Z``."""
    if offset_s == 0:
        return "Z"
    hours, minutes = divmod(abs(offset_s) // 60, 60)
    return f"{'+' if offset_s > 0 else '-'}{hours:02d}:{minutes:02d}"
