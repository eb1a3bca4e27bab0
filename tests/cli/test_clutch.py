"""``poise clutch``: tables, leaders, players, situations."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from tests.cli.conftest import Poise, assert_refused
from tests.leagues import Season

#: The league's own columns, as the issue of this capability names them.
LEAGUE = [
    *("GP", "MIN", "FGM", "FGA", "FG3M", "FG3A", "FTM", "FTA", "OREB", "DREB", "REB", "AST"),
    *("TOV", "STL", "BLK", "PF", "PTS", "PLUS_MINUS"),
]


@pytest.fixture
def imported(poise: Poise, season: Season) -> Poise:
    assert poise("import", "nba", season.folder, "--format", "csv").code == 0
    return poise


def asked(url: str, sql: str) -> list[tuple[object, ...]]:
    async def ask() -> list[tuple[object, ...]]:
        connection = await asyncpg.connect(url)
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_the_clutch_tables_have_the_leagues_columns_and_the_stored_sums(
    imported: Poise, database_url: str
) -> None:
    for by, table in (("team", "clutch_team_games"), ("player", "clutch_player_games")):
        done = imported("clutch", "table", "--season", "2025-26", "--by", by, "--format", "csv")
        assert (done.code, done.err) == (0, "")
        assert done.header == [f"{by.upper()}_ID", *LEAGUE]
        sums = (
            f"SELECT {by}_id, count(*) FILTER (WHERE seconds > 0), sum(seconds) / 60, sum(pts),"
            f" sum(oreb + dreb), sum(plus_minus) FROM {table} GROUP BY 1 ORDER BY 1"
        )
        found = sorted(
            (int(row[f"{by.upper()}_ID"]), row["GP"], row["PTS"], row["REB"], row["PLUS_MINUS"])
            for row in done.table
        )
        assert found == [
            (who, str(games), str(pts), str(reb), str(margin))
            for who, games, _, pts, reb, margin in asked(database_url, sums)
        ]
        minutes = {int(row[f"{by.upper()}_ID"]): float(row["MIN"]) for row in done.table}
        assert minutes == {
            who: pytest.approx(total, abs=1e-6) for who, _, total, *_ in asked(database_url, sums)
        }

    named = imported("clutch", "table", "--names", "--format", "json").json
    assert list(named[0]) == ["TEAM_ID", "NAME", *LEAGUE]
    assert not [row for row in named if row["NAME"] == str(row["TEAM_ID"])]
    assert "PLUS_MINUS" in imported("clutch", "table", "--by", "player").out


def test_leaders_players_and_situations_are_shown(imported: Poise, season: Season) -> None:
    leaders = imported("clutch", "leaders", "--top", "5", "--format", "json").json
    assert len(leaders) == 5
    assert list(leaders[0]) == [
        "rank", "player_id", "NAME", "games", "minutes", "pts", "poe", "score_mean", "percentile",
    ]  # fmt: skip
    assert [row["rank"] for row in leaders if row["rank"]] == sorted(
        row["rank"] for row in leaders if row["rank"]
    )
    best = leaders[0]
    by_id = imported("clutch", "player", str(best["player_id"]), "--format", "csv")
    by_name = imported("clutch", "player", best["NAME"], "--season", "2025-26", "--format", "csv")
    assert by_id.table == by_name.table
    assert len(by_id.table) == best["games"]
    assert by_id.header[:4] == ["game_id", "tipoff_at", "seconds", "pts"]
    assert sum(int(row["pts"]) for row in by_id.table) == best["pts"]
    assert best["NAME"] in by_id.err
    game = season.close[0].id
    situations = imported("clutch", "situations", game, "--format", "json").json
    assert [row["number"] for row in situations] == list(range(1, len(situations) + 1))
    assert situations[0]["start_clock_s"] <= 300


def test_what_is_not_there_is_told_with_what_is(poise: Poise, season: Season) -> None:
    assert_refused(poise("clutch", "leaders"), "no games are stored yet", "poise import nba PATH")
    assert_refused(poise("clutch", "player", "nobody"), "no player is called 'nobody'")
    assert poise("import", "nba", season.folder, "--format", "csv").code == 0
    assert_refused(poise("clutch", "table", "--season", "1999-00"), "of 1999-00", "stored: 2025-26 regular")
    assert_refused(
        poise("clutch", "table", "--definition", "mine"), "no clutch definition", "there are: league"
    )
    assert_refused(poise("clutch", "situations", "0029900001"), "there is no game 0029900001")
    assert_refused(poise("clutch", "player", "e"), "'e' fits several players", "say the id")
    assert poise("clutch", "table", "--season-type", "playoffs").code == 1
