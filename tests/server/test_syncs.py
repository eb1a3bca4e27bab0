"""Following an athlete's syncs: what stands in the database, and how far what runs is."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import redis

from storage.connect import rows
from storage.events import SYNC
from tests.server import bodies
from tests.server.conftest import Settings, running
from tests.server.stranger import registry

FOLLOW = """
subscription($athlete: ID!) {
  syncProgress(athleteId: $athlete) {
    syncing athlete { name } states { vendor dataType status records error done total note }
  }
}
"""


@pytest.fixture
def home(ward: str) -> str:
    return ward


def tell(redis_url: str, **said: Any) -> None:
    """Say on Redis what a worker says."""
    with closing(redis.Redis.from_url(redis_url)) as client:
        client.publish(SYNC, json.dumps(said))


async def test_progress_is_told_as_it_is_and_whenever_it_moves(
    settings: Settings, house: Path, home: str, redis_url: str
):
    states = {"sleep": {"status": "ok", "records": 40}, "cycle": {"status": "never"}}
    connection = await bodies.connect(home, states=states)
    about = {"athlete_id": 1, "connection_id": connection, "vendor": "tidewatch", "data_type": "cycle"}
    async with running(settings(), registry()) as server, server.socket() as socket:
        id = await socket.subscribe(FOLLOW, athlete="1")
        first = (await socket.next(id))["syncProgress"]
        assert first["athlete"] == {"name": bodies.ADA}
        assert first["syncing"] is False
        assert [(one["dataType"], one["status"], one["records"]) for one in first["states"]] == [
            ("CYCLE", "NEVER", 0),
            ("SLEEP", "OK", 40),
        ]
        await rows("UPDATE sync_states SET status = 'syncing' WHERE data_type = 'cycle'")
        tell(redis_url, **about, status="syncing", done=25, total=100, note="page 1")
        moved = (await socket.next(id))["syncProgress"]
        assert moved["syncing"] is True
        cycle = moved["states"][0]
        assert (cycle["status"], cycle["done"], cycle["total"], cycle["note"]) == (
            "SYNCING",
            25,
            100,
            "page 1",
        )
        await rows("UPDATE sync_states SET status = 'error', error = 'HTTP 500' WHERE data_type = 'cycle'")
        tell(redis_url, **about, status="error", done=25, total=100, note="")
        over = (await socket.next(id))["syncProgress"]["states"][0]
        assert (over["status"], over["error"], over["done"]) == ("ERROR", "HTTP 500", None)


async def test_nonsense_on_the_channel_and_other_athletes_disturb_nobody(
    settings: Settings, house: Path, home: str, redis_url: str
):
    await bodies.connect(home, states={"sleep": {"status": "ok"}})
    async with running(settings(), registry()) as server, server.socket() as socket:
        id = await socket.subscribe(FOLLOW, athlete="1")
        await socket.next(id)
        tell(redis_url, nothing=True)
        tell(redis_url, athlete_id=1, connection_id="x", data_type=None, status="syncing")
        tell(redis_url, athlete_id=2, connection_id=9, data_type="sleep", status="syncing")
        await rows("UPDATE sync_states SET records = 7")
        tell(redis_url, athlete_id=1, connection_id=1, data_type="profile", status="ok")
        assert (await socket.next(id))["syncProgress"]["states"][0]["records"] == 7


@pytest.mark.parametrize("athlete", ["999", "0", "R2FtZTpnMQ"])
async def test_nobody_can_be_followed_who_is_not_here(
    settings: Settings, house: Path, home: str, athlete: str
):
    async with running(settings(), registry()) as server, server.socket() as socket:
        id = await socket.subscribe(FOLLOW, athlete=athlete)
        message = await socket.message(id)
        assert message["type"] == "error"


async def test_it_ends_when_the_athlete_is_removed(
    settings: Settings, house: Path, home: str, redis_url: str
):
    async with running(settings(), registry()) as server, server.socket() as socket:
        id = await socket.subscribe(FOLLOW, athlete="1")
        await socket.next(id)
        await rows("DELETE FROM athletes WHERE id = 1")
        tell(redis_url, athlete_id=1)
        assert (await socket.message(id))["type"] == "complete"
