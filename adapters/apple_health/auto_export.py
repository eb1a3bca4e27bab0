"""JSON of the iOS app Health Auto Export, posted by it or saved by it → canonical records.

``{"data": {"metrics": [{"name", "units", "data": [{"date", "qty", "source"}]}], "workouts": […]}}``. Heart
rate has ``Min``, ``Avg``, ``Max``; blood pressure two values; sleep is told by night (aggregated) or by
stage; a workout of version 2 has an id and seconds, of version 1 neither. Percentages are percentages here.
The format is described at help.healthyapps.dev/en/health-auto-export/export-format (February 2026).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from adapters.apple_health.auto_sleep import sleep_nights, text_of
from adapters.apple_health.payloads import QUANTITIES, conversion, snake_case
from adapters.apple_health.times import parse_moment
from adapters.apple_health.typed import shown_source
from poise_sdk.fields import Fields, Trouble
from poise_sdk.observations import BodyMeasurement, Origin, Reading, Workout
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.wearable import Item

__all__ = ["is_auto_export", "normalize_auto_export"]

#: The app's names that are not HealthKit's in snake_case.
_NAMES: Final[Mapping[str, str]] = {
    "active_energy": "ActiveEnergyBurned",
    "basal_energy_burned": "BasalEnergyBurned",
    "resting_energy": "BasalEnergyBurned",
    "blood_oxygen_saturation": "OxygenSaturation",
    "cardio_recovery": "HeartRateRecoveryOneMinute",
    "cycling_distance": "DistanceCycling",
    "heart_rate_variability": "HeartRateVariabilitySDNN",
    "swimming_distance": "DistanceSwimming",
    "vo2_max": "VO2Max",
    "vo2max": "VO2Max",
    "walking_heart_rate": "WalkingHeartRateAverage",
    "walking_heart_rate_average": "WalkingHeartRateAverage",
    "walking_running_distance": "DistanceWalkingRunning",
    "weight_body_mass": "BodyMass",
    **{snake_case(name): name for name in QUANTITIES},
}
#: What a document may hold besides; of these nothing is read, and a document of them alone is no error.
_EMPTY: Final = frozenset(
    {"stateOfMind", "medications", "symptoms", "cycleTracking", "ecg", "heartRateNotifications"}
)
_BLOOD_PRESSURE: Final = (
    ("systolic", "blood_pressure_systolic_mmhg"),
    ("diastolic", "blood_pressure_diastolic_mmhg"),
)
_BODY: Final = ("weight_kg", "height_m", "body_fat_pct", "lean_mass_kg")
#: Where a unit may be written otherwise than HealthKit writes it.
_SPELLINGS: Final = {"ml/(kg·min)": "mL/min·kg", "ml/(kg*min)": "mL/min·kg", "breaths/min": "count/min"}
_MORE_UNITS: Final[Mapping[str, Mapping[str, float]]] = {
    "speed": {"m/s": 1.0, "km/hr": 1 / 3.6, "kmph": 1 / 3.6, "mph": 0.44704, "mi/hr": 0.44704},
}


def is_auto_export(content: bytes) -> bool:
    """Whether ``content`` begins like the app's JSON: an object with ``data`` in it."""
    start = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"{") and b'"data"' in start


def normalize_auto_export(document: RawDocument) -> Iterator[Item]:
    """The records of one document of the app."""
    file = document.name
    try:
        top = Fields.of(msgspec.json.decode(document.content.removeprefix(b"\xef\xbb\xbf")))
        data = top.get("data")
        metrics, workouts = list(data.items("metrics")), list(data.items("workouts"))
        if not metrics and not workouts and not _EMPTY & data.values.keys():
            raise Trouble("data", "neither metrics nor workouts are in it")
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        yield Rejected(file=file, reason=f"broken JSON: {error}")
        return
    except Trouble as trouble:
        yield trouble.rejected(file=file)
        return
    row, unknown = 0, {}
    for metric in metrics:
        try:
            fields = Fields.of(metric, "metrics.")
            name = fields.text("name")
            if "data" not in fields.values:
                raise Trouble("metrics.data", "it is missing")
            samples = list(fields.items("data"))
            units = text_of(fields, "units") or ""
        except Trouble as trouble:
            row += 1
            yield trouble.rejected(file=file, row=row)
            continue
        if name == "sleep_analysis":
            yield from sleep_nights(samples, row, file)
        elif name == "blood_pressure" or name in _NAMES:
            yield from _readings(name, units, samples, row, file)
        elif samples:
            unknown[name] = len(samples)
        row += len(samples)
    for workout in workouts:
        row += 1
        try:
            yield _workout(Fields.of(workout, "workouts."), row)
        except Trouble as trouble:
            yield trouble.rejected(file=file, row=row)
    if unknown:
        told = ", ".join(f"{name} {count:,}" for name, count in sorted(unknown.items()))
        yield Rejected(
            file=file,
            field="name",
            reason=f"{sum(unknown.values()):,} records of kinds that are not read were passed over: {told}",
        )


