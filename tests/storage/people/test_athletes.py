"""Athletes and their time zones."""

from __future__ import annotations

import pytest

from storage.people import athletes
from storage.people.athletes import AthleteError
from storage.people.zones import UnknownTimeZone, checked_time_zone

pytestmark = pytest.mark.usefixtures("db")


async def test_an_athlete_is_found_by_id_and_by_name_in_any_case() -> None:
    ann = await athletes.add("  Ann   Lee ", "europe/berlin", player_id=7)
    assert (ann.name, ann.time_zone, ann.player_id) == ("Ann Lee", "Europe/Berlin", 7)
    for asked in ("Ann Lee", "ann lee", str(ann.id), ann.id):
        assert await athletes.find(asked) == ann
    assert await athletes.get(ann.id) == ann
    assert await athletes.find("Ann") is None
    assert await athletes.find("9" * 40) is None


async def test_an_exact_name_goes_before_one_in_another_case_and_an_id_before_a_name_of_digits() -> None:
    lower, upper = await athletes.add("ann"), await athletes.add("Ann")
    assert await athletes.find("ann") == lower
    assert await athletes.find("Ann") == upper
    await athletes.add(str(lower.id))
    assert await athletes.find(str(lower.id)) == lower


async def test_a_name_is_one_athlete_s_alone() -> None:
    ann = await athletes.add("Ann")
    with pytest.raises(AthleteError, match="somebody is called 'Ann' already"):
        await athletes.add("Ann")
    bob = await athletes.add("Bob")
    with pytest.raises(AthleteError, match="already"):
        await athletes.rename(bob.id, "Ann")
    assert (await athletes.rename(bob.id, "Rob")).name == "Rob"
    assert await athletes.page() == [ann, await athletes.find("Rob")]


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\x00b"])
async def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(AthleteError):
        await athletes.add(name)
    assert await athletes.page() == []


async def test_nobody_of_that_name_comes_with_whom_was_meant() -> None:
    await athletes.add("Giannis")
    with pytest.raises(AthleteError, match=r"no athlete is called 'Gianis' \(did you mean Giannis\?\)"):
        await athletes.named("Gianis")
    with pytest.raises(AthleteError, match="poise athletes list"):
        await athletes.named("zzz")


async def test_pages_follow_each_other() -> None:
    everybody = [await athletes.add(f"A{n}") for n in range(5)]
    first = await athletes.page(limit=2)
    assert first == everybody[:2]
    assert await athletes.page(after=first[-1].id, limit=10) == everybody[2:]


async def test_an_athlete_may_move_and_may_turn_out_to_be_a_player() -> None:
    ann = await athletes.add("Ann")
    assert ann.time_zone == "UTC"
    assert (await athletes.set_time_zone(ann.id, "Asia/Tokyo")).time_zone == "Asia/Tokyo"
    assert (await athletes.set_player(ann.id, 23)).player_id == 23
    with pytest.raises(UnknownTimeZone):
        await athletes.set_time_zone(ann.id, "Asia/Tokio")
    with pytest.raises(AthleteError, match="there is no athlete 999"):
        await athletes.set_time_zone(999, "UTC")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Europe/Berln", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("../../etc/passwd", "a name looks like"),
        ("", "a name looks like"),
        ("Factory", "a name looks like"),
    ],
)
def test_an_unknown_zone_is_refused_with_the_nearest_names(asked: str, said: str) -> None:
    with pytest.raises(UnknownTimeZone, match="no time zone is called") as refused:
        checked_time_zone(asked)
    assert said in (refused.value.hint or "")


def test_a_zone_is_known_in_any_case_and_with_blanks() -> None:
    assert checked_time_zone("america/new york") == "America/New_York"
    assert checked_time_zone(" utc ") == "UTC"
