"""``playbyplayv3`` tells people by name where others tell them by id."""

from __future__ import annotations

import copy
from typing import Any

from adapters.nba_stats.normalize import normalize
from adapters.nba_stats.normalize.names import folded
from poise_sdk.records import Normalized, Play
from tests.adapters.nba_stats import invented


def _document() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    value = copy.deepcopy(invented.v3_play_by_play())
    return value, value["game"]["actions"]


def _read(value: dict[str, Any]) -> Normalized:
    return normalize(invented.document(value, "v3.json"))


def _play(result: Normalized, number: int) -> Play:
    return next(play for play in result.plays or () if play.number == number)


def _rename(actions: list[dict[str, Any]], player: int, family: str) -> None:
    old = invented.PEOPLE[player][3]
    for action in actions:
        action["description"] = action["description"].replace(old, family)
        if action["personId"] == player:
            action["playerName"] = family


def test_accents_in_one_column_and_not_in_the_other_do_not_matter() -> None:
    assert folded("Kovač") == folded("Kovac") == "kovac"
    assert _play(_read(_document()[0]), 17).sub_in_id == 9101


def test_an_unknown_name_leaves_half_a_substitution_and_a_note() -> None:
    value, actions = _document()
    sub = next(action for action in actions if action["actionType"] == "Substitution")
    sub["description"] = "SUB: Nobody FOR Varga Jr."
    result = _read(value)
    assert (_play(result, 17).player_id, _play(result, 17).sub_in_id) == (9103, None)
    assert [(note.play, note.field) for note in result.rejected] == [(17, "description")]
    assert "SUB: Nobody FOR Varga Jr." in result.rejected[0].reason


def test_of_two_players_of_one_name_the_one_on_the_floor_cannot_come_in() -> None:
    value, actions = _document()
    _rename(actions, 9102, "Kovac")
    result = _read(value)
    assert _play(result, 17).sub_in_id == 9101
    # An assist by one of the two cannot be told: nothing says who of them stood where.
    assert [note.play for note in result.rejected] == [33]


def test_an_ambiguous_assist_is_left_out_and_said() -> None:
    value, actions = _document()
    _rename(actions, 9203, "Tipton")
    result = _read(value)
    assert _play(result, 7).assist_id is None
    assert [(note.play, note.field) for note in result.rejected] == [(7, "description")]


def test_a_review_names_nobody() -> None:
    value, actions = _document()
    review = {
        **actions[-1],
        "actionNumber": 50,
        "actionId": 99,
        "actionType": "Instant Replay",
        "subType": "Overturn Ruling",
        "personId": 41,
    }
    actions.append(review)
    play = _play(_read(value), 50)
    assert (play.player_id, play.team_id, play.subtype) == (None, None, "overturned")


def test_scores_are_filled_forward_from_the_scoring_rows() -> None:
    result = _read(_document()[0])
    assert [(play.score_home, play.score_away) for play in (result.plays or ())[:7]] == [
        (0, 0), (0, 0), (0, 3), (0, 3), (0, 3), (2, 3), (2, 3)
    ]  # fmt: skip


def test_a_steal_without_its_turnover_is_left_out_and_said() -> None:
    value, actions = _document()
    value["game"]["actions"] = [
        action for action in actions if (action["actionNumber"], action["actionType"]) != (13, "Turnover")
    ]
    result = _read(value)
    assert "belongs to no turnover or shot" in result.rejected[0].reason
    assert result.rejected[0].play == 13
