"""The vendor's words: the JSON documents as they come, only the fields that are wanted.

One envelope takes every JSON document of every endpoint, so that a document is decoded once and
recognised by what it holds, never by its file's name. Unknown fields are skipped while decoding, and
values beyond what the field can mean are refused there, which costs nothing.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

__all__ = [
    "Action",
    "BoxPlayer",
    "BoxTeam",
    "Envelope",
    "GameDate",
    "GameDocument",
    "MobileEvent",
    "MobileGame",
    "MobilePeriod",
    "ResultSet",
    "Schedule",
    "Scoreboard",
    "ScoreboardGame",
    "TraditionalBoxScore",
]

Identifier: TypeAlias = Annotated[int, Meta(ge=0, le=2**63 - 1)]
"""Of a team or person: 64 bits; 0 stands for nobody."""
Number: TypeAlias = Annotated[int, Meta(ge=-(10**9), le=10**9)]
"""Of an action in its game."""
OrderNumber: TypeAlias = Annotated[int, Meta(ge=-(2**62), le=2**62)]
Period: TypeAlias = Annotated[int, Meta(ge=1, le=30)]
"""The longest game on record had ten."""
Feet: TypeAlias = Annotated[float, Meta(ge=0, le=1000)]
TenthsOfFeet: TypeAlias = Annotated[float, Meta(ge=-10_000, le=10_000)]
GameId: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
Status: TypeAlias = Annotated[int, Meta(ge=0, le=9)]
"""1 scheduled, 2 live, 3 final."""


class Action(msgspec.Struct, gc=False):
    """One action of ``liveData/playbyplay`` (has ``orderNumber``) or ``playbyplayv3`` (``actionId``)."""

    actionNumber: Number
    actionType: str
    period: Period
    clock: str
    subType: str | None = None
    descriptor: str | None = None
    description: str | None = None
    teamId: Identifier | None = None
    teamTricode: str | None = None
    personId: Identifier | None = None
    playerName: str | None = None
    playerNameI: str | None = None
    scoreHome: str | int | None = None
    scoreAway: str | int | None = None
    shotResult: str | None = None
    shotDistance: Feet | None = None
    xLegacy: TenthsOfFeet | None = None
    yLegacy: TenthsOfFeet | None = None
    orderNumber: OrderNumber | None = None
    timeActual: dt.datetime | None = None
    edited: dt.datetime | None = None
    assistPersonId: Identifier | None = None
    stealPersonId: Identifier | None = None
    blockPersonId: Identifier | None = None
    foulDrawnPersonId: Identifier | None = None
    actionId: Number | None = None
    location: str | None = None
    shotValue: Annotated[int, Meta(ge=0, le=3)] | None = None


class BoxPlayer(msgspec.Struct, gc=False):
    """A player of a box score, live (``starter``, ``status``) or v3 (``position`` for starters)."""

    personId: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    name: str | None = None
    firstName: str | None = None
    familyName: str | None = None
    nameI: str | None = None
    starter: str | None = None
    status: str | None = None
    position: str | None = None


class Statistics(msgspec.Struct):
    """A team's totals in a v3 box score."""

    points: Annotated[int, Meta(ge=0, le=999)] | None = None


class BoxTeam(msgspec.Struct):
    """A team of a box score, scoreboard or schedule."""

    teamId: Identifier | None = None
    teamName: str | None = None
    teamCity: str | None = None
    teamTricode: str | None = None
    score: int | str | None = None
    players: list[BoxPlayer] = []
    statistics: Statistics | None = None


class ScoreboardGame(msgspec.Struct):
    """A game of a scoreboard or of the season's schedule."""

    gameId: GameId
    gameStatus: Status | None = None
    period: Annotated[int, Meta(ge=0, le=30)] | None = None
    gameClock: str | None = None
    gameTimeUTC: str | None = None
    gameDateTimeUTC: str | None = None
    homeTeam: BoxTeam | None = None
    awayTeam: BoxTeam | None = None


class Scoreboard(msgspec.Struct):
    """``todaysScoreboard`` and ``scoreboardv3``."""

    games: list[ScoreboardGame]
    gameDate: str | None = None


class GameDate(msgspec.Struct):
    """A day of the schedule; ``gameDate`` is ``MM/DD/YYYY 00:00:00`` in the league's own calendar."""

    games: list[ScoreboardGame]
    gameDate: str | None = None


class Schedule(msgspec.Struct):
    """``scheduleLeagueV2``: a whole season."""

    gameDates: list[GameDate]
    seasonYear: str | None = None


class GameDocument(msgspec.Struct):
    """``game`` of a play-by-play (has ``actions``) or of a live box score (has ``homeTeam``)."""

    gameId: GameId
    actions: list[Action] | None = None
    gameStatus: Status | None = None
    period: Annotated[int, Meta(ge=0, le=30)] | None = None
    gameClock: str | None = None
    gameTimeUTC: str | None = None
    homeTeam: BoxTeam | None = None
    awayTeam: BoxTeam | None = None


class TraditionalBoxScore(msgspec.Struct):
    """``boxScoreTraditional`` of ``boxscoretraditionalv3``."""

    gameId: GameId
    homeTeam: BoxTeam
    awayTeam: BoxTeam


class ResultSet(msgspec.Struct):
    """A table of the older ``stats`` endpoints."""

    name: str
    headers: list[Any]
    rowSet: list[list[Any]]


class MobileEvent(msgspec.Struct, gc=False):
    """One event of ``full_pbp``; the codes are those of ``playbyplayv2``."""

    evt: Number
    cl: str
    etype: int
    mtype: int = 0
    de: str = ""
    locX: TenthsOfFeet | None = None
    locY: TenthsOfFeet | None = None
    opid: str | int | None = None
    epid: str | int | None = None
    tid: Identifier | None = None
    pid: Identifier | None = None
    hs: Annotated[int, Meta(ge=0, le=999)] | None = None
    vs: Annotated[int, Meta(ge=0, le=999)] | None = None


class MobilePeriod(msgspec.Struct):
    """A period of ``full_pbp``."""

    p: Period
    pla: list[MobileEvent]


class MobileGame(msgspec.Struct):
    """``g`` of ``full_pbp``, the feed of the league's old mobile application."""

    gid: GameId
    pd: list[MobilePeriod]


class Envelope(msgspec.Struct):
    """Any JSON document of the vendor's; exactly one field is there."""

    game: GameDocument | None = None
    scoreboard: Scoreboard | None = None
    leagueSchedule: Schedule | None = None
    boxScoreTraditional: TraditionalBoxScore | None = None
    resultSets: list[ResultSet] | None = None
    resource: str | None = None
    g: MobileGame | None = None
