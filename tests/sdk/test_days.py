from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poise_sdk.days import LARGEST_OFFSET_S, TYPICAL_SLEEP, cycle_day, local_day, parse_offset

#: Instants from 2000 to 2100.
MOMENTS = st.integers(946_771_200, 4_102_444_800).map(lambda s: dt.datetime.fromtimestamp(s, dt.UTC))
OFFSETS = st.integers(-LARGEST_OFFSET_S // 60, LARGEST_OFFSET_S // 60).map(lambda minutes: minutes * 60)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("+02:00", 7_200),
        ("-0730", -27_000),
        ("UTC-07:00", -25_200),
        ("utc+05:45", 20_700),
        ("GMT+1100", 39_600),
        ("\u221203:00", -10_800),
        ("+09", 32_400),
        (" -05:00 ", -18_000),
        ("+18:00", 64_800),
        ("Z", 0),
        ("UTCZ", 0),
        ("UTC", 0),
        ("GMT", 0),
        ("-00:00", 0),
    ],
)
def test_an_offset_is_read_as_vendors_write_it(text: str, seconds: int) -> None:
    assert parse_offset(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", " ", "+", "2", "+2", "+2:00", "+02:60", "+19:00", "+18:01", "02:00", "+02:00:00", "+0:200",
     "Europe/Berlin", "UTC+", "+٠٢:00", "ZZ", "--02:00"],
)  # fmt: skip
def test_what_is_no_offset_is_quoted(text: str) -> None:
    with pytest.raises(ValueError, match="not a UTC offset") as caught:
        parse_offset(text)
    assert repr(text) in str(caught.value)


@given(OFFSETS)
def test_what_python_writes_is_read_back(seconds: int) -> None:
    written = dt.datetime(2025, 1, 1, tzinfo=dt.timezone(dt.timedelta(seconds=seconds)))
    assert parse_offset(written.isoformat()[19:]) == seconds
    assert parse_offset(f"UTC{written:%z}") == seconds


@given(st.text("+-0123456789:UTCZ ", max_size=9))
def test_nothing_else_is_taken_for_one(text: str) -> None:
    try:
        seconds = parse_offset(text)
    except ValueError:
        return
    assert abs(seconds) <= LARGEST_OFFSET_S
    assert seconds == 0 or seconds == parse_offset(text.strip().removeprefix("UTC"))


def test_a_day_is_local() -> None:
    late = dt.datetime(2025, 3, 9, 4, 30, tzinfo=dt.UTC)
    assert local_day(late, -5 * 3600) == dt.date(2025, 3, 8)
    assert local_day(late, 9 * 3600) == dt.date(2025, 3, 9)
    assert local_day(late, None) == dt.date(2025, 3, 9)


@given(MOMENTS, OFFSETS)
def test_the_day_is_what_a_clock_on_the_wall_says(moment: dt.datetime, offset: int) -> None:
    wall = moment.astimezone(dt.timezone(dt.timedelta(seconds=offset)))
    assert local_day(moment, offset) == wall.date()
    assert local_day(wall, offset) == wall.date()  # however the same instant is written


@given(MOMENTS, OFFSETS)
def test_a_cycle_belongs_to_the_day_of_its_likely_waking(moment: dt.datetime, offset: int) -> None:
    day = cycle_day(moment, offset)
    assert day == local_day(moment + TYPICAL_SLEEP, offset)
    assert day - local_day(moment, offset) in (dt.timedelta(0), dt.timedelta(days=1))


def test_falling_asleep_before_and_after_midnight_is_one_day() -> None:
    for hour, day in ((21, 8), (23, 8), (1, 9), (4, 9)):
        start = dt.datetime(2025, 3, day, hour, tzinfo=dt.UTC)
        assert cycle_day(start, 0) == dt.date(2025, 3, 9)
