"""Reading a day: everything stored by one statement, the verdict, and the order for what is missing."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Iterable, Set
from typing import Final

from graphql import FieldNode, VariableNode

from poise_sdk.vocabulary import DataType
from server.graphql.context import PoiseInfo
from server.graphql.daily.freshness import MISSABLE, RECENT_DAYS, Freshness, Verdict, judge
from server.graphql.daily.types import DailySeries, DailySummary
from server.graphql.errors import Refused
from server.graphql.known import check_metrics
from server.graphql.rows import selected
from server.graphql.spans import Span, today
from storage import ledger
from storage.people import orders
from storage.reads.days import DailyFilter, DayParts

__all__ = ["begin_days", "read_day", "read_freshness", "read_series"]

_log = logging.getLogger("poise.graphql")

#: Columns of one series.
MAX_METRICS: Final = 50
#: Days that anybody's device can have told of.
EARLIEST: Final = dt.date(1970, 1, 1)
LATEST: Final = dt.date(9000, 1, 1)

#: The fields of a day that need each of its parts; ``outer.inner`` of those that mean it in one place alone.
_PARTS: Final = (
    ({"metrics"}, "daily_effective"),
    ({"candidates", "missing", "metrics.quality"}, "daily_values"),
    ({"nights"}, "nights"),
    ({"stages"}, "night_stages"),
    ({"hrv"}, "hrv_nights"),
    ({"recoveries"}, "recoveries"),
    ({"cycles"}, "cycles"),
    ({"workouts"}, "workouts"),
    ({"bodyMeasurements"}, "body_measurements"),
    ({"vendorSummaries"}, "daily_summaries"),
    ({"journal"}, "journal_entries"),
)
#: Fields that tell the verdict, and the parts it needs.
_VERDICT: Final = frozenset({"freshness", "missing"})
_JUDGED: Final = frozenset({"connections", "sync_states", "present"})


async def read_day(info: PoiseInfo, athlete_id: int, time_zone: str, day: dt.date | None) -> DailySummary:
    """All of a day."""
    now = info.context.now
    wanted = _checked(day or today(time_zone, now))
    parts = _needed(wanted, now, selected(info))
    found = await info.context.loaders.days(parts).load((athlete_id, wanted))
    if not isinstance(found, DayParts):
        raise Refused("you may not see this athlete's days", "FORBIDDEN")
    verdict = None
    if parts >= _JUDGED:
        verdict = judge(
            wanted,
            time_zone,
            now=now,
            connections=found.rows["connections"],
            sync_states=found.rows["sync_states"],
            present=found.present,
            offered=_offered(info),
        )
        await _order(info, verdict.orders)
    return DailySummary.of({"day": wanted, "found": found, "verdict": verdict})


def begin_days(info: PoiseInfo, athlete_id: int) -> None:
    """Fetch the days that are asked for directly below this athlete, beside the athlete.

    A page about a day is about one athlete, and need not wait for one statement after the other.
    """
    raw = info._raw_info
    for node in raw.field_nodes:
        for inner in node.selection_set.selections if node.selection_set else ():
            if isinstance(inner, FieldNode) and inner.name.value == "dailySummary":
                for argument in inner.arguments or ():
                    value: object = None
                    if isinstance(argument.value, VariableNode):
                        value = info.variable_values.get(argument.value.name.value)
                    if isinstance(value, dt.date) and EARLIEST <= value <= LATEST:
                        parts = _needed(value, info.context.now, selected(info, inner))
                        info.context.loaders.days(parts).begin((athlete_id, value))


def _needed(day: dt.date, now: dt.datetime, asked: Set[str]) -> frozenset[str]:
    """The parts of a day that a selection needs; a recent day's verdict too, in whatever zone it is."""
    parts = {part for names, part in _PARTS if not asked.isdisjoint(names)}
    recent = (now.date() - day).days <= RECENT_DAYS + 1
    return frozenset(parts | _JUDGED if recent or not asked.isdisjoint(_VERDICT) else parts)


async def read_freshness(info: PoiseInfo, athlete_id: int, time_zone: str, day: dt.date | None) -> Freshness:
    """The verdict on a day."""
    now = info.context.now
    wanted = _checked(day or today(time_zone, now))
    [verdict] = await _verdicts(info, athlete_id, time_zone, [wanted], now)
    await _order(info, verdict.orders)
    return verdict.freshness


async def read_series(
    info: PoiseInfo, athlete_id: int, time_zone: str, metrics: list[str], span: Span
) -> DailySeries:
    """Columns of days, and the verdict on the last of them that has begun."""
    names = list(dict.fromkeys(metrics))
    if not 1 <= len(names) <= MAX_METRICS:
        raise Refused(f"between 1 and {MAX_METRICS} metrics can be asked for at once, not {len(names)}")
    await check_metrics(info, athlete_id, names)
    now = info.context.now
    last = min(_checked(span.until), max(today(time_zone, now), span.since))
    recent = [
        day
        for day in (last - dt.timedelta(days=n) for n in range(RECENT_DAYS + 1))
        if day >= span.since and (today(time_zone, now) - day).days <= RECENT_DAYS
    ] or [last]
    where = DailyFilter(span.since, span.until, tuple(names))
    found, verdicts = await asyncio.gather(
        info.context.loaders.daily(where).load(athlete_id),
        _verdicts(info, athlete_id, time_zone, recent, now),
    )
    await _order(info, dict.fromkeys(order for verdict in verdicts for order in verdict.orders))
    return DailySeries.of(span.days, names, list(found), verdicts[0].freshness)


async def _verdicts(
    info: PoiseInfo, athlete_id: int, time_zone: str, days: list[dt.date], now: dt.datetime
) -> list[Verdict]:
    loaders = info.context.loaders
    connections, states, present = await asyncio.gather(
        loaders.connections.load(athlete_id),
        loaders.sync_states.load(athlete_id),
        asyncio.gather(*(loaders.presence.load((athlete_id, day)) for day in days)),
    )
    return [
        judge(
            day,
            time_zone,
            now=now,
            connections=connections,
            sync_states=states,
            present=present[n],
            offered=_offered(info),
        )
        for n, day in enumerate(days)
    ]


def _offered(info: PoiseInfo) -> dict[str, frozenset[DataType]]:
    wearables = info.context.services.wearables
    return {name: adapter.capabilities.data_types & set(MISSABLE) for name, adapter in wearables.items()}


async def _order(info: PoiseInfo, wanted: Iterable[tuple[int, DataType]]) -> None:
    """Order what is missing. A read does not fail because nothing could be ordered."""
    for connection_id, data_type in wanted:
        try:
            job = await orders.order_sync(connection_id, data_type, reason="missing day", urgent=True)
            await ledger.dispatch(info.context.services.redis, job)
        except Exception:
            _log.exception("a missing day of connection %s could not be ordered", connection_id)
            return


def _checked(day: dt.date) -> dt.date:
    if not EARLIEST <= day <= LATEST:
        raise Refused(f"{day.isoformat()} is no day that a device can have told of")
    return day
