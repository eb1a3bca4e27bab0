"""Files of nobody as a Garmin device and Garmin Connect write them, and what the adapter tells of them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import polars as pl

from adapters.garmin.adapter import Garmin
from poise_sdk.observations import Reading, ReadingTable
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.wearable import Item
from tests.adapters.garmin.encoding import Field, fit, local, message, seconds

OFFSET = -5 * 3600
START = dt.datetime(2025, 3, 3, 22, 0, tzinfo=dt.UTC)
MIDNIGHT = dt.datetime(2025, 3, 3, 5, 0, tzinfo=dt.UTC)
BEDTIME = dt.datetime(2025, 3, 4, 4, 0, tzinfo=dt.UTC)
STAGES = {"unmeasurable": 0, "awake": 1, "light": 2, "deep": 3, "rem": 4}


def after(minutes: float, start: dt.datetime = START) -> dt.datetime:
    return start + dt.timedelta(minutes=minutes)


def time(moment: dt.datetime) -> Field:
    return Field(253, "u32", seconds(moment))


def file_id(kind: int = 4) -> bytes:
    return message(0, Field(0, "enum", kind), Field(1, "u16", 1), Field(8, "text", "Invented 1"))


def session(*more: Field, start: int | None = None) -> bytes:
    return message(
        18,
        time(after(30)),
        Field(2, "u32", seconds(START) if start is None else start),
        Field(5, "enum", 1),
        Field(6, "enum", 3),
        Field(7, "u32", 1_800_000),
        Field(8, "u32", 1_740_000),
        Field(9, "u32", 612_345),
        Field(11, "u16", 400),
        Field(16, "u8", 151),
        Field(17, "u8", 183),
        Field(64, "u8", 92),
        Field(22, "u16", 87),
        Field(125, "u32", 5_250),
        Field(3, "i32", 511_223_344),
        Field(168, "i32", 142 * 65_536),
        *more,
    )


def zones_of(*values: int) -> Field:
    return Field(65, "u32", values)


def records(rates: list[int], start: dt.datetime = START) -> bytes:
    return b"".join(
        message(20, time(start + dt.timedelta(seconds=at)), Field(3, "u8", rate))
        for at, rate in enumerate(rates)
    )


def activity(**damage: Any) -> bytes:
    return fit(
        file_id(),
        records([118, 119, 121, 124]),
        message(30, time(START), Field(0, "u16", 8_150), Field(1, "u16", 1_420)),
        session(zones_of(60_000, 120_000, 300_000, 600_000, 480_000, 120_000, 60_000)),
        message(34, time(after(30)), Field(5, "u32", local(after(30), OFFSET))),
        **damage,
    )


def walked(minutes: float, count: int, kind: int = 6, start: dt.datetime = MIDNIGHT) -> bytes:
    # a count is of cycles in the message, of two steps each, scaled by two: the number of steps
    return message(55, time(after(minutes, start)), Field(5, "enum", kind), Field(3, "u32", count))


def pulse(minutes: float, rate: int) -> bytes:
    low = seconds(after(minutes, MIDNIGHT)) & 0xFFFF
    return message(55, Field(26, "u16", low), Field(27, "u8", rate))


def monitoring() -> bytes:
    return fit(
        file_id(32),
        message(103, time(MIDNIGHT), Field(0, "u32", local(MIDNIGHT, OFFSET))),
        walked(60, 40),
        pulse(61, 62),
        pulse(62, 0),
        walked(120, 100),
        walked(180, 100),
        walked(240, 50, kind=1),
        message(211, time(after(240, MIDNIGHT)), Field(0, "u8", 50), Field(1, "u8", 51)),
        message(227, Field(0, "i16", 33), Field(1, "u32", seconds(after(10, MIDNIGHT)))),
        message(227, Field(0, "i16", -2), Field(1, "u32", seconds(after(13, MIDNIGHT)))),
        message(297, time(after(10, MIDNIGHT)), Field(0, "i16", 1_425)),
        message(269, time(after(10, MIDNIGHT)), Field(0, "u8", 96)),
    )


def levels(*told: tuple[float, str], start: dt.datetime = BEDTIME) -> bytes:
    return b"".join(
        message(275, time(after(minutes, start)), Field(0, "enum", STAGES[stage])) for minutes, stage in told
    )


def sleep(*more: bytes) -> bytes:
    return fit(
        file_id(49),
        message(162, time(BEDTIME), Field(3, "u32", local(BEDTIME, OFFSET))),
        levels(
            (0, "awake"), (10, "light"), (20, "light"), (100, "deep"), (160, "rem"), (200, "unmeasurable")
        ),
        levels((210, "light"), (400, "awake"), (420, "awake")),
        message(346, Field(6, "u8", 82)),
        *more,
    )


def hrv(*values: int) -> bytes:
    windows = (
        message(371, time(after(5 * (at + 1), BEDTIME)), Field(0, "u16", value * 128))
        for at, value in enumerate(values or (48, 52, 56))
    )
    summary = message(370, time(after(500, BEDTIME)), Field(1, "u16", 53 * 128), Field(0, "u16", 50 * 128))
    told = message(162, time(BEDTIME), Field(3, "u32", local(BEDTIME, OFFSET)))
    return fit(file_id(68), told, *windows, summary)


def night(**more: Any) -> dict[str, Any]:
    return {
        "sleepStartTimestampGMT": "2025-03-04T04:10:00.0",
        "sleepEndTimestampGMT": "2025-03-04T12:00:00.0",
        "calendarDate": "2025-03-04",
        "deepSleepSeconds": 5_400,
        "lightSleepSeconds": 14_400,
        "remSleepSeconds": 6_000,
        "awakeSleepSeconds": 1_200,
        "unmeasurableSeconds": 1_200,
        "averageRespiration": 13.5,
        "sleepScores": {"overallScore": 79},
        "spo2SleepSummary": {"averageSPO2": 95.0, "averageHR": 54.0},
    } | more


def eastern_night(**more: Any) -> dict[str, Any]:
    """A night in Sydney: it ends on the fifth there, when it is still the fourth in Greenwich."""
    return night(
        sleepStartTimestampGMT="2025-03-04T12:10:00.0",
        sleepEndTimestampGMT="2025-03-04T20:00:00.0",
        calendarDate="2025-03-05",
        **more,
    )


def day(**more: Any) -> dict[str, Any]:
    return {
        "calendarDate": "2025-03-04",
        "wellnessStartTimeGmt": "2025-03-04T05:00:00.0",
        "wellnessStartTimeLocal": "2025-03-04T00:00:00.0",
        "totalSteps": 9_876,
        "totalDistanceMeters": 7_654,
        "floorsAscendedInMeters": 30.48,
        "totalKilocalories": 2_500.0,
        "activeKilocalories": 700.0,
        "bmrKilocalories": 1_800.0,
        "restingHeartRate": 49,
        "minHeartRate": 44,
        "maxHeartRate": 171,
        "sedentarySeconds": 36_000,
        "activeSeconds": 4_200,
        "highlyActiveSeconds": 1_800,
        "moderateIntensityMinutes": 20,
        "vigorousIntensityMinutes": 25,
        "allDayStress": {
            "aggregatorList": [
                {"type": "TOTAL", "averageStressLevel": 31, "highDuration": 1_800},
                {"type": "ASLEEP", "averageStressLevel": 12, "highDuration": 0},
            ]
        },
    } | more


def health(**more: Any) -> dict[str, Any]:
    metrics = [{"type": "HRV", "value": 57.0}, {"type": "SPO2", "value": 95.5}, {"type": "HR", "value": 50.0}]
    return {"calendarDate": "2025-03-04", "metrics": metrics} | more


def document(content: bytes | list[dict[str, Any]], name: str = "1.fit") -> RawDocument:
    return RawDocument(
        name=name, content=content if isinstance(content, bytes) else json.dumps(content).encode()
    )


def everything() -> dict[str, bytes]:
    """The files of an export by their path in it, but for the ZIPs around the FIT files."""
    root = "DI_CONNECT/DI-Connect-"
    return {
        f"{root}Uploaded-Files/1.fit": activity(),
        f"{root}Uploaded-Files/2.fit": monitoring(),
        f"{root}Uploaded-Files/3.fit": sleep(),
        f"{root}Uploaded-Files/4.fit": hrv(),
        f"{root}Wellness/2025-03-01_2025-06-09_1_sleepData.json": json.dumps(
            [night(), eastern_night()]
        ).encode(),
        f"{root}Wellness/2025-03-01_2025-06-09_1_healthStatusData.json": json.dumps([health()]).encode(),
        f"{root}Aggregator/UDSFile_2025-03-01_2025-06-09.json": json.dumps([day()]).encode(),
    }


def export(path: Path) -> Path:
    """An export as Garmin packs it: the FIT files in a ZIP of their own, and files that are not read."""
    inner = path.with_name("inner.zip")
    with ZipFile(inner, "w") as fits, ZipFile(path, "w") as whole:
        for name, content in everything().items():
            (fits if name.endswith(".fit") else whole).writestr(name.rsplit("/", 1)[-1], content)
        fits.close()
        whole.write(inner, "DI_CONNECT/DI-Connect-Uploaded-Files/UploadedFiles_0-_Part1.zip")
        whole.writestr("DI_CONNECT/DI-Connect-User/user_profile.json", "{}")
    inner.unlink()
    return path


def told(content: bytes | list[dict[str, Any]], name: str = "1.fit") -> list[Item | Reading]:
    """All the adapter tells of a document, its tables as readings."""
    found: list[Item | Reading] = []
    for item in Garmin().normalize(document(content, name)):
        if isinstance(item, ReadingTable):
            rows = pl.DataFrame(item.data).to_dicts()
            found += (Reading(origin=item.origin, **row) for row in rows)
        else:
            found.append(item)
    return found


def of(kind: type, items: list[Item | Reading]) -> list[Any]:
    return [item for item in items if isinstance(item, kind)]


def rejected_of(items: list[Item | Reading]) -> list[Rejected]:
    return of(Rejected, items)
