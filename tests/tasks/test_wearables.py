"""Importing files of wearables, from the order to the tables."""

from __future__ import annotations

import asyncio
import csv
import datetime as dt
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from benchmarks.whoop_export import HEADERS, invent_export, pack
from poise_sdk.records import RawDocument
from storage import ledger
from storage.arrow import execute, query
from storage.connect import connect, rows
from storage.ledger import Job
from storage.observations import AthleteGone, export
from storage.people import athletes
from storage.people.orders import order_import
from tasks.context import Services
from tasks.inline import run_inline
from tasks.sync.intake import installed
from tasks.wearables import Batch, store_documents
from tests.adapters.whoop.exports import CYCLES, JOURNAL, SLEEPS, WORKOUTS, cells, csv_of, zipped
from tests.tasks.conftest import QUICK, until

DAYS = 40
ONE_ROW_REFUSED = {"rows": 1, "stored": 0, "unchanged": 0, "rejected": 1}


@pytest.fixture
def clumsy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A stranger's package is installed, for this process and its children."""
    site = tmp_path / "site"
    described = site / "poise_clumsy-1.0.dist-info"
    described.mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("poise_clumsy.py"), site)
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: poise-clumsy\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text("[poise.adapters]\nclumsy = poise_clumsy\n")
    monkeypatch.syspath_prepend(str(site))
    installed.cache_clear()
    yield
    installed.cache_clear()


async def athlete(name: str = "Ada") -> int:
    return (await athletes.add(name, "America/New_York")).id


async def imported(services: Services, whose: int, *paths: Path, vendor: str = "whoop") -> Job:
    job = await order_import(vendor, paths, whose)
    job = await run_inline(job.id, services, options=QUICK)
    assert job.state == "succeeded", job.error
    return job


def files_of(job: Job) -> dict[str, dict[str, int]]:
    assert job.result is not None
    files: dict[str, dict[str, int]] = job.result["files"]
    for name, counts in files.items():
        assert counts["rows"] == counts["stored"] + counts["unchanged"] + counts["rejected"], name
    return files


async def told(job: Job) -> list[tuple[str, int | None, str | None, str]]:
    return [(one.file, one.row, one.field, one.reason) for one in await ledger.rejections(job.id, limit=500)]


async def everything() -> dict[str, list[Any]]:
    """All that is stored of bodies, but for when it was."""
    found = {}
    for table in ("nights", "cycles", "recoveries", "hrv_nights", "workouts", "journal_entries"):
        found[table] = await rows(f"SELECT * FROM {table} ORDER BY athlete_id, source_id")
    found["daily_effective"] = await rows("SELECT * FROM daily_effective ORDER BY athlete_id, day, metric")
    return found


async def count(table: str) -> int:
    return int((await rows(f"SELECT count(*) AS n FROM {table}"))[0]["n"])


async def test_every_row_of_an_export_is_stored_and_a_second_import_changes_nothing(
    services: Services, tmp_path: Path
) -> None:
    tables = invent_export(DAYS, seed=2)
    pack(tmp_path / "export.zip", tables)
    whose = await athlete()
    job = await imported(services, whose, tmp_path / "export.zip")
    assert files_of(job) == {
        name: {"rows": len(found), "stored": len(found), "unchanged": 0, "rejected": 0}
        for name, found in tables.items()
    }
    assert await told(job) == []
    assert await count("nights") == len(tables["sleeps.csv"])
    assert await count("cycles") == await count("recoveries") == await count("hrv_nights") == DAYS
    assert await count("workouts") == len(tables["workouts.csv"])
    assert await count("journal_entries") == len(tables["journal_entries.csv"])
    assert await count("raw_documents") == 4
    naps = sum(row[-1] == "true" for row in tables["sleeps.csv"])
    assert job.result is not None
    assert job.result["records"] == {
        "HRV nights": DAYS,
        "cycles": DAYS,
        "journal entries": len(tables["journal_entries.csv"]),
        "naps": naps,
        "nights": DAYS,
        "recoveries": DAYS,
        "workouts": len(tables["workouts.csv"]),
    }
    before = await everything()
    again = await imported(services, whose, tmp_path / "export.zip")
    unchanged = {
        name: {"rows": len(found), "stored": 0, "unchanged": len(found), "rejected": 0}
        for name, found in tables.items()
    }
    assert files_of(again) == unchanged
    # also where nobody remembers the documents
    await rows("UPDATE observation_documents SET complete = false")
    assert files_of(await imported(services, whose, tmp_path / "export.zip")) == unchanged
    assert await everything() == before


