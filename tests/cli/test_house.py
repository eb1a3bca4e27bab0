"""``poise jobs``, ``adapters``, ``schema``, ``doctor``, ``train``: the house in order."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from storage import ledger
from storage.connect import database
from tests.cli.conftest import Done, Poise, assert_refused
from tests.leagues import Season


def cancelled(url: str, kind: str, **args: object) -> str:
    """The id of a job that was cancelled before anybody began it."""

    async def order() -> str:
        async with database(url):
            job = await ledger.enqueue(kind, args)
            await ledger.cancel(job.id)
            return str(job.id)

    return asyncio.run(order())


def test_jobs_are_listed_shown_and_tried_again(
    poise: Poise, alone: Poise, season: Season, tmp_path: Path, database_url: str
) -> None:
    assert poise("jobs", "list", "--format", "json").json == []
    poise("import", "nba", season.games[0].path)
    dead = alone("train", "expected-points", "--out", tmp_path / "model.json")
    told, _, error = dead.err.partition("\n")
    assert told.endswith(" is dead")
    assert_refused(
        Done(dead.code, dead.out, error),
        "error only 1 finished NBA games are stored; 100 are needed (import a season first",
        "poise jobs show ",
    )
    jobs = poise("jobs", "list", "--format", "json").json
    assert [(job["kind"], job["state"]) for job in jobs] == [
        ("models.train_expected_points", "dead"),
        ("games.import", "succeeded"),
    ]
    assert list(jobs[0]) == ["id", "kind", "state", "attempts", "progress", "created_at", "finished_at"]
    assert [job["id"] for job in poise("jobs", "list", "--state", "dead", "--format", "csv").table] == [
        jobs[0]["id"]
    ]
    assert poise("jobs", "list", "--kind", "games.import", "--limit", "1", "--format", "csv").table
    shown = poise("jobs", "show", jobs[0]["id"], "--format", "json").json
    assert shown["state"] == "dead"
    assert "Fatal: only 1 finished NBA games are stored; 100 are needed" in shown["error"]
    assert "games are stored" in poise("jobs", "show", jobs[0]["id"]).out
    assert not (tmp_path / "model.json").exists()

    job = cancelled(database_url, "games.import", vendor="nba_stats", paths=[str(season.games[1].path)])
    done = poise("jobs", "retry", job)
    assert (done.code, done.err.strip()) == (0, f"job {job} succeeded")
    assert_refused(poise("jobs", "retry", job), "cannot be replayed: it is succeeded")
    assert_refused(poise("jobs", "show", str(uuid4())), "there is no job")
    assert_refused(poise("jobs", "list", "--state", "asleep"), "no state is called 'asleep'")


def test_adapters_are_listed_ours_and_a_strangers_alike(
    poise: Poise, stranger: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    ours = poise("adapters", "list", "--format", "json").json
    kinds = {row["name"]: row["kind"] for row in ours}
    assert (kinds["nba_stats"], kinds["whoop"]) == ("games", "wearable")
    all_of_them = json.loads(stranger("-m", "server.cli", "adapters", "list", "--format", "json").stdout)
    assert {row["name"]: row["from"] for row in all_of_them} == {
        **{row["name"]: row["from"] for row in ours},
        "courtside": "poise-courtside 1.4.0",
    }
    assert "Courtside League" in stranger("-m", "server.cli", "adapters", "list").stdout


def test_the_schema_is_printed_written_and_compared(poise: Poise, tmp_path: Path) -> None:
    printed = poise("schema").out
    assert printed.startswith('"""') or "type Query" in printed
    file = tmp_path / "schema.graphql"
    assert poise("schema", "--write", "--file", file).code == 0
    assert file.read_text() == printed
    assert poise("schema", "--check", "--file", file).code == 0
    file.write_text(printed.replace("type Query", "type Question", 1))
    done = poise("schema", "--check", "--file", file)
    assert done.code == 1
    assert "+type Query {" in done.out
    assert "is not what the code prints" in done.err


def test_the_doctor_finds_a_healthy_house(poise: Poise, data: Path) -> None:
    done = poise("doctor", "--format", "json")
    assert done.code == 0
    found = {row["check"]: row for row in done.json}
    assert {row["state"] for row in done.json} <= {"ok", "warning"}
    assert str(data) in found["data folder"]["found"]
    assert found["database"]["found"].endswith(", 0 games")
    assert found["worker"]["found"] == "none running; commands do their own work"
    assert found["jobs"]["found"] == "none dead"
