"""The vendor's live-data feed on loopback, serving recorded games as they happened."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from email.utils import format_datetime, parsedate_to_datetime
from types import TracebackType
from typing import Self

import msgspec

from adapters.nba_stats.simulator.fixtures import eastern
from adapters.nba_stats.simulator.replay import GameReplay, Replay
from adapters.nba_stats.simulator.season import entry_of, schedule, scoreboard
from poise_sdk.simulation import FaultPlan, Reply, Request, SimulatedVendor

__all__ = ["REFERER", "FeedServer"]

#: The vendor answers only its own pages.
REFERER = "https://www.nba.com"
ROOT = "/static/json"
LIVE_DATA = f"{ROOT}/liveData"
DENIED = b"<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><H1>Access Denied</H1></BODY></HTML>"
#: What the vendor's store says of a game that has not begun, or that it does not know.
MISSING = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code></Error>'


class FeedServer:
    """Serves a :class:`~.replay.Replay` under the vendor's paths; an async context manager.

    ::

        replay = Replay([load(Path("playbyplay_0022590001.json"))], speed=20)
        async with FeedServer(replay) as feed:
            config = FeedConfig(base_url=feed.base_url)

    As the vendor does, it refuses (403, a web page) who sends no ``Referer`` of the vendor's, answers
    403 with XML for a game that has not begun, and honours ``If-None-Match`` and ``If-Modified-Since``.
    ``Date`` is the recorded time, so that ages of plays come out as they were. ``faults`` says what goes
    wrong (see :class:`poise_sdk.simulation.FaultPlan`), ``requests`` what was asked.
    """

    def __init__(self, replay: Replay, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.replay = replay
        self._vendor = SimulatedVendor(host=host, port=port)
        self._tags: dict[str, tuple[bytes, str]] = {}
        route = self._vendor.route
        route(f"{LIVE_DATA}/scoreboard/todaysScoreboard_00.json")(self._scoreboard)
        route(f"{LIVE_DATA}/playbyplay/playbyplay_{{game_id}}.json")(self._play_by_play)
        route(f"{LIVE_DATA}/boxscore/boxscore_{{game_id}}.json")(self._box_score)
        route(f"{ROOT}/staticData/scheduleLeagueV2.json")(self._schedule)
        route(f"{ROOT}/staticData/scheduleLeagueV2_1.json")(self._schedule)

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:PORT/static/json``, in place of the vendor's own."""
        return f"{self._vendor.base_url}{ROOT}"

    @property
    def game_ids(self) -> tuple[str, ...]:
        """The games it serves."""
        return tuple(self.replay.games)

    @property
    def faults(self) -> FaultPlan:
        """What goes wrong, and when."""
        return self._vendor.faults

    @property
    def requests(self) -> list[Request]:
        """What was asked, oldest first."""
        return self._vendor.requests

    async def __aenter__(self) -> Self:
        await self._vendor.__aenter__()
        self.replay.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._vendor.__aexit__(kind, error, traceback)

    # -- documents ----------------------------------------------------------------------------

    def _play_by_play(self, request: Request, game_id: str) -> Reply:
        return self._of_game(request, game_id, GameReplay.play_by_play)

    def _box_score(self, request: Request, game_id: str) -> Reply:
        return self._of_game(request, game_id, GameReplay.box_body)

    def _of_game(self, request: Request, game_id: str, write: Callable[[GameReplay, int], bytes]) -> Reply:
        game = self.replay.games.get(game_id)
        elapsed = self.replay.elapsed()
        version = game.version(elapsed) if game else 0
        if game is None or version == 0:
            missing = Reply(status=403, headers={"content-type": "application/xml"}, body=MISSING)
            return self._allowed(request) or missing
        return self._reply(request, write(game, version), game.history.moments[version - 1])

    def _scoreboard(self, request: Request) -> Reply:
        elapsed = self.replay.elapsed()
        boxes = [game.box(game.version(elapsed)) for game in self.replay.games.values()]
        moment = self.replay.first.moment(elapsed)
        changed = self._changed(elapsed)
        day = eastern(dt.datetime.fromisoformat(boxes[0]["game"]["gameTimeUTC"])).date()
        board = scoreboard(boxes, day, changed or moment)
        return self._reply(request, msgspec.json.encode(board), changed)

    def _schedule(self, request: Request) -> Reply:
        elapsed = self.replay.elapsed()
        entries = [entry_of(game.box(game.version(elapsed))) for game in self.replay.games.values()]
        year = min(entry.day for entry in entries) - dt.timedelta(days=200)  # a season ends by July
        season = f"{year.year}-{(year.year + 1) % 100:02}"
        changed = self._changed(elapsed)
        written = changed or entries[0].tipoff
        return self._reply(request, msgspec.json.encode(schedule(season, entries, written)), changed)

    def _changed(self, elapsed: float) -> dt.datetime | None:
        """When the last of the games changed, on the first game's calendar; ``None``: not yet."""
        last = None
        for game in self.replay.games.values():
            version = game.version(elapsed)
            if version:
                at = self.replay.first.moment(game.elapsed(game.history.moments[version - 1]))
                last = at if last is None else max(last, at)
        return last

    # -- the protocol -------------------------------------------------------------------------

    @staticmethod
    def _allowed(request: Request) -> Reply | None:
        if request.headers.get("referer", "").startswith(REFERER):
            return None
        return Reply(status=403, headers={"content-type": "text/html"}, body=DENIED)

    def _reply(self, request: Request, body: bytes, changed: dt.datetime | None) -> Reply:
        denied = self._allowed(request)
        if denied:
            return denied
        headers = {
            "content-type": "application/json",
            "etag": self._tag(request.path, body),
            "date": format_datetime(self._date(), usegmt=True),
            "cache-control": "public, max-age=5",
        }
        if changed is not None:
            headers["last-modified"] = format_datetime(changed.replace(microsecond=0), usegmt=True)
            if _unchanged_since(request, changed):
                return Reply(status=304, headers=headers)
        return Reply(headers=headers, body=body)

    def _date(self) -> dt.datetime:
        return self.replay.first.moment(self.replay.elapsed()).replace(microsecond=0)

    def _tag(self, path: str, body: bytes) -> str:
        kept = self._tags.get(path)
        if kept is None or kept[0] is not body:
            kept = self._tags[path] = (body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
        return kept[1]


def _unchanged_since(request: Request, changed: dt.datetime) -> bool:
    """RFC 9110 §13.1.3: a date counts only where no entity tag was sent."""
    since = request.headers.get("if-modified-since")
    if since is None or "if-none-match" in request.headers:
        return False
    try:
        return parsedate_to_datetime(since) >= changed.replace(microsecond=0)
    except ValueError:
        return False
