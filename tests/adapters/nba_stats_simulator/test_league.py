"""The invented season: reproducible, consistent with itself, and like basketball."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from adapters.host import load_registry
from adapters.nba_stats.simulator import GameSimulator
from adapters.nba_stats.simulator.tally import clock_tenths
from poise_sdk.records import RawDocument
from tests.leagues import VENDOR, Recorded, Season, actions_of

Action = dict[str, Any]


def box(game: Recorded) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(game.box.read_bytes())["game"]
    return found


def teams(game: Recorded) -> Iterator[dict[str, Any]]:
    document = box(game)
    yield document["homeTeam"]
    yield document["awayTeam"]


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        GameSimulator().simulate_league(tmp_path / name, seed=3, teams=4, games=3)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "other")


def test_another_seed_plays_another_season(tmp_path: Path) -> None:
    for seed in (3, 4):
        GameSimulator().simulate_league(tmp_path / str(seed), seed=seed, teams=2, games=1)
    assert bytes_of(tmp_path / "3") != bytes_of(tmp_path / "4")


def test_a_longer_season_begins_like_the_shorter(tmp_path: Path) -> None:
    short = GameSimulator().simulate_league(tmp_path / "short", teams=4, games=2)
    long = GameSimulator().simulate_league(tmp_path / "long", teams=4, games=4)
    assert [path.read_bytes() for path in short] == [path.read_bytes() for path in long[:2]]


def test_progress_is_told_after_every_game(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    GameSimulator().simulate_league(
        tmp_path, teams=2, games=2, on_progress=lambda *numbers: told.append(numbers)
    )
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"teams": 1}, "2 to 30 teams"),
        ({"teams": 31}, "2 to 30 teams"),
        ({"games": 0}, "at least one game"),
        ({"season": "2025"}, "written like 2025-26"),
    ],
)
def test_an_impossible_league_is_refused(tmp_path: Path, wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        GameSimulator().simulate_league(tmp_path, **wrong)


def test_the_folder_holds_every_document_of_the_vendor(season: Season) -> None:
    kinds = Counter(name.split("_")[0] for name in season.names)
    assert kinds == {"playbyplay": 40, "boxscore": 40, "scheduleLeagueV2.json": 1, "todaysScoreboard": 1}


def test_all_ids_are_the_league_s_own(season: Season) -> None:
    for game in season.games:
        assert game.id.startswith("00225900")  # real seasons end below 1,400
        for action in actions_of(game.document):
            assert action["personId"] == 0 or action["personId"] >= 1_990_000
            assert "teamId" not in action or action["teamId"] >= 1_610_690_000


def test_points_add_up_to_the_score_of_every_action(season: Season) -> None:
    worth = {"2pt": 2, "3pt": 3, "freethrow": 1}
    for game in season.games:
        home = box(game)["homeTeam"]["teamId"]
        score = {True: 0, False: 0}
        for action in actions_of(game.document):
            if action.get("shotResult") == "Made":
                score[action["teamId"] == home] += worth[action["actionType"]]
            assert (action["scoreHome"], action["scoreAway"]) == (str(score[True]), str(score[False]))


def test_the_clock_never_runs_backwards_and_neither_does_the_day(season: Season) -> None:
    for game in season.games:
        period, clock, moment = 0, 0, ""
        for action in actions_of(game.document):
            if action["period"] != period:
                assert action["period"] == period + 1
                period, clock = action["period"], 7200 if action["period"] <= 4 else 3000
            assert clock_tenths(action["clock"]) <= clock
            assert action["timeActual"] >= moment
            clock, moment = clock_tenths(action["clock"]), action["timeActual"]
        assert clock == 0
        assert period >= 4


def test_nobody_acts_who_is_not_on_the_floor(season: Season) -> None:
    """Ten men at any time; whoever acts is one of them, or the vendor's team as a whole."""
    for game in season.games:
        on = {
            team["teamId"]: {one["personId"] for one in team["players"] if one["starter"] == "1"}
            for team in teams(game)
        }
        assert [len(five) for five in on.values()] == [5, 5]
        for action in actions_of(game.document):
            person, kind = action["personId"], action["actionType"]
            if kind == "substitution" and action["subType"] == "in":
                on[action["teamId"]].add(person)
            elif kind == "substitution":
                on[action["teamId"]].remove(person)
            elif person and kind != "ejection":
                assert person in on[action["teamId"]], action
                for key in ("assistPersonId", "stealPersonId", "blockPersonId", "foulDrawnPersonId"):
                    assert action.get(key, person) in set().union(*on.values())
            if kind == "period" and action["subType"] == "start":
                assert [len(five) for five in on.values()] == [5, 5]


