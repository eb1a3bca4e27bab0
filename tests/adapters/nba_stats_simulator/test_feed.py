"""The feed server as a client meets it: the vendor's paths, manners and failures."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sys
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.host import load_registry
from adapters.nba_stats.simulator.feed import REFERER, FeedServer
from adapters.nba_stats.simulator.recording import Recording, load
from adapters.nba_stats.simulator.replay import Replay
from poise_sdk.adapter import FeedConfig
from poise_sdk.errors import Retriable, Skippable
from poise_sdk.replay import GameSimulator, ReplayFeed, SimulatesGames
from poise_sdk.simulation import Fault
from poise_sdk.vocabulary import GameStatus
from tests.leagues import VENDOR, Season

SCOREBOARD = "liveData/scoreboard/todaysScoreboard_00.json"
SCHEDULE = "staticData/scheduleLeagueV2.json"
DEADLINE_S = 20.0


def simulator() -> GameSimulator:
    adapter = load_registry().game_feed(VENDOR)
    assert isinstance(adapter, SimulatesGames)
    return adapter.simulator()


@pytest.fixture
async def feed(recording: Recording) -> AsyncIterator[FeedServer]:
    """The season's first game, its clock at the start of the fourth quarter."""
    replay = Replay([recording], manual=True)
    replay.advance_to(replay.moment_of(4, 720.0))
    async with FeedServer(replay) as server:
        yield server


@pytest.fixture
async def client(feed: FeedServer) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"referer": f"{REFERER}/"}
    async with httpx.AsyncClient(base_url=feed.base_url, headers=headers, trust_env=False) as http:
        yield http


def paths(feed: FeedServer) -> list[str]:
    (game,) = feed.game_ids
    return [
        SCOREBOARD,
        SCHEDULE,
        f"liveData/playbyplay/playbyplay_{game}.json",
        f"liveData/boxscore/boxscore_{game}.json",
    ]


async def test_all_four_documents_are_served_as_json(feed: FeedServer, client: httpx.AsyncClient) -> None:
    for path in paths(feed):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["meta"]["version"] == 1


async def test_who_does_not_come_from_the_vendor_s_pages_gets_a_web_page(feed: FeedServer) -> None:
    async with httpx.AsyncClient(base_url=feed.base_url, trust_env=False) as stranger:
        for path in paths(feed):
            answer = await stranger.get(path)
            assert answer.status_code == 403
            assert answer.headers["content-type"] == "text/html"
            assert b"<HTML>" in answer.content


async def test_a_game_that_has_not_begun_or_is_unknown_is_an_object_the_store_lacks(
    feed: FeedServer, client: httpx.AsyncClient
) -> None:
    feed.replay.advance(-feed.replay.elapsed() - 60)
    for game in (*feed.game_ids, "0022599999"):
        answer = await client.get(f"liveData/playbyplay/playbyplay_{game}.json")
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/xml"
    board = (await client.get(SCOREBOARD)).json()["scoreboard"]["games"]
    assert [game["gameStatus"] for game in board] == [1]


async def test_an_unchanged_document_is_not_sent_again(feed: FeedServer, client: httpx.AsyncClient) -> None:
    for path in paths(feed):
        first = await client.get(path)
        for name, given in (("if-none-match", "etag"), ("if-modified-since", "last-modified")):
            again = await client.get(path, headers={name: first.headers[given]})
            assert again.status_code == 304, (path, name)
            assert again.content == b""
            assert again.headers["etag"] == first.headers["etag"]


async def test_a_changed_document_is_sent_with_new_validators(
    feed: FeedServer, client: httpx.AsyncClient
) -> None:
    before = {path: await client.get(path) for path in paths(feed)}
    feed.replay.advance(300)
    for path, first in before.items():
        for name, given in (("if-none-match", "etag"), ("if-modified-since", "last-modified")):
            again = await client.get(path, headers={name: first.headers[given]})
            assert again.status_code == 200
            assert again.headers["etag"] != first.headers["etag"]
            assert parsedate_to_datetime(again.headers["last-modified"]) > parsedate_to_datetime(
                first.headers["last-modified"]
            )


async def test_a_broken_date_condition_is_passed_over(feed: FeedServer, client: httpx.AsyncClient) -> None:
    answer = await client.get(SCOREBOARD, headers={"if-modified-since": "yesterday"})
    assert answer.status_code == 200


async def test_the_date_of_an_answer_is_the_recorded_time(
    feed: FeedServer, client: httpx.AsyncClient, recording: Recording
) -> None:
    feed.replay.advance_to(feed.replay.moment_of(4, 300.0))
    answer = await client.get(paths(feed)[2])
    last = answer.json()["game"]["actions"][-1]
    age = parsedate_to_datetime(answer.headers["date"]) - dt.datetime.fromisoformat(last["timeActual"])
    assert abs(age) < dt.timedelta(seconds=30)


async def test_the_scoreboard_follows_the_game(feed: FeedServer, client: httpx.AsyncClient) -> None:
    plays = (await client.get(paths(feed)[2])).json()["game"]["actions"]
    (game,) = (await client.get(SCOREBOARD)).json()["scoreboard"]["games"]
    assert (game["gameStatus"], game["period"]) == (2, 4)
    assert game["gameClock"] == plays[-1]["clock"]
    assert str(game["homeTeam"]["score"]) == plays[-1]["scoreHome"]
    feed.replay.advance_to_end()
    (game,) = (await client.get(SCOREBOARD)).json()["scoreboard"]["games"]
    assert (game["gameStatus"], game["gameClock"]) == (3, "")
    (day,) = (await client.get(SCHEDULE)).json()["leagueSchedule"]["gameDates"]
    assert [one["gameStatus"] for one in day["games"]] == [3]