async def test_the_export_of_a_later_day_adds_what_is_new(services: Services, tmp_path: Path) -> None:
    """The open cycle has ended meanwhile, and two days have come."""
    later = invent_export(DAYS, seed=2)
    earlier = {name: list(found) for name, found in later.items()}
    starts = [row[0] for row in later["physiological_cycles.csv"]]
    for name, found in earlier.items():
        earlier[name] = [row for row in found if row[0] not in starts[:2]]
    first = earlier["physiological_cycles.csv"][0]
    earlier["physiological_cycles.csv"][0] = (
        first[0],
        "",
        first[2],
        *first[3:8],
        "",
        "",
        "",
        "",
        *first[12:],
    )
    pack(tmp_path / "earlier.zip", earlier)
    pack(tmp_path / "later.zip", later)
    whose = await athlete()
    await imported(services, whose, tmp_path / "earlier.zip")
    files = files_of(await imported(services, whose, tmp_path / "later.zip"))
    new = {name: len(later[name]) - len(earlier[name]) for name in later}
    new["physiological_cycles.csv"] += 1
    assert {name: counts["stored"] for name, counts in files.items()} == new
    after = await everything()
    assert await count("cycles") == DAYS
    other = await athlete("Bea")
    await imported(services, other, tmp_path / "later.zip")
    for table, found in (await everything()).items():
        mine = [{**row, "athlete_id": 0} for row in found if row["athlete_id"] == other]
        theirs = [{**row, "athlete_id": 0} for row in after[table] if row["athlete_id"] == whose]
        provenance = {"document", "layers", "stored_at", "vendor_updated_at", "row", "quality"}
        strip = [{k: v for k, v in row.items() if k not in provenance} for row in mine]
        assert strip == [{k: v for k, v in row.items() if k not in provenance} for row in theirs], table


async def test_each_row_is_in_the_store_or_in_the_list_with_its_reason(
    services: Services, tmp_path: Path
) -> None:
    nap = {"nap": "true", "sleep_onset": "2025-03-12 13:00:00", "wake": "2025-03-12 13:40:00"}
    late = {"workout_start": "2025-03-12 20:00:00", "workout_end": "2025-03-12 20:30:30"}
    close = {
        "workout_start": "2025-03-12 20:00:20",
        "workout_end": "2025-03-12 21:00:00",
        "activity_name": "Yoga",
    }
    same = {**late, "activity_name": "Sauna"}
    path = zipped(
        tmp_path / "export.zip",
        {
            "sleeps.csv": csv_of(
                SLEEPS, cells(SLEEPS, cycle_timezone="Mars"), cells(SLEEPS), cells(SLEEPS, **nap), ["x"]
            ),
            "physiological_cycles.csv": csv_of(
                CYCLES, cells(CYCLES, resting="400"), cells(CYCLES, cycle_start="?")
            ),
            "workouts.csv": csv_of(WORKOUTS, *(cells(WORKOUTS, **one) for one in ({}, late, close, same))),
            "journal_entries.csv": csv_of(JOURNAL, cells(JOURNAL), cells(JOURNAL, cycle_timezone="")),
            "empty.csv": b"",
            "steps.csv": b"Date,Steps\n2025-01-01,9000\n",
            "../outside.csv": b"x",
        },
    )
    job = await imported(services, await athlete(), path)
    files = files_of(job)
    assert {name: (counts["stored"], counts["rejected"]) for name, counts in files.items()} == {
        "../outside.csv": (0, 1),
        "empty.csv": (0, 1),
        "journal_entries.csv": (1, 1),
        "physiological_cycles.csv": (1, 1),
        "sleeps.csv": (2, 2),
        "steps.csv": (0, 1),
        "workouts.csv": (4, 0),
    }
    assert [(file, row, field) for file, row, field, _ in sorted(await told(job), key=str)] == [
        ("../outside.csv", None, None),
        ("empty.csv", None, None),
        ("journal_entries.csv", 2, "utc_offset_s"),
        ("physiological_cycles.csv", 1, "resting_hr_bpm"),
        ("physiological_cycles.csv", 2, "start_at"),
        ("sleeps.csv", 1, "utc_offset_s"),
        ("sleeps.csv", 4, None),
        ("steps.csv", None, None),
    ]
    assert await count("workouts") == 4
    assert await count("nights") == 2
    before = await everything()
    again = await imported(services, job.args["athlete_id"], path)
    assert sum(counts["stored"] for counts in files_of(again).values()) == 0
    assert sorted(await told(again), key=str) == sorted(await told(job), key=str)
    assert await everything() == before


