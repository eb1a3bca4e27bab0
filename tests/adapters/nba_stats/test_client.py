"""The live feed's client against a server that behaves like the vendor's."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import pytest

from adapters.nba_stats.adapter import NbaStats
from adapters.nba_stats.client import HEADERS
from poise_sdk.adapter import FeedConfig
from poise_sdk.errors import Retriable, Skippable
from poise_sdk.simulation import Reply, Request, SimulatedVendor
from tests.adapters.nba_stats import invented

DENIED = b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'
PAGE = b"<!DOCTYPE html><html><head><title>403</title></head></html>"


@pytest.fixture
async def vendor() -> AsyncIterator[SimulatedVendor]:
    server = SimulatedVendor()

    def guarded(path: str, body: bytes) -> None:
        @server.route(path)
        def answer(request: Request) -> Reply:
            if request.headers.get("referer") != "https://www.nba.com/":
                return Reply(status=403, body=PAGE, headers={"content-type": "text/html"})
            return Reply(body=body, headers={"content-type": "application/json"})

    for document in (invented.PLAY_BY_PLAYS["live"], invented.GAME_DOCUMENTS["live_box_score"]):
        guarded(f"/liveData/{document.name.split('_')[0]}/{document.name}", document.content)
    guarded("/liveData/scoreboard/todaysScoreboard_00.json", invented.GAME_DOCUMENTS["scoreboard"].content)
    guarded("/staticData/scheduleLeagueV2.json", invented.GAME_DOCUMENTS["schedule"].content)
    async with server:
        yield server


async def test_the_league_s_own_referer_opens_the_door(vendor: SimulatedVendor) -> None:
    async with NbaStats().connect(FeedConfig(base_url=vendor.base_url)) as feed:
        assert [game.id for game in (await feed.live_games()).games] == [invented.GAME_ID, "0022309902"]
    sent = vendor.requests[-1].headers
    assert sent["referer"] == HEADERS["referer"]
    assert "Mozilla/5.0" in sent["user-agent"]


async def test_without_the_referer_the_vendor_s_firewall_is_told(
    vendor: SimulatedVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(HEADERS, "referer")
    async with NbaStats().connect(FeedConfig(base_url=vendor.base_url)) as feed:
        with pytest.raises(Retriable, match="web page"):
            await feed.live_games()


async def test_a_game_s_box_score_and_plays_come_together(vendor: SimulatedVendor) -> None:
    async with NbaStats().connect(FeedConfig(base_url=vendor.base_url)) as feed:
        fetched = await feed.fetch_game(invented.GAME_ID)
        assert [document.name for document in fetched.documents] == [
            f"boxscore_{invented.GAME_ID}.json",
            f"playbyplay_{invented.GAME_ID}.json",
        ]
        again = await feed.fetch_game(invented.GAME_ID, validators=fetched.validators)
    assert again.unchanged


async def test_the_season_is_fetched_once_and_then_asked_for_changes(vendor: SimulatedVendor) -> None:
    async with NbaStats().connect(FeedConfig(base_url=vendor.base_url)) as feed:
        first = await feed.schedule(dt.date(2024, 1, 14))
        second = await feed.schedule(dt.date(2024, 5, 1))
        assert not (await feed.schedule(dt.date(2024, 3, 3))).games
    assert [game.id for game in first.games] == [invented.GAME_ID, "0022309902"]
    assert [game.id for game in second.games] == ["0042309903"]
    assert "if-none-match" not in vendor.requests[0].headers
    assert all("if-none-match" in request.headers for request in vendor.requests[1:])


async def test_a_game_that_the_vendor_has_not_begun_to_write_is_skippable(vendor: SimulatedVendor) -> None:
    vendor.serve("/liveData/boxscore/boxscore_0022309902.json", Reply(status=403, body=DENIED))
    async with NbaStats().connect(FeedConfig(base_url=vendor.base_url)) as feed:
        with pytest.raises(Skippable, match="no such document"):
            await feed.fetch_game("0022309902")


@pytest.mark.parametrize("game_id", ["../../secrets", "", "17", "0022309901?x=1"])
async def test_what_is_no_game_id_is_never_sent(vendor: SimulatedVendor, game_id: str) -> None:
    async with NbaStats().connect(FeedConfig(base_url=vendor.base_url)) as feed:
        with pytest.raises(Skippable, match="no game id"):
            await feed.fetch_game(game_id)
    assert not vendor.requests


async def test_a_schedule_that_is_none_is_an_error(vendor: SimulatedVendor) -> None:
    vendor.serve("/static/staticData/scheduleLeagueV2.json", Reply.json({"leagueSchedule": 3}))
    async with NbaStats().connect(FeedConfig(base_url=f"{vendor.base_url}/static")) as feed:
        with pytest.raises(Skippable, match="not the season's schedule"):
            await feed.schedule(dt.date(2024, 1, 14))
