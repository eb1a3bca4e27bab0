"""coverage.yaml says what normalize does, no more and no less."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import yaml

from adapters.catapult.adapter import CatapultAdapter
from poise_sdk.observations import Deleted, Workout
from scripts.coverage import render
from tests.adapters.catapult import invented

COVERAGE = yaml.safe_load(
    (Path(__file__).parents[3] / "adapters" / "catapult" / "coverage.yaml").read_text(encoding="utf-8")
)
CLAIMS: dict[str, str] = {field: told["api"] for field, told in COVERAGE["records"]["Workout"].items()}
#: Of every record and of no format.
BOOKKEEPING = {"origin", "row", "quality"}


def test_every_field_of_a_workout_is_covered_as_claimed() -> None:
    [workout] = CatapultAdapter().normalize(invented.DOCUMENTS[0])
    assert isinstance(workout, Workout)
    told = {info.name: info for info in msgspec.structs.fields(Workout) if info.name not in BOOKKEEPING}
    assert set(CLAIMS) == set(told)

    def filled(name: str) -> bool:
        empty: Any = told[name].default
        return bool(getattr(workout, name) != (None if empty is msgspec.NODEFAULT else empty))

    assert {name for name in told if filled(name)} == {
        name for name, claim in CLAIMS.items() if claim != "not_supported"
    }
    assert set(CLAIMS.values()) == {"parsed", "inferred", "not_supported"}


def test_workouts_and_their_deletions_are_all_there_is() -> None:
    documents = (*invented.DOCUMENTS, invented.DELETION)
    kinds = {type(item) for document in documents for item in CatapultAdapter().normalize(document)}
    assert kinds == {Workout, Deleted}
    assert set(COVERAGE["records"]) == {"Workout"}


def test_the_readers_table_has_what_the_format_says_and_nothing_else() -> None:
    table = next(part for part in render().split("\n\n") if part.startswith("| `catapult` |"))
    told = set()
    for line in table.splitlines()[2:]:
        _, fields, *signs = (cell.strip() for cell in line.strip("|").split("|"))
        assert set(signs) & {"●", "○"}
        told |= {field.strip("`") for field in fields.split(", ")}
    assert told == {field for field, claim in CLAIMS.items() if claim != "not_supported"}
