"""How fresh what we have of a day is, and what to ask vendors for: decided from the database alone.

A day within the last week that a connected vendor should have told of, and has not, is ordered at once; the
answer says so and does not wait. What is ordered is what can be missing: a night, a recovery, a cycle, a
summary. A day without a workout lacks nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, NamedTuple

import strawberry

from poise_sdk.vocabulary import DataType
from server.graphql.described import value
from server.graphql.spans import today, zone_of
from storage.reads.days import OPEN_CYCLE

__all__ = ["RECENT_DAYS", "Freshness", "FreshnessState", "SourceFreshness", "Verdict", "judge"]

#: A day so many days ago, or later, is fetched when it is missing.
RECENT_DAYS: Final = 7
#: A vendor that has just been asked is not asked again for the same reason.
PATIENCE: Final = dt.timedelta(minutes=10)
#: Asked so long after the day was over, a vendor that had nothing will have nothing: later than any upload
#: that is still on its way is rare enough for the nightly rounds.
SETTLED: Final = dt.timedelta(days=1)
#: What was fetched longer ago is stale while the day lasts: more than the longest pause of the schedule.
STALE_AFTER: Final = dt.timedelta(hours=12)

#: Of a day that has not begun, whoever is asked.
TO_COME: Final = "the day is still to come"

#: What every day of a person who wears a device has, and the tables it stands in.
MISSABLE: Final = (DataType.SLEEP, DataType.RECOVERY, DataType.CYCLE, DataType.DAILY)


@strawberry.enum(description="How much what is stored of a day can be relied on to be all there is.")
class FreshnessState(Enum):
    """States of DESIGN §6."""

    SYNCING = value(
        "syncing", "Something is missing and has been ordered: ask again, or follow `syncProgress`."
    )
    FRESH = value("fresh", "What is here is what there is.")
    STALE = value("stale", "What is here may be out of date; `reason` says why.")
    NOT_CONNECTED = value("not_connected", "No vendor is connected that could tell of it.")
    NO_DATA = value("no_data", "The vendors were asked and have nothing.")


@strawberry.type(description="How fresh one vendor's part of a day is.")
class SourceFreshness:
    """The verdict on one connection."""

    vendor: str = strawberry.field(description="The vendor, by its name among `vendors`.")
    state: FreshnessState = strawberry.field(description="How fresh its data is.")
    reason: str = strawberry.field(description="Why, in a sentence.")
    synced_at: dt.datetime | None = strawberry.field(
        description="When all of it was last fetched; null if some of it never was."
    )


@strawberry.type(description="How fresh what is stored of a day is.")
class Freshness:
    """The verdict on one day."""

    state: FreshnessState = strawberry.field(description="How fresh it is as a whole.")
    reason: str = strawberry.field(description="Why, in a sentence.")
    sources: list[SourceFreshness] = strawberry.field(description="Vendor by vendor.")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How fresh a day is, what lacks and why, and what is to be ordered."""

    freshness: Freshness
    lacking: list[tuple[str, DataType, str | None, str]] = field(default_factory=list)
    """``(vendor, type, flag, reason)`` of what a vendor has not told."""
    orders: list[tuple[int, DataType]] = field(default_factory=list)
    """``(connection, type)`` to be fetched."""


@dataclass(slots=True)
class _Judged:
    """One connection's part."""

    vendor: str
    state: FreshnessState
    reason: str
    synced_at: dt.datetime | None = None
    lacking: list[tuple[str, DataType, str | None, str]] = field(default_factory=list)
    orders: list[tuple[int, DataType]] = field(default_factory=list)


#: Of several verdicts the first of these is the day's.
_FIRST: Final = (
    FreshnessState.SYNCING,
    FreshnessState.FRESH,
    FreshnessState.STALE,
    FreshnessState.NO_DATA,
    FreshnessState.NOT_CONNECTED,
)


