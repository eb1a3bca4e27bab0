"""What records owe to one another: their days, changes of time zone, and that two of them are one.

A recovery has its night's day, its variability the night's times too, a cycle the day of the night that
ends in it; and they arrive in any order.
So after nights or cycles have changed, what hangs on them is looked at again.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

import msgspec
import polars as pl

from poise_sdk.days import TYPICAL_SLEEP
from poise_sdk.observations import Quality, QualityFlag
from storage.arrow import execute, query
from storage.connect import Connection
from storage.observations.facts import Fact
from storage.observations.identity import TOLERANCE, Landmarks
from storage.observations.matching import joined
from storage.observations.outcome import Sourced
from storage.observations.records import NIGHT_TIMES, delete_rows, load, write
from storage.observations.tables import TABLES, Table

__all__ = ["find_landmarks", "resolve", "tell_days"]

#: Nights and cycles reach so far into the days around their own.
_AROUND: Final = dt.timedelta(days=2)
_BY_NAME: Final = {table.name: table for table in TABLES}
_QUALITY: Final = msgspec.json.Decoder(tuple[Quality, ...])


def _local(moment: str, offset: str) -> str:
    return f"(({moment} AT TIME ZONE 'UTC') + make_interval(secs => coalesce({offset}, 0)))::date"


_WAKING: Final = _local(f"(t.start_at + interval '{TYPICAL_SLEEP.total_seconds():.0f} s')", "t.utc_offset_s")
_NEAR: Final = f"interval '{TOLERANCE.total_seconds():.0f} s'"
# by key and row for row, whatever the planner makes of tables without statistics
_NIGHT: Final = (
    "LEFT JOIN LATERAL (SELECT day FROM nights WHERE athlete_id = $1 AND vendor = $2 "
    "AND source_id = t.night_id OFFSET 0) n ON true"
)
_CYCLE: Final = (
    "LEFT JOIN LATERAL (SELECT day FROM cycles WHERE athlete_id = $1 AND vendor = $2 "
    "AND source_id = t.cycle_id OFFSET 0) c ON true"
)


def _nearest(table: str, alias: str, condition: str) -> str:
    return (
        f"LEFT JOIN LATERAL (SELECT day FROM {table} WHERE athlete_id = $1 AND vendor = $2 "  # noqa: S608 - constants
        f"AND start_at BETWEEN t.start_at - {_NEAR} AND t.start_at + {_NEAR} AND {condition} "
        f"ORDER BY start_at, source_id LIMIT 1) {alias} ON true"
    )


_NEAREST_CYCLE: Final = _nearest("cycles", "nc", "true")
_NEAREST_NIGHT: Final = _nearest("nights", "nn", "NOT nap")

#: By table: joins, the day they give, and the rule it was found by. The order is that of dependence.
_RULES: Final[dict[str, tuple[str, str, str]]] = {
    "cycles": (
        "LEFT JOIN (SELECT DISTINCT ON (cycle_id) cycle_id, day FROM nights WHERE athlete_id = $1 "
        "AND vendor = $2 AND cycle_id IS NOT NULL AND NOT nap ORDER BY cycle_id, end_at DESC) n "
        "ON n.cycle_id = t.source_id",
        f"coalesce(n.day, {_WAKING})",
        "CASE WHEN n.day IS NOT NULL THEN 'night' ELSE 'start' END",
    ),
    "hrv_nights": (
        f"{_NIGHT} AND t.in_sleep",
        "coalesce(n.day, CASE WHEN t.in_sleep AND t.end_at IS NOT NULL "
        f"THEN {_local('t.end_at', 't.utc_offset_s')} ELSE {_local('t.start_at', 't.utc_offset_s')} END)",
        "CASE WHEN n.day IS NOT NULL THEN 'night' ELSE 'start' END",
    ),
    "recoveries": (
        f"{_NIGHT} {_CYCLE} {_NEAREST_NIGHT} {_NEAREST_CYCLE}",
        f"coalesce(n.day, c.day, nn.day, nc.day, {_local('t.start_at', 't.utc_offset_s')})",
        "CASE WHEN n.day IS NOT NULL THEN 'night' WHEN c.day IS NOT NULL THEN 'cycle' "
        "WHEN nn.day IS NOT NULL THEN 'night' WHEN nc.day IS NOT NULL THEN 'cycle' "
        "WHEN t.start_at IS NOT NULL THEN 'start' ELSE 'none' END",
    ),
    "journal_entries": (
        _NEAREST_CYCLE,
        f"coalesce(nc.day, {_WAKING})",
        "CASE WHEN nc.day IS NOT NULL THEN 'cycle' WHEN t.start_at IS NOT NULL THEN 'start' ELSE 'none' END",
    ),
}


def resolve(
    c: Connection,
    sourced: Sourced,
    *,
    days: Collection[dt.date] = (),
    nights: Collection[str] = (),
    cycles: Collection[str] = (),
    tables: Collection[str] = (),
) -> set[dt.date]:
    """Settle what changed ``nights`` and ``cycles`` (ids), and rows of ``tables`` on ``days``, owe to others.

    Returns the days on which anything changed by that.
    """
    touched: set[dt.date] = set()
    if nights and days:
        touched |= _time_zones(c, sourced, min(days), max(days))
    wanted = set(_RULES) if nights or cycles else set(_RULES).intersection(tables)
    if nights:
        touched |= _times(c, sourced, nights)
    for name in _RULES:
        if name in wanted:
            touched |= _days(c, sourced, name, {*days, *touched}, nights, cycles)
    for name in ("hrv_nights", "recoveries"):
        if name in wanted and (again := _join(c, sourced, _BY_NAME[name], sorted({*days, *touched}))):
            touched |= again | _days(c, sourced, name, again, nights, cycles)
    return touched


def tell_days(c: Connection, sourced: Sourced, facts: Sequence[Fact]) -> None:
    """Tell answers the day of the cycle they begin with, before they are written: there are very many."""
    starts = {id(fact): min(fact.starts(), default=None) for fact in facts}
    known = [start for start in starts.values() if start is not None]
    if not known:
        return
    cycles = query(
        c,
        "SELECT start_at, day FROM cycles WHERE athlete_id = $1 AND vendor = $2 AND day IS NOT NULL "
        "AND start_at BETWEEN $3 AND $4 ORDER BY start_at, source_id",
        sourced.athlete_id,
        sourced.vendor,
        min(known) - TOLERANCE,
        max(known) + TOLERANCE,
    )
    # seconds: comparing times of two kinds of UTC takes thirty times as long
    begun, days = (cycles["start_at"].dt.epoch("us") / 1e6).to_list(), cycles["day"].to_list()
    reach = TOLERANCE.total_seconds()
    for fact in facts:
        start = starts[id(fact)]
        if start is not None:
            seconds = start.timestamp()
            n = bisect_left(begun, seconds - reach)
            near = n < len(begun) and begun[n] <= seconds + reach
            fact.found_day = (days[n], "cycle") if near else None


def _days(
    c: Connection,
    sourced: Sourced,
    name: str,
    days: Collection[dt.date],
    nights: Collection[str],
    cycles: Collection[str],
) -> set[dt.date]:
    joins, day, rule = _RULES[name]
    refers = {
        "hrv_nights": "OR t.night_id = ANY($5::text[])",
        "recoveries": "OR t.night_id = ANY($5::text[]) OR t.cycle_id = ANY($6::text[])",
        "cycles": "OR t.source_id = ANY($6::text[])",
    }
    moved = query(
        c,
        f"SELECT t.source_id, t.day AS former, {day} AS day, {rule} AS rule FROM {name} t {joins} "  # noqa: S608 - constants
        "WHERE t.athlete_id = $1 AND t.vendor = $2 AND t.day_rule <> 'given' "
        f"AND (t.day IS NULL OR t.day BETWEEN $3::date AND $4::date {refers.get(name, '')}) "
        f"AND (t.day, t.day_rule) IS DISTINCT FROM ({day}, {rule}) "
        "AND $5::text[] IS NOT NULL AND $6::text[] IS NOT NULL",
        sourced.athlete_id,
        sourced.vendor,
        min(days) - _AROUND if days else None,
        max(days) + _AROUND if days else None,
        sorted(nights),
        sorted(cycles),
    )
    if moved.is_empty():
        return set()
    # by their keys, in a statement of its own: joined with what they owe, a plan made without statistics
    # may compare every row with every other
    execute(
        c,
        f"UPDATE {name} t SET day = u.day, day_rule = u.rule "  # noqa: S608 - constants
        "FROM unnest($3::text[], $4::date[], $5::text[]) AS u (source_id, day, rule) "
        "WHERE t.athlete_id = $1 AND t.vendor = $2 AND t.source_id = u.source_id",
        sourced.athlete_id,
        sourced.vendor,
        *(moved[column].to_list() for column in ("source_id", "day", "rule")),
    )
    changed = moved.filter(pl.col("former").ne_missing(pl.col("day")))
    return {day for day in (*changed["former"], *changed["day"]) if day is not None}


def _times(c: Connection, sourced: Sourced, nights: Collection[str]) -> set[dt.date]:
    """Move variability measured in sleep to where its night is now."""
    has, owes = (", ".join(f"{one}.{name}" for name in NIGHT_TIMES) for one in "tn")
    moved = load(
        c,
        sourced,
        _BY_NAME["hrv_nights"],
        "t.in_sleep AND t.night_id = ANY($3::text[]) AND EXISTS (SELECT 1 FROM nights n "  # noqa: S608 - constants
        "WHERE n.athlete_id = $1 AND n.vendor = $2 AND n.source_id = t.night_id "
        f"AND ({has}) IS DISTINCT FROM ({owes}) OFFSET 0)",
        sorted(nights),
    )
    return write(c, sourced, _BY_NAME["hrv_nights"], moved)


def _time_zones(c: Connection, sourced: Sourced, first: dt.date, last: dt.date) -> set[dt.date]:
    """Put down with each night whether the offset differs from that of the night before; naps apart."""
    main = "athlete_id = $1 AND vendor = $2 AND NOT nap AND utc_offset_s IS NOT NULL"
    around = query(
        c,
        "SELECT source_id, day, start_at, utc_offset_s, nap, quality::text AS quality FROM nights "  # noqa: S608 - constants
        "WHERE athlete_id = $1 AND vendor = $2 "
        f"AND start_at >= coalesce("
        f"  (SELECT max(start_at) FROM nights WHERE {main} AND start_at < $3::date), $3) "
        f"AND start_at <= coalesce("
        f"  (SELECT min(start_at) FROM nights WHERE {main} AND start_at > $4::date), $4) "
        "ORDER BY start_at, source_id",
        sourced.athlete_id,
        sourced.vendor,
        first - _AROUND,
        last + _AROUND,
    )
    before: int | None = None
    news: list[dict[str, Any]] = []
    days: set[dt.date] = set()
    for row in around.iter_rows(named=True):
        offset = None if row["nap"] else row["utc_offset_s"]
        remark = None
        if offset is not None and before is not None and offset != before:
            detail = f"{_offset(offset)} after {_offset(before)}"
            remark = Quality(flag=QualityFlag.TIME_ZONE_CHANGE, field="utc_offset_s", detail=detail)
        quality = _QUALITY.decode(row["quality"])
        former = [one for one in quality if _of_zone(one)]
        # what was before the first row is not read: its remark stands
        judged = before is not None or offset is None
        if judged and former != ([] if remark is None else [remark]):
            kept = [one for one in quality if not _of_zone(one)]
            news.append({"source_id": row["source_id"], "quality": kept + ([remark] if remark else [])})
            days.add(row["day"])
        before = before if offset is None else offset
    if news:
        execute(
            c,
            "UPDATE nights t SET quality = u.quality "
            "FROM jsonb_populate_recordset(null::nights, $3::jsonb) u "
            "WHERE t.athlete_id = $1 AND t.vendor = $2 AND t.source_id = u.source_id",
            sourced.athlete_id,
            sourced.vendor,
            msgspec.json.encode(news).decode(),
        )
    return days


def _of_zone(one: Quality) -> bool:
    return one.flag is QualityFlag.TIME_ZONE_CHANGE and one.field == "utc_offset_s"


def _offset(seconds: int) -> str:
    sign, rest = "-" if seconds < 0 else "+", abs(seconds)
    return f"UTC{sign}{rest // 3600:02d}:{rest % 3600 // 60:02d}"


def _join(c: Connection, sourced: Sourced, table: Table, days: Sequence[dt.date]) -> set[dt.date]:
    """Make one of two rows of a day, where the vendor's own row turns out to be the file's as well."""
    double = query(
        c,
        f"SELECT day FROM {table.name} WHERE athlete_id = $1 AND vendor = $2 AND day = ANY($3::date[]) "  # noqa: S608 - a constant
        "GROUP BY day HAVING count(*) > 1 AND bool_or(origin = 'api') "
        "AND bool_or(origin <> 'api' AND source_id LIKE '@%')",
        sourced.athlete_id,
        sourced.vendor,
        list(days),
    )["day"].to_list()
    changed: list[Fact] = []
    for day in sorted(double):
        facts = load(c, sourced, table, "t.day = $3", day)
        for fact, other in joined(table, facts, _landmarks_of(c, sourced, facts)):
            fact.absorb(other)
            if other.stored_id is not None:
                delete_rows(c, sourced, table, [other.stored_id])
            changed.append(fact)
    return write(c, sourced, table, changed)


def _landmarks_of(c: Connection, sourced: Sourced, facts: Iterable[Fact]) -> Landmarks:
    """The times of the nights and cycles that these facts name."""
    layers = [layer.values for fact in facts for layer in fact.layers.values()]
    return find_landmarks(
        c,
        sourced,
        {values["night_id"] for values in layers if "night_id" in values},
        {values["cycle_id"] for values in layers if "cycle_id" in values},
    )


def find_landmarks(
    c: Connection, sourced: Sourced, nights: Collection[str], cycles: Collection[str]
) -> Landmarks:
    """The times of stored nights and cycles, by id."""
    if not nights and not cycles:
        return Landmarks()
    found = query(
        c,
        "SELECT true AS night, source_id, start_at, end_at FROM nights "
        "WHERE athlete_id = $1 AND vendor = $2 AND source_id = ANY($3::text[]) "
        "UNION ALL SELECT false, source_id, start_at, end_at FROM cycles "
        "WHERE athlete_id = $1 AND vendor = $2 AND source_id = ANY($4::text[])",
        sourced.athlete_id,
        sourced.vendor,
        sorted(nights),
        sorted(cycles),
    )
    rows = list(found.iter_rows())
    return Landmarks(
        nights={name: (start, end) for night, name, start, end in rows if night},
        cycles={name: start for night, name, start, _ in rows if not night},
    )
