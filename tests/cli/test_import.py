"""``poise import`` and ``poise simulate``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Poise, assert_refused
from tests.leagues import Season

COUNTS = {"rows", "stored", "unchanged", "rejected"}


def test_an_import_says_what_became_of_every_file(poise: Poise, season: Season, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"game": {"gameId"')
    done = poise("import", "nba", season.folder, tmp_path / "broken.json", "--format", "json")
    assert (done.code, done.err) == (0, "")
    assert set(done.json) == {"files", "rejected"}
    files, rejected = done.json["files"], done.json["rejected"]
    assert sorted(files) == sorted([*season.names, "broken.json"])
    for name, counts in files.items():
        assert set(counts) == COUNTS, name
        assert counts["rows"] == counts["stored"] + counts["unchanged"] + counts["rejected"], name
    assert {game.name: files[game.name]["stored"] for game in season.games} == {
        game.name: game.plays for game in season.games
    }
    assert [set(one) for one in rejected] == [{"file", "row", "field", "reason"}]
    assert rejected[0]["file"] == "broken.json"
    assert files["broken.json"] == {"rows": 1, "stored": 0, "unchanged": 0, "rejected": 1}

    # a second time, as a table for programs: nothing is new
    again = poise("import", "nba_stats", season.folder, "--format", "csv")
    assert again.header == ["file", "rows", "stored", "unchanged", "rejected"]
    assert {row["file"]: (row["stored"], row["unchanged"]) for row in again.table} == {
        name: ("0", str(counts["rows"])) for name, counts in files.items() if name != "broken.json"
    }

    # and for people, who are shown what is wrong
    shown = poise("import", "nba", season.folder, tmp_path / "broken.json")
    assert shown.code == 0
    assert f"{len(files)} files" in shown.out
    assert "0 stored" in shown.out
    assert "1 rejected; 0 games scored" in shown.out
    assert "broken.json" in shown.out
    assert "cut off" in shown.out


def test_an_import_of_nothing_that_is_there_is_refused_in_a_sentence(poise: Poise, tmp_path: Path) -> None:
    assert_refused(poise("import", "nba", tmp_path / "nowhere"), "nowhere: no such file or folder")
    assert_refused(poise("import", "fiba", tmp_path), "no adapter is called 'fiba'", "nba_stats")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert poise("import", "nba", empty, "--format", "json").json == {"files": {}, "rejected": []}


def test_a_league_is_invented_with_the_same_bytes_for_the_same_seed(poise: Poise, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        done = poise("simulate", "league", folder, "--seed", "3", "--teams", "2", "--games", "2")
        assert done.code == 0
        assert "wrote 2 games" in done.err
    names = sorted(path.name for path in one.iterdir())
    assert len(names) == 6
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in names)
    assert json.loads((one / names[0]).read_bytes())["game"]["gameId"]
    assert_refused(poise("simulate", "league", one, "--season", "soon"), "a season is written like 2025-26")


@pytest.mark.parametrize(
    "url", ["postgresql://poise:secret@127.0.0.1:1/poise", "mysql://poise:secret@host/poise"]
)
def test_a_database_that_cannot_be_used_is_told_in_a_sentence_without_its_password(
    poise: Poise, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    done = poise("jobs", "list")
    assert_refused(done)
    assert "secret" not in done.err
