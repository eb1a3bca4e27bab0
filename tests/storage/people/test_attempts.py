"""Attempts to connect serve once, for whoever began them, and not for long."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from storage.connect import rows
from storage.people import athletes, attempts
from storage.people.attempts import Attempt, AttemptRefused
from tests.storage.people.invented import authorization


@pytest.fixture
async def athlete_id(db: str) -> int:
    return (await athletes.add("Ann")).id


@pytest.mark.parametrize("verifier", ["verifier", None])
async def test_an_attempt_comes_back_whole(athlete_id: int, verifier: str | None) -> None:
    dance = authorization(verifier=verifier)
    begun = await attempts.begin(athlete_id, "whoop", dance, "session")
    assert begun.expires_at - dt.datetime.now(dt.UTC) > dt.timedelta(minutes=9)
    assert await attempts.of_session("session") == begun
    assert await attempts.of_session("another") is None
    taken = await attempts.take("state", "session")
    assert taken == begun
    assert (taken.athlete_id, taken.vendor, taken.authorization) == (athlete_id, "whoop", dance)


async def test_an_attempt_serves_once(athlete_id: int) -> None:
    await attempts.begin(athlete_id, "whoop", authorization(), "session")
    took = await asyncio.gather(
        *(attempts.take("state", "session") for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(one, Attempt) for one in took) == 1
    assert {str(one) for one in took if not isinstance(one, Attempt)} == {
        "this link was used already (begin anew)"
    }
    assert await attempts.of_session("session") is None


async def test_a_state_that_is_not_ours_is_refused(athlete_id: int) -> None:
    await attempts.begin(athlete_id, "whoop", authorization(), "session")
    with pytest.raises(AttemptRefused, match="not known here"):
        await attempts.take("another", "session")
    await attempts.take("state", "session")


async def test_another_session_is_refused_and_spends_the_attempt(athlete_id: int) -> None:
    await attempts.begin(athlete_id, "whoop", authorization(), "session")
    with pytest.raises(AttemptRefused, match="another browser"):
        await attempts.take("state", "somebody else's")
    with pytest.raises(AttemptRefused, match="used already"):
        await attempts.take("state", "session")


async def test_ten_minutes_later_it_is_too_late(athlete_id: int) -> None:
    await attempts.begin(athlete_id, "whoop", authorization(), "session")
    await rows("UPDATE connect_attempts SET expires_at = now() - interval '1 second'")
    assert await attempts.of_session("session") is None
    with pytest.raises(AttemptRefused, match="longer than 10 minutes"):
        await attempts.take("state", "session")


async def test_the_table_finishes_no_dance(athlete_id: int) -> None:
    await attempts.begin(
        athlete_id, "whoop", authorization("the-state", verifier="the-verifier"), "the-session"
    )
    written = str(await rows("SELECT * FROM connect_attempts"))
    for secret in ("the-state", "the-verifier", "the-session"):
        assert secret not in written
        assert secret.encode().hex() not in written


async def test_old_attempts_are_forgotten(athlete_id: int) -> None:
    for state in ("old", "new"):
        await attempts.begin(athlete_id, "whoop", authorization(state), "session")
    assert await attempts.prune() == 0
    await rows(
        "UPDATE connect_attempts SET expires_at = now() - interval '2 days' WHERE created_at = "
        "(SELECT min(created_at) FROM connect_attempts)"
    )
    assert await attempts.prune() == 1
    await attempts.take("new", "session")
