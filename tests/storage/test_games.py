"""Storing documents of games: what is new, what is corrected, what is told to followers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import msgspec
import pytest

from poise_sdk.records import Game, Normalized, Play, Player, Rejected, RosterEntry, Team
from poise_sdk.vocabulary import GameStatus
from storage.arrow import query
from storage.connect import Connection, connect
from storage.games import Stored, store
from tests.storage.invented import (
    AWAY,
    HOME,
    RECEIVED,
    TIPOFF,
    box_score,
    one,
    play,
    play_by_play,
    plays,
    stored_plays,
)


@pytest.fixture
def c(database_url: str) -> Iterator[Connection]:
    with closing(connect(database_url)) as connection:
        yield connection


def put(c: Connection, *batch: Normalized) -> Stored:
    return store(c, "nba_stats", batch, received_at=RECEIVED)


def counts(stored: Stored) -> tuple[int, int, int, int]:
    return stored.plays_inserted, stored.plays_changed, stored.plays_retracted, stored.plays_unchanged


def game(c: Connection, game_id: str) -> dict[str, Any]:
    return query(c, "SELECT * FROM games WHERE id = $1", game_id).to_dicts()[0]


def events(c: Connection) -> list[dict[str, Any]]:
    found = query(c, "SELECT payload::text FROM live_events ORDER BY game_id, sequence")
    return [msgspec.json.decode(text) for text in found["payload"]]


def everything(c: Connection) -> list[object]:
    """All rows with the transactions that wrote them: a row merely rewritten shows."""
    tables = ("teams", "players", "games", "game_players", "plays", "play_revisions", "live_events")
    return [query(c, f"SELECT t::text, t.xmin::text AS x FROM {name} t ORDER BY 1").rows() for name in tables]


def test_a_new_game_is_stored_without_revisions_and_without_news(c: Connection) -> None:
    done = put(c, play_by_play("g1"), box_score("g1"))
    assert counts(done) == (10, 0, 0, 0)
    assert done.changed_games == ("g1",)
    assert done.revisions == {"g1": 1}
    assert done.written == {"g1": 10}
    assert done.rejected == ()
    assert one(c, "SELECT count(*) FROM play_revisions") == 0
    assert events(c) == []
    assert game(c, "g1") == {
        "id": "g1",
        "vendor": "nba_stats",
        "league": "NBA",
        "season": "2031-32",
        "season_type": "regular",
        "status": "final",
        "tipoff_at": TIPOFF,
        "period": 4,
        "clock_s": 0.0,
        "home_team_id": HOME,
        "away_team_id": AWAY,
        "home_score": 99,
        "away_score": 88,
        "sequence": 1,
        "updated_at": RECEIVED,
    }
    assert one(c, "SELECT count(*) FILTER (WHERE starter) FROM game_players WHERE game_id = 'g1'") == 10
    assert query(c, "SELECT name FROM players WHERE id = 101").item() == "Player Number0"


def test_every_field_of_a_play_survives(c: Connection) -> None:
    full = play(
        "g1",
        7,
        assist_id=102,
        steal_id=103,
        block_id=104,
        foul_drawn_id=105,
        sub_in_id=106,
        x_ft=1.5,
        y_ft=-2.25,
        distance_ft=2.5,
        edited_at=TIPOFF.astimezone(dt.timezone(dt.timedelta(hours=-5))),
        description='Ünïcödé "quoted" 25\'',
    )
    put(c, play_by_play("g1", [full]))
    assert Play(**stored_plays(c, "g1").to_dicts()[0]) == full


def test_storing_the_same_batch_again_changes_nothing(c: Connection) -> None:
    batch = [play_by_play("g1"), box_score("g1"), play_by_play("g2", status=GameStatus.LIVE), box_score("g2")]
    put(c, *batch)
    c.commit()
    before = everything(c)
    done = put(c, *batch)
    c.commit()
    assert counts(done) == (0, 0, 0, 20)
    assert done.changed_games == ()
    assert everything(c) == before


def test_a_correction_is_a_revision_and_news_to_followers(c: Connection) -> None:
    put(c, play_by_play("g1"), box_score("g1"))
    edited_at = TIPOFF + dt.timedelta(hours=1)
    corrected = [
        *plays("g1")[:4],
        play("g1", 5, points=3, shot_value=3, edited_at=edited_at),
        *plays("g1")[5:9],  # the tenth is gone
        play("g1", 11, position=10),
    ]
    done = put(c, play_by_play("g1", corrected))
    assert counts(done) == (1, 1, 1, 8)
    assert done.revisions == {"g1": 2}
    assert done.written == {"g1": 3}
    assert [Play(**row) for row in stored_plays(c, "g1").to_dicts()] == corrected

    log = query(
        c,
        "SELECT sequence, number, kind, before->>'points' AS was, after->>'points' AS now "
        "FROM play_revisions WHERE game_id = 'g1' ORDER BY number",
    )
    assert log.rows() == [
        (2, 5, "changed", "2", "3"),
        (2, 10, "retracted", "2", None),
        (2, 11, "inserted", None, "2"),
    ]
    [news] = events(c)
    assert {name: news[name] for name in news if name != "plays"} == {
        "game_id": "g1",
        "sequence": 2,
        "status": "final",
        "period": 1,
        "clock_s": 689.0,
        "home_score": 22,
        "away_score": 11,
        "source_at": "2031-11-03T20:30:00Z",
        "received_at": "2031-11-03T22:00:00Z",
    }
    assert [(one["kind"], one["play"]["number"], one["play"]["points"]) for one in news["plays"]] == [
        ("changed", 5, 3),
        ("retracted", 10, 2),
        ("inserted", 11, 2),
    ]
    assert msgspec.convert(news["plays"][0]["play"], Play) == corrected[4]


def test_both_documents_of_a_game_make_one_whichever_comes_first(c: Connection) -> None:
    for game_id, batches in {
        "together": [[play_by_play("together"), box_score("together")]],
        "plays-first": [[play_by_play("plays-first")], [box_score("plays-first")]],
        "box-first": [[box_score("box-first", home_score=20, away_score=10)], [play_by_play("box-first")]],
    }.items():
        for batch in batches:
            put(c, *batch)
        assert game(c, game_id)["home_team_id"] == HOME
        assert game(c, game_id)["season"] == "2031-32"
        assert stored_plays(c, game_id).height == 10
    assert (game(c, "together")["home_score"], game(c, "plays-first")["home_score"]) == (99, 99)
    assert game(c, "box-first")["home_score"] == 20


def test_what_a_document_does_not_say_keeps_its_value(c: Connection) -> None:
    put(c, box_score("g1"))
    put(c, Normalized(games=(Game(id="g1", status=GameStatus.FINAL, home_score=100),)))
    assert (game(c, "g1")["home_score"], game(c, "g1")["away_score"]) == (100, 88)
    assert game(c, "g1")["sequence"] == 2
    assert one(c, "SELECT count(*) FROM game_players") == 12


def test_the_last_play_tells_the_score_where_no_document_does(c: Connection) -> None:
    put(c, play_by_play("g1"))
    assert (game(c, "g1")["home_score"], game(c, "g1")["away_score"]) == (20, 10)
    assert (game(c, "g1")["period"], game(c, "g1")["clock_s"]) == (1, 690.0)


def test_a_live_game_is_news_from_its_first_play(c: Connection) -> None:
    put(c, play_by_play("g1", status=GameStatus.LIVE))
    [news] = events(c)
    assert news["sequence"] == 1
    assert [one["kind"] for one in news["plays"]] == ["inserted"] * 10
    assert [one["play"]["position"] for one in news["plays"]] == list(range(1, 11))


def test_a_changed_roster_or_status_is_news_without_plays(c: Connection) -> None:
    put(c, play_by_play("g1"), box_score("g1", status=GameStatus.LIVE))
    put(c, box_score("g1", status=GameStatus.LIVE, roster=(RosterEntry(player_id=199, team_id=HOME),)))
    put(c, box_score("g1"))
    assert [(one["sequence"], one["status"], len(one["plays"])) for one in events(c)] == [
        (1, "live", 10),
        (2, "live", 0),
        (3, "final", 0),
    ]


def test_of_two_snapshots_in_one_batch_the_later_counts(c: Connection) -> None:
    done = put(c, play_by_play("g1", plays("g1", 10)), play_by_play("g1", plays("g1", 7)))
    assert counts(done) == (7, 0, 0, 0)
    assert stored_plays(c, "g1").height == 7


def test_a_document_with_an_empty_list_of_plays_retracts_all(c: Connection) -> None:
    put(c, play_by_play("g1"), play_by_play("g2"))
    assert counts(put(c, play_by_play("g1", []))) == (0, 0, 10, 0)
    assert stored_plays(c, "g1").is_empty()
    assert stored_plays(c, "g2").height == 10
    assert counts(put(c, Normalized(games=(Game(id="g2"),)))) == (0, 0, 0, 0)  # speaks of no plays at all


def test_a_play_that_is_there_but_unreadable_is_not_retracted(c: Connection) -> None:
    put(c, play_by_play("g1"))
    unreadable = Rejected(file="g1.json", game_id="g1", play=4, field="clock", reason="no clock")
    short = tuple(one for one in plays("g1") if one.number not in (4, 8))
    done = put(c, Normalized(plays=short, rejected=(unreadable,)))
    assert counts(done) == (0, 0, 1, 8)
    assert 4 in stored_plays(c, "g1")["number"]
    assert 8 not in stored_plays(c, "g1")["number"]


def test_rows_nobody_can_tell_apart_forbid_every_retraction(c: Connection) -> None:
    put(c, play_by_play("g1"))
    broken = Rejected(file="g1.json", row=5, reason="truncated")
    done = put(c, Normalized(games=(Game(id="g1"),), plays=plays("g1", 3), rejected=(broken,)))
    assert counts(done) == (0, 0, 0, 3)
    assert stored_plays(c, "g1").height == 10


def test_the_fullest_name_of_a_player_wins_in_any_order(c: Connection) -> None:
    for name in ("J. Doe", "Jonathan Doe", None, "Doe"):
        put(c, Normalized(players=(Player(id=1, name=name), Player(id=2, name=name))))
    assert set(query(c, "SELECT name FROM players")["name"]) == {"Jonathan Doe"}


def test_a_teams_names_are_gathered_and_the_newest_wins(c: Connection) -> None:
    put(c, Normalized(teams=(Team(id=1, name="Hosts"), Team(id=1, city="Homeville"))))
    put(c, Normalized(teams=(Team(id=1, abbreviation="HOM"), Team(id=1, name="Hostesses"))))
    assert query(c, "SELECT * FROM teams").rows() == [(1, "HOM", "Homeville", "Hostesses")]


def test_a_document_of_many_games_is_taken_apart(c: Connection) -> None:
    mixed = tuple(one for pair in zip(plays("g1"), plays("g2"), strict=True) for one in pair)
    done = put(c, Normalized(games=(Game(id="g1"), Game(id="g3")), plays=mixed))
    assert counts(done) == (20, 0, 0, 0)
    assert done.changed_games == ("g1", "g2", "g3")


def test_an_empty_batch_is_nothing(c: Connection) -> None:
    assert counts(put(c)) == (0, 0, 0, 0)
    assert counts(put(c, Normalized())) == (0, 0, 0, 0)
