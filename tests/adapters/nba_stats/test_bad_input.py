"""Broken documents: a clear reason for what is left out, and the rest is taken."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from adapters.nba_stats.normalize import normalize
from poise_sdk.records import Normalized, RawDocument
from poise_sdk.vocabulary import GameStatus, PlayKind
from tests.adapters.nba_stats import invented

FORBIDDEN = b"<!DOCTYPE html><html><head><title>403 Forbidden</title></head><body></body></html>"


def _feed() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    value = copy.deepcopy(invented.live_play_by_play())
    return value, value["game"]["actions"]


def _read(value: dict[str, Any]) -> Normalized:
    return normalize(invented.document(value, "playbyplay.json"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (FORBIDDEN, "web page"),
        (invented.PLAY_BY_PLAYS["live"].content[:-900], "cut off"),
        (b'{"cycle": {"score": {"strain": 12.1}}}', "not a document of the NBA's"),
        (b"Cycle start time,Cycle end time\n2024-01-01 22:00:00,\n", "not play-by-play of the NBA's"),
        (b"\x00\xff\xfe\x01", "neither JSON nor text"),
        (b'{"game": {"gameId": "0022309901"}}', "neither play-by-play nor box score"),
        (b'{"resource": "shots", "resultSets": [{"name": "Shot_Chart_Detail", "headers": [], "rowSet": []}]}',
         "a shot chart carries no plays; import the play-by-play"),
        (b'{"resource": "teamgamelog", "resultSets": [{"name": "Log", "headers": [], "rowSet": []}]}',
         "carries neither plays nor games"),
    ],
)  # fmt: skip
def test_what_is_no_play_by_play_gives_one_reason_and_no_records(content: bytes, reason: str) -> None:
    result = normalize(RawDocument(name="x.json", content=content))
    assert (result.games, result.plays, len(result.rejected)) == ((), None, 1)
    assert result.rejected[0].file == "x.json"
    assert reason in result.rejected[0].reason


def test_a_byte_order_mark_is_no_obstacle() -> None:
    plain = invented.PLAY_BY_PLAYS["live"]
    marked = RawDocument(name=plain.name, content=b"\xef\xbb\xbf" + plain.content)
    assert normalize(marked) == normalize(plain)


@pytest.mark.parametrize("field", ["actionNumber", "period", "clock", "actionType"])
def test_an_action_without_an_essential_field_is_left_out_and_named(field: str) -> None:
    value, actions = _feed()
    del actions[3][field]
    result = _read(value)
    assert len(result.plays or ()) == 33
    first = result.rejected[0]
    assert (first.row, first.field, first.game_id) == (4, field, invented.GAME_ID)
    assert first.play == (None if field == "actionNumber" else 9)


@pytest.mark.parametrize(
    ("field", "odd"),
    [("timeActual", "yesterday"), ("shotDistance", "far"), ("assistPersonId", -4), ("description", 17)],
)
def test_an_odd_field_costs_the_field_and_not_the_play(field: str, odd: object) -> None:
    value, actions = _feed()
    actions[2][field] = odd
    result = _read(value)
    assert len(result.plays or ()) == 34
    assert [(note.row, note.field, note.play) for note in result.rejected] == [(3, field, 7)]
    assert f"kept without {field}" in result.rejected[0].reason


def test_an_action_that_is_no_object_is_left_out_and_named() -> None:
    value, actions = _feed()
    actions.insert(5, "corrupt")  # type: ignore[arg-type]  # that is the point
    result = _read(value)
    assert len(result.plays or ()) == 34
    assert [note.row for note in result.rejected] == [6]


def test_a_clock_that_is_none_costs_its_action() -> None:
    value, actions = _feed()
    actions[5]["clock"] = "PT99M99.00S"
    result = _read(value)
    assert next((note.row, note.field, note.play) for note in result.rejected) == (6, "clock", 11)


def test_clocks_that_run_backwards_are_kept_in_order_and_said() -> None:
    value, actions = _feed()
    actions[5]["clock"] = "PT11M59.00S"
    result = _read(value)
    assert [play.number for play in result.plays or ()] == [
        play.number for play in normalize(invented.PLAY_BY_PLAYS["live"]).plays or ()
    ]
    assert "the clock runs backwards at 1 plays (the first is play 11" in result.rejected[0].reason
    assert result.rejected[0].play == 11


def test_a_game_with_missing_periods_is_kept_and_said() -> None:
    value, actions = _feed()
    value["game"]["actions"] = [action for action in actions if action["period"] not in (2, 3)]
    result = _read(value)
    assert result.plays
    assert "no play of period 2, 3" in result.rejected[0].reason


def test_a_score_that_steps_back_is_kept_as_a_correction_and_said() -> None:
    value, actions = _feed()
    wrong = next(action for action in actions if action["actionNumber"] == 23)
    wrong |= {"scoreHome": "3", "scoreAway": "8"}
    result = _read(value)
    assert next(play.score_away for play in result.plays or () if play.number == 23) == 8
    assert [note.play for note in result.rejected] == [24]
    assert "the score steps back from 3-8 to 3-5" in result.rejected[0].reason


def test_plays_that_do_not_add_up_to_the_score_are_said() -> None:
    value, actions = _feed()
    value["game"]["actions"] = [action for action in actions if action["actionNumber"] != 38]
    assert "the plays hold 11 points but the last score is 7-6" in _read(value).rejected[0].reason


def test_an_unknown_action_type_is_kept_as_other_and_said() -> None:
    value, actions = _feed()
    actions[5]["actionType"] = "Mascot Dance"
    result = _read(value)
    play = next(play for play in result.plays or () if play.number == 11)
    assert (play.kind, play.subtype) == (PlayKind.OTHER, "mascot_dance")
    assert "unknown action type “Mascot Dance” kept as other" in result.rejected[0].reason


def test_the_same_action_twice_is_kept_once_in_its_latest_edit() -> None:
    value, actions = _feed()
    again = copy.deepcopy(actions[2]) | {"edited": "2024-01-15T03:00:00Z", "assistPersonId": 9204}
    actions.insert(3, again)
    for newest_first in (False, True):
        if newest_first:
            actions[2], actions[3] = actions[3], actions[2]
        for order, action in enumerate(actions, start=1):
            action["orderNumber"] = order
        result = _read(value)
        kept = [play for play in result.plays or () if play.number == 7]
        assert [play.assist_id for play in kept] == [9204]
        assert [note.play for note in result.rejected] == [7]
        assert "stands there twice" in result.rejected[0].reason


def test_two_plays_under_one_number_are_both_kept() -> None:
    value, actions = _feed()
    actions[5]["actionNumber"] = 7
    result = _read(value)
    numbers = [play.number for play in result.plays or ()]
    assert numbers[2:5] == [7, 9, -1007]
    assert "used by two different plays" in result.rejected[0].reason
    assert result.rejected[0].play == 7


def test_a_period_s_bracket_makes_way_for_a_play_without_a_word() -> None:
    value, actions = _feed()
    for action in actions:
        if action["actionType"] == "period":
            action["actionNumber"] = 12
    result = _read(value)
    brackets = [p for p in result.plays or () if p.kind in (PlayKind.PERIOD_START, PlayKind.PERIOD_END)]
    assert [play.number for play in brackets] == [-1, -2, -3, -4, -5, -6, -7, -8]
    assert next(play.kind for play in result.plays or () if play.number == 12) is PlayKind.FIELD_GOAL
    assert not result.rejected


def test_an_empty_play_by_play_retracts_nothing() -> None:
    value, _ = _feed()
    value["game"]["actions"] = []
    result = _read(value)
    assert result.plays is None
    assert "holds no action" in result.rejected[0].reason


def test_a_game_that_never_ends_stays_live() -> None:
    value, actions = _feed()
    value["game"]["actions"] = [action for action in actions if action["period"] < 3]
    result = _read(value)
    assert result.games[0].status is GameStatus.LIVE
    assert not result.rejected


def test_a_later_document_without_a_play_is_what_retracts_it() -> None:
    value, actions = _feed()
    before = {play.number for play in _read(value).plays or ()}
    value["game"]["actions"] = [action for action in actions if action["actionNumber"] != 29]
    assert before - {play.number for play in _read(value).plays or ()} == {29}


def test_rows_of_the_archive_that_cannot_be_read_are_named_and_the_rest_is_taken() -> None:
    lines = invented.v2_csv().splitlines()
    lines[4] = lines[4].replace(",11:21,", ",half past,")
    lines[6] = lines[6].replace(f"{invented.GAME_ID},", ",", 1)
    result = normalize(RawDocument(name="v2.csv", content="\n".join(lines).encode()))
    named = {(note.row, note.field) for note in result.rejected if note.row}
    assert named == {(5, "PCTIMESTRING"), (7, "GAME_ID")}
    assert len(result.plays or ()) == 31


def test_a_csv_that_lost_its_leading_zeros_is_the_same_game() -> None:
    plain = invented.v2_csv()
    stripped = plain.replace(invented.GAME_ID, invented.GAME_ID.lstrip("0"))
    one = normalize(RawDocument(name="v2.csv", content=plain.encode()))
    assert normalize(RawDocument(name="v2.csv", content=stripped.encode())) == one


def test_several_games_in_one_table_are_several_games() -> None:
    header, *rows = invented.v2_csv().splitlines()
    second = [row.replace(invented.GAME_ID, "0022309902") for row in rows]
    result = normalize(RawDocument(name="season.csv", content="\n".join([header, *rows, *second]).encode()))
    assert [game.id for game in result.games] == [invented.GAME_ID, "0022309902"]
    assert len(result.plays or ()) == 66
    assert not result.rejected


def test_scores_of_another_moment_are_counted_from_the_points_instead() -> None:
    lines = invented.v2_csv().splitlines()
    place = next(n for n, line in enumerate(lines) if "6 - 3" in line or "3 - 3" in line)
    lines[place] = lines[place].replace("3 - 3", "6 - 7")
    result = normalize(RawDocument(name="v2.csv", content="\n".join(lines).encode()))
    told = normalize(invented.PLAY_BY_PLAYS["v2_csv"])
    assert result.plays == told.plays
    assert "carry the score of another moment" in result.rejected[0].reason
