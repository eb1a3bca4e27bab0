"""Five years of a WHOOP export, invented, from the ZIP to the store.

The invented athlete sleeps, naps, trains, travels and answers six questions a day: about two thousand
nights and naps, as many workouts, eleven thousand answers.
"""

from __future__ import annotations

import asyncio
import csv
import datetime as dt
import io
import pathlib
import random
import tempfile
import time
import zipfile
from collections.abc import Iterable
from typing import Any

from benchmarks.harness import Row
from storage import ledger
from storage.embedded.runtime import Endpoints, runtime
from storage.settings import Settings
from tasks.context import open_services
from tasks.inline import run_inline

__all__ = ["invent_export", "run"]

DAYS = 5 * 365
ROUNDS = 3
#: Seconds the whole of it may take.
LIMIT_S = 2.0
FIRST = dt.date(2020, 1, 2)

CYCLE = ("Cycle start time", "Cycle end time", "Cycle timezone")
BODY = (
    "Recovery score %",
    "Resting heart rate (bpm)",
    "Heart rate variability (ms)",
    "Skin temp (celsius)",
    "Blood oxygen %",
)
EFFORT = ("Energy burned (cal)", "Max HR (bpm)", "Average HR (bpm)")
SLEEP = (
    "Sleep onset",
    "Wake onset",
    "Sleep performance %",
    "Respiratory rate (rpm)",
    "Asleep duration (min)",
    "In bed duration (min)",
    "Light sleep duration (min)",
    "Deep (SWS) duration (min)",
    "REM duration (min)",
    "Awake duration (min)",
    "Sleep need (min)",
    "Sleep debt (min)",
    "Sleep efficiency %",
    "Sleep consistency %",
)
ZONES = tuple(f"HR Zone {zone} %" for zone in range(1, 6))
HEADERS = {
    "physiological_cycles.csv": (*CYCLE, *BODY, "Day Strain", *EFFORT, *SLEEP),
    "sleeps.csv": (*CYCLE, *SLEEP, "Nap"),
    "workouts.csv": (
        *CYCLE,
        "Workout start time",
        "Workout end time",
        "Duration (min)",
        "Activity name",
        "Activity Strain",
        *EFFORT,
        *ZONES,
        "GPS enabled",
        "Distance (meters)",
        "Altitude gain (meters)",
        "Altitude change (meters)",
    ),
    "journal_entries.csv": (*CYCLE, "Question text", "Answered yes", "Notes"),
}
SPORTS = ("Running", "Weightlifting", "Cycling", "Basketball", "Yoga", "Functional Fitness")
QUESTIONS = tuple(f"Did the {number}th habit of the day?" for number in range(1, 7))


