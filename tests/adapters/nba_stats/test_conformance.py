"""The conformance suite of the SDK over this adapter."""

from __future__ import annotations

import datetime as dt

from adapters.nba_stats.adapter import NbaStats
from poise_sdk.testing.suite import adapter_suite
from tests.adapters.nba_stats import invented

_PLAYS = invented.PLAY_BY_PLAYS["live"]
_BOX_SCORE = invented.GAME_DOCUMENTS["live_box_score"]

TestNbaStats = adapter_suite(
    NbaStats,
    samples=[*invented.PLAY_BY_PLAYS.values(), *invented.GAME_DOCUMENTS.values()],
    game_id=invented.GAME_ID,
    day=dt.date(2024, 1, 14),
    routes={
        f"/liveData/playbyplay/{_PLAYS.name}": _PLAYS,
        f"/liveData/boxscore/{_BOX_SCORE.name}": _BOX_SCORE,
        "/liveData/scoreboard/todaysScoreboard_00.json": invented.GAME_DOCUMENTS["scoreboard"],
        "/staticData/scheduleLeagueV2.json": invented.GAME_DOCUMENTS["schedule"],
    },
)
