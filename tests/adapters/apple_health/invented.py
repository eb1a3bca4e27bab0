"""Small exports of nobody, in the Health app's layout."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import polars as pl

from adapters.apple_health.adapter import AppleHealth
from poise_sdk.observations import Reading, ReadingTable
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.wearable import Item

ZONE = dt.timezone(dt.timedelta(hours=1))
WATCH = (
    "&lt;&lt;HKDevice: 0x{:x}&gt;, name:Apple Watch, manufacturer:Apple Inc., model:Watch, "
    "hardware:Watch6,7, software:10.2&gt;"
)
PROLOG = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE HealthData [
<!-- HealthKit Export Version: 12 -->
<!ELEMENT HealthData (ExportDate,Me,(Record|Correlation|Workout|ActivitySummary)*)>
<!ATTLIST HealthData
  locale CDATA #REQUIRED
>
<!ELEMENT VisionPrescription ((RightEye|LeftEye|Attachment|MetadataEntry)*)>
<!ATTLIST VisionPrescription
  type CDATA #REQUIRED
<!ELEMENT RightEye EMPTY>
>
]>
"""
HEAD = """<HealthData locale="en_GB">
 <ExportDate value="2024-06-01 09:00:00 +0100"/>
 <Me HKCharacteristicTypeIdentifierDateOfBirth="1990-01-01"/>
"""
START = dt.datetime(2024, 3, 1, 22, 30, tzinfo=ZONE)


