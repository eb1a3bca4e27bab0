"""How soon a live game is looked at again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tasks.live.pace import CALM_S, CLUTCH_S, LONGEST_S, SHORTEST_S, Pace

speeds = st.floats(min_value=0.1, max_value=10_000.0)
looks = st.lists(st.booleans(), max_size=40)


def after(looks: list[bool], speed: float = 1.0) -> Pace:
    pace = Pace(speed)
    for changed in looks:
        pace = pace.after(changed=changed)
    return pace


def test_a_clutch_game_is_looked_at_every_five_seconds_and_another_every_fifteen() -> None:
    assert Pace().pause_s(clutch=True, final=False) == CLUTCH_S == 5.0
    assert Pace().pause_s(clutch=False, final=False) == CALM_S == 15.0
    assert Pace().pause_s(clutch=False, final=True) == LONGEST_S == 60.0


@given(looks=looks, speed=speeds, clutch=st.booleans(), final=st.booleans())
def test_a_pause_has_a_shortest_and_a_longest(
    looks: list[bool], speed: float, clutch: bool, final: bool
) -> None:
    pause = after(looks, speed).pause_s(clutch=clutch, final=final)
    assert SHORTEST_S <= pause <= max(LONGEST_S / speed, SHORTEST_S)
    if clutch and not final:
        assert pause <= max(CALM_S / speed, SHORTEST_S)


@given(looks=looks, clutch=st.booleans(), final=st.booleans())
def test_the_longer_nothing_changes_the_longer_the_pause_and_a_change_ends_that(
    looks: list[bool], clutch: bool, final: bool
) -> None:
    pace = after(looks)
    pauses = []
    for _ in range(10):
        pauses.append(pace.pause_s(clutch=clutch, final=final))
        pace = pace.after(changed=False)
    assert pauses == sorted(pauses)
    assert pace.after(changed=True).pause_s(clutch=clutch, final=final) == Pace().pause_s(
        clutch=clutch, final=final
    )


@given(looks=looks, speed=speeds)
def test_a_faster_replay_is_never_looked_at_less_often(looks: list[bool], speed: float) -> None:
    for clutch in (True, False):
        slow = after(looks, speed).pause_s(clutch=clutch, final=False)
        assert after(looks, 2 * speed).pause_s(clutch=clutch, final=False) <= slow
    assert after(looks, speed).corrections_s() == Pace(speed).corrections_s() == 3600.0 / speed
    assert Pace(speed).endless_s() > Pace(speed).corrections_s()
