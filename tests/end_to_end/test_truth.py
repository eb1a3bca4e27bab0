"""A real season the user's way: files, ``poise import``, ``poise clutch table``, the league's own table."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.site import Site, poise, run

pytestmark = pytest.mark.real_data

SEASON = "2024-25"
COUNTS = [
    *("GP", "FGM", "FGA", "FG3M", "FG3A", "FTM", "FTA", "OREB", "DREB", "REB", "AST", "TOV"),
    *("STL", "BLK", "PTS", "PLUS_MINUS"),
]
TEAMS = 30
GAMES = 1230


def rows_of(text: str) -> dict[str, dict[str, str]]:
    return {row["TEAM_ID"]: row for row in csv.DictReader(io.StringIO(text))}


def league_table(data: Path) -> dict[str, dict[str, str]]:
    (file,) = (data / "nba" / "truth").glob(f"*{SEASON}*")
    return rows_of(file.read_text())


def season_tool(data: Path) -> Path:
    """The tool beside the data that turns a season's archive into the live feed's documents."""
    tool = data.parent / "tools" / "season_to_livedata.py"
    if not tool.is_file():
        pytest.skip(f"the tool that writes a season's live documents is absent: {tool}")
    return tool


@pytest.fixture
def bare(tmp_path: Path) -> Site:
    """A data folder on which nothing runs: each command brings its own servers."""
    return Site(tmp_path / "site" / "data")


async def import_and_show(site: Site, documents: Path) -> tuple[dict[str, Any], str]:
    """The report of an import, and the table afterwards."""
    done = await run(poise("import", "nba", documents, "--data", site.data, "--format", "json"))
    assert done.returncode == 0, done.stderr
    table = ("clutch", "table", "--season", SEASON, "--by", "team", "--format", "csv")
    shown = await run(poise(*table, "--data", site.data))
    assert shown.returncode == 0, shown.stderr
    return json.loads(done.stdout), shown.stdout


async def test_a_real_season_imported_from_files_gives_the_leagues_own_table(
    bare: Site, real_data: Path, tmp_path: Path
) -> None:
    archive = real_data / "nba" / "seasons" / f"cdn_derived_{SEASON}.tar.zst"
    documents = tmp_path / "documents"
    written = await run([sys.executable, str(season_tool(real_data)), str(archive), str(documents)])
    assert written.returncode == 0, written.stderr
    try:
        first, shown = await import_and_show(bare, documents)
        again, shown_again = await import_and_show(bare, documents)
    finally:
        await bare.remove()

    assert len(first["files"]) == 2 * GAMES
    # the scorers put some clocks right afterwards; nothing but that is worth a word
    assert {"; the plays are kept" in one["reason"] for one in first["rejected"]} <= {True}
    assert again["rejected"] == first["rejected"]
    assert sum(counts["stored"] for counts in again["files"].values()) == 0
    assert shown_again == shown

    ours, truth = rows_of(shown), league_table(real_data)
    assert ours.keys() == truth.keys()
    assert len(truth) == TEAMS
    wrong = {
        (truth[team]["TEAM_NAME"], name): (ours[team][name], truth[team][name])
        for team in truth
        for name in COUNTS
        if int(ours[team][name]) != int(truth[team][name])
    }
    assert wrong == {}
    assert sum(int(ours[team]["PF"]) == int(truth[team]["PF"]) for team in truth) >= TEAMS - 1
    assert sum(abs(float(ours[team]["MIN"]) - float(truth[team]["MIN"])) for team in truth) / TEAMS <= 0.03
