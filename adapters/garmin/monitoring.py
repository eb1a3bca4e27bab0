"""What a device notes all day and during activities: single values in time, and steps between two times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from adapters.garmin.fit import Message, moment, number

__all__ = ["SINGLE", "Value", "heart_rates", "steps", "values"]

#: message → field of its time, field of its value, our metric.
SINGLE: Final[Mapping[str, tuple[str, str, str]]] = {
    "record": ("timestamp", "heart_rate", "hr_bpm"),
    "monitoring_hr_data": ("timestamp", "current_day_resting_heart_rate", "resting_hr_bpm"),
    "respiration_rate": ("timestamp", "respiration_rate", "respiratory_rate_rpm"),
    "spo2_data": ("timestamp", "reading_spo2", "spo2_pct"),
    "stress_level": ("stress_level_time", "stress_level_value", "stress_level"),
    "hrv_value": ("timestamp", "value", "hrv_rmssd_ms"),
}
#: Zero is a value of this one; elsewhere zero and less is the device's word for "could not be measured".
_FROM_ZERO: Final = frozenset({"stress_level"})
#: Kinds of movement whose cycles are steps; a cycle is two of them.
_ON_FOOT: Final = frozenset({"walking", "running"})
_SECONDS_16: Final = 0xFFFF


class Value(NamedTuple):
    """One reading, before it has a place in a table."""

    metric: str
    start_at: dt.datetime
    end_at: dt.datetime | None
    value: float
    row: int


def values(messages: Sequence[Message]) -> Iterator[Value]:
    """The readings of messages that each hold one."""
    for message in messages:
        when, what, metric = SINGLE[message.kind]
        at, value = moment(message.values.get(when)), number(message.values.get(what))
        if at is None or value is None or value < 0 or (value == 0 and metric not in _FROM_ZERO):
            continue
        yield Value(metric, at, None, value, message.row)


def heart_rates(monitoring: Sequence[Message]) -> Iterator[Value]:
    """Heart rates of all day, whose times are often only the lower 16 bits of the second."""
    last: int | None = None
    for message in monitoring:
        last = _second(message, last)
        at, value = moment(last), number(message.values.get("heart_rate"))
        if at is not None and value:
            yield Value("hr_bpm", at, None, value, message.row)


def steps(monitoring: Sequence[Message], infos: Sequence[Message]) -> Iterator[Value]:
    """Steps between one message and the next, from counters by kind of movement that start at midnight.

    What a counter shows first belongs to this file only where it begins at midnight: else another file
    holds those steps.
    """
    first = infos[0].values if infos else {}
    local = moment(first.get("local_timestamp"))
    whole = local is not None and local.time() == dt.time()
    before: dt.datetime | None = None
    now: dt.datetime | None = moment(first.get("timestamp"))
    counted: dict[object, float] = {}
    gained: dict[tuple[dt.datetime, dt.datetime], tuple[float, int]] = {}
    last: int | None = None
    for message in monitoring:
        last = _second(message, last)
        at, count = moment(last), _count(message)
        if at is None or count is None or (now is not None and at < now):
            continue
        if now is None or at > now:
            before, now = now, at
        kind = message.values.get("activity_type")
        known = counted.get(kind)
        if known is not None and count < known:  # midnight has passed, for every counter
            counted, whole, known = {}, True, None
        counted[kind] = count
        gain = count - known if known is not None else count if whole else 0.0
        if gain > 0 and before is not None:
            sum_, row = gained.get((before, now), (0.0, message.row))
            gained[before, now] = (sum_ + gain, row)
    for (start, end), (gain, row) in gained.items():
        yield Value("steps", start, end, gain, row)


def _second(message: Message, last: int | None) -> int | None:
    """The FIT second of a message: told whole, or as lower bits that count on from ``last``."""
    whole = message.values.get("timestamp")
    if moment(whole) is not None:
        return int(whole)  # type: ignore[arg-type]  # moment refuses what is no int
    low = message.values.get("timestamp_16")
    if last is None or isinstance(low, bool) or not isinstance(low, int):
        return last
    return last + ((low - last) & _SECONDS_16)


def _count(message: Message) -> float | None:
    told = message.values
    if (count := number(told.get("steps"))) is not None:
        return count
    if told.get("activity_type") not in _ON_FOOT:
        return None
    if (cycles := number(told.get("cycles"))) is not None:
        return cycles * 2
    return number(told.get("cycles_16"))