async def test_the_last_answer_is_the_recording(
    feed: FeedServer, client: httpx.AsyncClient, recording: Recording
) -> None:
    feed.replay.advance_to_end()
    assert (await client.get(paths(feed)[2])).content == recording.body
    assert (await client.get(paths(feed)[3])).content == recording.box_body


async def test_faults_come_on_demand_and_go(feed: FeedServer, client: httpx.AsyncClient) -> None:
    plays, path = paths(feed)[2], "*playbyplay*"
    feed.faults.add(Fault.status(429, {"retry-after": "7"}), path=path, times=1)
    answer = await client.get(plays)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    feed.faults.add(Fault.status(500), path=path, times=1)
    assert (await client.get(plays)).status_code == 500
    feed.faults.add(Fault.firewall(), path=path, times=1)
    assert "html" in (await client.get(plays)).headers["content-type"]
    feed.faults.add(Fault.truncate(), path=path, times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get(plays)
    feed.faults.add(Fault.hang(), path=path, times=1)
    with pytest.raises(httpx.ReadTimeout):
        await client.get(plays, timeout=0.2)
    assert (await client.get(plays)).status_code == 200


async def test_the_adapter_follows_a_whole_game_to_its_end(season: Season) -> None:
    """As a poller does: conditional requests, versions that differ, the recorded game at last."""
    game = season.games[0]
    server = simulator().replay([game.path], manual=True, lead_s=5)
    adapter = load_registry().game_feed(VENDOR)
    async with server, adapter.connect(FeedConfig(base_url=server.base_url)) as feed:
        assert [one.status for one in (await feed.live_games()).games] == [GameStatus.SCHEDULED]
        with pytest.raises(Skippable):
            await feed.fetch_game(game.id)
        server.replay.advance(5)
        fetched = await feed.fetch_game(game.id)
        assert (await feed.fetch_game(game.id, validators=fetched.validators)).unchanged
        while not server.replay.finished:
            server.replay.advance(600)
            fetched = await feed.fetch_game(game.id, validators=fetched.validators)
            for document in fetched.documents:
                assert adapter.normalize(document).games
        day = game.said.games[0].tipoff_at or dt.datetime(2025, 10, 21, 23, tzinfo=dt.UTC)
        assert [one.status for one in (await feed.live_games()).games] == [GameStatus.FINAL]
        listed = (await feed.schedule((day - dt.timedelta(hours=5)).date())).games
        assert [one.id for one in listed] == [game.id]
        last = await feed.fetch_game(game.id)
        (plays,) = [one for one in last.documents if one.name.startswith("playbyplay")]
        assert adapter.normalize(plays).plays == game.said.plays


async def test_the_adapter_meets_the_feed_s_failures_as_errors(season: Season) -> None:
    game = season.games[0]
    server = simulator().replay([game.path], manual=True)
    adapter = load_registry().game_feed(VENDOR)
    async with server, adapter.connect(FeedConfig(base_url=server.base_url)) as feed:
        for fault in (Fault.status(429, {"retry-after": "7"}), Fault.status(500), Fault.firewall()):
            server.faults.add(fault, times=1)
            with pytest.raises(Retriable):
                await feed.live_games()


async def test_several_games_are_served_at_once(season: Season) -> None:
    games = season.games[:3]
    server: ReplayFeed = simulator().replay([game.path for game in games], start_at=(2, 300.0), manual=True)
    async with server, httpx.AsyncClient(base_url=server.base_url, trust_env=False) as http:
        board = await http.get(SCOREBOARD, headers={"referer": REFERER})
        listed: list[dict[str, Any]] = board.json()["scoreboard"]["games"]
        assert [one["gameId"] for one in listed] == list(server.game_ids) == [game.id for game in games]
        assert {one["gameStatus"] for one in listed} == {2}
        for game in games:
            path = f"liveData/playbyplay/playbyplay_{game.id}.json"
            assert (await http.get(path, headers={"referer": REFERER})).json()["game"]["gameId"] == game.id
    assert len(server.requests) == 4


async def test_a_real_game_is_served_with_late_edits_and_ends_as_recorded(real_game: Path) -> None:
    recorded = load(real_game)
    replay = Replay([recorded], manual=True)
    async with FeedServer(replay) as server:
        path = f"liveData/playbyplay/playbyplay_{server.game_ids[0]}.json"
        async with httpx.AsyncClient(base_url=server.base_url, trust_env=False) as http:
            bodies = set()
            while not replay.finished:
                replay.advance(replay.lasts / 20)
                bodies.add((await http.get(path, headers={"referer": REFERER})).content)
        assert len(bodies) >= 20
        assert recorded.body in bodies


async def test_a_feed_runs_as_a_process_of_its_own(season: Season) -> None:
    game = season.games[0]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "adapters.nba_stats.simulator",
        str(game.path),
        "--speed=1000",
        "--from=4 5:00",
        "--max-gap=20",
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), DEADLINE_S)).decode()
        assert line.startswith("feed http://127.0.0.1:")
        async with httpx.AsyncClient(base_url=line.split()[1], trust_env=False) as http:
            answer = await http.get(SCOREBOARD, headers={"referer": REFERER})
        assert answer.json()["scoreboard"]["games"][0]["period"] >= 4
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), DEADLINE_S) == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(["nowhere.json"], "nowhere.json"), (["x.json", "--from=five"], "period and the clock")],
)
async def test_a_process_that_cannot_replay_says_why(
    tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    (tmp_path / "x.json").write_text(json.dumps({}))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "adapters.nba_stats.simulator",
        *[str(tmp_path / one) if one.endswith("json") else one for one in arguments],
        stderr=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    _, told = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    assert process.returncode == 2
    assert complaint in told.decode()
