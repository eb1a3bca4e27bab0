"""Adding, changing and erasing athletes; whose value counts."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from storage import ledger
from storage.connect import rows
from tests.server import bodies
from tests.server.bodies import ADA, BEN, TODAY
from tests.server.clients import Api

ADD = """
mutation($input: AthleteAddInput!) {
  athleteAdd(input: $input) { athlete { key name timeZone player { name } } errors { code message field } }
}
"""
UPDATE = """
mutation($input: AthleteUpdateInput!) {
  athleteUpdate(input: $input) { athlete { name timeZone player { key } } errors { code message field } }
}
"""
REMOVE = """
mutation($id: ID!) { athleteRemove(id: $id) { removedId errors { code field } } }
"""
ORDER = """
mutation($input: SourceOrderSetInput!) {
  sourceOrderSet(input: $input) {
    sourceOrder { metric vendors }
    athlete { sourceOrders { metric vendors } }
    errors { code message field }
  }
}
"""


@pytest.fixture
def home(ward: str) -> str:
    return ward


@pytest.fixture
def api(clinic_api: Api) -> Api:
    return clinic_api


async def test_an_athlete_is_added_with_a_name_and_a_zone(api: Api):
    await rows("INSERT INTO players (id, name) VALUES (77, 'Player 77') ON CONFLICT DO NOTHING")
    given = {"name": "  Cleo   Reed ", "timeZone": "europe/berlin", "playerId": "77"}
    done = (await api.data(ADD, input=given))["athleteAdd"]
    assert done["errors"] == []
    assert done["athlete"]["name"] == "Cleo Reed"
    assert done["athlete"]["timeZone"] == "Europe/Berlin"
    assert done["athlete"]["player"] == {"name": "Player 77"}


async def test_a_name_is_free_and_printable_and_a_zone_is_known(api: Api):
    for given, code, field in [
        ({"name": ADA}, "CONFLICT", "name"),
        ({"name": "  "}, "INVALID", "name"),
        ({"name": "x" * 201}, "INVALID", "name"),
        ({"name": "a\x07b"}, "INVALID", "name"),
        ({"name": "Cleo", "timeZone": "Mars/Olympus"}, "INVALID", "timeZone"),
        ({"name": "Cleo", "playerId": "R2FtZTpnMQ"}, "INVALID", "playerId"),
    ]:
        [error] = (await api.data(ADD, input=given))["athleteAdd"]["errors"]
        assert (error["code"], error["field"]) == (code, field)
        assert len(await rows("SELECT 1 FROM athletes")) == 2


async def test_what_is_left_out_of_a_change_stays(api: Api):
    done = await api.data(UPDATE, input={"athlete": "1", "timeZone": "Asia/Tokyo", "playerId": "9"})
    assert done["athleteUpdate"]["athlete"] == {"name": ADA, "timeZone": "Asia/Tokyo", "player": None}
    await api.data(UPDATE, input={"athlete": "1", "name": "Ada Lake"})
    [row] = await rows("SELECT * FROM athletes WHERE id = 1")
    assert (row["name"], row["time_zone"], row["player_id"]) == ("Ada Lake", "Asia/Tokyo", 9)
    await api.data(UPDATE, input={"athlete": "1", "playerId": None})
    [row] = await rows("SELECT player_id FROM athletes WHERE id = 1")
    assert row["player_id"] is None


async def test_a_change_that_cannot_be_is_not_half_made(api: Api):
    given = {"athlete": "1", "name": BEN, "timeZone": "Asia/Tokyo"}
    [error] = (await api.data(UPDATE, input=given))["athleteUpdate"]["errors"]
    assert (error["code"], error["field"]) == ("CONFLICT", "name")
    given = {"athlete": "1", "name": "Other", "timeZone": "Nowhere"}
    [error] = (await api.data(UPDATE, input=given))["athleteUpdate"]["errors"]
    assert error["field"] == "timeZone"
    [row] = await rows("SELECT name, time_zone FROM athletes WHERE id = 1")
    assert (row["name"], row["time_zone"]) == (ADA, "Europe/Berlin")


async def revoke_as_a_worker(redis_url: str) -> None:
    """Do the revocation that is ordered next, as far as the ledger shows it."""
    redis = ledger.connect_redis(redis_url)
    async with asyncio.timeout(10):
        while not (found := (await ledger.list_jobs(kind="sync.revoke")).jobs):  # noqa: ASYNC110 - polled
            await asyncio.sleep(0.01)
        job = await ledger.claim(found[0].id, lease_s=60, timeout_s=60, max_attempts=1)
        assert job is not None
        done = await ledger.finish(job, {"revoked": "ended"})
        assert done is not None
        await ledger.announce(redis, done)
    await redis.aclose(close_connection_pool=True)


async def test_an_erased_athlete_leaves_nothing_and_nobody_else_is_touched(
    api: Api, home: str, redis_url: str
):
    await bodies.bring(home, days=2)
    await bodies.connect(home)
    done, _ = await asyncio.gather(api.data(REMOVE, id="1"), revoke_as_a_worker(redis_url))
    assert done["athleteRemove"]["errors"] == []
    again = await api.data(REMOVE, id="1")
    assert again["athleteRemove"] == {"removedId": None, "errors": [{"code": "NOT_FOUND", "field": "id"}]}
    for table in ("nights", "recoveries", "cycles", "workouts", "daily_values", "daily_effective"):
        owners = await rows(f"SELECT DISTINCT athlete_id FROM {table}")
        assert [row["athlete_id"] for row in owners] == [2], table
    for table in ("reading_streams", "readings", "connections", "observation_documents"):
        assert await rows(f"SELECT 1 FROM {table}") == [], table
    [job] = (await ledger.list_jobs(kind="sync.revoke")).jobs
    assert job.state == "succeeded", "the vendor was told before the credentials went"


async def test_the_order_of_vendors_decides_and_is_said(api: Api, home: str):
    await bodies.bring(home, days=2)
    given = {"athlete": "1", "metric": "hrv_rmssd_ms", "vendors": ["other", "tidewatch"]}
    [error] = (await api.data(ORDER, input=given))["sourceOrderSet"]["errors"]
    assert (error["code"], error["field"]) == ("INVALID", "vendors")
    given["vendors"] = ["rude", "tidewatch"]
    for _ in range(2):
        done = (await api.data(ORDER, input=given))["sourceOrderSet"]
        order = {"metric": "hrv_rmssd_ms", "vendors": ["rude", "tidewatch"]}
        assert done == {"sourceOrder": order, "athlete": {"sourceOrders": [order]}, "errors": []}
    day = (TODAY - dt.timedelta(days=1)).isoformat()
    found = await api.data(
        f'{{ athlete(id: "1") {{ dailySummary(day: "{day}") {{ metrics {{ metric vendor reason }} }} }} }}'
    )
    told = {one["metric"]: one for one in found["athlete"]["dailySummary"]["metrics"]}
    assert told["hrv_rmssd_ms"]["vendor"] == "tidewatch"
    assert "order" in told["hrv_rmssd_ms"]["reason"]
    all_of_it = {"athlete": "1", "vendors": ["tidewatch"]}
    done = (await api.data(ORDER, input=all_of_it))["sourceOrderSet"]
    assert done["sourceOrder"] == {"metric": None, "vendors": ["tidewatch"]}
    away = (await api.data(ORDER, input={**given, "vendors": []}))["sourceOrderSet"]
    assert away["sourceOrder"] is None
    assert away["athlete"] == {"sourceOrders": [{"metric": None, "vendors": ["tidewatch"]}]}


async def test_an_order_is_for_a_metric_that_somebody_knows(api: Api):
    given = {"athlete": "1", "metric": "hrv_rmsd_ms", "vendors": ["tidewatch"]}
    [error] = (await api.data(ORDER, input=given))["sourceOrderSet"]["errors"]
    assert (error["code"], error["field"]) == ("INVALID", "metric")
    assert "did you mean hrv_rmssd_ms?" in error["message"]
    await rows("INSERT INTO source_orders VALUES (1, 'hrv_rmsd_ms', '{tidewatch}')")
    away = (await api.data(ORDER, input={**given, "vendors": []}))["sourceOrderSet"]
    assert (away["errors"], away["athlete"]) == ([], {"sourceOrders": []}), "what was set can be taken away"


async def test_an_order_is_for_a_metric(api: Api):
    for metric in ["*", "HRV", "x'; DROP", ""]:
        given = {"athlete": "1", "metric": metric, "vendors": ["tidewatch"]}
        [error] = (await api.data(ORDER, input=given))["sourceOrderSet"]["errors"]
        assert (error["code"], error["field"]) == ("INVALID", "metric")
