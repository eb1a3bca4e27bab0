"""The live feed's client: four documents under one base address.

::

    liveData/scoreboard/todaysScoreboard_00.json      the games of the league's current day
    staticData/scheduleLeagueV2.json                  the season
    liveData/playbyplay/playbyplay_{game id}.json     a game's plays, edited up to an hour after they happened
    liveData/boxscore/boxscore_{game id}.json         its rosters, starters, sides, status

Without the header ``Referer`` the content network answers 403 with a web page.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from adapters.nba_stats.normalize import normalize
from adapters.nba_stats.normalize.decoding import decode
from adapters.nba_stats.normalize.notes import Notes
from adapters.nba_stats.normalize.scoreboards import games_of_day
from adapters.nba_stats.payloads import Schedule
from poise_sdk.adapter import FeedConfig, Fetched, GameFeed, NotModified, Validators
from poise_sdk.errors import Skippable
from poise_sdk.http import Answer, HttpKit
from poise_sdk.records import Normalized

__all__ = ["BASE_URL", "LiveFeed", "open_feed"]

BASE_URL: Final = "https://cdn.nba.com/static/json"
#: What the league's own site sends; without it the content network refuses.
HEADERS: Final = {
    "referer": "https://www.nba.com/",
    "origin": "https://www.nba.com",
    "accept": "application/json",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
}
_SCOREBOARD: Final = "liveData/scoreboard/todaysScoreboard_00.json"
_SCHEDULE: Final = "staticData/scheduleLeagueV2.json"
#: Ids go into a path: nothing else may.
_GAME_ID: Final = re.compile(r"\d{10}")


@asynccontextmanager
async def open_feed(config: FeedConfig) -> AsyncIterator[GameFeed]:
    """A :class:`LiveFeed` for as long as the context lasts."""
    async with HttpKit(config.base_url or BASE_URL, config=config, headers=HEADERS) as http:
        yield LiveFeed(http)


class LiveFeed:
    """See :class:`poise_sdk.adapter.GameFeed`."""

    def __init__(self, http: HttpKit) -> None:
        self._http = http
        self._season: tuple[Schedule, Validators] | None = None

    async def schedule(self, day: dt.date) -> Normalized:
        """The games of ``day``; the season's schedule is fetched conditionally after the first time."""
        known = self._season
        answer = await self._http.get(_SCHEDULE, validators=known[1] if known else None)
        if isinstance(answer, Answer):
            notes = Notes(_SCHEDULE)
            envelope = decode(answer.content, notes)
            if envelope is None or envelope.leagueSchedule is None:
                reason = notes.rejected[0].reason if notes.rejected else "it holds no schedule"
                raise Skippable(f"{answer.url}: not the season's schedule: {reason}")
            known = self._season = (envelope.leagueSchedule, answer.validators)
        if known is None:  # a server that says "not modified" to an unconditional request
            raise Skippable(f"{_SCHEDULE}: the vendor sent no schedule")
        return games_of_day(known[0], day)

    async def live_games(self) -> Normalized:
        """The games of the league's current day with status, clock and score."""
        answer = await self._http.get(_SCOREBOARD)
        if isinstance(answer, NotModified):
            raise Skippable(f"{_SCOREBOARD}: the vendor sent no scoreboard")
        return normalize(answer.document(_SCOREBOARD))

    async def fetch_game(self, game_id: str, validators: Mapping[str, Validators] | None = None) -> Fetched:
        """Box score and play-by-play of one game, what changed of them."""
        if not _GAME_ID.fullmatch(game_id):
            raise Skippable(f"“{game_id}” is no game id", hint="ten digits, such as 0022400001")
        box_score, play_by_play = f"boxscore_{game_id}.json", f"playbyplay_{game_id}.json"
        return await self._http.fetch(
            {
                box_score: f"liveData/boxscore/{box_score}",
                play_by_play: f"liveData/playbyplay/{play_by_play}",
            },
            validators,
        )
