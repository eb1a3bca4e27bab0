"""The calendar of the invented league."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from random import Random

import pytest

from adapters.nba_stats.simulator.fixtures import eastern, fixtures, game_times
from adapters.nba_stats.simulator.people import make_officials, make_teams


@pytest.mark.parametrize(
    ("utc", "local"),
    [
        ("2025-10-21T23:00", "2025-10-21T19:00:00-04:00"),
        ("2025-11-01T23:30", "2025-11-01T19:30:00-04:00"),
        ("2025-11-02T23:30", "2025-11-02T18:30:00-05:00"),  # summer time ended that morning
        ("2026-03-08T23:00", "2026-03-08T19:00:00-04:00"),
        ("2026-03-07T23:00", "2026-03-07T18:00:00-05:00"),
        ("2026-01-01T02:30", "2025-12-31T21:30:00-05:00"),
    ],
)
def test_eastern_time_knows_when_summer_ends(utc: str, local: str) -> None:
    moment = dt.datetime.fromisoformat(utc).replace(tzinfo=dt.UTC)
    assert eastern(moment).isoformat() == local
    assert game_times(moment)["gameEt"] == local


@pytest.mark.parametrize("count", [2, 5, 8, 30])
def test_everybody_meets_everybody_home_and_away(count: int) -> None:
    teams = make_teams(Random(1), count)
    games = count * (count - 1)
    plan = fixtures(teams, "2025-26", games)
    pairs = Counter((one.home.id, one.away.id) for one in plan)
    assert len(pairs) == games
    assert set(pairs.values()) == {1}


def test_nobody_plays_twice_a_day_and_everybody_tips_off_in_the_evening() -> None:
    plan = fixtures(make_teams(Random(1), 8), "2025-26", 56)
    for one in plan:
        assert 19 <= eastern(one.tipoff).hour <= 22
    busy = Counter((team.id, one.day) for one in plan for team in (one.home, one.away))
    assert set(busy.values()) == {1}
    assert [one.tipoff for one in plan] == sorted(one.tipoff for one in plan)


def test_no_two_people_of_a_league_share_an_id_or_a_name() -> None:
    people = [one for team in make_teams(Random(1), 30) for one in team.people]
    assert len({one.id for one in people}) == len({one.name for one in people}) == 30 * 15
    officials = make_officials(Random(1))
    assert not {one.id for one in officials} & {one.id for one in people}


def test_a_team_has_somebody_for_every_position() -> None:
    for team in make_teams(Random(2), 30):
        assert {one.position for one in team.people} == {"PG", "SG", "SF", "PF", "C"}
        assert sum(one.minutes for one in team.people) == 240
