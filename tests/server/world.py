"""An invented league, small enough to know by heart, written straight into the tables."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from contextlib import closing
from typing import Any

import asyncpg
import orjson
import redis as redis_client

from storage.events import LIVE_CLUTCH, LIVE_GAME

SEASON = "2031-32"
HOME, AWAY = 9_000_000_001, 9_000_000_002
PLAYERS = list(range(101, 111))
GAMES = ["g1", "g2", "g3"]
LIVE = "g3"
TIPOFF = dt.datetime(2031, 11, 1, 19, tzinfo=dt.UTC)
CHANNELS = {"game": LIVE_GAME, "clutch": LIVE_CLUTCH}
COUNTS = (
    "fgm",
    "fga",
    "fg3m",
    "fg3a",
    "ftm",
    "fta",
    "oreb",
    "dreb",
    "ast",
    "tov",
    "stl",
    "blk",
    "pf",
    "pts",
    "plus_minus",
)


def play(game_id: str, number: int, **more: Any) -> dict[str, Any]:
    """A play as the table and the events have it."""
    return {
        "game_id": game_id,
        "number": number,
        "position": number,
        "period": 4,
        "clock_s": 300.0 - number,
        "kind": "field_goal",
        "subtype": "",
        "team_id": HOME,
        "player_id": PLAYERS[number % 10],
        "assist_id": None,
        "steal_id": None,
        "block_id": None,
        "foul_drawn_id": None,
        "sub_in_id": None,
        "shot_value": 2,
        "made": True,
        "points": 2,
        "distance_ft": 4.5,
        "x_ft": None,
        "y_ft": None,
        "score_home": 2 * number,
        "score_away": 0,
        "description": f"play {number}",
        "occurred_at": TIPOFF + dt.timedelta(seconds=number),
        "edited_at": None,
        **more,
    }


def line(game_id: str, player_id: int, **more: Any) -> dict[str, Any]:
    """A player's clutch line as the table has it."""
    counts = {name: (player_id + position) % 5 for position, name in enumerate(COUNTS)}
    return {
        "definition_id": "league",
        "game_id": game_id,
        "player_id": player_id,
        "team_id": HOME if player_id % 2 else AWAY,
        "season": SEASON,
        "season_type": "regular",
        "tipoff_at": TIPOFF + dt.timedelta(days=GAMES.index(game_id)) if game_id in GAMES else TIPOFF,
        "seconds": 60.0 + player_id,
        **counts,
        "expected_points": 1.5,
        "poe": counts["pts"] - 1.5,
        "actions": 4,
        "successes": 2,
        "score": 50.0 + player_id % 10,
        "adjusted_score": None,
        "percentile": 40.0,
        "lineups_complete": True,
        **more,
    }


def seed(database_url: str, *, plays: int = 40) -> None:
    """Fill an empty database."""
    rows: dict[str, list[dict[str, Any]]] = {
        "teams": [
            {"id": HOME, "abbreviation": "HRN", "city": "Harbour", "name": "Herons"},
            {"id": AWAY, "abbreviation": "LYN", "city": "Lynhurst", "name": "Lynxes"},
        ],
        "players": [{"id": id_, "name": f"Player {id_}"} for id_ in PLAYERS],
        "games": [
            {
                "id": game_id,
                "vendor": "invented",
                "league": "NBA",
                "season": SEASON,
                "season_type": "regular",
                "status": "live" if game_id == LIVE else "final",
                "tipoff_at": TIPOFF + dt.timedelta(days=day),
                "period": 4,
                "clock_s": 0.0,
                "home_team_id": HOME,
                "away_team_id": AWAY,
                "home_score": 100,
                "away_score": 98,
                "sequence": 1,
            }
            for day, game_id in enumerate(GAMES)
        ],
        "game_players": [
            {"game_id": game_id, "player_id": id_, "team_id": HOME if id_ % 2 else AWAY, "starter": True}
            for game_id in GAMES
            for id_ in PLAYERS
        ],
        "plays": [play(game_id, number) for game_id in GAMES[:2] for number in range(1, plays + 1)]
        + [play(LIVE, number) for number in range(1, 4)],
        "clutch_situations": [
            {
                "definition_id": "league",
                "game_id": game_id,
                "number": 1,
                "start_period": 4,
                "start_clock_s": 290.0,
                "end_period": 4,
                "end_clock_s": 280.0,
                "start_margin": 2,
                "end_margin": -1,
                "home_points": 4,
                "away_points": 7,
                "plays": 11,
            }
            for game_id in GAMES[:2]
        ],
        "clutch_player_games": [line(game_id, id_) for game_id in GAMES[:2] for id_ in PLAYERS],
        "clutch_team_games": [
            {
                **{name: value for name, value in line(game_id, 101).items() if name in (*COUNTS, "seconds")},
                "definition_id": "league",
                "game_id": game_id,
                "team_id": team_id,
                "season": SEASON,
                "season_type": "regular",
                "tipoff_at": TIPOFF,
            }
            for game_id in GAMES[:2]
            for team_id in (HOME, AWAY)
        ],
        "clutch_leaders": [
            {
                **{name: value * 2 for name, value in line("g1", id_).items() if name in COUNTS},
                "definition_id": "league",
                "season": SEASON,
                "season_type": "regular",
                "player_id": id_,
                "team_id": HOME,
                "games": 2,
                "seconds": 200.0,
                "expected_points": 3.0,
                "poe": 1.25,
                "score_mean": 60.0 - rank,
                "percentile": 100.0 - 10 * rank,
                "rank": rank,
            }
            for rank, id_ in enumerate(PLAYERS, 1)
        ],
    }
    asyncio.run(_insert(database_url, rows))