async def test_a_row_that_stands_twice_is_one_and_of_two_that_contradict_one_another_one_is_rejected(
    services: Services, tmp_path: Path
) -> None:
    whose = await athlete()
    for header, change in (
        (SLEEPS, {"asleep": "400"}),
        (CYCLES, {"day_strain": "11.1"}),
        (WORKOUTS, {"max_hr": "150"}),
        (JOURNAL, {"answered": "false"}),
    ):
        content = csv_of(header, cells(header), cells(header), cells(header, **change))
        path = tmp_path / "doubled.csv"
        path.write_bytes(content)
        counts = files_of(first := await imported(services, whose, path))["doubled.csv"]
        assert counts["rows"] == 3
        assert {row for _, row, _, _ in await told(first)} < {1, 2, 3}
        assert "stands in this document twice, with different content" in (await told(first))[0][3]
        before = await everything()
        assert files_of(await imported(services, whose, path))["doubled.csv"]["stored"] == 0
        assert await everything() == before
    assert await count("nights") == await count("cycles") == await count("workouts") == 1


#: By exported table: the file whose rows it holds, its start, and the columns that give back its numbers.
BACK: dict[str, tuple[str, str, dict[str, str]]] = {
    "nights": (
        "sleeps.csv",
        "Sleep onset",
        {
            "Asleep duration (min)": "asleep_min",
            "In bed duration (min)": "in_bed_min",
            "Light sleep duration (min)": "light_min",
            "Deep (SWS) duration (min)": "deep_min",
            "REM duration (min)": "rem_min",
            "Awake duration (min)": "awake_min",
            "Sleep need (min)": "need_min",
            "Sleep debt (min)": "debt_min",
            "Sleep performance %": "performance_pct",
            "Sleep efficiency %": "efficiency_pct",
            "Sleep consistency %": "consistency_pct",
            "Respiratory rate (rpm)": "respiratory_rate_rpm",
        },
    ),
    "cycles": (
        "physiological_cycles.csv",
        "Cycle start time",
        {
            "Day Strain": "strain",
            "Energy burned (cal)": "energy_kcal",
            "Max HR (bpm)": "max_hr_bpm",
            "Average HR (bpm)": "avg_hr_bpm",
        },
    ),
    "recoveries": (
        "physiological_cycles.csv",
        "Cycle start time",
        {
            "Recovery score %": "recovery_pct",
            "Resting heart rate (bpm)": "resting_hr_bpm",
            "Heart rate variability (ms)": "hrv_rmssd_ms",
            "Skin temp (celsius)": "skin_temp_c",
            "Blood oxygen %": "spo2_pct",
        },
    ),
    "workouts": (
        "workouts.csv",
        "Workout start time",
        {
            "Duration (min)": "duration_min",
            "Activity Strain": "strain",
            "Energy burned (cal)": "energy_kcal",
            "Max HR (bpm)": "max_hr_bpm",
            "Average HR (bpm)": "avg_hr_bpm",
            "Distance (meters)": "distance_m",
            "Altitude gain (meters)": "altitude_gain_m",
            "Altitude change (meters)": "altitude_change_m",
            **{f"HR Zone {zone} %": f"zone_{zone}_pct" for zone in range(1, 6)},
        },
    ),
}


async def test_an_export_of_the_store_gives_the_same_numbers_back(services: Services, tmp_path: Path) -> None:
    tables = invent_export(DAYS, seed=6)
    pack(tmp_path / "export.zip", tables)
    whose = await athlete()
    await imported(services, whose, tmp_path / "export.zip")
    with closing(connect(services.endpoints.database_url)) as c:
        export(c, whose, tmp_path / "out", "csv")
    for table, (file, start, columns) in BACK.items():
        with (tmp_path / "out" / f"{table}.csv").open() as written:
            rows_back = {row["start_local"].replace("T", " ")[:19]: row for row in csv.DictReader(written)}
        assert len(rows_back) == len(tables[file])
        for row in tables[file]:
            told_by = dict(zip(HEADERS[file], row, strict=True))
            back = rows_back[told_by[start]]
            for column, name in columns.items():
                cell = str(told_by[column])
                assert (back[name] == "") if cell == "" else (float(back[name]) == float(cell)), (
                    table,
                    column,
                )


