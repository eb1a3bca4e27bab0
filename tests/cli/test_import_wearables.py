"""``poise import`` of somebody's body."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.whoop_export import invent_export, pack
from tests.adapters.whoop.exports import SLEEPS, cells, csv_of, zipped
from tests.cli.conftest import Poise, assert_refused


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "my_whoop_data.zip"
    pack(path, invent_export(12, seed=3))
    return path


def test_an_export_is_imported_for_an_athlete_who_is_added_by_it(poise: Poise, export: Path) -> None:
    done = poise("import", "whoop", export, "--athlete", "A", "--format", "json")
    assert done.code == 0
    assert "nobody was called 'A': added, with the time zone UTC" in done.err
    assert set(done.json) == {"files", "rejected"}
    assert done.json["rejected"] == []
    tables = invent_export(12, seed=3)
    assert done.json["files"] == {
        name: {"rows": len(rows), "stored": len(rows), "unchanged": 0, "rejected": 0}
        for name, rows in tables.items()
    }

    # a second time, by the beginning of the vendor's name, as a table for programs: nothing is new
    again = poise("import", "who", export, "--athlete", "A", "--format", "csv")
    assert (again.code, again.err) == (0, "")
    assert again.header == ["file", "rows", "stored", "unchanged", "rejected"]
    assert {row["file"]: (row["stored"], row["unchanged"]) for row in again.table} == {
        name: ("0", str(len(rows))) for name, rows in tables.items()
    }


def test_people_are_told_what_an_export_held_and_what_was_refused(
    poise: Poise, export: Path, tmp_path: Path
) -> None:
    broken = zipped(
        tmp_path / "broken.zip",
        {
            "sleeps.csv": csv_of(SLEEPS, cells(SLEEPS, cycle_timezone="Mars"), cells(SLEEPS, asleep="-5")),
            "a.csv": b"",
        },
    )
    shown = poise("import", "whoop", export, "--athlete", "Ada Lovelace")
    assert shown.code == 0
    assert "4 files" in shown.out
    assert "12 cycles" in shown.out
    assert "12 nights" in shown.out
    assert "days changed, 2020-01-0" in shown.out
    shown = poise("import", "whoop", broken, "--athlete", "Ada Lovelace")
    assert "2 files, 3 rows: 1 stored, 0 unchanged, 2 rejected" in shown.out
    assert "'Mars' is no time zone" in shown.out
    assert "the file is empty" in shown.out
    assert "asleep_min" in shown.out
    done = poise("import", "whoop", broken, "--athlete", "Ada Lovelace", "--format", "json")
    assert all(set(one) == {"file", "row", "field", "reason"} for one in done.json["rejected"])
    assert [(one["file"], one["row"], one["field"]) for one in done.json["rejected"]] == [
        ("a.csv", None, None),
        ("sleeps.csv", 1, "utc_offset_s"),
        ("sleeps.csv", 2, "asleep_min"),
    ]


def test_whose_body_it_is_must_be_said_and_games_have_none(
    poise: Poise, export: Path, tmp_path: Path
) -> None:
    assert_refused(
        poise("import", "whoop", export), "say whose, with --athlete NAME", "poise athletes add NAME"
    )
    assert_refused(poise("import", "nba", tmp_path, "--athlete", "A"), "--athlete is for wearables")
    assert_refused(poise("import", "whoop", tmp_path / "no.zip", "--athlete", "A"), "no such file or folder")
    assert_refused(
        poise("import", "polar", export, "--athlete", "A"), "no adapter is called 'polar'", "whoop"
    )


def test_a_broken_archive_is_told_in_the_list(poise: Poise, export: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.zip"
    cut.write_bytes(export.read_bytes()[:3000])
    done = poise("import", "whoop", cut, "--athlete", "A", "--format", "json")
    assert done.json["files"] == {"cut.zip": {"rows": 1, "stored": 0, "unchanged": 0, "rejected": 1}}
    assert "broken" in done.json["rejected"][0]["reason"]