def test_a_sixth_foul_sends_a_player_out_for_good(season: Season) -> None:
    seen = 0
    for game in season.games:
        out: set[int] = set()
        for action in actions_of(game.document):
            assert not (action["personId"] in out and action["actionType"] in ("2pt", "3pt", "rebound"))
            if action["actionType"] == "foul" and action["foulPersonalTotal"] == 6:
                out.add(action["personId"])
            assert action.get("foulPersonalTotal", 0) <= 6
        seen += len(out)
    assert seen > 0


def test_the_box_score_says_what_the_plays_say(season: Season) -> None:
    """Counted here once more, by the plainest rule, from the plays alone."""
    for game in season.games:
        points: Counter[int] = Counter()
        assists: Counter[int] = Counter()
        boards: Counter[int] = Counter()
        for action in actions_of(game.document):
            if "pointsTotal" in action:
                points[action["personId"]] = action["pointsTotal"]
            if "assistTotal" in action:
                assists[action["assistPersonId"]] = action["assistTotal"]
            if "reboundTotal" in action:
                boards[action["personId"]] = action["reboundTotal"]
        for team in teams(game):
            for one in team["players"]:
                line = one["statistics"]
                assert line["points"] == points[one["personId"]]
                assert line["assists"] == assists[one["personId"]]
                assert line["reboundsTotal"] == boards[one["personId"]]
            assert (
                team["score"]
                == team["statistics"]["points"]
                == sum(period["score"] for period in team["periods"])
            )


def test_minutes_and_plus_minus_of_a_team_are_those_of_five_men(season: Season) -> None:
    for game in season.games:
        periods = box(game)["period"]
        seconds = 5 * (2880 + 300 * (periods - 4))
        home, away = teams(game)
        margin = home["score"] - away["score"]
        for team, sign in ((home, 1), (away, -1)):
            lines = [one["statistics"] for one in team["players"]]
            assert sum(clock_tenths(line["minutes"]) for line in lines) == seconds * 10
            assert sum(line["plusMinusPoints"] for line in lines) == 5 * sign * margin


def test_the_schedule_and_the_scoreboard_tell_the_results(season: Season) -> None:
    plan = json.loads((season.folder / "scheduleLeagueV2.json").read_bytes())["leagueSchedule"]
    listed = [game for day in plan["gameDates"] for game in day["games"]]
    scores = {game.id: tuple(team["score"] for team in teams(game)) for game in season.games}
    assert {one["gameId"]: (one["homeTeam"]["score"], one["awayTeam"]["score"]) for one in listed} == scores
    assert {one["gameStatus"] for one in listed} == {3}
    played = sum(one["wins"] + one["losses"] for one in (listed[-1]["homeTeam"], listed[-1]["awayTeam"]))
    assert played == 20  # ten each
    board = json.loads((season.folder / "todaysScoreboard_00.json").read_bytes())["scoreboard"]
    shown = {one["gameId"]: (one["homeTeam"]["score"], one["awayTeam"]["score"]) for one in board["games"]}
    assert shown == {game: scores[game] for game in sorted(scores)[-4:]}


def test_the_adapter_reads_every_document_without_a_complaint(season: Season) -> None:
    adapter = load_registry().game_feed(VENDOR)
    for name in season.names:
        document = RawDocument(name=name, content=(season.folder / name).read_bytes())
        assert adapter.normalize(document).rejected == (), name


