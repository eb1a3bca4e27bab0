"""Storing under trouble: records that do not fit, writers that collide, processes that are killed."""

from __future__ import annotations

import datetime as dt
import math
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import closing
from multiprocessing.connection import Connection as Pipe

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poise_sdk.records import Game, Normalized, Play, Player, RosterEntry, Team
from poise_sdk.vocabulary import GameStatus
from storage.arrow import execute, query
from storage.connect import Connection, connect, is_transient
from storage.games import store
from tests.storage.invented import RECEIVED, box_score, one, play, play_by_play, plays, stored_plays


@pytest.fixture
def c(database_url: str) -> Iterator[Connection]:
    with closing(connect(database_url)) as connection:
        yield connection


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("player_id", 2**70),
        ("number", 2**40),
        ("points", "two"),
        ("clock_s", math.nan),
        ("clock_s", None),
        ("occurred_at", dt.datetime(2031, 1, 1)),  # noqa: DTZ001 - a time without a zone is the point
        ("description", "half a character: \ud83d"),
        ("description", None),
    ],
)
def test_a_play_that_does_not_fit_is_rejected_and_the_rest_stored(
    c: Connection, field: str, value: object
) -> None:
    bad = play("g1", 3, position=3) if field == "number" else play("g1", 3)
    strange = Play(**{**{name: getattr(bad, name) for name in bad.__struct_fields__}, field: value})
    done = store(
        c,
        "nba_stats",
        [play_by_play("g1", [*plays("g1")[:2], strange, *plays("g1")[3:]]), play_by_play("g2")],
        received_at=RECEIVED,
    )
    assert done.plays_inserted == 19
    [rejected] = done.rejected
    assert (rejected.game_id, rejected.field) == ("g1", field)
    assert rejected.play == (value if field == "number" else 3)


def test_of_two_plays_with_one_number_the_later_is_kept_and_the_other_reported(c: Connection) -> None:
    twice = [*plays("g1"), play("g1", 4, position=11, description="again")]
    done = store(c, "nba_stats", [play_by_play("g1", twice)], received_at=RECEIVED)
    assert done.plays_inserted == 10
    assert [(row.play, row.reason) for row in done.rejected] == [(4, "a later play has the same number")]
    assert stored_plays(c, "g1").row(3, named=True)["description"] == "again"


def test_text_loses_its_nul_and_places_that_are_no_numbers_are_unknown(c: Connection) -> None:
    odd = play("g1", 1, description="a\0b", x_ft=math.inf, y_ft=math.nan)
    store(c, "nba_stats", [play_by_play("g1", [odd])], received_at=RECEIVED)
    row = stored_plays(c, "g1").row(0, named=True)
    assert (row["description"], row["x_ft"], row["y_ft"]) == ("ab", None, None)


def test_other_records_that_do_not_fit_are_rejected_too(c: Connection) -> None:
    batch = Normalized(
        teams=(Team(id=2**64), Team(id=1, name="Hosts")),
        players=(Player(id="x", name="X"), Player(id=5, name="Five")),  # type: ignore[arg-type]  # the point
        games=(
            Game(id="g1", status="postponed", home_score=7),  # type: ignore[arg-type]  # the point
            Game(id="g2", home_score=2**40),
            Game(
                id="g3", roster=(RosterEntry(player_id=5, team_id=2**64), RosterEntry(player_id=6, team_id=1))
            ),
        ),
    )
    done = store(c, "nba_stats", [batch], received_at=RECEIVED)
    assert [(row.game_id, row.field) for row in done.rejected] == [
        (None, "id"),
        (None, "id"),
        ("g2", "home_score"),
        ("g1", "status"),
        ("g3", "team_id"),
    ]
    assert query(c, "SELECT id, status, home_score FROM games ORDER BY id").rows() == [
        ("g1", None, 7),
        ("g3", None, None),
    ]
    assert query(c, "SELECT id FROM teams").rows() == [(1,)]
    assert query(c, "SELECT player_id FROM game_players").rows() == [(6,)]


def test_another_vendors_game_is_left_alone(c: Connection) -> None:
    store(c, "nba_stats", [play_by_play("g1"), box_score("g1")], received_at=RECEIVED)
    done = store(c, "other", [play_by_play("g1", plays("g1", 3)), play_by_play("g2")], received_at=RECEIVED)
    assert [(row.game_id, row.reason) for row in done.rejected] == [
        ("g1", "the game is stored from another vendor, nba_stats")
    ]
    assert done.changed_games == ("g2",)
    assert stored_plays(c, "g1").height == 10


