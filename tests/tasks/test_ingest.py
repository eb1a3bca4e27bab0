"""Importing files of games, from the order to the tables."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from poise_sdk.adapter import GameFeedAdapter
from poise_sdk.records import Normalized, RawDocument
from storage import ledger, live
from storage.connect import connect, rows
from storage.ledger import Job
from tasks.context import Services
from tasks.handlers import load
from tasks.ingest import translate
from tasks.inline import run_inline
from tasks.registry import Registry
from tests.leagues import VENDOR, Season, actions_of, closest, rewrite
from tests.tasks.conftest import QUICK, Working, ended, until

GAMES = 6
WHOLE_FILE = {"rows": 1, "stored": 0, "unchanged": 0, "rejected": 1}


@pytest.fixture(scope="session")
def season(tmp_path_factory: pytest.TempPathFactory) -> Season:
    return closest(tmp_path_factory, GAMES)


@pytest.fixture
def registry() -> Registry:
    """The handlers of the program itself."""
    return load()


async def ordered(*paths: Path, vendor: str = VENDOR) -> Job:
    return await ledger.enqueue("games.import", {"vendor": vendor, "paths": [str(path) for path in paths]})


async def imported(services: Services, *paths: Path, vendor: str = VENDOR) -> Job:
    job = await ordered(*paths, vendor=vendor)
    job = await run_inline(job.id, services, options=QUICK)
    assert job.state == "succeeded", job.error
    return job


def files_of(job: Job) -> dict[str, dict[str, int]]:
    assert job.result is not None
    files: dict[str, dict[str, int]] = job.result["files"]
    for name, counts in files.items():
        assert counts["rows"] == counts["stored"] + counts["unchanged"] + counts["rejected"], name
    return files


async def count(table: str) -> int:
    return int((await rows(f"SELECT count(*) AS n FROM {table}"))[0]["n"])


async def sequences() -> dict[str, int]:
    return {row["id"]: row["sequence"] for row in await rows("SELECT id, sequence FROM games")}


async def test_a_season_is_stored_and_scored_and_a_second_import_changes_nothing(
    services: Services, season: Season, working: Working
) -> None:
    async with working():
        job = await ordered(season.folder)
        await ledger.dispatch(services.redis, job)
        job = await ended(job)
        assert job.state == "succeeded", job.error
        first = files_of(job)
        assert tuple(sorted(first)) == season.names
        for game in season.games:
            all_new = {"rows": game.plays, "stored": game.plays, "unchanged": 0, "rejected": 0}
            assert first[game.name] == all_new
            assert first[game.box.name] == {"rows": 1, "stored": 1, "unchanged": 0, "rejected": 0}
        assert await count("plays") == sum(game.plays for game in season.games)
        assert job.result is not None
        assert job.result["scored"] == {"games": GAMES, "unscorable": [], "seasons": 1, "others": {}}
        assert await count("raw_documents") == len(first)
        assert await count("job_rejections") == 0
        played = "SELECT DISTINCT player_id FROM clutch_player_games ORDER BY 1"
        assert await rows(played) == await rows("SELECT player_id FROM clutch_leaders ORDER BY 1") != []
        unranked = "score IS NOT NULL AND percentile IS NULL"
        assert await rows(f"SELECT 1 FROM clutch_player_games WHERE {unranked}") == []
        before = await sequences()

        again = await ordered(season.folder)
        await ledger.dispatch(services.redis, again)
        again = await ended(again)
        assert files_of(again) == {
            name: {"rows": counts["rows"], "stored": 0, "unchanged": counts["rows"], "rejected": 0}
            for name, counts in first.items()
        }
        assert again.result is not None
        assert again.result["scored"] == {"games": 0, "unscorable": [], "seasons": 0, "others": {}}
    assert await sequences() == before
    assert await count("play_revisions") == await count("live_events") == 0


async def test_a_corrected_document_is_stored_as_exactly_its_revisions(
    services: Services, season: Season, tmp_path: Path
) -> None:
    game = season.games[0]
    numbers: dict[str, int] = {}

    def correct(document: dict[str, Any]) -> None:
        actions = actions_of(document)
        first, second, *_ = (at for at, one in enumerate(actions) if one["actionType"] == "timeout")
        actions[first]["description"] = "a full timeout"
        numbers["changed"] = actions[first]["actionNumber"]
        numbers["retracted"] = actions[second]["actionNumber"]
        # in the very place of the one that goes, so that no other play moves
        numbers["inserted"] = max(one["actionNumber"] for one in actions) + 1
        actions[second] = {**actions[second], "actionNumber": numbers["inserted"]}

    corrected = rewrite(game, tmp_path, correct)
    await imported(services, season.folder)
    before = await sequences()
    job = await imported(services, corrected.path)
    counts = {"rows": game.plays, "stored": 2, "unchanged": game.plays - 2, "rejected": 0}
    assert files_of(job) == {game.name: counts}
    after = await sequences()
    assert after == {**before, game.id: before[game.id] + 1}
    revisions = await rows("SELECT game_id, sequence, kind, number, before, after FROM play_revisions")
    assert {row["kind"]: row["number"] for row in revisions} == numbers
    assert {(row["game_id"], row["sequence"]) for row in revisions} == {(game.id, after[game.id])}
    changed = next(row for row in revisions if row["kind"] == "changed")
    said = (json.loads(changed["before"])["description"], json.loads(changed["after"])["description"])
    assert said[0] != said[1] == "a full timeout"
    assert await rows(
        "SELECT number FROM plays WHERE game_id = $1 AND number = ANY($2::int[]) ORDER BY number",
        game.id,
        list(numbers.values()),
    ) == [{"number": number} for number in sorted((numbers["changed"], numbers["inserted"]))]


def mixed_folder(tmp_path: Path, season: Season) -> Path:
    """Two good games between all that may be found in a folder of downloads."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    good, other = season.games[:2]
    shutil.copy(good.path, folder)
    (folder / "cut.json").write_bytes(good.path.read_bytes()[:5000])
    (folder / "denied.json").write_text("<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD></HTML>")
    (folder / "empty.json").touch()
    (folder / "foreign.json").write_text(json.dumps({"format": "courtside", "events": []}))
    (folder / "foreign.csv").write_text("Cycle start time,Recovery score %\n2031-01-01,64\n")
    with zipfile.ZipFile(folder / "climbing.zip", "w") as archive:
        archive.writestr("../../escaped.json", b"{}")
        archive.write(other.path, other.name)
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.json", b"0" * 20_000_000)
    return folder