def judge(
    day: dt.date,
    time_zone: str,
    *,
    now: dt.datetime,
    connections: Sequence[Mapping[str, Any]],
    sync_states: Sequence[Mapping[str, Any]],
    present: Collection[tuple[str, str]],
    offered: Mapping[str, Collection[DataType]],
) -> Verdict:
    """Judge one athlete's ``day``.

    ``connections`` and ``sync_states`` are rows, ``present`` has ``(vendor, data type)`` of what is stored of
    the day (`OPEN_CYCLE` for a cycle without an end), ``offered`` the types each installed vendor has.
    """
    states = {(row["connection_id"], row["data_type"]): row for row in sync_states}
    judged = [
        _connection(day, time_zone, now, row, states, present, offered.get(row["vendor"]))
        for row in connections
        if row["status"] != "removed"
    ]
    sources = [
        SourceFreshness(vendor=j.vendor, state=j.state, reason=j.reason, synced_at=j.synced_at)
        for j in judged
    ]
    connected = {one.vendor for one in judged}
    filed = sorted({vendor for vendor, _ in present} - connected)
    sources += [
        SourceFreshness(
            vendor=vendor, state=FreshnessState.FRESH, reason="from a file that was imported", synced_at=None
        )
        for vendor in filed
    ]
    best = min(sources, key=lambda one: _FIRST.index(one.state), default=None)
    if best is None:
        freshness = Freshness(
            state=FreshnessState.NOT_CONNECTED, reason="no vendor is connected", sources=sources
        )
    else:
        whole = best.reason == TO_COME or best.reason.startswith(f"{best.vendor} ")
        reason = best.reason if whole else f"{best.vendor}: {best.reason}"
        freshness = Freshness(state=best.state, reason=reason, sources=sources)
    return Verdict(
        freshness,
        [lack for one in judged for lack in one.lacking],
        [order for one in judged for order in one.orders],
    )


def _connection(
    day: dt.date,
    time_zone: str,
    now: dt.datetime,
    connection: Mapping[str, Any],
    states: Mapping[tuple[int, str], Mapping[str, Any]],
    present: Collection[tuple[str, str]],
    offered: Collection[DataType] | None,
) -> _Judged:
    vendor = connection["vendor"]
    if offered is None:
        return _Judged(vendor, FreshnessState.NOT_CONNECTED, "its adapter is not installed")
    age = (today(time_zone, now) - day).days
    expected = [one for one in MISSABLE if one in offered]
    mine = {one: states.get((connection["id"], one.value), {}) for one in expected}
    have = [one for one in expected if (vendor, one.value) in present]
    running = DataType.CYCLE in expected and (vendor, OPEN_CYCLE) in present
    if running and DataType.CYCLE not in have:
        have.append(DataType.CYCLE)
    times = [mine[one].get("last_success_at") for one in expected]
    known = [one for one in times if one is not None]
    synced_at = min(known) if known and len(known) == len(times) else None
    if connection["status"] != "connected":
        why = connection["status_reason"] or f"the connection is {connection['status'].replace('_', ' ')}"
        state = FreshnessState.STALE if have else FreshnessState.NOT_CONNECTED
        return _Judged(vendor, state, f"{why}: connect it again", synced_at)
    judged = _Judged(vendor, FreshnessState.NO_DATA, "it offers nothing of a day", synced_at)
    if age < 0:
        judged.reason = TO_COME
        return judged
    over = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone_of(time_zone)).astimezone(dt.UTC)
    reasons: dict[FreshnessState, dict[tuple[str, str], list[DataType]]] = {}
    unheard = False
    for one in expected:
        # Today's cycle runs; that of a day that is past has ended, and we have not heard how.
        unended = running and one is DataType.CYCLE and age > 0
        if one in have and not unended:
            continue
        lack = _lacking(mine[one], now=now, over=over, recent=age <= RECENT_DAYS, unended=unended)
        unheard |= unended and lack.state is FreshnessState.STALE
        reasons.setdefault(lack.state, {}).setdefault((lack.words, lack.detail), []).append(one)
        judged.lacking.append((vendor, one, lack.flag, _said(vendor, lack.words, lack.detail, [one])))
        if lack.words in _ORDERS:
            judged.orders.append((connection["id"], one))
    if FreshnessState.SYNCING in reasons:
        judged.state = FreshnessState.SYNCING
    elif have:
        judged.state, judged.reason = _held(have, mine, now=now, over=over)
        if judged.state is not FreshnessState.FRESH or not unheard:
            return judged
        judged.state = FreshnessState.STALE
    elif reasons:
        judged.state = min(reasons, key=_FIRST.index)
    else:
        return judged
    told = reasons[judged.state].items()
    judged.reason = "; ".join(_said(vendor, words, detail, types) for (words, detail), types in told)
    return judged


