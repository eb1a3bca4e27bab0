"""Live fan-out: from the poller's event to the last subscriber, held against a plain broadcast.

Two servers run at once, each in a process of its own with the same settings of uvicorn: ours, and a
Starlette application that sends one fixed text to all its WebSockets. A third process holds all
sockets and notes when the last of them has its message. The servers take turns, so that a noisy
neighbour slows both. Our clock starts before the event is written to the database, the broadcast's
before its text is published to Redis: everything we do beyond sending counts against us.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import multiprocessing as mp
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import psutil
import redis as redis_client
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from benchmarks.harness import Row, show
from benchmarks.sockets import Crowd, allow_many_files
from server.serving import configuration
from server.settings import Limits, ServerSettings
from storage.embedded.postgres import EmbeddedPostgres
from storage.embedded.redis import EmbeddedRedis
from storage.events import LIVE_CLUTCH, Message, subscribe
from storage.ledger import connect_redis
from storage.migrate import migrate

__all__ = ["databases", "run", "serve", "served"]

SUBSCRIBERS = (1_000, 5_000)
ROUNDS = 15
GOAL = 1.5
BROADCAST = "benchmark:broadcast"
GAME = "benchmark"
DOCUMENT = """
subscription Follow($gameId: ID!) {
  clutchUpdates(gameId: $gameId) {
    sequence cursor snapshot sourceLagMs ownLagMs active period clockS homeScore awayScore margin
    situation { number startClockS endClockS homePoints awayPoints plays }
    players { id seconds fgm fga fg3m fg3a ftm fta reb ast tov stl blk pf pts plusMinus poe score }
  }
}
"""
COUNTS = (
    "fgm", "fga", "fg3m", "fg3a", "ftm", "fta", "oreb", "dreb", "ast", "tov", "stl", "blk", "pf", "pts",
    "plus_minus", "actions", "successes",
)  # fmt: skip


def run(subscribers: tuple[int, ...] = SUBSCRIBERS) -> list[Row]:
    """Measure for each number of subscribers."""
    allow_many_files()
    with databases() as (database_url, redis_url):
        return [row for count in subscribers for row in _measured(count, database_url, redis_url)]


@contextmanager
def databases() -> Iterator[tuple[str, str]]:
    """A migrated PostgreSQL and a Redis for the body's duration."""
    with tempfile.TemporaryDirectory(prefix="poise-bench-") as folder:
        postgres = EmbeddedPostgres(Path(folder) / "postgres")
        postgres.start()
        try:
            migrate(postgres.url)
            with EmbeddedRedis(Path(folder) / "redis") as redis:
                yield postgres.url, redis.url
        finally:
            postgres.end_and_remove()


@contextmanager
def served(target: Any, *args: Any) -> Iterator[tuple[int, psutil.Process]]:
    """A server in a process of its own; yields its port."""
    ours, theirs = mp.get_context("spawn").Pipe()
    process = mp.get_context("spawn").Process(target=target, args=(theirs, *args), daemon=True)
    process.start()
    try:
        if not ours.poll(60):
            raise TimeoutError("the server did not start")
        yield ours.recv(), psutil.Process(process.pid)
    finally:
        process.terminate()
        process.join(10)


def serve_ours(pipe: Connection, database_url: str, redis_url: str) -> None:
    """Run our server."""
    allow_many_files()
    settings = ServerSettings(
        database_url=database_url, redis_url=redis_url, port=0, limits=Limits(connections=20_000)
    )
    serve(pipe, configuration(settings))


def serve_broadcast(pipe: Connection, redis_url: str) -> None:
    """Run the plain broadcast."""
    allow_many_files()
    sockets: set[WebSocket] = set()

    async def endpoint(socket: WebSocket) -> None:
        await socket.accept()
        sockets.add(socket)
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                await socket.receive_text()
        sockets.discard(socket)

    async def broadcast() -> None:
        redis = connect_redis(redis_url)
        async with subscribe(redis, BROADCAST) as subscription:
            async for event in subscription:
                if isinstance(event, Message):
                    text = event.payload.decode()
                    for socket in tuple(sockets):
                        await socket.send_text(text)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> Any:
        task = asyncio.create_task(broadcast())
        yield
        task.cancel()

    app = Starlette(routes=[WebSocketRoute("/", endpoint)], lifespan=lifespan)
    like_ours = configuration(ServerSettings(database_url="postgresql://", redis_url=redis_url, port=0))
    config = uvicorn.Config(
        app,
        port=0,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=like_ours.ws_ping_interval,
        ws_ping_timeout=like_ours.ws_ping_timeout,
        log_config=None,
        access_log=False,
    )
    serve(pipe, config)


