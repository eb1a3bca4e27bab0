"""Courtside documents into Poise's records."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from poise_courtside.feed import DEFAULT_URL, CourtsideFeed
from poise_courtside.payloads import Event, Head
from poise_sdk.adapter import FeedConfig, GameFeedAdapter
from poise_sdk.errors import Skippable
from poise_sdk.http import HttpKit, parse_json
from poise_sdk.records import Game, Normalized, Play, RawDocument, Rejected, Team
from poise_sdk.vocabulary import GameStatus, PlayKind, SeasonType

STATES = {"planned": GameStatus.SCHEDULED, "running": GameStatus.LIVE, "over": GameStatus.FINAL}
SHOTS = {"free": 1, "two": 2, "three": 3}
KINDS = {
    "start": PlayKind.PERIOD_START,
    "end": PlayKind.PERIOD_END,
    "over": PlayKind.GAME_END,
    "free": PlayKind.FREE_THROW,
    "two": PlayKind.FIELD_GOAL,
    "three": PlayKind.FIELD_GOAL,
    "board": PlayKind.REBOUND,
    "lost": PlayKind.TURNOVER,
    "foul": PlayKind.FOUL,
    "change": PlayKind.SUBSTITUTION,
}


class CourtsideAdapter(GameFeedAdapter):
    """The Courtside League: files and a live feed."""

    name = "courtside"
    title = "Courtside League"
    version = "1"

    def normalize(self, document: RawDocument) -> Normalized:
        try:
            value = parse_json(document)
        except Skippable as error:
            return Normalized(rejected=(Rejected(file=document.name, reason=str(error)),))
        if not isinstance(value, dict) or value.get("format") != "courtside":
            reason = "not a Courtside document: no format 'courtside'"
            return Normalized(rejected=(Rejected(file=document.name, reason=reason),))
        translation = Translation(document.name)
        if "game" in value:
            translation.game_with_events(value)
        else:
            translation.games_of_a_day(value)
        return translation.result()

    @asynccontextmanager
    async def connect(self, config: FeedConfig) -> AsyncIterator[CourtsideFeed]:
        async with HttpKit(config.base_url or DEFAULT_URL, config=config) as http:
            yield CourtsideFeed(http, self.normalize)


class Translation:
    """One document on its way; ``rejected`` gathers what could not be understood."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.games: dict[str, Game] = {}
        self.teams: dict[int, Team] = {}
        self.plays: list[Play] | None = None
        self.rejected: list[Rejected] = []

    def result(self) -> Normalized:
        return Normalized(
            games=tuple(self.games.values()),
            teams=tuple(self.teams.values()),
            plays=None if self.plays is None else tuple(self.plays),
            rejected=tuple(self.rejected),
        )

    def reject(self, reason: str, **where: Any) -> None:
        self.rejected.append(Rejected(file=self.file, reason=reason, **where))

    def games_of_a_day(self, value: dict[str, Any]) -> None:
        heads = value.get("games")
        if not isinstance(heads, list):
            self.reject("neither a game nor a list of games")
            return
        for row, head in enumerate(heads, start=1):
            self.head(head, row)

    def head(self, raw: object, row: int | None = None) -> Game | None:
        try:
            head = msgspec.convert(raw, Head)
        except msgspec.ValidationError as error:
            self.reject(f"not a game: {error}", row=row, field=_field(error))
            return None
        if head.id in self.games or head.home.id == head.away.id:
            self.reject("a game that stands twice, or a team against itself", row=row, game_id=head.id)
            return None
        for side in (head.home, head.away):
            self.teams[side.id] = Team(id=side.id, name=side.name)
        self.games[head.id] = Game(
            id=head.id,
            league="Courtside",
            season=f"{head.tip.year}",
            season_type=SeasonType.REGULAR,
            status=STATES[head.state],
            tipoff_at=head.tip.astimezone(dt.UTC),
            home_team_id=head.home.id,
            away_team_id=head.away.id,
        )
        return self.games[head.id]

    def game_with_events(self, value: dict[str, Any]) -> None:
        game = self.head(value["game"])
        if game is None:
            return
        rows = value.get("events")
        if not isinstance(rows, list):
            self.reject("a game without a list of events", field="events", game_id=game.id)
            return
        self.plays = []
        score = {"home": 0, "away": 0}
        seen: set[int] = set()
        for row, raw in enumerate(rows, start=1):
            try:
                event = msgspec.convert(raw, Event)
            except msgspec.ValidationError as error:
                self.reject(f"not an event: {error}", row=row, field=_field(error), game_id=game.id)
                continue
            shot = SHOTS.get(event.what)
            if event.n in seen or (shot and (event.hit is None or event.side is None)):
                reason = "a shot needs side and hit" if event.n not in seen else "this number stands twice"
                self.reject(reason, row=row, game_id=game.id, play=event.n)
                continue
            seen.add(event.n)
            points = shot if shot and event.hit else 0
            if event.side:
                score[event.side] += points
            minutes, seconds = event.clock.split(":")
            self.plays.append(
                Play(
                    game_id=game.id,
                    number=event.n,
                    position=len(self.plays) + 1,
                    period=event.quarter,
                    clock_s=float(int(minutes) * 60 + int(seconds)),
                    kind=KINDS.get(event.what, PlayKind.OTHER),
                    team_id={"home": game.home_team_id, "away": game.away_team_id, None: None}[event.side],
                    player_id=event.by,
                    assist_id=event.assist,
                    sub_in_id=event.comes_in,
                    shot_value=shot,
                    made=event.hit if shot else None,
                    points=points,
                    score_home=score["home"],
                    score_away=score["away"],
                )
            )


def _field(error: msgspec.ValidationError) -> str | None:
    """msgspec ends its messages with the place: ``… - at `$.clock```."""
    _, _, place = str(error).partition("`$.")
    return place.rstrip("`") or None