def test_an_adapter_that_raises_hangs_or_yields_rubbish_costs_its_document_only(
    clumsy: None, database_url: str, tmp_path: Path
) -> None:
    documents = {"good": b"1\n2", "raises": b"3\nraise\n4", "rubbish": b"5\nrubbish\n6", "slow": b"7\nhang"}
    batch = Batch(
        database_url=database_url,
        archive_url=str(tmp_path / "archive"),
        vendor="clumsy",
        athlete_id=1,
        received_at=dt.datetime(2025, 6, 1, tzinfo=dt.UTC),
        documents=[RawDocument(name=name, content=content) for name, content in documents.items()],
        normalize_s=0.2,
    )
    with closing(connect(database_url)) as c:
        execute(c, "INSERT INTO athletes (name) VALUES ('Ann')")
        c.commit()
    done = store_documents(batch)
    assert {name: (one.stored, one.rejected) for name, one in done.files.items()} == {
        "good": (2, 0),
        "raises": (1, 1),
        "rubbish": (2, 1),
        "slow": (1, 1),
    }
    reasons = {one.file: one.reason for one in done.rejected}
    assert "the adapter clumsy failed on raises: KeyError: 'score'" in reasons["raises"]
    assert "a str, which is no record" in reasons["rubbish"]
    assert "longer than 0.2 s" in reasons["slow"]


def test_a_file_of_somebody_erased_meanwhile_is_not_kept(
    clumsy: None, database_url: str, tmp_path: Path
) -> None:
    batch = Batch(
        database_url=database_url,
        archive_url=str(tmp_path / "archive"),
        vendor="clumsy",
        athlete_id=1,
        received_at=dt.datetime(2025, 6, 1, tzinfo=dt.UTC),
        documents=[RawDocument(name="good", content=b"1\n2")],
    )
    with pytest.raises(AthleteGone, match="has been erased"):
        store_documents(batch)
    with closing(connect(database_url)) as c:
        assert query(c, "SELECT 1 FROM raw_documents").is_empty()
    assert list((tmp_path / "archive").rglob("*.zst")) == []


async def test_a_document_over_which_the_child_dies_is_rejected_and_the_others_are_stored(
    clumsy: None, services: Services, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for name, lines in (("a", "1\n2"), ("b", "exit"), ("c", "7")):
        (folder / name).write_text(lines)
    job = await imported(services, await athlete(), folder, vendor="clumsy")
    assert {name: counts["stored"] for name, counts in files_of(job).items()} == {"a": 2, "b": 0, "c": 1}
    assert await told(job) == [("b", None, None, "the adapter clumsy ends its process over it")]


async def test_an_adapter_that_fails_to_read_a_path_is_told_of_and_the_other_paths_are_read(
    clumsy: None, services: Services, tmp_path: Path
) -> None:
    for name in ("unreadable", "rubbish", "good"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}_1").write_text("1" if name == "good" else "2")
        (tmp_path / name / f"{name}_2").write_text("3" if name == "good" else "4")
    paths = [tmp_path / name for name in ("unreadable", "nowhere", "rubbish", "good")]
    job = await imported(services, await athlete(), *paths, vendor="clumsy")
    files = files_of(job)
    assert files["unreadable"] == files["nowhere"] == ONE_ROW_REFUSED
    assert {name for name, counts in files.items() if counts["rejected"] == 0} == {
        "unreadable_1",
        "rubbish_1",
        "rubbish_2",
        "good_1",
        "good_2",
    }
    reasons = {file: reason for file, _, _, reason in await told(job)}
    assert reasons["unreadable"] == "the adapter clumsy failed to read it: RuntimeError: out of paper"
    assert "no such file" in reasons["nowhere"].lower()
    assert "which is no document" in reasons["rubbish"]


async def test_documents_of_one_name_in_two_archives_are_told_apart(
    services: Services, tmp_path: Path
) -> None:
    one = zipped(tmp_path / "one.zip", {"sleeps.csv": csv_of(SLEEPS, cells(SLEEPS))})
    later = {"sleep_onset": "2025-03-12 22:48:33", "wake": "2025-03-13 06:57:56"}
    two = zipped(tmp_path / "two.zip", {"sleeps.csv": csv_of(SLEEPS, cells(SLEEPS, **later))})
    job = await imported(services, await athlete(), one, two)
    assert {name: counts["stored"] for name, counts in files_of(job).items()} == {
        "sleeps.csv": 1,
        "two.zip/sleeps.csv": 1,
    }


async def test_an_import_whose_child_is_killed_stores_everything_once(
    services: Services, tmp_path: Path
) -> None:
    tables = invent_export(DAYS, seed=4)
    pack(tmp_path / "export.zip", tables)
    job = await order_import("whoop", [tmp_path / "export.zip"], await athlete())
    running = asyncio.create_task(run_inline(job.id, services, options=QUICK))

    async def begun() -> bool:
        return bool(services.pool.pids())

    await until(begun)
    for pid in services.pool.pids():
        os.kill(pid, signal.SIGKILL)
    job = await running
    assert job.state == "succeeded", job.error
    assert sum(counts["rejected"] for counts in files_of(job).values()) == 0
    assert await count("nights") == len(tables["sleeps.csv"])
    assert await count("journal_entries") == len(tables["journal_entries.csv"])