def serve(pipe: Connection, config: uvicorn.Config) -> None:
    """Serve until the process ends; tells its port when it is ready."""
    # asyncio switches Nagle off only on sockets that say they are TCP
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))

    class Told(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            pipe.send(listener.getsockname()[1])

    asyncio.run(Told(config).serve([listener]))


def _measured(count: int, database_url: str, redis_url: str) -> list[Row]:
    asyncio.run(_prepare(database_url))
    with (
        served(serve_ours, database_url, redis_url) as (our_port, our_process),
        served(serve_broadcast, redis_url) as (their_port, their_process),
        closing(redis_client.Redis.from_url(redis_url)) as redis,
        Crowd() as crowd,
    ):
        opening = [{"type": "connection_init"}, _subscription()]
        crowd.join(
            "ours", our_port, "/graphql", count, protocol="graphql-transport-ws", say=opening, greetings=2
        )
        crowd.join("theirs", their_port, "/", count)
        writer = _Writer(database_url, redis)
        text = ""
        ours, theirs = [], []
        for turn in range(ROUNDS + 2):
            mine = _round(crowd, "ours", our_process, writer.write)
            text = crowd.sample("ours") or text
            other = _round(crowd, "theirs", their_process, partial(redis.publish, BROADCAST, text))
            if turn >= 2:  # the first turns warm both up
                ours.append(mine)
                theirs.append(other)
        writer.close()
    return [
        _row(f"lag to the last of {count:,} subscribers", "ms", ours, theirs, 0),
        _row(f"CPU a subscriber, {count:,} subscribers", "µs", ours, theirs, 1, per=count),
    ]


def _subscription() -> dict[str, Any]:
    return {"id": "1", "type": "subscribe", "payload": {"query": DOCUMENT, "variables": {"gameId": GAME}}}


def _round(crowd: Crowd, name: str, process: psutil.Process, tell: Any) -> tuple[float, float]:
    before = _cpu_s(process)
    begun = time.monotonic()
    tell()
    last = crowd.all_heard(name)
    return last - begun, _cpu_s(process) - before


def _cpu_s(process: psutil.Process) -> float:
    """CPU seconds used so far; where the kernel keeps them, to the nanosecond and not in ticks of 10 ms."""
    try:
        tasks = Path(f"/proc/{process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
    except (OSError, IndexError):
        times = process.cpu_times()
        return times.user + times.system


def _row(
    what: str,
    unit: str,
    ours: list[tuple[float, float]],
    theirs: list[tuple[float, float]],
    at: int,
    *,
    per: int = 1,
) -> Row:
    scale = 1e3 if unit == "ms" else 1e6 / per
    mine, other = (statistics.median(one[at] for one in side) for side in (ours, theirs))
    return Row(
        group="live fan-out",
        what=what,
        ours=f"{mine * scale:.1f} {unit}",
        against=f"{other * scale:.1f} {unit} (Starlette broadcast of the same bytes)",
        ratio=mine / other,
        at_most=GOAL,
    )


async def _prepare(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "INSERT INTO games (id, vendor, status, sequence) VALUES ($1, 'benchmark', 'live', 1)"
        " ON CONFLICT DO NOTHING",
        GAME,
    )
    await connection.close()


class _Writer:
    """Writes one clutch event after the other, as the poller does."""

    def __init__(self, database_url: str, redis: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._redis = redis
        self._connection = self._loop.run_until_complete(asyncpg.connect(database_url))
        self._sequence = self._loop.run_until_complete(
            self._connection.fetchval(
                "SELECT coalesce(max(sequence), 1) FROM live_events WHERE topic = 'clutch'"
            )
        )

    def write(self) -> None:
        """One event."""
        self._sequence += 1
        now = dt.datetime.now(dt.UTC)
        line = {
            "definition_id": "league", "game_id": GAME, "team_id": 1, "seconds": 61.5,
            "expected_points": 2.25, "poe": 0.75, "score": 61.25, **dict.fromkeys(COUNTS, 3),
        }  # fmt: skip
        situation = {
            "definition_id": "league", "game_id": GAME, "number": 1, "start_period": 4,
            "start_clock_s": 291.0, "end_period": 4, "end_clock_s": 120.0, "start_margin": 1, "end_margin": 2,
            "home_points": 5, "away_points": 4, "plays": 17,
        }  # fmt: skip
        payload = {
            "game_id": GAME, "sequence": self._sequence, "active": True, "period": 4, "clock_s": 120.0,
            "home_score": 99, "away_score": 97, "situation": situation,
            "players": [{**line, "player_id": number} for number in (1, 2, 3)], "teams": [],
            "source_at": now, "received_at": now, "computed_at": now,
        }  # fmt: skip
        text = orjson.dumps(payload).decode()
        self._loop.run_until_complete(
            self._connection.execute(
                "INSERT INTO live_events (game_id, topic, sequence, payload, received_at)"
                " VALUES ($1, 'clutch', $2, $3::jsonb, $4)",
                GAME,
                self._sequence,
                text,
                now,
            )
        )
        self._redis.publish(LIVE_CLUTCH, json.dumps({"game_id": GAME, "sequence": self._sequence}))

    def close(self) -> None:
        """Close the connection."""
        self._loop.run_until_complete(self._connection.close())
        self._loop.close()


if __name__ == "__main__":
    show(run())