def run() -> list[Row]:
    """Measure; about half a minute."""
    with tempfile.TemporaryDirectory(prefix="poise-bench-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o711)  # the database's own user must be able to come in; the folder is ours
        export = folder / "my_whoop_data.zip"
        rows = pack(export, invent_export(DAYS, seed=1))
        with runtime(Settings(data=folder / "data")) as endpoints:
            first, again = asyncio.run(_measure(Settings(data=folder / "data"), endpoints, export, rows))
    return [
        Row(
            group="WHOOP export",
            what=f"ZIP of {DAYS / 365:.0f} years, {rows:,} rows: to the store",
            ours=f"{first:.2f} s",
            against=f"limit: {LIMIT_S:g} s",
            ratio=LIMIT_S / first,
            at_least=1,
        ),
        Row(
            group="WHOOP export",
            what="the same again, nothing changed",
            ours=f"{again:.2f} s",
            against=f"first import: {first:.2f} s",
            ratio=first / again,
        ),
    ]


def pack(path: pathlib.Path, tables: dict[str, list[tuple[Any, ...]]]) -> int:
    """Write an export; how many rows it has."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in tables.items():
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(HEADERS[name])
            writer.writerows(rows)
            archive.writestr(name, text.getvalue())
    return sum(len(rows) for rows in tables.values())


def invent_export(days: int, *, seed: int, first: dt.date = FIRST) -> dict[str, list[tuple[Any, ...]]]:
    """The tables of an export of ``days`` days, the newest first, by file name. Same seed, same rows."""
    chance = random.Random(seed)
    nights = _nights(days, chance, first)
    tables: dict[str, list[tuple[Any, ...]]] = {name: [] for name in HEADERS}
    for (start, offset), (end, _) in reversed(list(zip(nights, [*nights[1:], (None, 0)], strict=True))):
        zone = "UTCZ" if offset == 0 else f"UTC{offset:+03d}:00"
        cycle = (_local(start, offset), _local(end, offset), zone)
        sleep = _sleep(start, offset, chance)
        effort = _effort(chance) if end is not None else ("", "", "")
        strain = f"{chance.uniform(2, 20.9):.1f}" if end is not None else ""
        tables["physiological_cycles.csv"].append((*cycle, *_body(chance), strain, *effort, *sleep))
        if chance.random() < 0.1:
            nap = start + dt.timedelta(hours=chance.uniform(13, 15))
            tables["sleeps.csv"].append((*cycle, *_sleep(nap, offset, chance, hours=1.0), "true"))
        tables["sleeps.csv"].append((*cycle, *sleep, "false"))
        for hour in chance.sample(range(10, 16), chance.choice((0, 1, 1, 2))):
            tables["workouts.csv"].append((*cycle, *_workout(start, hour, offset, chance)))
        tables["journal_entries.csv"] += (
            (*cycle, question, str(chance.random() < 0.4).lower(), "") for question in QUESTIONS
        )
    return tables


def _nights(days: int, chance: random.Random, first: dt.date) -> list[tuple[dt.datetime, int]]:
    """When the athlete falls asleep (UTC), and the hours from UTC there."""
    offset = -5
    nights = []
    for day in range(days):
        if day % 97 == 96:
            offset = chance.choice((-8, -5, -4, 0, 1))
        evening = dt.datetime.combine(first + dt.timedelta(days=day), dt.time(22), dt.UTC)
        fallen = evening + dt.timedelta(seconds=chance.randrange(3 * 3600)) - dt.timedelta(hours=offset)
        nights.append((fallen, offset))
    return nights


def _local(moment: dt.datetime | None, offset: int) -> str:
    return f"{moment + dt.timedelta(hours=offset):%Y-%m-%d %H:%M:%S}" if moment else ""


def _body(chance: random.Random) -> tuple[Any, ...]:
    return (
        chance.randint(1, 99),
        chance.randint(42, 75),
        chance.randint(25, 140),
        f"{chance.uniform(32, 36):.2f}",
        f"{chance.uniform(91, 99):.2f}",
    )


def _effort(chance: random.Random) -> tuple[Any, ...]:
    return chance.randint(1500, 4500), chance.randint(130, 195), chance.randint(55, 95)


def _sleep(start: dt.datetime, offset: int, chance: random.Random, hours: float = 7.5) -> tuple[Any, ...]:
    in_bed = int(hours * 60 * chance.uniform(0.8, 1.2))
    awake, deep, rem = (int(in_bed * share) for share in (0.08, 0.2, 0.22))
    asleep = in_bed - awake
    return (
        _local(start, offset),
        _local(start + dt.timedelta(minutes=in_bed, seconds=17), offset),
        chance.randint(30, 100),
        f"{chance.uniform(13, 18):.1f}",
        asleep,
        in_bed,
        asleep - deep - rem,
        deep,
        rem,
        awake,
        chance.randint(450, 640),
        chance.randint(0, 127),
        asleep * 100 // in_bed,
        chance.randint(30, 95),
    )


def _workout(start: dt.datetime, hour: int, offset: int, chance: random.Random) -> tuple[Any, ...]:
    begun = start + dt.timedelta(hours=hour, seconds=chance.randrange(1800))
    seconds = chance.randrange(1200, 5400)
    gps = chance.random() < 0.3
    shares = sorted(chance.randint(0, 100) for _ in range(4))
    zones = [high - low for low, high in zip([0, *shares], [*shares, 100], strict=True)]
    where: Iterable[Any] = ("", "", "")
    if gps:
        where = (
            f"{chance.uniform(500, 15000):.2f}",
            f"{chance.uniform(0, 300):.2f}",
            f"{chance.gauss(0, 9):.2f}",
        )
    return (
        _local(begun, offset),
        _local(begun + dt.timedelta(seconds=seconds), offset),
        seconds // 60,
        chance.choice(SPORTS),
        f"{chance.uniform(4, 18):.1f}",
        f"{chance.uniform(80, 1100):.1f}",
        chance.randint(120, 195),
        chance.randint(85, 160),
        *zones,
        str(gps).lower(),
        *where,
    )


async def _measure(
    settings: Settings, endpoints: Endpoints, export: pathlib.Path, rows: int
) -> tuple[float, float]:
    """Seconds of a first import (the best of some athletes') and of a second."""
    from storage.people import athletes

    firsts: list[float] = []
    seconds: list[float] = []
    async with open_services(settings, endpoints) as services:
        await services.pool.warm()
        for number in range(ROUNDS):
            athlete = await athletes.add(f"Invented {number}", "America/New_York")
            for spent, stored in ((firsts, rows), (seconds, 0)):
                args: dict[str, Any] = {"vendor": "whoop", "paths": [str(export)], "athlete_id": athlete.id}
                begun = time.perf_counter()
                job = await run_inline((await ledger.enqueue("wearables.import", args)).id, services)
                spent.append(time.perf_counter() - begun)
                files = (job.result or {}).get("files", {})
                if sum(told["stored"] for told in files.values()) != stored:
                    raise RuntimeError(f"the import ended as {job.state}: {job.error or files}")
    return min(firsts), min(seconds)
