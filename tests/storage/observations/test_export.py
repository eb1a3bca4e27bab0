"""Everything as files, with the numbers of the source; and everything forgotten."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poise_sdk.observations import Origin
from poise_sdk.records import RawDocument
from storage.archive import Archive
from storage.arrow import query
from storage.connect import Connection
from storage.observations import export, forget_athlete, keep_document, set_source_order, store_document
from storage.observations.export import KJ_PER_KCAL, Format
from storage.observations.tables import TABLES
from tests.storage.observations.invented import (
    ATHLETE,
    DAY,
    at,
    cycle,
    hrv_night,
    night,
    picture,
    recovery,
    rows,
    sourced,
    store,
    table,
    workout,
)


def read(folder: Path, name: str, format: Format) -> pl.DataFrame:
    path = folder / f"{name}.{format}"
    return pl.read_csv(path) if format == "csv" else pl.read_parquet(path)


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_the_numbers_come_back_as_the_source_gave_them(c: Connection, tmp_path: Path, format: Format) -> None:
    percents = [1.0, 13.0, 29.0, 57.0, 0.0, 0.0]
    zones = {f"zone_{n}_min": percent / 100 * 47.0 for n, percent in enumerate(percents)}
    store(
        c,
        [
            night(asleep_min=0.1 + 0.2, utc_offset_s=-7 * 3600),
            cycle(energy_kj=2187 * KJ_PER_KCAL, origin=Origin.FILE, source_id=None),
            workout(duration_min=47.0, energy_kj=613 * KJ_PER_KCAL, **zones),
            recovery(night_id="n1"),
            table(
                [{"metric": "hr_bpm", "start_at": at(DAY, 9, second=n), "value": 60.1 + n} for n in range(5)]
            ),
        ],
        name="physiological_cycles.csv",
    )
    written = export(c, ATHLETE, tmp_path, format)
    assert written["nights"] == written["cycles"] == written["workouts"] == written["recoveries"] == 1
    assert written["readings"] == 5
    assert {path.stem for path in tmp_path.iterdir()} == set(written)
    sleep = read(tmp_path, "nights", format).row(0, named=True)
    assert sleep["asleep_min"] == 0.1 + 0.2
    assert sleep["document"] == "physiological_cycles.csv"
    assert str(sleep["start_local"]).replace(" ", "T").startswith("2031-01-09T15:00:00")
    assert read(tmp_path, "cycles", format)["energy_kcal"].to_list() == [2187.0]
    effort = read(tmp_path, "workouts", format).row(0, named=True)
    assert effort["energy_kcal"] == 613.0
    assert [effort[f"zone_{n}_pct"] for n in range(6)] == percents
    assert read(tmp_path, "readings", format)["value"].to_list() == [60.1 + n for n in range(5)]
    assert read(tmp_path, "daily_values", format).height == len(rows(c, "daily_values"))


def test_an_athlete_without_anything_gets_empty_tables(c: Connection, tmp_path: Path) -> None:
    for format in ("csv", "parquet"):
        assert set(export(c, ATHLETE, tmp_path / "new" / format, format).values()) == {0}
        assert read(tmp_path / "new" / format, "readings", format).height == 0
    with pytest.raises(ValueError, match="csv or parquet"):
        export(c, ATHLETE, tmp_path, "xml")  # type: ignore[arg-type] # the point


def test_readings_of_several_months_are_all_there_in_order(c: Connection, tmp_path: Path) -> None:
    days = [DAY - dt.timedelta(days=40 * n) for n in range(4)]
    store(c, [table([{"metric": "hr_bpm", "start_at": at(day), "value": 60.0} for day in days])])
    for format in ("csv", "parquet"):
        assert export(c, ATHLETE, tmp_path, format)["readings"] == 4
        told = read(tmp_path, "readings", format)["start_at"].cast(pl.String()).str.slice(0, 10).to_list()
        assert told == [day.isoformat() for day in reversed(days)]


@given(st.integers(0, 20_000))
def test_whole_kilocalories_survive_the_way_through_kilojoules(kcal: int) -> None:
    assert round(kcal * KJ_PER_KCAL / KJ_PER_KCAL, 6) == kcal


def test_an_athlete_is_forgotten_wholly_and_nobody_else(c: Connection, tmp_path: Path) -> None:
    items = [
        night(),
        cycle(),
        recovery(night_id="n1"),
        hrv_night(),
        table([{"metric": "hr_bpm", "start_at": at(DAY, 9), "value": 60.0, "utc_offset_s": 0}]),
    ]
    mine, shared = RawDocument(name="a", content=b"mine"), RawDocument(name="b", content=b"shared")
    archive = Archive(str(tmp_path))
    hashes = [keep_document(c, archive, "band", one) for one in (mine, shared)]
    others = sourced(athlete_id=ATHLETE + 1)
    store_document(c, others, shared, items)
    before = picture(c)
    store_document(c, sourced(), mine, items)
    store_document(c, sourced(), shared, items)
    store(c, [night()], vendor="ring")
    set_source_order(c, ATHLETE, "*", ["ring"])
    gone = forget_athlete(c, ATHLETE, "band")
    assert gone.rows == 5
    assert gone.documents == (hashes[0],)
    assert {one["vendor"] for one in rows(c, "daily_effective") if one["athlete_id"] == ATHLETE} == {"ring"}
    assert forget_athlete(c, ATHLETE).rows == 1
    assert picture(c) == before
    for name in (
        *(one.name for one in TABLES),
        "source_orders",
        "reading_streams",
        "observation_documents",
        "tombstones",
    ):
        assert query(c, f"SELECT count(*) AS n FROM {name} WHERE athlete_id = $1", ATHLETE)["n"][0] == 0
