"""Mutations: what they write, and that expected failures are data."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.graphql.ids import global_id, key_of
from storage import ledger
from tests.server import world
from tests.server.clients import Api
from tests.server.conftest import Settings, own_home, serving

ERRORS = "errors { code message field }"
IMPORT = (
    "mutation($input: GamesImportInput!)"
    f" {{ gamesImport(input: $input) {{ job {{ id kind state }} {ERRORS} }} }}"
)
REPLAY = (
    "mutation($input: GameReplayStartInput!)"
    f" {{ gameReplayStart(input: $input) {{ job {{ id kind }} {ERRORS} }} }}"
)
STOP = f"mutation($id: ID!) {{ gameReplayStop(id: $id) {{ job {{ state }} {ERRORS} }} }}"
CREATE = (
    "mutation($input: ClutchDefinitionCreateInput!) { clutchDefinitionCreate(input: $input)"
    " { clutchDefinition { id key name lastSeconds margin minPeriod builtIn }"
    f" job {{ id kind }} {ERRORS} }} }}"
)
DELETE = f"mutation($id: ID!) {{ clutchDefinitionDelete(id: $id) {{ deletedId {ERRORS} }} }}"
RETRY = f"mutation($id: ID!) {{ jobRetry(id: $id) {{ job {{ state }} {ERRORS} }} }}"
CANCEL = f"mutation($id: ID!) {{ jobCancel(id: $id) {{ job {{ state }} {ERRORS} }} }}"


home = pytest.fixture(own_home)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "root" / "season").mkdir(parents=True)
    (tmp_path / "root" / "game.json").write_text("{}")
    (tmp_path / "outside.json").write_text("{}")
    (tmp_path / "root" / "way-out").symlink_to(tmp_path)
    return tmp_path / "root"


@pytest.fixture
async def api(settings: Settings, folder: Path):
    async with serving(settings(import_root=folder, replay_root=folder)) as made:
        yield made


async def outcome(api: Api, query: str, **variables: Any) -> dict[str, Any]:
    [payload] = (await api.data(query, **variables)).values()
    return payload


async def the_job(payload: dict[str, Any]) -> ledger.Job:
    job = await ledger.get(UUID(key_of("Job", payload["job"]["id"])))
    assert job is not None
    return job


async def test_an_import_is_left_to_a_job(api: Api, folder: Path):
    payload = await outcome(api, IMPORT, input={"vendor": "nba_stats", "path": "season"})
    assert payload["errors"] == []
    assert payload["job"]["kind"] == "games.import"
    job = await the_job(payload)
    assert job.args == {"vendor": "nba_stats", "paths": [str(folder / "season")]}
    again = await outcome(api, IMPORT, input={"vendor": "nba_stats", "path": "season"})
    assert again["job"]["id"] == payload["job"]["id"], "the same import is not queued twice"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("../outside.json", "OUTSIDE_ROOT"),
        ("season/../../outside.json", "OUTSIDE_ROOT"),
        ("/etc/passwd", "OUTSIDE_ROOT"),
        ("way-out/outside.json", "OUTSIDE_ROOT"),
        ("..\\outside.json", "OUTSIDE_ROOT"),
        ("nothing.json", "NOT_FOUND"),
        ("", "INVALID"),
        ("a\x00b", "INVALID"),
        ("x" * 5_000, "NOT_FOUND"),
    ],
)
@pytest.mark.parametrize("query", [IMPORT, REPLAY])
async def test_a_path_cannot_leave_the_folder(api: Api, query: str, path: str, code: str):
    vendor = {"vendor": "nba_stats"} if query is IMPORT else {}
    payload = await outcome(api, query, input={**vendor, "path": path})
    assert payload["job"] is None
    [error] = payload["errors"]
    assert (error["code"], error["field"]) == (code, "path")


async def test_an_unknown_vendor_is_told_from_the_known_ones(api: Api):
    payload = await outcome(api, IMPORT, input={"vendor": "nobody", "path": "season"})
    assert payload["errors"][0]["field"] == "vendor"
    assert "nba_stats" in payload["errors"][0]["message"]


async def test_without_a_folder_there_are_no_imports_and_no_replays(settings: Settings):
    async with serving(settings()) as api:
        for query, more in ((IMPORT, {"vendor": "nba_stats"}), (REPLAY, {})):
            payload = await outcome(api, query, input={"path": "season", **more})
            assert payload["errors"][0]["code"] == "DISABLED"


async def test_a_replay_is_started_and_stopped(api: Api, folder: Path):
    started = await outcome(api, REPLAY, input={"path": "game.json", "speed": 60})
    assert (await the_job(started)).args == {"path": str(folder / "game.json"), "speed": 60.0}
    stopped = await outcome(api, STOP, id=started["job"]["id"])
    assert stopped == {"job": {"state": "CANCELLED"}, "errors": []}
    again = await outcome(api, STOP, id=started["job"]["id"])
    assert again["errors"][0]["code"] == "CONFLICT"


@pytest.mark.parametrize("speed", [0, -1, 1e9])
async def test_a_replays_speed_has_bounds(api: Api, speed: float):
    payload = await outcome(api, REPLAY, input={"path": "game.json", "speed": speed})
    assert payload["errors"][0]["field"] == "speed"


async def test_only_a_replay_can_be_stopped_as_one(api: Api):
    started = await outcome(api, IMPORT, input={"vendor": "nba_stats", "path": "season"})
    payload = await outcome(api, STOP, id=started["job"]["id"])
    assert payload["errors"][0]["code"] == "NOT_FOUND"


GOOD = {"key": "last-two", "name": "Last two minutes", "lastSeconds": 120, "margin": 3}


async def test_a_definition_and_its_job_are_written_together(api: Api):
    payload = await outcome(api, CREATE, input=GOOD)
    assert payload["errors"] == []
    assert payload["clutchDefinition"] == {
        **GOOD,
        "id": global_id("ClutchDefinition", "last-two"),
        "minPeriod": 4,
        "builtIn": False,
    }
    assert (await the_job(payload)).args == {"definition_id": "last-two"}
    found = await api.data('{ clutchDefinition(id: "last-two") { margin } }')
    assert found["clutchDefinition"] == {"margin": 3}


async def test_a_definition_that_exists_is_a_conflict_and_queues_nothing(api: Api):
    await outcome(api, CREATE, input=GOOD)
    payload = await outcome(api, CREATE, input=GOOD)
    assert payload["job"] is None
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [("CONFLICT", "key")]
    assert len((await ledger.list_jobs()).jobs) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"key": "Last Two"}, "key"),
        ({"key": "-x"}, "key"),
        ({"key": "x" * 65}, "key"),
        ({"key": "x\n"}, "key"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"lastSeconds": 0}, "lastSeconds"),
        ({"lastSeconds": 1_201}, "lastSeconds"),
        ({"margin": -1}, "margin"),
        ({"minPeriod": 0}, "minPeriod"),
    ],
)
async def test_every_fault_of_a_definition_is_named(api: Api, change: dict[str, Any], field: str):
    payload = await outcome(api, CREATE, input={**GOOD, **change})
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [("INVALID", field)]


async def test_all_faults_are_named_at_once(api: Api):
    payload = await outcome(api, CREATE, input={"key": "", "name": "", "lastSeconds": 0, "margin": -1})
    assert {error["field"] for error in payload["errors"]} == {"key", "name", "lastSeconds", "margin"}


async def test_a_definition_is_deleted_with_all_that_was_computed_under_it(api: Api, feed: world.Feed):
    made = await outcome(api, CREATE, input=GOOD)
    await feed.sql(
        "INSERT INTO clutch_situations SELECT 'last-two', game_id, number, start_period, start_clock_s,"
        " end_period, end_clock_s, start_margin, end_margin, home_points, away_points, plays"
        " FROM clutch_situations"
    )
    payload = await outcome(api, DELETE, id=made["clutchDefinition"]["id"])
    assert payload == {"deletedId": made["clutchDefinition"]["id"], "errors": []}
    assert await feed.sql("SELECT 1 FROM clutch_situations WHERE definition_id = 'last-two'") == []
    assert (await the_job(made)).state == "cancelled"
    again = await outcome(api, DELETE, id="last-two")
    assert again["errors"][0]["code"] == "NOT_FOUND"


async def test_the_leagues_definition_stays(api: Api):
    payload = await outcome(api, DELETE, id="league")
    assert payload["errors"][0]["code"] == "CONFLICT"
    wrong = await outcome(api, DELETE, id=global_id("Game", "g1"))
    assert wrong["errors"][0]["code"] == "INVALID"


async def test_a_job_is_cancelled_and_retried(api: Api):
    started = await outcome(api, IMPORT, input={"vendor": "nba_stats", "path": "season"})
    id_ = started["job"]["id"]
    assert (await outcome(api, RETRY, id=id_))["errors"][0]["code"] == "CONFLICT"
    assert (await outcome(api, CANCEL, id=id_))["job"] == {"state": "CANCELLED"}
    assert (await outcome(api, CANCEL, id=id_))["errors"][0]["code"] == "CONFLICT"
    assert (await outcome(api, RETRY, id=id_))["job"] == {"state": "QUEUED"}


@pytest.mark.parametrize("query", [RETRY, CANCEL, STOP])
async def test_a_job_that_does_not_exist_is_data_too(api: Api, query: str):
    assert (await outcome(api, query, id=str(uuid4())))["errors"][0]["code"] == "NOT_FOUND"
    assert (await outcome(api, query, id="x"))["errors"][0]["code"] == "INVALID"


async def test_a_mutation_waits_for_no_redis(settings: Settings, folder: Path):
    lost = settings(import_root=folder, redis_url="redis://127.0.0.1:9/0")
    async with serving(lost) as api:
        payload = await outcome(api, IMPORT, input={"vendor": "nba_stats", "path": "season"})
        assert payload["job"]["state"] == "QUEUED"
        assert (await the_job(payload)).open


async def test_jobs_are_listed_newest_first_and_filtered(api: Api):
    first = await outcome(api, IMPORT, input={"vendor": "nba_stats", "path": "season"})
    second = await outcome(api, CREATE, input=GOOD)
    query = "query($k: String, $after: String) { jobs(kind: $k, first: 1, after: $after)"
    query += " { nodes { id progress { done } rejections { nodes { reason } } } pageInfo { endCursor } } }"
    page = (await api.data(query))["jobs"]
    assert page["nodes"][0]["id"] == second["job"]["id"]
    rest = (await api.data(query, after=page["pageInfo"]["endCursor"]))["jobs"]
    assert rest["nodes"][0]["id"] == first["job"]["id"]
    of_kind = (await api.data(query, k="games.import"))["jobs"]["nodes"]
    assert [node["id"] for node in of_kind] == [first["job"]["id"]]
