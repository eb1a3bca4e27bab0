"""An invented export of the Health app, of any size: what the measurements read."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path

__all__ = ["write_export"]

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE HealthData [
<!-- HealthKit Export Version: 14 -->
<!ELEMENT HealthData ANY>
<!ATTLIST HealthData
  locale CDATA #REQUIRED
>
]>
<HealthData locale="en_GB">
 <ExportDate value="2026-01-01 09:00:00 +0100"/>
"""
_TAIL = "</HealthData>\n"
_ZONE = dt.timezone(dt.timedelta(hours=1))
_KIND = "HKQuantityTypeIdentifier"
_ASLEEP = ("Core", "Core", "Deep", "Core", "REM")


def write_export(path: Path, megabytes: int, *, lines: bool = True, seed: int = 7) -> None:
    """Days of a watch and a phone until ``megabytes`` are full; not ``lines``: all of it on one line."""
    dice = random.Random(seed)
    day = dt.datetime(2021, 1, 1, tzinfo=_ZONE)
    left = megabytes * 1_000_000
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(_HEAD)
        while left > 0:
            text = "".join(_day(day, dice))
            text = text if lines else text.replace("\n", "")
            file.write(text)
            left -= len(text.encode())
            day += dt.timedelta(days=1)
        file.write(_TAIL)


def _day(day: dt.datetime, dice: random.Random) -> Iterator[str]:
    for minute in range(0, 1440, 4):
        start = day + dt.timedelta(minutes=minute, seconds=dice.randrange(60))
        context = (
            f'  <MetadataEntry key="HKMetadataKeyHeartRateMotionContext" value="{dice.randrange(3)}"/>\n'
        )
        yield _record("HeartRate", "count/min", str(dice.randint(45, 170)), start, 0, dice, inside=context)
        yield _record("ActiveEnergyBurned", "kcal", f"{dice.random() * 3:.3f}", start, 60, dice)
        if minute % 12 == 0:
            yield _record("StepCount", "count", str(dice.randint(1, 200)), start, 60, None)
            yield _record("DistanceWalkingRunning", "km", f"{dice.random():.5f}", start, 60, dice)
    for hour in range(0, 24, 2):
        yield _variability(day + dt.timedelta(hours=hour), dice)
    yield _record("RestingHeartRate", "count/min", str(dice.randint(42, 60)), day, 0, dice)
    moment = day + dt.timedelta(hours=23)
    for stage in _ASLEEP * 5:
        seconds = dice.randint(300, 1800)
        yield _sleep(stage, moment, seconds, dice)
        moment += dt.timedelta(seconds=seconds)
    yield _workout(day + dt.timedelta(hours=17), dice)


def _stamp(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S %z")


def _source(dice: random.Random | None) -> str:
    if dice is None:
        return 'sourceName="Sam’s iPhone" sourceVersion="17.1"'
    return (
        'sourceName="Sam’s Apple Watch" sourceVersion="10.2" '
        f'device="&lt;&lt;HKDevice: 0x{dice.getrandbits(34):x}&gt;, name:Apple Watch, '
        'manufacturer:Apple Inc., model:Watch, hardware:Watch6,7, software:10.2&gt;"'
    )


def _span(start: dt.datetime, seconds: int) -> str:
    end = start + dt.timedelta(seconds=seconds)
    created = _stamp(end + dt.timedelta(minutes=5))
    return f'creationDate="{created}" startDate="{_stamp(start)}" endDate="{_stamp(end)}"'


def _record(
    kind: str,
    unit: str,
    value: str,
    start: dt.datetime,
    seconds: int,
    dice: random.Random | None,
    inside: str = "",
) -> str:
    tag = (
        f' <Record type="{_KIND}{kind}" {_source(dice)} unit="{unit}" {_span(start, seconds)} value="{value}"'
    )
    return f"{tag}>\n{inside} </Record>\n" if inside else f"{tag}/>\n"


def _variability(start: dt.datetime, dice: random.Random) -> str:
    beats, clock = [], start
    for _ in range(50):
        clock += dt.timedelta(milliseconds=dice.randint(820, 940))
        time = f"{clock.hour % 12 or 12}:{clock:%M:%S}.{clock.microsecond // 10_000:02} {clock:%p}"
        beats.append(f'   <InstantaneousBeatsPerMinute bpm="{dice.randint(64, 73)}" time="{time}"/>\n')
    inside = f"  <HeartRateVariabilityMetadataList>\n{''.join(beats)}  </HeartRateVariabilityMetadataList>\n"
    value = f"{dice.random() * 60 + 20:.4f}"
    return _record("HeartRateVariabilitySDNN", "ms", value, start, 60, dice, inside)


def _sleep(stage: str, start: dt.datetime, seconds: int, dice: random.Random) -> str:
    return (
        f' <Record type="HKCategoryTypeIdentifierSleepAnalysis" {_source(dice)} {_span(start, seconds)} '
        f'value="HKCategoryValueSleepAnalysisAsleep{stage}">\n'
        '  <MetadataEntry key="HKTimeZone" value="Europe/Warsaw"/>\n </Record>\n'
    )


def _workout(start: dt.datetime, dice: random.Random) -> str:
    span = _span(start, 1860)
    return (
        ' <Workout workoutActivityType="HKWorkoutActivityTypeRunning" duration="31" durationUnit="min" '
        f"{_source(dice)} {span}>\n"
        f'  <WorkoutStatistics type="{_KIND}HeartRate" {span} average="150" minimum="100" maximum="180" '
        'unit="count/min"/>\n </Workout>\n'
    )
