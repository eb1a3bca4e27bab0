"""One athlete's day through GraphQL against an endpoint written by hand that answers with the same JSON.

Both are served by one process from the same rows over real HTTP; requests take turns on one kept connection
each. The hand-written endpoint does what one would write without GraphQL: its statements on an asyncpg
pool, dictionaries of what is wanted, orjson. Before anything is measured both answers are compared.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import http.client
import json
import statistics
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from typing import Any

import asyncpg
import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.fanout import databases, serve, served
from benchmarks.harness import Row, show
from server.serving import configuration
from server.settings import ServerSettings

__all__ = ["run"]

ROUNDS = 400
WARM_UP = 40
GOAL = 1.5
#: Long enough ago that nothing is ordered: the read alone is measured.
DAY = dt.date.today() - dt.timedelta(days=30)  # noqa: DTZ011 - any day would do
DAYS = 365
STAGES = 30
METRICS = 18
VENDORS = ("whoop", "oura")

NIGHT = (
    "asleep_min", "in_bed_min", "awake_min", "light_min", "deep_min", "rem_min", "latency_min",
    "efficiency_pct", "performance_pct", "disturbances", "respiratory_rate_rpm", "avg_hr_bpm",
)  # fmt: skip
RECOVERY = ("recovery_pct", "resting_hr_bpm", "hrv_rmssd_ms", "spo2_pct", "skin_temp_c")
WORKOUT = ("duration_min", "strain", "energy_kj", "avg_hr_bpm", "max_hr_bpm", "zone_1_min", "zone_2_min")
SOURCE = ("vendor", "origin")


def camel(name: str) -> str:
    """``hrv_rmssd_ms`` → ``hrvRmssdMs``."""
    head, *tail = name.split("_")
    return head + "".join(part.title() for part in tail)


def selected(names: tuple[str, ...]) -> str:
    """A selection of columns."""
    return " ".join(map(camel, names))


QUERY = f"""
query Day($day: Date!) {{
  athlete(id: "1") {{
    name
    dailySummary(day: $day) {{
      metrics {{ metric value vendor reason }}
      nights {{
        {selected(SOURCE)} startAt endAt nap {selected(NIGHT)}
        quality {{ flag field detail }} stages {{ stage startAt endAt }}
      }}
      recoveries {{ {selected(SOURCE)} {selected(RECOVERY)} }}
      cycles {{ {selected(SOURCE)} strain energyKj }}
      workouts {{ {selected(SOURCE)} activity startAt endAt {selected(WORKOUT)} }}
    }}
  }}
}}
"""


def run() -> list[Row]:
    """Measure the read of one day."""
    with databases() as (database_url, redis_url):
        asyncio.run(_fill(database_url))
        with served(serve_both, database_url, redis_url) as (port, _process):
            return [_measured(port)]


def serve_both(pipe: Connection, database_url: str, redis_url: str) -> None:
    """Our application with one route more."""
    config = configuration(ServerSettings(database_url=database_url, redis_url=redis_url, port=0))
    app: Any = config.app
    ours = app.router.lifespan_context
    pools: list[asyncpg.Pool[Any]] = []

    @asynccontextmanager
    async def lifespan(inner: Any) -> Any:
        async with ours(inner), asyncpg.create_pool(database_url, min_size=1, max_size=10) as pool:
            pools.append(pool)
            yield

    async def day(request: Request) -> Response:
        asked = dt.date.fromisoformat(request.query_params["day"])
        return Response(orjson.dumps(await _by_hand(pools[0], asked)), media_type="application/json")

    app.router.lifespan_context = lifespan
    app.router.routes.append(Route("/json/day", day))
    serve(pipe, config)


async def _by_hand(pool: Any, day: dt.date) -> dict[str, Any]:
    """The same answer, as one writes it for one page of one application."""
    async with pool.acquire() as c:
        name = await c.fetchval("SELECT name FROM athletes WHERE id = 1")
        metrics = await c.fetch(
            "SELECT metric, value, vendor, reason FROM daily_effective"
            " WHERE athlete_id = 1 AND day = $1 ORDER BY metric",
            day,
        )
        of_day = "WHERE athlete_id = 1 AND day = $1 ORDER BY start_at"
        nights = await c.fetch(
            f"SELECT source_id, start_at, end_at, nap, quality, {', '.join((*SOURCE, *NIGHT))}"
            f" FROM nights {of_day}",
            day,
        )
        stages = await c.fetch(
            "SELECT s.* FROM night_stages AS s JOIN nights AS n USING (athlete_id, vendor, source_id)"
            " WHERE n.athlete_id = 1 AND n.day = $1 ORDER BY n.vendor, n.source_id, s.n",
            day,
        )
        recoveries = await c.fetch(f"SELECT {', '.join((*SOURCE, *RECOVERY))} FROM recoveries {of_day}", day)
        cycles = await c.fetch(f"SELECT {', '.join(SOURCE)}, strain, energy_kj FROM cycles {of_day}", day)
        workouts = await c.fetch(
            f"SELECT activity, start_at, end_at, {', '.join((*SOURCE, *WORKOUT))} FROM workouts {of_day}", day
        )
    by_night: dict[str, list[dict[str, Any]]] = {}
    for row in stages:
        span = {"stage": row["stage"].upper(), "startAt": row["start_at"], "endAt": row["end_at"]}
        by_night.setdefault(row["source_id"], []).append(span)
    return {
        "name": name,
        "dailySummary": {
            "metrics": [dict(row) for row in metrics],
            "nights": [_night(row, by_night.get(row["source_id"], [])) for row in nights],
            "recoveries": [_shown(row) for row in recoveries],
            "cycles": [_shown(row) for row in cycles],
            "workouts": [_shown(row) for row in workouts],
        },
    }


_CAMEL = {
    name: camel(name)
    for name in (*NIGHT, *RECOVERY, *WORKOUT, *SOURCE, "start_at", "end_at", "nap", "activity", "energy_kj")
}


def _shown(row: Any) -> dict[str, Any]:
    made = {_CAMEL[name]: value for name, value in row.items() if name in _CAMEL}
    made["origin"] = made["origin"].upper()
    return made


def _night(row: Any, stages: list[dict[str, Any]]) -> dict[str, Any]:
    remarks = [{**one, "flag": one["flag"].upper()} for one in orjson.loads(row["quality"])]
    return {**_shown(row), "quality": remarks, "stages": stages}


def _measured(port: int) -> Row:
    ours, theirs = (http.client.HTTPConnection("127.0.0.1", port) for _ in range(2))
    body = json.dumps({"query": QUERY, "variables": {"day": DAY.isoformat()}})

    def graphql() -> bytes:
        ours.request("POST", "/graphql", body, {"content-type": "application/json"})
        return ours.getresponse().read()

    def endpoint() -> bytes:
        theirs.request("GET", f"/json/day?day={DAY.isoformat()}")
        return theirs.getresponse().read()

    said = json.loads(graphql())
    assert "errors" not in said, said
    assert said["data"]["athlete"] == json.loads(endpoint()), "both give the same"
    mine, other = _medians(graphql, endpoint)
    return Row(
        group="Wearables",
        what=f"one day: {METRICS} metrics, 2 vendors' records, {STAGES} stages",
        ours=f"{mine * 1e3:.2f} ms",
        against=f"{other * 1e3:.2f} ms (hand-written endpoint, the same JSON)",
        ratio=mine / other,
        at_most=GOAL,
    )


def _medians(*sides: Callable[[], bytes]) -> list[float]:
    times: list[list[float]] = [[] for _ in sides]
    for turn in range(ROUNDS + WARM_UP):
        for side, ask in zip(times, sides, strict=True):
            begun = time.perf_counter()
            ask()
            if turn >= WARM_UP:
                side.append(time.perf_counter() - begun)
    return [statistics.median(side) for side in times]


async def _fill(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("INSERT INTO athletes (name) VALUES ('A'), ('B'), ('C')")
    tables: dict[str, list[dict[str, Any]]] = {}
    for athlete_id in (1, 2, 3):
        for n in range(DAYS):
            for table, row in _day(athlete_id, DAY + dt.timedelta(days=DAYS // 2 - n)):
                tables.setdefault(table, []).append(row)
    for table, rows in tables.items():
        await connection.copy_records_to_table(
            table, columns=list(rows[0]), records=[tuple(row.values()) for row in rows]
        )
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def _day(athlete_id: int, day: dt.date) -> list[tuple[str, dict[str, Any]]]:
    """A day's rows: two vendors' night and recovery, a cycle, two workouts."""
    midnight = dt.datetime.combine(day, dt.time(), dt.UTC)
    rows: list[tuple[str, dict[str, Any]]] = []
    for vendor in VENDORS:
        common = {
            "athlete_id": athlete_id, "vendor": vendor, "source_id": f"{vendor}-{day}", "origin": "api",
            "adapter_version": "1", "day": day, "utc_offset_s": 3_600,
        }  # fmt: skip
        whole = {"start_at": midnight, "end_at": midnight + dt.timedelta(hours=8)}
        remarks = orjson.dumps([{"flag": "partial", "field": None, "detail": "a gap"}]).decode()
        numbers = dict.fromkeys(NIGHT, 61.25)
        # so that both answers have one order
        whole["start_at"] += dt.timedelta(minutes=VENDORS.index(vendor))
        rows.append(("nights", {**common, **whole, "nap": False, "quality": remarks, **numbers}))
        morning = {
            "day_rule": "night",
            "start_at": whole["end_at"] + dt.timedelta(minutes=VENDORS.index(vendor)),
        }
        rows.append(("recoveries", {**common, **morning, **dict.fromkeys(RECOVERY, 55.5)}))
        for n in range(STAGES // len(VENDORS)):
            begin = midnight + dt.timedelta(minutes=30 * n)
            stage = {"n": n, "start_at": begin, "end_at": begin + dt.timedelta(minutes=30), "stage": "light"}
            key = {name: common[name] for name in ("athlete_id", "vendor", "source_id")}
            rows.append(("night_stages", {**key, **stage}))
    rows.append(("cycles", {**common, **whole, "day_rule": "night", "strain": 12.25, "energy_kj": 9_500.5}))
    for n in range(2):
        later = {
            "start_at": midnight + dt.timedelta(hours=9 + n),
            "end_at": midnight + dt.timedelta(hours=10 + n),
        }
        unique = {"source_id": f"w{n}-{day}", "activity": "running"}
        rows.append(("workouts", {**common, **later, **unique, **dict.fromkeys(WORKOUT, 11.5)}))
    for n in range(METRICS):
        value = {"athlete_id": athlete_id, "day": day, "metric": f"metric_{n:02}", "vendor": "whoop"}
        rows.append(("daily_effective", {**value, "value": 41.5, "reason": "the only one", "candidates": 2}))
        for vendor in VENDORS:
            told = {**value, "vendor": vendor, "value": 41.5, "basis": "nights"}
            rows.append(("daily_values", told))
    return rows


if __name__ == "__main__":
    show([*run()])