async def _insert(database_url: str, tables: dict[str, list[dict[str, Any]]]) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        for table, rows in tables.items():
            columns = list(rows[0])
            await connection.copy_records_to_table(
                table, columns=columns, records=[tuple(row[name] for name in columns) for row in rows]
            )
    finally:
        await connection.close()


class Feed:
    """Writes live events as the poller does: in one transaction, then a word on Redis."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        self._database_url = database_url
        self._redis_url = redis_url

    async def game(
        self, number: int, *, kind: str = "inserted", tell: bool = True, game_id: str = LIVE, **more: Any
    ) -> int:
        """One play more; returns the event's sequence."""
        one = play(game_id, number, **more)
        connection = await asyncpg.connect(self._database_url)
        try:
            async with connection.transaction():
                sequence = await connection.fetchval(
                    "UPDATE games SET sequence = sequence + 1, home_score = $2"
                    " WHERE id = $1 RETURNING sequence",
                    game_id,
                    2 * number,
                )
                if kind == "inserted":
                    columns = ", ".join(one)
                    marks = ", ".join(f"${n}" for n in range(1, len(one) + 1))
                    await connection.execute(f"INSERT INTO plays ({columns}) VALUES ({marks})", *one.values())
                payload = {
                    "game_id": game_id,
                    "sequence": sequence,
                    "status": "live",
                    "period": 4,
                    "clock_s": 300.0 - number,
                    "home_score": 2 * number,
                    "away_score": 0,
                    "plays": [{"kind": kind, "play": one}],
                    "source_at": dt.datetime.now(dt.UTC) - dt.timedelta(seconds=3),
                    "received_at": dt.datetime.now(dt.UTC),
                }
                await _write(connection, game_id, "game", sequence, payload)
        finally:
            await connection.close()
        if tell:
            self.tell(game_id, "game", sequence)
        return int(sequence)

    async def clutch(self, sequence: int, *, tell: bool = True, game_id: str = LIVE, lines: int = 2) -> None:
        """A clutch event."""
        payload = {
            "game_id": game_id,
            "sequence": sequence,
            "active": True,
            "period": 4,
            "clock_s": 100.0,
            "home_score": 99,
            "away_score": 97,
            "situation": {
                "definition_id": "league",
                "game_id": game_id,
                "number": 1,
                "start_period": 4,
                "start_clock_s": 290.0,
                "end_period": 4,
                "end_clock_s": 100.0,
                "start_margin": 2,
                "end_margin": 2,
                "home_points": 4,
                "away_points": 4,
                "plays": 9,
            },
            "players": [line(game_id, id_) for id_ in PLAYERS[:lines]],
            "teams": [line(game_id, 101)],
            "source_at": dt.datetime.now(dt.UTC) - dt.timedelta(seconds=3),
            "received_at": dt.datetime.now(dt.UTC),
            "computed_at": dt.datetime.now(dt.UTC),
        }
        connection = await asyncpg.connect(self._database_url)
        try:
            await _write(connection, game_id, "clutch", sequence, payload)
        finally:
            await connection.close()
        if tell:
            self.tell(game_id, "clutch", sequence)

    async def forget(self, up_to: int, *, topic: str = "game", game_id: str = LIVE) -> None:
        """Drop events as retention does."""
        await self.sql(
            "DELETE FROM live_events WHERE game_id = $1 AND topic = $2 AND sequence <= $3",
            game_id,
            topic,
            up_to,
        )

    async def sql(self, statement: str, *args: Any) -> list[Any]:
        """Run a statement."""
        connection = await asyncpg.connect(self._database_url)
        try:
            return list(await connection.fetch(statement, *args))
        finally:
            await connection.close()

    def tell(self, game_id: str, topic: str, sequence: int) -> None:
        """Say on Redis that there is something new."""
        with closing(redis_client.Redis.from_url(self._redis_url)) as client:
            client.publish(CHANNELS[topic], json.dumps({"game_id": game_id, "sequence": sequence}))


async def _write(connection: Any, game_id: str, topic: str, sequence: int, payload: dict[str, Any]) -> None:
    await connection.execute(
        "INSERT INTO live_events (game_id, topic, sequence, payload, received_at)"
        " VALUES ($1, $2, $3, $4::jsonb, $5)",
        game_id,
        topic,
        sequence,
        orjson.dumps(payload).decode(),
        payload["received_at"],
    )
