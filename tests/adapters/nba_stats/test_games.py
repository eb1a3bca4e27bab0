"""Box scores, scoreboards, schedules, and what a game's id tells."""

from __future__ import annotations

import datetime as dt

import pytest

from adapters.nba_stats.clocks import aware, moment, seconds
from adapters.nba_stats.identity import identify, is_team, padded
from adapters.nba_stats.normalize import normalize, words
from poise_sdk.records import RosterEntry, Team
from poise_sdk.vocabulary import GameStatus, SeasonType
from tests.adapters.nba_stats import invented


@pytest.mark.parametrize(
    ("game_id", "expected"),
    [
        ("0022400001", ("NBA", "2024-25", SeasonType.REGULAR)),
        ("0011900001", ("NBA", "2019-20", SeasonType.PRESEASON)),
        ("0042400407", ("NBA", "2024-25", SeasonType.PLAYOFFS)),
        ("0052300101", ("NBA", "2023-24", SeasonType.PLAY_IN)),
        ("0062300001", ("NBA", "2023-24", SeasonType.CUP_FINAL)),
        ("0032200001", ("NBA", "2022-23", SeasonType.ALL_STAR)),
        ("0029900001", ("NBA", "1999-00", SeasonType.REGULAR)),
        ("1022500283", ("WNBA", "2025", SeasonType.REGULAR)),
        ("2021900002", ("G League", "2019-20", SeasonType.REGULAR)),
        ("something", (None, None, None)),
    ],
)
def test_a_game_id_tells_league_season_and_part(game_id: str, expected: tuple[object, ...]) -> None:
    assert identify(game_id) == expected


def test_a_game_id_gets_its_zeros_back() -> None:
    assert [padded(text) for text in ("22200552", "22200552.0", " 0022200552 ", "x7")] == [
        "0022200552", "0022200552", "0022200552", "x7"
    ]  # fmt: skip
    assert is_team(1610612741)
    assert not is_team(201939)
    assert not is_team(None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT04M58.60S", 298.6),
        ("PT12M00.00S", 720.0),
        ("4:58", 298.0),
        ("00:00.4", 0.4),
        ("PT00.5S", 0.5),
        ("PT20M00.00S", 1200.0),
        ("PT20M01.00S", None),
        ("noon", None),
        ("", None),
        (None, None),
    ],
)
def test_a_clock_is_seconds_left(text: str | None, expected: float | None) -> None:
    assert seconds(text) == expected


def test_times_are_utc_whatever_is_written() -> None:
    evening = dt.datetime(2024, 1, 15, 0, 30, tzinfo=dt.UTC)
    assert moment("2024-01-15T00:30:00Z") == moment("2024-01-14T19:30:00-05:00") == evening
    assert moment("2024-01-15T00:30:00") == evening
    assert moment("1900-01-01T17:00:00Z") is moment("soon") is moment(None) is None
    assert aware(dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=5)))) is None


@pytest.mark.parametrize(
    ("translate", "phrase", "expected"),
    [
        (words.shot, "driving floating bank Jump Shot", "floater"),
        (words.shot, "Putback Layup", "layup"),
        (words.shot, "Tip Dunk Shot", "dunk"),
        (words.foul, "flagrant-type-2 personal", "flagrant_2"),
        (words.foul, "rim-hanging technical", "technical"),
        (words.foul, "Brand New", "brand_new"),
        (words.turnover, "out-of-bounds lost ball", "out_of_bounds_lost_ball"),
        (words.turnover, "Out of Bounds - Bad Pass Turnover", "out_of_bounds_bad_pass"),
        (words.turnover, "5-second-violation Team TURNOVER", "5_seconds"),
        (words.turnover, "Brand New Turnover", "brand_new"),
        (words.free_throw, "transition take Free Throw 1 of 1", "1_of_1"),
        (words.free_throw, "Free Throw Clear Path 2 of 2", "clear_path_2_of_2"),
        (words.free_throw, "technical Free Throw 1 of 2", "technical_1_of_2"),
        (words.free_throw, "Free Technical 1PT", "technical"),
        (words.free_throw, "Free Throw 2PT", "for_2"),
        (words.timeout, "BOS Timeout", ""),
        (words.timeout, "Coach Challenge", "coach_challenge"),
    ],
)
def test_phrases_become_canonical_words(translate: object, phrase: str, expected: str) -> None:
    assert callable(translate)
    assert translate(phrase) == expected


def test_the_live_box_score_tells_starters_sides_and_result() -> None:
    result = normalize(invented.GAME_DOCUMENTS["live_box_score"])
    (game,) = result.games
    assert (game.status, game.home_score, game.away_score) == (GameStatus.FINAL, *invented.EVENTS[-1].score)
    assert game.tipoff_at == dt.datetime(2024, 1, 15, 0, 30, tzinfo=dt.UTC)
    assert RosterEntry(player_id=9101, team_id=invented.HOME, starter=False) in game.roster
    assert RosterEntry(player_id=9102, team_id=invented.HOME, starter=True) in game.roster
    assert len(game.roster) == 8, "inactive players are not on the roster"
    assert {player.name for player in result.players} >= {"Ivo Kovač", "Otto Idle"}
    assert Team(id=invented.HOME, abbreviation="HBR", city="Harbor", name="Pilots") in result.teams
    assert result.plays is None


def test_all_box_scores_tell_the_same_roster() -> None:
    rosters = [
        {entry.player_id: (entry.team_id, entry.starter) for entry in normalize(document).games[0].roster}
        for name, document in invented.GAME_DOCUMENTS.items()
        if name.endswith("box_score")
    ]
    assert len(rosters) == 3
    assert rosters[0] == rosters[1] == rosters[2]


def test_a_game_to_come_has_no_score_and_no_clock() -> None:
    games = normalize(invented.GAME_DOCUMENTS["scoreboard"]).games
    assert [game.status for game in games] == [GameStatus.FINAL, GameStatus.SCHEDULED]
    assert (games[1].home_score, games[1].period, games[1].clock_s) == (None, None, None)


def test_the_schedule_knows_games_whose_teams_are_not_known_yet() -> None:
    games = normalize(invented.GAME_DOCUMENTS["schedule"]).games
    assert games[0].tipoff_at == dt.datetime(2024, 1, 15, 0, 30, tzinfo=dt.UTC)
    assert (games[2].season_type, games[2].home_team_id) == (SeasonType.PLAYOFFS, None)


def test_a_player_s_row_that_does_not_fit_costs_one_player() -> None:
    value = invented.live_box_score()
    value["game"]["homeTeam"]["players"][0]["personId"] = "?"
    result = normalize(invented.document(value, "box.json"))
    assert len(result.games[0].roster) == 7
    assert [(note.row, note.field, note.game_id) for note in result.rejected] == [
        (1, "personId", invented.GAME_ID)
    ]