def test_edits_come_from_seconds_to_forty_minutes_late(season: Season) -> None:
    lags = sorted(
        (
            dt.datetime.fromisoformat(action["edited"]) - dt.datetime.fromisoformat(action["timeActual"])
        ).total_seconds()
        for game in season.games
        for action in actions_of(game.document)
    )
    assert 2 < lags[len(lags) // 2] < 15
    assert 60 < lags[len(lags) * 95 // 100] < 600
    assert 1200 < lags[-1] <= 2400


def test_what_was_typed_in_late_has_a_high_number_in_an_early_place(season: Season) -> None:
    late = 0
    for game in season.games:
        actions = actions_of(game.document)
        places = [action["orderNumber"] for action in actions]
        numbers = [action["actionNumber"] for action in actions]
        assert places == sorted(set(places))
        assert len(set(numbers)) == len(numbers)
        late += sum(before > after for before, after in pairwise(numbers))
    assert late > 10


def test_a_rebound_points_at_the_shot_it_follows(season: Season) -> None:
    for game in season.games:
        missed: dict[int, Action] = {}
        for action in actions_of(game.document):
            if action.get("shotResult") == "Missed":
                missed[action["actionNumber"]] = action
            if action["actionType"] == "rebound":
                shot = missed[action["shotActionNumber"]]
                ours = shot["teamId"] == action["teamId"]
                assert ours == (action["subType"] == "offensive")


def test_a_game_has_what_games_have(season: Season) -> None:
    """Every kind of play, somewhere in the season."""
    seen = {
        (action["actionType"], action.get("subType"), action.get("descriptor"))
        for game in season.games
        for action in actions_of(game.document)
    }
    assert {
        ("2pt", "DUNK", "alley-oop"),
        ("2pt", "Layup", "putback"),
        ("3pt", "Jump Shot", "step back"),
        ("foul", "offensive", "charge"),
        ("foul", "personal", "flagrant-type-1"),
        ("foul", "personal", "loose ball"),
        ("foul", "personal", "take"),
        ("foul", "technical", None),
        ("freethrow", "1 of 1", "technical"),
        ("freethrow", "3 of 3", None),
        ("jumpball", "recovered", "heldball"),
        ("stoppage", "out-of-bounds", None),
        ("timeout", "full", None),
        ("turnover", "shot clock", None),
        ("violation", "kicked ball", None),
    } <= seen


def test_the_league_plays_like_a_league(season: Season) -> None:
    """Averages of recent real seasons, give or take what forty games and another league's taste allow."""
    total: Counter[str] = Counter()
    for game in season.games:
        for team in teams(game):
            line = team["statistics"]
            total.update({key: value for key, value in line.items() if isinstance(value, int)})
            total["seconds"] += 2880 + 300 * (len(team["periods"]) - 4)
    possessions = (
        total["fieldGoalsAttempted"]
        + 0.44 * total["freeThrowsAttempted"]
        - total["reboundsOffensive"]
        + total["turnoversTotal"]
    )
    assert 94 < possessions / total["seconds"] * 2880 < 104
    assert 1.07 < total["points"] / possessions < 1.20
    assert 0.44 < total["fieldGoalsMade"] / total["fieldGoalsAttempted"] < 0.50
    assert 0.33 < total["threePointersMade"] / total["threePointersAttempted"] < 0.40
    assert 0.38 < total["threePointersAttempted"] / total["fieldGoalsAttempted"] < 0.52
    assert 0.74 < total["freeThrowsMade"] / total["freeThrowsAttempted"] < 0.82
    rebounds = total["reboundsOffensive"] + total["reboundsDefensive"]
    assert 0.22 < total["reboundsOffensive"] / rebounds < 0.31
    assert 0.52 < total["assists"] / total["fieldGoalsMade"] < 0.70
    assert 11 < total["turnoversTotal"] / 80 < 17
    assert 15 < total["foulsPersonal"] / 80 < 23


def test_about_half_of_the_games_are_close_at_the_end(season: Season) -> None:
    close = sum(game.close_plays() > 0 for game in season.games)
    assert 12 <= close <= 30


def test_good_players_lead_the_league(season: Season) -> None:
    """The coach's first three men score more than his last three who play."""
    points: Counter[int] = Counter()
    for game in season.games:
        for team in teams(game):
            for one in team["players"]:
                points[one["personId"] % 100 - 1] += one["statistics"]["points"]
    assert sum(points[rank] for rank in (0, 1, 2)) > 3 * sum(points[rank] for rank in (7, 8, 9))


def test_a_shot_clock_violation_comes_after_twenty_four_seconds_at_most(season: Season) -> None:
    """Counted from whatever last gave the offence a new clock: any action that is not a foul or a pause."""
    seen = 0
    for game in season.games:
        before: list[Action] = []
        for action in actions_of(game.document):
            if action["actionType"] == "turnover" and action["subType"] == "shot clock":
                seconds = (clock_tenths(before[-1]["clock"]) - clock_tenths(action["clock"])) / 10
                assert seconds <= 24.5, action
                seen += 1
            before.append(action)
    assert seen > 10
