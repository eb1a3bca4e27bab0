"""coverage.yaml says what normalize does, no more and no less."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from adapters.nba_stats.normalize import normalize
from poise_sdk.records import Game, Normalized, Play
from tests.adapters.nba_stats import invented

COVERAGE = yaml.safe_load(
    (Path(__file__).parents[3] / "adapters" / "nba_stats" / "coverage.yaml").read_text(encoding="utf-8")
)
#: Told by the game's id, or the identity itself: no format differs in them.
BY_ID = {"id", "league", "season", "season_type"}
#: Fields whose empty value is a real one: 0 seconds left, 0 points.
ALWAYS_FILLED = {"number", "position", "period", "clock_s", "kind"}


def _answers(name: str) -> list[Normalized]:
    documents = invented.PLAY_BY_PLAYS | invented.GAME_DOCUMENTS
    return [
        normalize(document)
        for key, document in documents.items()
        if key.removesuffix("_json").removesuffix("_csv") == name
    ]


def _yielded(record: type[msgspec.Struct], values: list[Any], field: str) -> bool:
    empty = {info.name: info.default for info in msgspec.structs.fields(record)}.get(field)
    return any(getattr(value, field) != empty for value in values)


def _claims(table: str) -> Iterator[tuple[str, str, str]]:
    for field, by_format in COVERAGE[table].items():
        for name, claim in by_format.items():
            yield field, name, claim


@pytest.mark.parametrize(("field", "name", "claim"), list(_claims("plays")))
def test_a_play_field_is_covered_as_claimed(field: str, name: str, claim: str) -> None:
    for answer in _answers(name):
        plays = list(answer.plays or ())
        assert plays
        yielded = field in ALWAYS_FILLED or _yielded(Play, plays, field)
        assert yielded == (claim != "not_supported")


@pytest.mark.parametrize(("field", "name", "claim"), list(_claims("games")))
def test_a_game_field_is_covered_as_claimed(field: str, name: str, claim: str) -> None:
    for answer in _answers(name):
        games = list(answer.games)
        assert games
        if field == "starters":
            yielded = any(entry.starter is not None for game in games for entry in game.roster)
        else:
            yielded = _yielded(Game, games, field)
        assert yielded == (claim != "not_supported")


def test_every_field_and_every_format_is_in_the_table() -> None:
    formats = set(COVERAGE["formats"])
    play_formats = {"live", "v3", "v2", "mobile", "derived"}
    fields = {info.name for info in msgspec.structs.fields(Play)} - {"game_id"}
    assert set(COVERAGE["plays"]) == fields
    assert {frozenset(row) for row in COVERAGE["plays"].values()} == {frozenset(play_formats)}
    fields = {info.name for info in msgspec.structs.fields(Game)} - BY_ID | {"starters"}
    assert set(COVERAGE["games"]) == fields
    assert {frozenset(row) for row in COVERAGE["games"].values()} == {frozenset(formats)}
    claims = {
        claim for table in ("plays", "games") for row in COVERAGE[table].values() for claim in row.values()
    }
    assert claims == {"parsed", "inferred", "not_supported"}
