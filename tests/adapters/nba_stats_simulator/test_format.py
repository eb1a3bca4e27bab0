"""The simulator's documents beside real ones: the same fields of the same types, the same words."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from adapters.nba_stats.simulator.boxscore import player_statistics, team_statistics
from adapters.nba_stats.simulator.documents import count
from tests.leagues import Season, actions_of

pytestmark = pytest.mark.real_data

#: The one real game has no technical free throw, and no three of it was blocked.
ALSO = {"freethrow": {"descriptor"}, "3pt": {"blockPlayerName", "blockPersonId"}}
TOLD = ("2pt", "3pt", "freethrow", "rebound", "substitution", "steal", "block")


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


def fields(actions: list[dict[str, Any]]) -> dict[str, tuple[set[str], set[str]]]:
    """By kind of action: the fields all have, and those any has."""
    found: dict[str, list[set[str]]] = defaultdict(list)
    for action in actions:
        found[action["actionType"]].append(set(action))
    return {kind: (set.intersection(*sets), set.union(*sets)) for kind, sets in found.items()}


def shape(value: Any) -> Any:
    """Names and types, all the way down."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return type(value).__name__


def test_actions_have_the_vendor_s_fields_and_no_others(season: Season, real_game: Path) -> None:
    real = fields(actions_of(read(real_game)))
    ours = fields([action for game in season.games for action in actions_of(game.document)])
    assert set(ours) - set(real) <= {"ejection"}
    for kind, (always, sometimes) in real.items():
        assert ours[kind][1] - sometimes <= ALSO.get(kind, set()), kind
        named = {"playerName", "playerNameI", "foulDrawnPlayerName", "foulDrawnPersonId"}
        assert always - ours[kind][0] <= named, kind  # a team's turnover, a technical foul


def test_actions_have_the_vendor_s_types(season: Season, real_game: Path) -> None:
    def types(actions: list[dict[str, Any]]) -> dict[tuple[str, str], set[str]]:
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for action in actions:
            for key, value in action.items():
                found[action["actionType"], key].add(type(value).__name__)
        return found

    real = types(actions_of(read(real_game)))
    ours = types([action for game in season.games for action in actions_of(game.document)])
    differing = {key for key in real.keys() & ours.keys() if not ours[key] <= real[key]}
    assert differing == set()


def test_sentences_are_the_vendor_s_with_other_names_and_numbers(season: Season, real_game: Path) -> None:
    """Names, numbers, distances, manners and helpers taken out, the real game says nothing ours do not."""

    def kinds(actions: list[dict[str, Any]]) -> set[str]:
        found = set()
        for action in actions:
            if action["actionType"] in TOLD:
                text = action["description"]
                if name := action.get("playerNameI"):
                    text = text.replace(name, "NAME")
                if how := action.get("descriptor"):
                    text = re.sub(rf"\b{how}(?= )", "HOW", text)
                text = re.sub(r" \([^()]* \d+ AST\)", "", re.sub(r"\d+' ", "", text))
                found.add(re.sub(r"\d+", "9", text))
        return found

    real = kinds(actions_of(read(real_game)))
    ours = kinds([action for game in season.games for action in actions_of(game.document)])
    assert real - ours == set()


def test_places_of_shots_are_consistent_as_the_vendor_s_are(season: Season, real_game: Path) -> None:
    """Both kinds of coordinates and the distance say the same place, to a foot; threes lie beyond the arc."""
    ours = [action for game in season.games[:5] for action in actions_of(game.document)]
    for action in [*actions_of(read(real_game)), *ours]:
        if not action["isFieldGoal"]:
            continue
        right = action["side"] == "right"
        depth = (100 - action["x"] if right else action["x"]) * 0.94 - 5.25
        lateral = (action["y"] / 2 - 25) * (1 if right else -1)
        assert depth == pytest.approx(action["yLegacy"] / 10, abs=0.1)
        assert lateral == pytest.approx(action["xLegacy"] / 10, abs=0.1)
        assert (depth**2 + lateral**2) ** 0.5 == pytest.approx(action["shotDistance"], abs=0.3)
        assert (action["shotDistance"] >= 21.9) >= (action["actionType"] == "3pt")


def test_box_scores_have_the_vendor_s_shape(season: Season, real_game: Path) -> None:
    real = read(real_game.with_name(real_game.name.replace("playbyplay", "boxscore")))
    ours = read(season.games[0].box)
    assert shape({**real["game"], "homeTeam": 0, "awayTeam": 0, "arena": 0}) == shape(
        {**ours["game"], "homeTeam": 0, "awayTeam": 0, "arena": 0}
    )
    assert set(ours["game"]["arena"]) == set(real["game"]["arena"])
    for side in ("homeTeam", "awayTeam"):
        theirs, made = real["game"][side], ours["game"][side]
        assert shape(theirs) == shape(made)
        known = {frozenset(one) for one in theirs["players"]}
        known |= {one - {"notPlayingDescription"} for one in known}
        assert {frozenset(one) for one in made["players"]} <= known
        for one in made["players"]:
            assert shape(one["statistics"]) == shape(theirs["players"][0]["statistics"])


def test_schedules_have_the_vendor_s_shape(season: Season, real_data: Path) -> None:
    real = read(real_data / "nba/samples/cdn_schedule_2023.json")
    ours = read(season.folder / "scheduleLeagueV2.json")
    assert set(ours["meta"]) == set(real["meta"])
    assert set(ours["leagueSchedule"]) == set(real["leagueSchedule"])
    theirs = real["leagueSchedule"]["gameDates"][0]["games"][0]
    for day in ours["leagueSchedule"]["gameDates"]:
        assert re.fullmatch(r"\d\d/\d\d/\d{4} 00:00:00", day["gameDate"])
        for game in day["games"]:
            assert shape(game) == shape(theirs)


def test_the_box_score_of_a_real_game_is_counted_as_the_vendor_counted_it(real_game: Path) -> None:
    """Every figure of all 34 players and both teams, from the plays and the starters alone."""
    box = read(real_game.with_name(real_game.name.replace("playbyplay", "boxscore")))
    counted = count(box, actions_of(read(real_game)))
    compared = 0
    for side in ("homeTeam", "awayTeam"):
        team = box["game"][side]
        for one in team["players"]:
            ours = player_statistics(counted.players.get(one["personId"]))
            for key, value in one["statistics"].items():
                if key != "minutesCalculated":  # the vendor's own rounding of this one is uneven
                    assert ours[key] == pytest.approx(value), (one["name"], key)
                    compared += 1
        starters = {one["personId"] for one in team["players"] if one["starter"] == "1"}
        ours = team_statistics(counted, team["teamId"], starters)
        for key, value in team["statistics"].items():
            assert ours.pop(key) == (pytest.approx(value) if isinstance(value, float) else value), key
        assert ours == {}
    assert compared == 34 * 32
