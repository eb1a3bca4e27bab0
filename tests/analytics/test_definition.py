from typing import Any

import pytest

from analytics.clutch import LEAGUE, ClutchDefinition


def test_the_default_is_the_leagues_definition() -> None:
    assert (LEAGUE.last_seconds, LEAGUE.margin, LEAGUE.min_period) == (300, 5, 4)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"id": "Last Minute"}, "id 'Last Minute' is not a slug"),
        ({"id": ""}, "is not a slug"),
        ({"id": "x" * 65}, "is not a slug"),
        ({"last_seconds": 0}, "last_seconds 0"),
        ({"last_seconds": 1201}, "last_seconds 1201"),
        ({"margin": -1}, "margin -1"),
        ({"margin": True}, "margin True"),
        ({"min_period": 0}, "min_period 0"),
        ({"min_period": 4.0}, "min_period 4.0"),
    ],
)
def test_a_field_out_of_range_is_refused_by_name(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        ClutchDefinition(**{"id": "mine", **fields})


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(ValueError, match=r"last_seconds -1 .*; margin -1 .*; min_period 99"):
        ClutchDefinition("mine", last_seconds=-1, margin=-1, min_period=99)


def test_a_definition_may_want_a_tie_and_any_period() -> None:
    assert ClutchDefinition("tied", last_seconds=720, margin=0, min_period=1).margin == 0
