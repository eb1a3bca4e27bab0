"""Who is due, read from the database in one statement and judged by the planner."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import WearableAdapter
from storage.connect import rows
from tasks.sync.clocks import next_due, zone_of
from tasks.sync.plan import Plan, is_listening, plan_for
from tasks.sync.spans import has_history

__all__ = ["Due", "connected", "due_now", "plans", "standing"]

#: A backfill that ended without coming to its end is begun again after so long.
_BACKFILL_AGAIN: Final = dt.timedelta(days=1)

# Every connection that is alive, with what is known of each of its types; types never attempted are missing.
# ``opened`` are the keys of its open jobs.
_STANDING: Final = """
SELECT c.id AS connection_id, c.vendor, c.webhook_at, c.connected_at, a.time_zone,
    s.data_type, s.status, s.last_attempt_at, s.backfill_done
FROM connections c JOIN athletes a ON a.id = c.athlete_id
LEFT JOIN sync_states s ON s.connection_id = c.id
WHERE c.status = 'connected'
ORDER BY c.id
"""
_OPEN: Final = """
SELECT key FROM jobs WHERE state IN ('queued', 'running') AND (key LIKE 'sync:%' OR key LIKE 'backfill:%')
"""
_ENDED: Final = """
SELECT key FROM jobs WHERE kind = 'sync.backfill' AND finished_at > clock_timestamp() - $1::interval
"""


class Due(NamedTuple):
    """What is to be enqueued."""

    connection_id: int
    data_type: DataType
    backfill: bool


async def connected(vendor: str) -> int:
    """How many connections a vendor's budget is shared by."""
    sql = "SELECT count(*) AS n FROM connections WHERE status = 'connected' AND vendor = $1"
    return int((await rows(sql, vendor))[0]["n"])


async def standing() -> list[dict[str, Any]]:
    """Every live connection × type that was ever attempted, and each connection at least once."""
    return await rows(_STANDING)


def plans(
    found: Iterable[Mapping[str, Any]], adapters: Mapping[str, WearableAdapter], now: dt.datetime
) -> dict[str, Plan]:
    """The plan of each vendor, for as many connections as it has."""
    heard: dict[str, dict[int, bool]] = {}
    for row in found:
        heard.setdefault(row["vendor"], {})[row["connection_id"]] = is_listening(now, row["webhook_at"])
    return {
        vendor: plan_for(
            adapters[vendor].capabilities, listening=sum(who.values()), polled=len(who) - sum(who.values())
        )
        for vendor, who in heard.items()
        if vendor in adapters
    }


async def due_now(adapters: Mapping[str, WearableAdapter], now: dt.datetime) -> list[Due]:
    """What is due at ``now`` and has no open job."""
    found = await standing()
    vendors = plans(found, adapters, now)
    opened = {row["key"] for row in await rows(_OPEN)}
    ended = {row["key"] for row in await rows(_ENDED, _BACKFILL_AGAIN)}
    by_connection: dict[int, dict[str | None, dict[str, Any]]] = {}
    for row in found:
        if row["vendor"] in vendors:
            by_connection.setdefault(row["connection_id"], {})[row["data_type"]] = row
    due = []
    for connection_id, states in by_connection.items():
        one = next(iter(states.values()))
        plan = vendors[one["vendor"]]
        for data_type in sorted(adapters[one["vendor"]].capabilities.data_types):
            state = states.get(data_type.value)
            key = f"sync:{connection_id}:{data_type.value}"
            if key not in opened and _is_due(plan, one, state, data_type, now):
                due.append(Due(connection_id, data_type, backfill=False))
            key = f"backfill:{connection_id}:{data_type.value}"
            if key not in opened and key not in ended and _has_history_left(state, data_type):
                due.append(Due(connection_id, data_type, backfill=True))
    return due


def _is_due(
    plan: Plan,
    connection: Mapping[str, Any],
    state: Mapping[str, Any] | None,
    data_type: DataType,
    now: dt.datetime,
) -> bool:
    if state is None or state["last_attempt_at"] is None:
        return True
    rounds = plan.rounds(
        data_type,
        listening=is_listening(now, connection["webhook_at"]),
        shared=state["status"] != "not_shared",
    )
    turn = next_due(
        rounds,
        zone=zone_of(connection["time_zone"]),
        connection_id=connection["connection_id"],
        spread=plan.spread,
        after=state["last_attempt_at"],
    )
    return turn is not None and turn <= now


def _has_history_left(state: Mapping[str, Any] | None, data_type: DataType) -> bool:
    """Whether there is history to fetch back, once the first sync has shown that the type is shared."""
    if state is None or state["last_attempt_at"] is None or state["status"] == "not_shared":
        return False
    return has_history(data_type) and not state["backfill_done"]
