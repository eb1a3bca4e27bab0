import polars as pl
import pytest

from analytics.frames import (
    COUNTS,
    GAMES,
    LEADERS,
    PLAYER_GAMES,
    PLAYS,
    ROSTERS,
    TEAM_GAMES,
    ColumnError,
    conform,
    empty,
)
from poise_sdk.records import Play


def test_conform_selects_the_contract_in_its_order_and_drops_the_rest() -> None:
    shuffled = empty(ROSTERS).select(pl.lit(1).alias("extra"), *reversed(ROSTERS.names()))
    assert conform(shuffled, ROSTERS, "rosters").schema == ROSTERS


def test_conform_names_every_missing_column() -> None:
    with pytest.raises(ColumnError, match="rosters: missing columns team_id, starter"):
        conform(empty(ROSTERS).drop("team_id", "starter"), ROSTERS, "rosters")


def test_conform_brings_equivalent_types_to_the_contract() -> None:
    frame = pl.DataFrame(
        {
            "game_id": pl.Series(["a"], dtype=pl.Categorical),
            "player_id": pl.Series([7], dtype=pl.UInt16),
            "team_id": pl.Series([1], dtype=pl.Int32),
            "starter": pl.Series([None], dtype=pl.Null),
        }
    )
    assert conform(frame, ROSTERS, "rosters").rows() == [("a", 7, 1, None)]


@pytest.mark.parametrize(
    ("column", "series"),
    [
        ("player_id", pl.Series(["7"])),
        ("player_id", pl.Series([7.5])),
        ("starter", pl.Series([1])),
        ("game_id", pl.Series([1])),
    ],
)
def test_conform_refuses_a_type_that_means_something_else(column: str, series: pl.Series) -> None:
    frame = pl.DataFrame({"game_id": ["a"], "player_id": [7], "team_id": [1], "starter": [True]})
    with pytest.raises(ColumnError, match=f"rosters.{column}: expected"):
        conform(frame.with_columns(series.alias(column)), ROSTERS, "rosters")


def test_conform_refuses_a_time_without_a_zone() -> None:
    frame = empty(GAMES).with_columns(pl.col("tipoff_at").dt.replace_time_zone(None))
    with pytest.raises(ColumnError, match=r"games\.tipoff_at"):
        conform(frame, GAMES, "games")


def test_conform_refuses_a_number_that_does_not_fit() -> None:
    schema = pl.Schema({"n": pl.Int32()})
    with pytest.raises(ColumnError, match="a value does not fit"):
        conform(pl.DataFrame({"n": [2**40]}), schema, "numbers")


def test_plays_speak_the_words_of_the_canonical_record() -> None:
    assert set(PLAYS) <= set(Play.__struct_fields__)


@pytest.mark.parametrize("schema", [PLAYER_GAMES, TEAM_GAMES, LEADERS])
def test_every_table_of_counts_has_the_same_counting_columns(schema: pl.Schema) -> None:
    assert [name for name in schema if name in COUNTS] == list(COUNTS)
