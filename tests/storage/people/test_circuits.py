"""A vendor in trouble is left alone, and tried by one."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from storage.connect import rows
from storage.people import circuits
from storage.people.circuits import OPENS_AFTER

pytestmark = pytest.mark.usefixtures("db")

MINUTE = dt.timedelta(minutes=1)


async def opened(vendor: str = "whoop") -> dt.datetime:
    for _ in range(OPENS_AFTER):
        retry_at = await circuits.failed(vendor, "HTTP 503")
    assert retry_at is not None
    return retry_at


async def wait_over(vendor: str = "whoop") -> None:
    """The pause is over."""
    await rows("UPDATE vendor_circuits SET retry_at = now() - interval '1 s' WHERE vendor = $1", vendor)


def minutes_from_now(moment: dt.datetime | None) -> int:
    assert moment is not None
    return round((moment - dt.datetime.now(dt.UTC)) / MINUTE)


async def test_five_failures_in_a_row_open_a_circuit() -> None:
    for _ in range(OPENS_AFTER - 1):
        assert await circuits.failed("whoop", "HTTP 503") is None
        assert await circuits.allowed("whoop") is None
    assert minutes_from_now(await circuits.failed("whoop", "HTTP\x00 503")) == 1
    assert minutes_from_now(await circuits.allowed("whoop")) == 1
    assert await circuits.allowed("oura") is None
    found = await circuits.get("whoop")
    assert (found.failures, found.reason) == (5, "HTTP\N{REPLACEMENT CHARACTER} 503")
    assert found.opened_at is not None
    assert await circuits.troubled() == [found]


async def test_a_success_in_between_begins_the_count_anew() -> None:
    for _ in range(3):
        for _ in range(OPENS_AFTER - 1):
            await circuits.failed("whoop", "HTTP 503")
        await circuits.succeeded("whoop")
    assert await circuits.allowed("whoop") is None
    assert (await circuits.get("whoop")).failures == 0


async def test_exactly_one_probe_goes_through_when_the_pause_is_over() -> None:
    await opened()
    await wait_over()
    answers = await asyncio.gather(*(circuits.allowed("whoop") for _ in range(12)))
    assert answers.count(None) == 1
    assert all(minutes_from_now(answer) == 4 for answer in answers if answer is not None)


async def test_a_probe_that_succeeds_closes_the_circuit() -> None:
    await opened()
    await wait_over()
    assert await circuits.allowed("whoop") is None
    await circuits.succeeded("whoop")
    assert await asyncio.gather(*(circuits.allowed("whoop") for _ in range(3))) == [None, None, None]
    assert await circuits.troubled() == []
    assert await circuits.get("whoop") == await circuits.get("whoop")


async def test_the_pause_doubles_with_each_probe_that_fails_up_to_half_an_hour() -> None:
    pauses = [minutes_from_now(await opened())]
    for _ in range(7):
        await wait_over()
        assert await circuits.allowed("whoop") is None
        pauses.append(minutes_from_now(await circuits.failed("whoop", "still down")))
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]


async def test_requests_that_were_under_way_do_not_lengthen_the_pause() -> None:
    retry_at = await opened()
    for _ in range(20):
        assert await circuits.failed("whoop", "HTTP 503") == retry_at
    assert (await circuits.get("whoop")).failures == OPENS_AFTER


async def test_a_probe_that_never_reports_is_replaced() -> None:
    await opened()
    await wait_over()
    assert await circuits.allowed("whoop") is None
    assert await circuits.allowed("whoop") is not None
    await rows("UPDATE vendor_circuits SET probing_until = now() - interval '1 s'")
    assert await circuits.allowed("whoop") is None
    assert await circuits.allowed("whoop") is not None


async def test_a_vendor_that_has_been_down_for_years_overflows_nothing() -> None:
    await opened()
    await rows("UPDATE vendor_circuits SET failures = 2000000, probing_until = now()")
    assert minutes_from_now(await circuits.failed("whoop", "down")) == 30
