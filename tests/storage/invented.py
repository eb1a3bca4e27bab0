"""Invented games for the tests of storage: two teams, some plays, and documents that speak of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from poise_sdk.records import Game, Normalized, Play, Player, RosterEntry, Team
from poise_sdk.vocabulary import GameStatus, PlayKind, SeasonType
from storage.arrow import query
from storage.columns import PLAY_COLUMNS
from storage.connect import Connection

HOME, AWAY = 11, 12
TIPOFF = dt.datetime(2031, 11, 3, 19, 30, tzinfo=dt.UTC)
RECEIVED = dt.datetime(2031, 11, 3, 22, 0, tzinfo=dt.UTC)


def play(game_id: str, number: int, **fields: object) -> Play:
    """A made two by the home team's first player; ``fields`` replace whatever they name."""
    usual: dict[str, object] = {
        "game_id": game_id,
        "number": number,
        "position": number,
        "period": 1 + number // 50,
        "clock_s": 700.0 - number,
        "kind": PlayKind.FIELD_GOAL,
        "subtype": "jump_shot",
        "team_id": HOME,
        "player_id": 101,
        "shot_value": 2,
        "made": True,
        "points": 2,
        "distance_ft": 12.5,  # columns of feet have single precision
        "score_home": 2 * number,
        "score_away": number,
        "description": f"play {number}",
        "occurred_at": TIPOFF + dt.timedelta(seconds=10 * number),
    }
    return Play(**(usual | fields))  # type: ignore[arg-type]  # the tests also put in what must be refused


def plays(game_id: str, count: int = 10) -> tuple[Play, ...]:
    return tuple(play(game_id, number) for number in range(1, count + 1))


def play_by_play(game_id: str, of: Sequence[Play] | None = None, **game: object) -> Normalized:
    """A document with plays, which says nothing of the game beyond its id and what ``game`` adds."""
    told = Game(id=game_id, **game)  # type: ignore[arg-type]  # likewise
    return Normalized(games=(told,), plays=plays(game_id) if of is None else tuple(of))


def box_score(game_id: str, **game: object) -> Normalized:
    """A document that tells all about a game but its plays."""
    usual: dict[str, object] = {
        "league": "NBA",
        "season": "2031-32",
        "season_type": SeasonType.REGULAR,
        "status": GameStatus.FINAL,
        "tipoff_at": TIPOFF,
        "period": 4,
        "clock_s": 0.0,
        "home_team_id": HOME,
        "away_team_id": AWAY,
        "home_score": 99,
        "away_score": 88,
        "roster": tuple(
            RosterEntry(player_id=101 + n, team_id=HOME if n < 6 else AWAY, starter=n % 6 < 5)
            for n in range(12)
        ),
    }
    return Normalized(
        games=(Game(id=game_id, **(usual | game)),),  # type: ignore[arg-type]  # likewise
        teams=(
            Team(id=HOME, abbreviation="HOM", city="Homeville", name="Hosts"),
            Team(id=AWAY, abbreviation="AWA", city="Awayton", name="Guests"),
        ),
        players=tuple(Player(id=101 + n, name=f"Player Number{n}") for n in range(12)),
    )


def stored_plays(c: Connection, game_id: str) -> pl.DataFrame:
    names = ", ".join(PLAY_COLUMNS)
    return query(c, f"SELECT {names} FROM plays WHERE game_id = $1", game_id).sort("number")


def one(c: Connection, sql: str, *args: object) -> object:
    """The only value of the only row."""
    return query(c, sql, *args).item()