class _Lack(NamedTuple):
    """What it means that a type is missing."""

    state: FreshnessState
    flag: str | None
    """A flag of quality."""
    words: str
    """The reason: a pattern for `_said`, the same for all types that lack for the same reason."""
    detail: str = ""


_ORDERED: Final = "{all} {have} been ordered"
_UNENDED: Final = "the end of the {all} has been ordered"
_ORDERS: Final = (_ORDERED, _UNENDED)
_NOTHING: Final = "{vendor} has no {any} of that day"
_NAMES: Final = {DataType.DAILY: "daily summary"}


def _said(vendor: str, words: str, detail: str, types: Sequence[DataType]) -> str:
    """The reason why these types lack, for people."""
    *others, last = (_NAMES.get(one, one.value) for one in types)
    return words.format(
        vendor=vendor,
        detail=detail,
        all=f"{', '.join(others)} and {last}" if others else last,
        any=f"{', '.join(others)} or {last}" if others else last,
        have="have" if others else "has",
        are="are" if others else "is",
    )


def _lacking(
    state: Mapping[str, Any], *, now: dt.datetime, over: dt.datetime, recent: bool, unended: bool
) -> _Lack:
    """What it means that a type is missing, or (``unended``) that a past day's cycle came without an end."""
    silent = "partial" if unended else "vendor_silent"
    nothing = "{vendor} has not told how the {any} of that day ended" if unended else _NOTHING
    status = state.get("status", "never")
    attempt, success = state.get("last_attempt_at"), state.get("last_success_at")
    if status == "not_shared":
        return _Lack(FreshnessState.NO_DATA, "not_shared", "{all} {are} not shared")
    if status == "syncing":
        return _Lack(FreshnessState.SYNCING, None, "{all} {are} being fetched")
    if not recent:
        until = state.get("backfill_until")
        if not state.get("backfill_done") and (until is None or over <= until):
            return _Lack(FreshnessState.SYNCING, None, "the history of {all} is still being fetched")
        return _Lack(FreshnessState.NO_DATA, silent, nothing)
    if success is not None and success >= over + SETTLED:
        return _Lack(FreshnessState.NO_DATA, silent, nothing)
    if attempt is not None and now - attempt < PATIENCE:
        if status == "error":
            why = str(state.get("error"))
            return _Lack(FreshnessState.STALE, "vendor_silent", "{all} could not be fetched: {detail}", why)
        state_yet = FreshnessState.STALE if unended else FreshnessState.NO_DATA
        return _Lack(state_yet, silent, f"{nothing} yet")
    return _Lack(FreshnessState.SYNCING, "partial" if unended else None, _UNENDED if unended else _ORDERED)


def _held(
    have: Sequence[DataType],
    mine: Mapping[DataType, Mapping[str, Any]],
    *,
    now: dt.datetime,
    over: dt.datetime,
) -> tuple[FreshnessState, str]:
    """How fresh what is there is, where nothing is on its way."""
    times = [mine[one].get("last_success_at") for one in have]
    oldest = min((one for one in times if one is not None), default=None)
    failed = [one.value for one in have if mine[one].get("status") == "error"]
    if oldest is not None and (oldest >= over or now - oldest <= STALE_AFTER):
        return FreshnessState.FRESH, f"fetched at {oldest:%Y-%m-%d %H:%M} UTC"
    if failed:
        return FreshnessState.STALE, f"{', '.join(failed)} could not be fetched of late"
    if oldest is None:
        # It came by webhook, or from a file: nobody has asked for the whole day yet.
        return FreshnessState.STALE, "the day has not been fetched as a whole yet"
    return FreshnessState.STALE, f"last fetched at {oldest:%Y-%m-%d %H:%M} UTC"