def _readings(name: str, units: str, samples: list[object], before: int, file: str) -> Iterator[Item]:
    for row, sample in enumerate(samples, before + 1):
        try:
            fields = Fields.of(sample, f"{name}.")
            start, offset = moment(fields, "date")
            source = shown_source(text_of(fields, "source"))
            for metric, value in _values(name, units, fields):
                if metric in _BODY:
                    yield _body(metric, value, row, source, start, offset)
                else:
                    yield Reading(
                        origin=Origin.FILE,
                        row=row,
                        source=source,
                        start_at=start,
                        utc_offset_s=offset,
                        metric=metric,
                        value=value,
                    )
        except Trouble as trouble:
            yield trouble.rejected(file=file, row=row)


def _body(
    metric: str, value: float, row: int, source: str | None, start: dt.datetime, offset: int
) -> BodyMeasurement:
    told = {name: value if name == metric else None for name in _BODY}
    return BodyMeasurement(
        origin=Origin.FILE,
        row=row,
        source=source,
        start_at=start,
        utc_offset_s=offset,
        height_m=told["height_m"],
        weight_kg=told["weight_kg"],
        body_fat_pct=told["body_fat_pct"],
        lean_mass_kg=told["lean_mass_kg"],
    )


def _values(name: str, units: str, fields: Fields) -> Iterator[tuple[str, float]]:
    """What one sample says, by metric."""
    if name == "blood_pressure":
        for key, metric in _BLOOD_PRESSURE:
            yield metric, _converted(fields.number(key), "pressure", units or "mmHg")
        return
    metric, kind = QUANTITIES[_NAMES[name]]
    if name == "heart_rate" and "Avg" in fields:
        for key, told in (("Avg", metric), ("Min", "min_hr_bpm"), ("Max", "max_hr_bpm")):
            value = fields.number(key, None)
            if value is not None:
                yield told, _converted(value, kind, units)
        return
    # What is measured rather than counted up may be told like heart rate where it is summed up.
    key = "Avg" if "Avg" in fields and "qty" not in fields else "qty"
    yield metric, _converted(fields.number(key), kind, units)


def _converted(value: float, kind: str, units: str) -> float:
    if kind == "speed":
        factor = _MORE_UNITS[kind].get(units)
        if factor is not None:
            return value * factor
    else:
        # Percentages, without a unit in some versions; scripts that write the format tell them as shares too.
        unit = "%" if kind == "percent" else units
        convert = conversion(kind, _SPELLINGS.get(unit, unit))
        if convert is not None:
            return convert(value)
    raise Trouble("units", f"{units[:40]!r} is no unit of it that is known")


def moment(fields: Fields, name: str) -> tuple[dt.datetime, int]:
    """The instant and the offset of ``yyyy-MM-dd HH:mm:ss Z``."""
    try:
        return parse_moment(fields.text(name))
    except Trouble:
        raise
    except ValueError as error:
        raise Trouble(f"{fields.path}{name}", str(error)) from None


def _workout(fields: Fields, row: int) -> Workout:
    start, offset = moment(fields, "start")
    end, _ = moment(fields, "end")
    name = fields.text("name")
    seconds = fields.number("duration", None)
    heart = fields.get("heartRate")
    elevation = fields.get("elevation")
    return Workout(
        source_id=text_of(fields, "id"),
        origin=Origin.FILE,
        row=row,
        start_at=start,
        end_at=end,
        utc_offset_s=offset,
        activity=snake_case(name),
        activity_label=name,
        # Version 1 tells none; its times include pauses.
        duration_min=(end - start).total_seconds() / 60 if seconds is None else seconds / 60,
        energy_kj=_first(fields, ("activeEnergyBurned", "activeEnergy"), "kilojoules"),
        avg_hr_bpm=_first(fields, ("avgHeartRate",), "rate") or _first(heart, ("avg",), "rate"),
        min_hr_bpm=_first(fields, ("minHeartRate",), "rate") or _first(heart, ("min",), "rate"),
        max_hr_bpm=_first(fields, ("maxHeartRate",), "rate") or _first(heart, ("max",), "rate"),
        # A strength workout says "0 km": it has no distance, rather than one of nothing.
        distance_m=_first(fields, ("distance",), "metres") or None,
        altitude_gain_m=_first(fields, ("elevationUp",), "metres")
        if "elevationUp" in fields
        else _ascent(elevation),
        max_speed_m_s=_first(fields, ("maxSpeed",), "speed"),
        gps=bool(list(fields.items("route"))) or None,
    )


def _first(fields: Fields, names: tuple[str, ...], kind: str) -> float | None:
    """The first of ``names`` that is a quantity (``{"qty", "units"}``), in our unit."""
    for name in names:
        if isinstance(fields.values.get(name), Mapping):
            quantity = fields.get(name)
            value = quantity.number("qty", None)
            if value is not None:
                return _converted(value, kind, quantity.text("units", "bpm" if kind == "rate" else ""))
    return None


def _ascent(elevation: Fields) -> float | None:
    value = elevation.number("ascent", None)
    return None if value is None else _converted(value, "metres", elevation.text("units", "m"))
