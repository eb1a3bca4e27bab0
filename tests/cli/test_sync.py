"""``poise sync`` and ``poise sync status``."""

from __future__ import annotations

import datetime as dt
from contextlib import closing

import pytest
import redis

from poise_sdk.simulation import Fault
from tests.cli.conftest import Poise, assert_refused
from tests.cli.vendor import Armband, Browser

COLUMNS = [
    "vendor",
    "type",
    "status",
    "last_success",
    "synced_until",
    "history",
    "records",
    "rejected",
    "error",
    "next",
]


@pytest.fixture(autouse=True)
def connected(poise: Poise, armband: Armband, browser: Browser) -> None:
    assert poise("athletes", "add", "Ann").code == 0
    assert poise("connect", "armband", "--athlete", "Ann").code == 0


def test_without_a_worker_what_is_new_is_fetched_here_and_a_dead_token_is_renewed(
    poise: Poise, armband: Armband
) -> None:
    done = poise("sync", "--athlete", "Ann", "--format", "csv")
    assert done.code == 0
    assert "no worker is running: fetching here" in done.err
    (row,) = done.table
    assert (row["athlete"], row["vendor"], row["type"], row["status"]) == ("Ann", "armband", "sleep", "ok")
    assert int(row["stored"]) == int(row["records"]) > 0

    # the same again, of one vendor and type of everybody: nothing is new
    armband.consent.expire("u1")
    (again,) = poise("sync", "--vendor", "armb", "--type", "sleep", "--wait", "--format", "json").json
    assert (again["status"], again["stored"]) == ("ok", 0)
    assert armband.consent.refreshes == 1


def test_what_is_meant_must_be_there(poise: Poise) -> None:
    assert_refused(poise("sync", "--type", "dreams"), "no type of data is called 'dreams'", "sleep")
    assert_refused(poise("sync", "--athlete", "Bob"), "no athlete is called 'Bob'")
    assert_refused(poise("sync", "--vendor", "squad"), "no living connection to squad to synchronise")
    poise("athletes", "add", "Bob")
    assert_refused(poise("sync", "--athlete", "Bob"), "no living connection of Bob to synchronise")
    shown = poise("sync", "status", "--athlete", "Bob")
    assert (shown.code, shown.out) == (0, "")
    assert "no vendor is connected" in shown.err


def test_the_status_says_how_far_everything_is_and_what_comes_next(poise: Poise) -> None:
    shown = poise("sync", "status", "--athlete", "Ann", "--format", "csv")
    assert shown.header == COLUMNS
    (row,) = shown.table
    assert (row["vendor"], row["type"], row["status"], row["last_success"]) == (
        "armband",
        "sleep",
        "never",
        "",
    )
    assert row["next"] != ""
    poise("sync", "--athlete", "Ann")
    (row,) = poise("sync", "status", "--athlete", "ann", "--format", "json").json
    assert row["status"] == "ok"
    assert row["records"] > 0
    assert row["error"] is None
    assert dt.datetime.fromisoformat(row["next"]) > dt.datetime.fromisoformat(row["last_success"])
    assert "armband" in poise("sync", "status", "--athlete", "Ann").out


def test_a_connection_that_was_withdrawn_says_so_and_is_mended_by_connecting_again(
    poise: Poise, armband: Armband
) -> None:
    armband.consent.withdraw("u1")
    done = poise("sync", "--athlete", "Ann", "--format", "csv")
    assert done.code == 1
    assert "invalid_grant" in done.table[0]["error"]
    (row,) = poise("sync", "status", "--athlete", "Ann", "--format", "csv").table
    assert (row["status"], row["next"]) == ("needs_reauth", "")
    assert "invalid_grant" in row["error"]
    assert poise("athletes", "list", "--format", "csv").table[0]["vendors"] == "armband (needs_reauth)"
    refused = poise("sync", "--athlete", "Ann")
    assert refused.code == 1
    assert "armband must be connected again" in refused.err

    assert poise("connect", "armband", "--athlete", "Ann").code == 0
    (row,) = poise("sync", "status", "--athlete", "Ann", "--format", "csv").table
    assert (row["status"], row["error"]) == ("never", "")


def test_what_a_vendor_refuses_is_told_by_type(poise: Poise, armband: Armband) -> None:
    armband.vendor.faults.add(Fault.status(400), path="/nights", times=100)
    done = poise("sync", "--athlete", "Ann", "--format", "csv")
    assert done.code == 1
    assert done.table[0]["status"] == "error"
    assert "HTTP 400" in done.table[0]["error"]
    (row,) = poise("sync", "status", "--athlete", "Ann", "--format", "csv").table
    assert row["status"] == "error"
    assert "HTTP 400" in row["error"]


def test_where_a_worker_lives_the_work_is_left_to_it(poise: Poise, armband: Armband, redis_url: str) -> None:
    with closing(redis.Redis.from_url(redis_url)) as client:
        client.zadd("poise:workers", {"somebody": 2**52})
    done = poise("sync", "--athlete", "Ann")
    assert (done.code, done.out) == (0, "")
    assert "1 syncs are ordered" in done.err
    assert armband.asked("/nights") == 0
