"""Connections and what becomes of them."""

from __future__ import annotations

import asyncio

import pytest

from poise_sdk.errors import NeedsReauth
from poise_sdk.vocabulary import DataType
from storage.connect import rows
from storage.people import (
    athletes,
    attempts,
    connections,
    ingest_tokens,
    sync_states,
    vault,
    webhooks,
)
from storage.people.athletes import Athlete
from storage.people.connections import ConnectionTaken, NoSuchAthlete
from tests.storage.people.invented import ENDS, authorization, credentials, event

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
async def ann(db: str) -> Athlete:
    return await athletes.add("Ann")


@pytest.fixture
async def bob(db: str) -> Athlete:
    return await athletes.add("Bob")


async def test_a_connection_keeps_what_the_consent_gave(ann: Athlete) -> None:
    made = await connections.connect(ann.id, "whoop", credentials())
    assert (made.athlete_id, made.vendor, made.status, made.vendor_user_id) == (
        ann.id,
        "whoop",
        "connected",
        "u1",
    )
    assert made.scopes == ("offline", "read:sleep")
    assert await connections.get(made.id) == made
    assert await connections.of_athlete(ann.id) == [made]
    assert await connections.find(ann.id, "whoop") == made
    assert await connections.find(ann.id, "oura") is None
    assert await connections.by_vendor_user("whoop", "u1") == made
    assert await connections.by_vendor_user("oura", "u1") is None
    assert await connections.of_vendor("whoop") == [made]
    assert await connections.of_vendor("whoop", after=made.id) == []
    assert await vault.load_credentials(made.id) == (credentials(), 1)


async def test_nothing_secret_is_in_the_rows(ann: Athlete) -> None:
    made = await connections.connect(ann.id, "whoop", credentials())
    (row,) = await rows("SELECT * FROM connection_tokens")
    assert row["expires_at"] == ENDS
    assert row["connection_id"] == made.id
    written = str(row) + str(await rows("SELECT * FROM connections"))
    assert "secret" not in written


async def test_connecting_again_gives_the_old_connection_new_credentials(ann: Athlete) -> None:
    made = await connections.connect(ann.id, "whoop", credentials())
    assert await connections.mark(made.id, "needs_reauth", "the vendor\x00 says no")
    dead = await connections.get(made.id)
    assert dead is not None
    assert (dead.status, dead.status_reason) == (
        "needs_reauth",
        "the vendor\N{REPLACEMENT CHARACTER} says no",
    )
    await sync_states.fail(made.id, DataType.SLEEP, "not shared", status="not_shared")

    again = await connections.connect(ann.id, "whoop", credentials("b", scopes="read:all"))
    assert (again.id, again.status, again.status_reason) == (made.id, "connected", None)
    assert again.scopes == ("read:all",)
    assert await vault.load_credentials(made.id) == (credentials("b", scopes="read:all"), 2)
    state = await sync_states.get(made.id, DataType.SLEEP)
    assert (state.status, state.error, state.failures) == ("never", None, 0)


async def test_an_account_belongs_to_one_athlete(ann: Athlete, bob: Athlete) -> None:
    made = await connections.connect(ann.id, "whoop", credentials())
    with pytest.raises(ConnectionTaken, match="connected to another athlete, Ann"):
        await connections.connect(bob.id, "whoop", credentials("b"))
    assert await connections.of_athlete(bob.id) == []
    # at another vendor the same id is another account; and an ended one is free
    await connections.connect(bob.id, "oura", credentials("b"))
    assert await connections.remove(made.id)
    assert (await connections.connect(bob.id, "whoop", credentials("b"))).vendor_user_id == "u1"


async def test_another_account_of_the_same_vendor_is_another_connection(ann: Athlete) -> None:
    made = await connections.connect(ann.id, "whoop", credentials())
    with pytest.raises(ConnectionTaken, match="connected to another account of whoop"):
        await connections.connect(ann.id, "whoop", credentials("b", user="u2"))
    assert await vault.load_credentials(made.id) == (credentials(), 1)
    assert await connections.remove(made.id)
    other = await connections.connect(ann.id, "whoop", credentials("b", user="u2"))
    assert other.id != made.id
    assert [one.status for one in await connections.of_athlete(ann.id, removed=True)] == [
        "removed",
        "connected",
    ]


async def test_a_vendor_that_names_no_account_may_name_it_later(ann: Athlete) -> None:
    made = await connections.connect(ann.id, "catapult", credentials(user=None))
    assert made.vendor_user_id is None
    again = await connections.connect(ann.id, "catapult", credentials(user=None), "athlete-9")
    assert (again.id, again.vendor_user_id) == (made.id, "athlete-9")
    assert (
        await connections.connect(ann.id, "catapult", credentials(user=None))
    ).vendor_user_id == "athlete-9"


async def test_of_two_consents_of_one_athlete_at_once_one_is_kept(ann: Athlete) -> None:
    made = await asyncio.gather(
        *(connections.connect(ann.id, "whoop", credentials(name)) for name in "abcd"), return_exceptions=True
    )
    kept = [one for one in made if isinstance(one, connections.Connection)]
    assert kept
    assert all(isinstance(one, connections.Connection | ConnectionTaken) for one in made)
    assert len(await connections.of_athlete(ann.id)) == 1
    await vault.load_credentials(kept[0].id)


async def test_nobody_s_connection_is_refused(ann: Athlete) -> None:
    with pytest.raises(NoSuchAthlete, match="no athlete 999"):
        await connections.connect(999, "whoop", credentials())


async def test_a_removed_connection_keeps_its_credentials_until_they_are_revoked(ann: Athlete) -> None:
    made = await connections.connect(ann.id, "whoop", credentials())
    assert await connections.remove(made.id)
    assert not await connections.remove(made.id)
    assert not await connections.mark(made.id, "connected")
    assert await connections.of_athlete(ann.id) == []
    assert await connections.by_vendor_user("whoop", "u1") is None
    assert (await vault.load_credentials(made.id))[0] == credentials()
    await vault.forget_credentials(made.id)
    with pytest.raises(NeedsReauth, match="no credentials"):
        await vault.load_credentials(made.id)


async def test_of_dead_connections_to_an_account_the_living_one_is_meant(ann: Athlete, bob: Athlete) -> None:
    old = await connections.connect(ann.id, "whoop", credentials())
    await connections.mark(old.id, "revoked", "ended at the vendor")
    assert await connections.by_vendor_user("whoop", "u1") == await connections.get(old.id)
    new = await connections.connect(bob.id, "whoop", credentials("b"))
    assert await connections.by_vendor_user("whoop", "u1") == new


async def test_an_athlete_who_leaves_takes_everything_along(ann: Athlete, bob: Athlete) -> None:
    for who, user in ((ann, "u1"), (bob, "u2")):
        made = await connections.connect(who.id, "whoop", credentials(user=user))
        await sync_states.begin(made.id, DataType.SLEEP)
        await webhooks.record("whoop", [event(f"e-{user}", user=user)])
        await ingest_tokens.create(who.id, "apple_health")
        await attempts.begin(who.id, "oura", authorization(user), "session")
    await rows("DELETE FROM athletes WHERE id = $1 RETURNING id", ann.id)
    for table in (
        "athletes",
        "connections",
        "connection_tokens",
        "sync_states",
        "webhook_events",
        "ingest_tokens",
        "connect_attempts",
    ):
        assert len(await rows(f"SELECT 1 FROM {table}")) == 1, table
