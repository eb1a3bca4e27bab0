"""The live feed's actions as plays."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

import pytest

from adapters.nba_stats.normalize import normalize
from poise_sdk.records import Normalized, Play
from poise_sdk.vocabulary import GameStatus, PlayKind
from tests.adapters.nba_stats import invented

Actions = list[dict[str, Any]]


def _feed() -> tuple[dict[str, Any], Actions]:
    value = copy.deepcopy(invented.live_play_by_play())
    return value, value["game"]["actions"]


def _read(value: dict[str, Any]) -> Normalized:
    return normalize(invented.document(value, "playbyplay.json"))


def _play(result: Normalized, number: int) -> Play:
    return next(play for play in result.plays or () if play.number == number)


def _at(actions: Actions, number: int) -> int:
    return next(place for place, action in enumerate(actions) if action["actionNumber"] == number)


def test_a_made_three_carries_all_that_the_feed_says() -> None:
    play = _play(_read(_feed()[0]), 7)
    assert play.kind is PlayKind.FIELD_GOAL
    assert (play.subtype, play.shot_value, play.made, play.points) == ("jump_shot", 3, True, 3)
    assert (play.player_id, play.team_id, play.assist_id) == (9201, invented.AWAY, 9203)
    assert (play.distance_ft, play.x_ft, play.y_ft) == (25.4, 1.0, 25.2)
    assert (play.score_home, play.score_away) == (0, 3)
    assert play.occurred_at == dt.datetime(2024, 1, 15, 1, 40, tzinfo=dt.UTC)
    assert play.edited_at == dt.datetime(2024, 1, 15, 1, 40, 30, tzinfo=dt.UTC)


def test_a_steal_is_part_of_its_turnover_and_a_block_of_its_shot() -> None:
    result = _read(_feed()[0])
    assert _play(result, 13).steal_id == 9104
    assert _play(result, 9).block_id == 9202
    assert not {10, 14} & {play.number for play in result.plays or ()}


def test_a_substitution_is_one_play_with_the_number_of_its_out() -> None:
    result = _read(_feed()[0])
    play = _play(result, 17)
    assert (play.player_id, play.sub_in_id, play.subtype) == (9103, 9101, "")
    assert 18 not in {other.number for other in result.plays or ()}


def test_substitutions_of_one_instant_are_paired_in_order_and_per_team() -> None:
    value, actions = _feed()
    place = _at(actions, 17)
    out, coming = actions[place], actions[place + 1]
    second_out = out | {"actionNumber": 171} | invented.person(9104)
    second_in = coming | {"actionNumber": 172} | invented.person(9102)
    other_out = out | {"actionNumber": 173, "teamId": invented.AWAY} | invented.person(9204)
    other_in = coming | {"actionNumber": 174, "teamId": invented.AWAY} | invented.person(9203)
    actions[place : place + 2] = [out, second_out, other_out, other_in, coming, second_in]
    for order, action in enumerate(actions, start=1):
        action["orderNumber"] = order
    pairs = {p.number: (p.player_id, p.sub_in_id) for p in _read(value).plays or () if p.sub_in_id}
    assert pairs == {17: (9103, 9101), 171: (9104, 9102), 173: (9204, 9203)}


@pytest.mark.parametrize(("lost", "left"), [(18, (17, 9103, None)), (17, (18, None, 9101))])
def test_half_a_substitution_is_kept_and_noted(lost: int, left: tuple[int, int | None, int | None]) -> None:
    value, actions = _feed()
    del actions[_at(actions, lost)]
    result = _read(value)
    play = _play(result, left[0])
    assert (play.number, play.player_id, play.sub_in_id) == left
    assert [note.play for note in result.rejected] == [left[0]]


def test_a_steal_that_no_turnover_names_finds_its_turnover() -> None:
    value, actions = _feed()
    del actions[_at(actions, 13)]["stealPersonId"]
    assert _play(_read(value), 13).steal_id == 9104


def test_a_block_without_a_shot_is_left_out_and_noted() -> None:
    value, actions = _feed()
    del actions[_at(actions, 9)]
    result = _read(value)
    assert [(note.play, note.game_id) for note in result.rejected] == [(10, invented.GAME_ID)]
    assert "block without its shot" in result.rejected[0].reason


def test_the_order_is_the_order_number_not_the_action_number() -> None:
    value, actions = _feed()
    late = actions.pop(_at(actions, 11)) | {"actionNumber": 499}
    actions.append(late)
    result = _read(value)
    assert [play.number for play in (result.plays or ())][3:6] == [9, 499, 12]


def test_a_team_play_has_no_player() -> None:
    result = _read(_feed()[0])
    for number in (24, 28, 32):
        play = _play(result, number)
        assert play.player_id is None
        assert play.team_id is not None


def test_a_foul_of_the_bench_is_the_team_s() -> None:
    value, actions = _feed()
    foul = actions[_at(actions, 25)]
    del foul["playerName"], foul["playerNameI"]
    foul |= {"personId": 7777, "description": "TEAM foul technical"}
    play = _play(_read(value), 25)
    assert (play.player_id, play.team_id, play.subtype) == (None, invented.HOME, "technical")


def test_what_a_missing_subtype_meant_is_read_from_the_description_behind_the_name() -> None:
    value, actions = _feed()
    shot = actions[_at(actions, 9)]
    del shot["subType"], shot["descriptor"]
    # The blocker is called Hook and the shooter could be: names must not be taken for shots.
    shot |= invented.person(9202) | {"description": "MISS F. Hook 6' driving floating Shot - blocked"}
    assert _play(_read(value), 9).subtype == "floater"


def test_a_game_goes_on_until_it_is_decided() -> None:
    value, actions = _feed()
    assert _read(value).games[0].status is GameStatus.FINAL
    del actions[-1]
    # decided, but this feed says so in a row of its own: until then the box score knows better
    assert _read(value).games[0].status is None
    del actions[-1]
    running = _read(value).games[0]
    assert running.status is GameStatus.LIVE
    assert (running.period, running.clock_s) == (4, 0.0)


def test_a_tied_fourth_period_does_not_end_a_game() -> None:
    value, actions = _feed()
    del actions[-1]
    actions[-1] |= {"scoreHome": "8", "scoreAway": "8"}
    assert _read(value).games[0].status is GameStatus.LIVE


def test_home_is_told_by_whose_shots_move_which_score() -> None:
    value, actions = _feed()
    for action in actions:
        action["scoreHome"], action["scoreAway"] = action["scoreAway"], action["scoreHome"]
    game = _read(value).games[0]
    assert (game.home_team_id, game.away_team_id) == (invented.AWAY, invented.HOME)


def test_players_and_teams_are_named_as_fully_as_the_feed_does() -> None:
    result = _read(_feed()[0])
    assert {player.id: player.name for player in result.players}[9101] == "I. Kovač"
    assert {(team.id, team.abbreviation) for team in result.teams} == {
        (invented.HOME, "HBR"),
        (invented.AWAY, "MSA"),
    }
    assert {entry.starter for entry in result.games[0].roster} == {None}
