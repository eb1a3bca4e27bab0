"""``playbyplayv2``: codes, three persons a row, known disorder."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.nba_stats.normalize import normalize
from poise_sdk.records import Normalized, Play
from poise_sdk.vocabulary import PlayKind
from tests.adapters.nba_stats import invented


class Table:
    """The invented game, whose cells can be changed by event number and column."""

    def __init__(self) -> None:
        self.value: dict[str, Any] = invented.v2_play_by_play()
        self.headers: list[str] = self.value["resultSets"][0]["headers"]
        self.rows: list[list[Any]] = self.value["resultSets"][0]["rowSet"]

    def change(self, event: int, **cells: Any) -> None:
        """Set cells of the row of ``event``."""
        for column, value in cells.items():
            self.rows[self.place(event)][self.headers.index(column)] = value

    def place(self, event: int) -> int:
        """Where the row of ``event`` stands."""
        column = self.headers.index("EVENTNUM")
        return next(place for place, row in enumerate(self.rows) if row[column] == event)

    def read(self) -> Normalized:
        """What normalize makes of it."""
        return normalize(invented.document(self.value, "v2.json"))

    def play(self, number: int) -> Play:
        """One play of it."""
        return next(play for play in self.read().plays or () if play.number == number)


@pytest.fixture
def table() -> Table:
    return Table()


def test_one_throw_for_two_points_counts_two(table: Table) -> None:
    table.change(16, EVENTMSGACTIONTYPE=31, HOMEDESCRIPTION="Quill Free Throw 2PT (2 PTS)")
    play = table.play(16)
    assert (play.subtype, play.shot_value, play.points) == ("for_2", 2, 2)


def test_a_throw_without_words_is_made_if_its_row_has_a_score(table: Table) -> None:
    table.change(16, HOMEDESCRIPTION=None)
    assert table.play(16).made
    table.change(16, SCORE=None)
    assert not table.play(16).made


def test_a_coach_s_technical_is_the_team_s(table: Table) -> None:
    table.change(25, PERSON1TYPE=6, PLAYER1_ID=880, PLAYER1_TEAM_ID=None)
    play = table.play(25)
    assert (play.player_id, play.team_id, play.subtype) == (None, invented.HOME, "technical")


def test_a_turnover_of_no_kind_is_still_a_turnover(table: Table) -> None:
    table.change(37, EVENTMSGACTIONTYPE=0, VISITORDESCRIPTION="Orr No Turnover (P1.T1)")
    play = table.play(37)
    assert (play.kind, play.subtype, play.player_id) == (PlayKind.TURNOVER, "unspecified", 9201)


def test_a_code_nobody_knows_is_told_by_its_words(table: Table) -> None:
    table.change(38, EVENTMSGACTIONTYPE=999)
    assert table.play(38).subtype == "hook"


def test_an_event_type_nobody_knows_is_kept_as_other_and_said(table: Table) -> None:
    table.change(29, EVENTMSGTYPE=77)
    assert (table.play(29).kind, table.play(29).subtype) == (PlayKind.OTHER, "type_77")
    assert [note.play for note in table.read().rejected] == [29]


@pytest.mark.parametrize("pair", [(17, 19), (11, 12)])
def test_neighbours_that_are_known_to_be_swapped_are_swapped_back(
    table: Table, pair: tuple[int, int]
) -> None:
    before = [play.number for play in table.read().plays or ()]
    first, second = table.place(pair[0]), table.place(pair[1])
    clock = table.headers.index("PCTIMESTRING")
    table.rows[first][clock] = table.rows[second][clock]
    table.rows[first], table.rows[second] = table.rows[second], table.rows[first]
    assert [play.number for play in table.read().plays or ()] == before


def test_a_row_inserted_late_stays_where_the_vendor_put_it(table: Table) -> None:
    table.change(17, EVENTNUM=412)
    numbers = [play.number for play in table.read().plays or ()]
    assert numbers[numbers.index(412) - 1 : numbers.index(412) + 2] == [16, 412, 19]


def test_rows_out_of_the_clock_s_order_are_put_where_the_clock_says(table: Table) -> None:
    before = [play.number for play in table.read().plays or ()]
    table.rows.insert(2, table.rows.pop(table.place(27)))
    assert [play.number for play in table.read().plays or ()] == before


def test_the_same_row_twice_is_kept_once_and_said(table: Table) -> None:
    table.rows.insert(4, list(table.rows[table.place(9)]))
    result = table.read()
    assert len(result.plays or ()) == 33
    assert [(note.play, note.game_id) for note in result.rejected] == [(9, invented.GAME_ID)]


def test_an_empty_table_says_so(table: Table) -> None:
    table.rows.clear()
    result = table.read()
    assert (result.games, result.plays) == ((), None)
    assert "is empty" in result.rejected[0].reason