def stamp(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S %z")


def at(hours: float = 0.0, *, start: dt.datetime = START) -> dt.datetime:
    return start + dt.timedelta(hours=hours)


def record(
    kind: str,
    value: object | None,
    unit: str | None = None,
    *,
    start: dt.datetime | str = START,
    end: dt.datetime | str | None = None,
    source: str = "Sam’s Apple\u00a0Watch",
    device: str | None = WATCH.format(0x2AB),
    inside: str = "",
    indent: str = " ",
) -> str:
    """A ``Record`` with its line; ``inside`` holds its children, each with its line."""
    name = kind if kind.startswith("HK") else f"HKQuantityTypeIdentifier{kind}"
    begin = start if isinstance(start, str) else stamp(start)
    finish = begin if end is None else end if isinstance(end, str) else stamp(end)
    attributes = [f'type="{name}"', f'sourceName="{source}"', 'sourceVersion="10.2"']
    if device is not None:
        attributes.append(f'device="{device}"')
    if unit is not None:
        attributes.append(f'unit="{unit}"')
    attributes += [f'creationDate="{begin}"', f'startDate="{begin}"', f'endDate="{finish}"']
    if value is not None:
        attributes.append(f'value="{value}"')
    tag = f"{indent}<Record {' '.join(attributes)}"
    return f"{tag}>\n{inside}{indent}</Record>\n" if inside else f"{tag}/>\n"


def zone(name: str) -> str:
    return f'  <MetadataEntry key="HKTimeZone" value="{name}"/>\n'


def sleep(stage: str, start: dt.datetime, end: dt.datetime, **more: Any) -> str:
    value = f"HKCategoryValueSleepAnalysis{stage}"
    return record("HKCategoryTypeIdentifierSleepAnalysis", value, start=start, end=end, **more)


def beats(times: list[str], sdnn: float = 45.2, **more: Any) -> str:
    lines = "".join(f'   <InstantaneousBeatsPerMinute bpm="75" time="{time}"/>\n' for time in times)
    inside = f"  <HeartRateVariabilityMetadataList>\n{lines}  </HeartRateVariabilityMetadataList>\n"
    return record("HeartRateVariabilitySDNN", sdnn, "ms", inside=inside, **more)


def beat_times(intervals_ms: list[int], start_s: float = 16 * 3600.0) -> list[str]:
    """Times of day of beats at the given distances, as a phone with a clock of 12 hours writes them."""
    times, clock = [], round(start_s * 1000)
    for interval in [0, *intervals_ms]:
        clock = (clock + interval) % 86_400_000
        hours, rest = divmod(clock, 3_600_000)
        minutes, rest = divmod(rest, 60_000)
        half = "AM" if hours < 12 else "PM"
        times.append(f"{hours % 12 or 12}:{minutes:02}:{rest / 1000:05.2f}\u202f{half}")
    return times


def night(start: dt.datetime = START, **more: Any) -> str:
    """Eight hours in bed: four cycles of stages."""
    text, moment = "", start
    for stage, minutes in [("Awake", 10), *[("AsleepCore", 60), ("AsleepDeep", 30), ("AsleepREM", 27)] * 4]:
        end = moment + dt.timedelta(minutes=minutes)
        text += sleep(stage, moment, end, **more)
        moment = end
    return text


def new_workout() -> str:
    start, end = stamp(at(12)), stamp(at(13))
    kind = "HKQuantityTypeIdentifier"
    return (
        ' <Workout workoutActivityType="HKWorkoutActivityTypeHighIntensityIntervalTraining" duration="52.5"'
        f' durationUnit="min" sourceName="Sam’s Apple Watch" creationDate="{end}" startDate="{start}"'
        f' endDate="{end}">\n'
        '  <MetadataEntry key="HKElevationAscended" value="2356 cm"/>\n'
        '  <MetadataEntry key="HKMaximumSpeed" value="4.5 m/s"/>\n'
        '  <MetadataEntry key="HKTimeZone" value="America/New_York"/>\n'
        f'  <WorkoutEvent type="HKWorkoutEventTypePause" date="{start}"/>\n'
        f'  <WorkoutStatistics type="{kind}HeartRate" startDate="{start}" endDate="{end}" average="151.5"'
        ' minimum="99" maximum="182" unit="count/min"/>\n'
        f'  <WorkoutStatistics type="{kind}ActiveEnergyBurned" startDate="{start}" endDate="{end}" sum="500"'
        ' unit="kcal"/>\n'
        f'  <WorkoutStatistics type="{kind}BasalEnergyBurned" startDate="{start}" endDate="{end}" sum="90"'
        ' unit="kcal"/>\n'
        f'  <WorkoutStatistics type="{kind}DistanceWalkingRunning" startDate="{start}" endDate="{end}"'
        ' sum="5" unit="mi"/>\n'
        f'  <WorkoutRoute sourceName="Sam" startDate="{start}" endDate="{end}">\n'
        '   <FileReference path="/workout-routes/route_2024-03-02.gpx"/>\n'
        "  </WorkoutRoute>\n </Workout>\n"
    )


def old_workout() -> str:
    start, end = stamp(at(36)), stamp(at(37))
    return (
        ' <Workout workoutActivityType="HKWorkoutActivityTypeRunning" duration="58" durationUnit="min"'
        ' totalDistance="10.5" totalDistanceUnit="km" totalEnergyBurned="2510" totalEnergyBurnedUnit="kJ"'
        f' sourceName="Sam’s Apple Watch" startDate="{start}" endDate="{end}"/>\n'
    )


def summary(day: str = "2024-03-02") -> str:
    return (
        f' <ActivitySummary dateComponents="{day}" activeEnergyBurned="500" activeEnergyBurnedGoal="600"'
        ' activeEnergyBurnedUnit="kcal" appleMoveTime="0" appleMoveTimeGoal="0" appleExerciseTime="41"'
        ' appleExerciseTimeGoal="30" appleStandHours="11" appleStandHoursGoal="12"/>\n'
    )


def blood_pressure() -> str:
    systolic = record("BloodPressureSystolic", 121, "mmHg", device=None, indent="  ")
    return (
        f' <Correlation type="HKCorrelationTypeIdentifierBloodPressure" sourceName="Cuff" '
        f'startDate="{stamp(START)}" endDate="{stamp(START)}">\n{systolic} </Correlation>\n'
        + record("BloodPressureSystolic", 121, "mmHg", device=None)
    )


def export(*elements: str, prolog: str = PROLOG) -> bytes:
    return (prolog + HEAD + "".join(elements) + "</HealthData>\n").encode()


def everything() -> bytes:
    """Something of every kind that is read, nothing else."""
    readings = [
        ("HeartRate", 71, "count/min"),
        ("RestingHeartRate", 51, "count/min"),
        ("WalkingHeartRateAverage", 93, "count/min"),
        ("HeartRateRecoveryOneMinute", 31, "count/min"),
        ("RespiratoryRate", 14.5, "count/min"),
        ("OxygenSaturation", 0.97, "%"),
        ("BodyTemperature", 98.6, "degF"),
        ("AppleSleepingWristTemperature", 34.7, "degC"),
        ("BloodGlucose", 5.1, "mmol&lt;180.1558800000541&gt;/L"),
        ("BloodPressureDiastolic", 79, "mmHg"),
        ("VO2Max", 48.2, "mL/min·kg"),
        ("ActiveEnergyBurned", 1.25, "Cal"),
        ("BasalEnergyBurned", 1.5, "kJ"),
        ("StepCount", 41, "count"),
        ("DistanceWalkingRunning", 0.25, "mi"),
        ("DistanceCycling", 1.5, "km"),
        ("DistanceSwimming", 50, "yd"),
        ("FlightsClimbed", 2, "count"),
        ("AppleExerciseTime", 1, "min"),
        ("AppleStandTime", 5, "min"),
        ("BodyMassIndex", 22.9, "count"),
        ("BodyMass", 160, "lb"),
        ("Height", 183, "cm"),
        ("BodyFatPercentage", 0.182, "%"),
        ("LeanBodyMass", 60, "kg"),
    ]
    return export(
        *(
            record(kind, value, unit, start=at(i / 10), end=at((i + 1) / 10))
            for i, (kind, value, unit) in enumerate(readings)
        ),
        record("HeartRate", 80, "count/min", start=at(12), inside=zone("America/New_York")),
        sleep("InBed", at(-0.5), at(8.2), source="Sam’s iPhone", device=None),
        night(inside=zone("Europe/Warsaw")),
        beats(beat_times([800, 850] * 6), start=at(2), end=at(2.02)),
        blood_pressure(),
        new_workout(),
        old_workout(),
        summary(),
    )


def document(content: bytes | str, name: str = "export.xml") -> RawDocument:
    return RawDocument(name=name, content=content.encode() if isinstance(content, str) else content)


def told(content: bytes | str, name: str = "export.xml") -> list[Item]:
    """What ``normalize`` says, its tables taken apart."""
    items: list[Item] = []
    for item in AppleHealth().normalize(document(content, name)):
        if not isinstance(item, ReadingTable):
            items.append(item)
            continue
        frame = pl.DataFrame(item.data)
        assert frame.height == item.rows
        items.extend(Reading(**row, origin=item.origin) for row in frame.iter_rows(named=True))
    return items


def readings_of(items: list[Item]) -> list[Reading]:
    return [item for item in items if isinstance(item, Reading)]


def rejected_of(items: list[Item]) -> list[Rejected]:
    return [item for item in items if isinstance(item, Rejected)]


def auto_metrics() -> bytes:
    """What Health Auto Export posts: metrics of every shape."""

    def metric(name: str, units: str, *data: dict[str, Any]) -> dict[str, Any]:
        return {"name": name, "units": units, "data": list(data)}

    when = "2024-02-06 14:30:00 -0800"
    one = {"date": when, "source": "Sam’s Apple Watch"}
    return json.dumps(
        {
            "data": {
                "metrics": [
                    metric(
                        "step_count",
                        "count",
                        one | {"qty": 8500},
                        one | {"qty": 20, "date": when[:11] + "15:00:00 -0800"},
                    ),
                    metric("heart_rate", "bpm", one | {"Min": 65, "Avg": 72.5, "Max": 85}),
                    metric("heart_rate_variability", "ms", one | {"qty": 48.1}),
                    metric("blood_oxygen_saturation", "%", one | {"qty": 97}),
                    metric("active_energy", "kcal", one | {"qty": 10}),
                    metric("walking_running_distance", "mi", one | {"qty": 2}),
                    metric("blood_pressure", "mmHg", one | {"systolic": 120, "diastolic": 80}),
                    metric("weight_body_mass", "lb", one | {"qty": 160}),
                    metric("apple_sleeping_wrist_temperature", "degF", one | {"qty": 95}),
                    metric(
                        "sleep_analysis",
                        "hr",
                        {
                            "date": "2024-02-06",
                            "totalSleep": 7.5,
                            "asleep": 0,
                            "core": 4.5,
                            "deep": 1.25,
                            "rem": 1.75,
                            "awake": 0.25,
                            "sleepStart": "2024-02-05 23:00:00 -0800",
                            "sleepEnd": "2024-02-06 06:45:00 -0800",
                            "inBed": 8,
                            "inBedStart": "2024-02-05 22:50:00 -0800",
                            "inBedEnd": "2024-02-06 06:50:00 -0800",
                            "source": "Sam’s Apple Watch",
                        },
                    ),
                ]
            }
        }
    ).encode()


def auto_workouts() -> bytes:
    second = {
        "id": "550E8400-E29B-41D4-A716-446655440000",
        "name": "Outdoor Run",
        "start": "2024-02-06 07:00:00 -0800",
        "end": "2024-02-06 07:35:00 -0800",
        "duration": 1800,
        "activeEnergyBurned": {"qty": 350, "units": "kcal"},
        "distance": {"qty": 3.5, "units": "mi"},
        "maxSpeed": {"qty": 9, "units": "mph"},
        "elevationUp": {"qty": 100, "units": "ft"},
        "heartRate": {
            "min": {"qty": 90, "units": "bpm"},
            "avg": {"qty": 150, "units": "bpm"},
            "max": {"qty": 181, "units": "bpm"},
        },
        "route": [{"latitude": 1.0, "longitude": 2.0}],
    }
    first = {
        "name": "Cycling",
        "start": "2023-02-06 07:00:00 -0800",
        "end": "2023-02-06 07:30:00 -0800",
        "activeEnergy": {"qty": 800, "units": "kJ"},
        "avgHeartRate": {"qty": 140, "units": "bpm"},
        "maxHeartRate": {"qty": 170, "units": "bpm"},
        "elevation": {"ascent": 12, "descent": 3, "units": "m"},
    }
    return json.dumps({"data": {"workouts": [second, first]}}).encode()