def test_two_importers_of_the_same_games_agree(database_url: str) -> None:
    batch = [document for n in range(12) for document in (play_by_play(f"g{n}"), box_score(f"g{n}"))]
    changed: list[tuple[str, ...]] = []
    start = threading.Barrier(2)

    def importer(documents: list[Normalized]) -> None:
        with closing(connect(database_url)) as mine:
            start.wait()
            changed.append(store(mine, "nba_stats", documents, received_at=RECEIVED).changed_games)
            mine.commit()

    threads = [threading.Thread(target=importer, args=(part,)) for part in (batch, batch[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(len, changed)) == [0, 12]  # the second finds all done
    with closing(connect(database_url)) as c:
        assert one(c, "SELECT count(*) FROM plays") == 120
        assert one(c, "SELECT max(sequence) FROM games") == 1
        assert one(c, "SELECT count(*) FROM play_revisions") == 0


def store_and_wait(url: str, pipe: Pipe) -> None:
    """A child process that has stored a correction and will never commit it."""
    with closing(connect(url)) as mine:
        store(mine, "nba_stats", [play_by_play("g1", plays("g1", 4)), box_score("g2")], received_at=RECEIVED)
        pipe.send("stored")
        pipe.recv()


def test_a_process_killed_in_a_transaction_leaves_nothing_of_it(database_url: str, c: Connection) -> None:
    store(c, "nba_stats", [play_by_play("g1")], received_at=RECEIVED)
    c.commit()
    here, there = multiprocessing.get_context("spawn").Pipe()
    child = multiprocessing.get_context("spawn").Process(target=store_and_wait, args=(database_url, there))
    child.start()
    assert child.pid is not None
    assert here.poll(60)
    assert here.recv() == "stored"
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    # its locks go with it: the same correction goes through now
    done = store(c, "nba_stats", [play_by_play("g1", plays("g1", 9)), box_score("g2")], received_at=RECEIVED)
    c.commit()
    assert (done.plays_retracted, done.plays_unchanged) == (1, 9)
    assert done.revisions == {"g1": 2, "g2": 1}


def test_a_dead_lock_is_told_from_other_errors(database_url: str, c: Connection) -> None:
    store(c, "nba_stats", [play_by_play("g1"), play_by_play("g2")], received_at=RECEIVED)
    c.commit()
    errors: list[BaseException] = []
    both = threading.Barrier(2)

    def locker(first: str, second: str) -> None:
        with closing(connect(database_url)) as mine:
            execute(mine, "SELECT set_config('deadlock_timeout', '50ms', true)")
            execute(mine, "SELECT id FROM games WHERE id = $1 FOR UPDATE", first)
            both.wait()
            try:
                execute(mine, "SELECT id FROM games WHERE id = $1 FOR UPDATE", second)
            except Exception as error:
                errors.append(error)

    threads = [threading.Thread(target=locker, args=pair) for pair in (("g1", "g2"), ("g2", "g1"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [error] = errors
    assert is_transient(error)


versions = st.lists(
    st.dictionaries(st.integers(1, 12), st.tuples(st.integers(0, 3), st.booleans()), max_size=12),
    min_size=1,
    max_size=4,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drafts=versions, batched=st.booleans())
def test_late_edits_in_any_order_end_where_the_last_document_does(
    c: Connection, drafts: list[dict[int, tuple[int, bool]]], batched: bool
) -> None:
    def document(draft: dict[int, tuple[int, bool]]) -> Normalized:
        edited = [
            play("g", n, position=i + 1, points=p, made=m) for i, (n, (p, m)) in enumerate(draft.items())
        ]
        return play_by_play("g", edited, status=GameStatus.LIVE)

    documents = [document(draft) for draft in drafts]
    for batch in [documents] if batched else [[document] for document in documents]:
        store(c, "nba_stats", batch, received_at=RECEIVED)
    # the log, replayed from nothing, tells the same story as the table
    replayed: dict[int, object] = {}
    log = query(
        c,
        "SELECT p->>'kind' AS kind, p->'play'->>'number' AS n, (p->'play')::text AS play FROM live_events, "
        "jsonb_array_elements(payload->'plays') WITH ORDINALITY AS t (p, i) ORDER BY sequence, i",
    )
    for kind, number, text in log.iter_rows():
        if kind == "retracted":
            del replayed[int(number)]
        else:
            assert (int(number) in replayed) == (kind == "changed")
            replayed[int(number)] = text
    stored = {row["number"]: row for row in stored_plays(c, "g").to_dicts()}
    assert replayed.keys() == stored.keys()
    expected = sorted(documents[-1].plays or (), key=lambda play: play.number)
    assert [Play(**row) for row in stored.values()] == expected
    c.rollback()