async def test_what_is_no_game_is_rejected_with_its_reason_and_the_rest_is_imported(
    services: Services, season: Season, tmp_path: Path
) -> None:
    folder = mixed_folder(tmp_path, season)
    job = await imported(services, folder)
    listed = {one.file: one.reason for one in await ledger.rejections(job.id)}
    because = {
        "cut.json": "truncated",
        "denied.json": "web page",
        "empty.json": "empty",
        "foreign.json": "not a document of the NBA's",
        "foreign.csv": "not",
        "climbing.zip/../../escaped.json": "climb out",
        "bomb.zip/bomb.json": "bomb",
    }
    assert sorted(listed) == sorted(because)
    assert {name: reason for name, reason in listed.items() if because[name] not in reason} == {}
    files = files_of(job)
    assert {name for name, counts in files.items() if counts == WHOLE_FILE} == set(because)
    stored = {name: counts["stored"] for name, counts in files.items() if counts["stored"]}
    good, other = season.games[:2]
    assert stored == {good.name: good.plays, f"climbing.zip/{other.name}": other.plays}
    # told again, because what was not understood is not taken for stored
    again = await imported(services, folder)
    assert {one.file: one.reason for one in await ledger.rejections(again.id)} == listed
    assert sum(counts["stored"] for counts in files_of(again).values()) == 0


async def test_an_import_whose_child_is_killed_is_done_again_and_stores_everything_once(
    services: Services, season: Season
) -> None:
    job = await ordered(season.folder)
    running = asyncio.create_task(run_inline(job.id, services, options=QUICK))

    async def begun() -> bool:
        return bool(services.pool.pids())

    await until(begun)
    for pid in services.pool.pids():
        os.kill(pid, signal.SIGKILL)
    job = await running
    assert (job.state, job.attempts) == ("succeeded", 2), job.error
    assert sum(counts["rejected"] for counts in files_of(job).values()) == 0
    assert await count("plays") == sum(game.plays for game in season.games)
    assert await count("play_revisions") == 0
    assert await count("clutch_scored") == GAMES


async def test_a_cancelled_import_ends_and_can_be_ordered_anew(services: Services, season: Season) -> None:
    job = await ordered(season.folder)
    running = asyncio.create_task(run_inline(job.id, services, options=QUICK))

    async def begun() -> bool:
        return bool(services.pool.pids())

    await until(begun)
    await ledger.cancel(job.id)
    assert (await running).state == "cancelled"
    assert await count("plays") == 0
    assert (
        sum(counts["rejected"] for counts in files_of(await imported(services, season.folder)).values()) == 0
    )


async def test_a_game_of_unknown_teams_is_listed_as_unscorable_until_they_are_known(
    services: Services, season: Season, tmp_path: Path
) -> None:
    game = season.games[0]

    def only_the_whistle(document: dict[str, Any]) -> None:
        del actions_of(document)[1:]

    job = await imported(services, rewrite(game, tmp_path, only_the_whistle).path)
    assert job.result is not None
    assert job.result["scored"]["unscorable"] == [game.id]
    assert job.result["scored"]["games"] == 0
    job = await imported(services, game.box)
    assert job.result is not None
    assert (job.result["scored"]["unscorable"], job.result["scored"]["games"]) == ([], 1)


async def test_a_game_of_another_vendor_is_left_alone_and_its_rows_are_rejected(
    services: Services, season: Season
) -> None:
    game = season.games[0]
    await rows("INSERT INTO games (id, vendor) VALUES ($1, 'courtside')", game.id)
    job = await imported(services, game.path, game.box)
    assert files_of(job) == {
        game.name: {"rows": game.plays, "stored": 0, "unchanged": 0, "rejected": game.plays},
        game.box.name: {"rows": 1, "stored": 0, "unchanged": 0, "rejected": 1},
    }
    reasons = {one.reason for one in await ledger.rejections(job.id)}
    assert reasons == {"the game is stored from another vendor, courtside"}
    assert await count("plays") == 0


async def test_a_game_that_was_forgotten_for_a_replay_can_be_imported_again(
    services: Services, season: Season
) -> None:
    game = season.games[0]
    first = files_of(await imported(services, game.path))
    with closing(connect(services.endpoints.database_url)) as c:
        assert live.forget_plays(c, game.id)
        c.commit()
    assert await count("plays") == 0
    assert files_of(await imported(services, game.path)) == first


class Clumsy(GameFeedAdapter):
    """An adapter that breaks its contract."""

    name, title, version = "clumsy", "Clumsy", "1"

    def normalize(self, document: RawDocument) -> Normalized:
        raise KeyError("gameId")


def test_an_adapter_that_fails_on_a_document_rejects_that_document() -> None:
    said = translate(Clumsy(), RawDocument(name="a.json", content=b"{}"))
    assert [(one.file, one.reason) for one in said.rejected] == [
        ("a.json", "the adapter clumsy failed: KeyError: 'gameId'")
    ]
    assert said.plays is None
