"""Histories: what a game looked like before it was finished."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.nba_stats.simulator.recording import History, Recording, load
from adapters.nba_stats.simulator.revisions import derive, moment_of
from tests.leagues import Season

Action = dict[str, Any]
pytestmark = pytest.mark.filterwarnings("error")


def versions(history: History) -> list[list[Action]]:
    """Every state that a reader could meet, oldest first."""
    return [list(history.actions(history.version(moment))) for moment in sorted(set(history.moments))]


def test_the_last_version_is_the_recorded_game(any_game: Recording) -> None:
    history = History(any_game)
    assert history.actions(len(history)) == any_game.actions
    assert history.actions(0) == []


def test_a_game_s_made_up_history_is_always_the_same(real_game: Path) -> None:
    one, other = load(real_game), load(real_game)
    assert one.revisions == other.revisions
    assert one.revisions


def test_a_simulated_recording_keeps_its_own_history(season: Season) -> None:
    game = season.games[0]
    assert load(game.path).revisions == tuple(game.document["revisions"])


def test_history_comes_in_order_of_time_and_names_three_operations(any_game: Recording) -> None:
    moments = [moment_of(revision["at"]) for revision in any_game.revisions]
    assert moments == sorted(moments)
    assert {revision["op"] for revision in any_game.revisions} == {"insert", "change", "retract"}


def test_every_version_is_in_the_vendor_s_order_without_a_number_twice(any_game: Recording) -> None:
    for actions in versions(History(any_game)):
        places = [action["orderNumber"] for action in actions]
        assert places == sorted(places)
        assert len({action["actionNumber"] for action in actions}) == len(actions)


def test_nothing_is_served_before_it_happened(any_game: Recording) -> None:
    history = History(any_game)
    for moment in sorted(set(history.moments))[::7]:
        for action in history.actions(history.version(moment)):
            assert moment_of(action["timeActual"]) <= moment


def test_the_score_steps_back_once_by_one(any_game: Recording) -> None:
    before, steps = (0, 0), []
    for actions in versions(History(any_game)):
        after = int(actions[-1]["scoreHome"]), int(actions[-1]["scoreAway"])
        if after[0] < before[0] or after[1] < before[1]:
            steps.append((before[0] - after[0], before[1] - after[1]))
        before = after
    assert len(steps) == 1
    assert sum(steps[0]) == 1


def test_the_points_of_every_version_add_up_to_its_score(season: Season) -> None:
    worth = {"2pt": 2, "3pt": 3, "freethrow": 1}
    for game in season.games[:10]:
        for actions in versions(History(load(game.path)))[::5]:
            points = sum(worth[one["actionType"]] for one in actions if one.get("shotResult") == "Made")
            assert points == int(actions[-1]["scoreHome"]) + int(actions[-1]["scoreAway"])


def test_a_foul_that_never_was_is_served_and_taken_back(any_game: Recording) -> None:
    final = {action["actionNumber"] for action in any_game.actions}
    seen = [{one["actionNumber"] for one in actions} for actions in versions(History(any_game))]
    phantoms = set().union(*seen) - final
    assert len(phantoms) == 1
    assert any(phantoms <= numbers for numbers in seen)
    assert not phantoms & seen[-1]


def test_first_versions_lack_what_a_second_hand_adds(real_game: Path) -> None:
    """Helpers, thieves, blockers; and some name the wrong player."""
    recording = load(real_game)
    final = {action["actionNumber"]: action for action in recording.actions}
    lacking: Counter[str] = Counter()
    for revision in recording.revisions:
        if revision["op"] == "insert" and revision["action"]["actionNumber"] in final:
            first, last = revision["action"], final[revision["action"]["actionNumber"]]
            lacking.update(set(last) - set(first))
            lacking["another player"] += first["personId"] != last["personId"]
            lacking["no place"] += bool(last["isFieldGoal"]) and first["x"] is None
            assert first["teamId"] == last["teamId"] if "teamId" in last else "teamId" not in first
    for key in ("assistPersonId", "blockPersonId", "stealPersonId", "foulDrawnPersonId"):
        assert lacking[key] > 3
    assert lacking["another player"] > 3
    assert lacking["no place"] > 3


def test_some_actions_are_remembered_only_when_they_were_edited(real_game: Path) -> None:
    recording = load(real_game)
    late = [
        revision
        for revision in recording.revisions
        if revision["op"] == "insert"
        and (moment_of(revision["at"]) - moment_of(revision["action"]["timeActual"])).total_seconds() > 30
    ]
    assert late
    assert all(revision["action"] in recording.actions for revision in late)


def test_a_share_of_quick_edits_makes_a_shorter_history(season: Season) -> None:
    actions = season.games[0].document["game"]["actions"]
    assert len(derive("g", actions, share=0.0)) < len(derive("g", actions, share=1.0))


def test_a_game_without_shots_or_fouls_has_a_history_too() -> None:
    action = {
        "actionNumber": 2,
        "orderNumber": 20_000,
        "actionType": "period",
        "subType": "start",
        "personId": 0,
        "qualifiers": [],
        "timeActual": "2025-10-21T23:40:12.3Z",
        "edited": "2025-10-21T23:40:12Z",
    }
    assert derive("g", [action]) == []


def _no_actions(document: dict[str, Any]) -> None:
    document["game"]["actions"] = []


def _no_time(document: dict[str, Any]) -> None:
    del document["game"]["actions"][4]["timeActual"]


def _no_game(document: dict[str, Any]) -> None:
    del document["game"]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_no_actions, "cannot be replayed: it has no actions"),
        (_no_time, "action 5 has no number or time"),
        (_no_game, "not a live-data play-by-play document"),
    ],
)
def test_what_is_no_recording_is_refused_by_name(
    season: Season, tmp_path: Path, spoil: Callable[[dict[str, Any]], None], reason: str
) -> None:
    document = json.loads(season.games[0].path.read_bytes())
    spoil(document)
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(document))
    with pytest.raises(ValueError, match=f"broken.json .*{reason}"):
        load(path)


@pytest.mark.parametrize("content", [b"", b'{"game": {"gameId": "1", "act', b"<html></html>", b"[1, 2]"])
def test_a_file_of_another_kind_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"other\.json is not a live-data play-by-play document"):
        load(path)


def test_a_history_that_leads_elsewhere_is_refused(season: Season, tmp_path: Path) -> None:
    document = json.loads(season.games[0].path.read_bytes())
    last = document["game"]["actions"][-1]
    document["revisions"].append({"at": last["timeActual"], "op": "retract", "actionNumber": 4})
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(document))
    with pytest.raises(ValueError, match="do not lead to its recorded actions"):
        History(load(path))


def test_a_game_without_a_box_score_gets_one_from_its_plays(season: Season, tmp_path: Path) -> None:
    game = season.games[0]
    alone = tmp_path / game.name
    alone.write_bytes(game.path.read_bytes())
    made, known = load(alone).box["game"], load(game.path).box["game"]
    for side in ("homeTeam", "awayTeam"):
        assert made[side]["teamId"] == known[side]["teamId"]
        played = {one["personId"] for one in known[side]["players"] if one["played"] == "1"}
        assert {one["personId"] for one in made[side]["players"]} <= played
        started = {one["personId"] for one in known[side]["players"] if one["starter"] == "1"}
        assert {one["personId"] for one in made[side]["players"] if one["starter"] == "1"} == started


def test_an_endless_game_never_hears_the_last_whistle(any_game: Recording) -> None:
    history = History(any_game, endless=True)
    last = history.actions(len(history))
    assert list(last) == any_game.actions[:-1]
    assert last[-1]["actionType"] == "period"
    assert dt.timedelta(0) <= history.moments[-1] - history.moments[0]
