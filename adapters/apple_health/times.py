"""Times as the Health app writes them: ``2024-02-06 14:30:00 -0800``, very many at once.

The offset is that of the phone's time zone when it exported, at that date: an athlete who travelled reads
wrong local times. ``HKTimeZone`` in a record's metadata, where there is one, names the true zone.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = ["local_offsets", "parse_moment", "parse_moments", "zone_offset"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_LENGTH: Final = len("2024-02-06 14:30:00 -0800")
_DAY_S: Final = 86_400
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
#: No place on earth is farther from UTC, with room to spare.
_FARTHEST_S: Final = 18 * 3600
_MICROSECOND: Final = 1_000_000
#: Where digits stand, and what stands between them.
_DIGITS: Final = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 21, 22, 23, 24)
_MARKS: Final = {4: b"-", 7: b"-", 10: b" ", 13: b":", 16: b":", 19: b" "}
_MONTH_DAYS: Final = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)
#: The same with what some phones of a 12-hour locale, and other writers of the format, put there. The word
#: for the half of the day is of the phone's language, before or behind the time.
_WORD: Final = r"([^\W\dTZ][^\d:+-]{0,12}?)?\s{0,3}"
_LOOSE: Final = re.compile(
    rf"(\d{{4}})-(\d\d?)-(\d\d?)[ T]{{1,3}}{_WORD}(\d\d?):(\d\d)(?::(\d\d)(?:\.(\d{{1,6}})\d*)?)?\s{{0,3}}"
    rf"{_WORD}(Z|[+-]\d\d):?(\d\d)?"
)
#: Up to iOS 8: ``20150102143000-0800``, in its first versions without seconds.
_COMPACT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?([+-]\d{4})")
#: Words for the halves of the day, without dots and spaces, and the hours they add.
_HALVES: Final = {
    **dict.fromkeys(("a", "am", "上午", "午前", "오전", "πμ", "ص"), 0),
    **dict.fromkeys(("p", "pm", "下午", "午後", "오후", "μμ", "م"), 12),
}


def parse_moment(text: str) -> tuple[dt.datetime, int]:
    """The instant (UTC) and the offset in seconds; :class:`ValueError` for what is no time with an offset."""
    if len(text) == _LENGTH and text[4] == text[7] == "-" and text[10] == text[19] == " ":
        try:
            usual = dt.datetime.fromisoformat(text[:19] + text[20:])
            offset = _seconds(usual.utcoffset())
            if abs(offset) <= _FARTHEST_S:
                return usual.astimezone(dt.UTC), offset
        except (ValueError, OverflowError):
            pass  # told below, with its reason
    match = _LOOSE.fullmatch(_COMPACT.sub(_spread, text.strip()))
    if match is None:
        raise ValueError(f"{text[:40]!r} is no time with an offset")
    year, month, day, before, hour, minute, second, fraction, behind, zone, zone_minutes = match.groups()
    hours, word = int(hour), before or behind
    if word:
        half = _HALVES.get("".join(word.replace(".", "").split()).lower())
        if half is None:
            raise ValueError(f"{text[:40]!r} is no time with an offset")
        if not 1 <= hours <= 12:
            raise ValueError(f"{text[:40]!r} is no time of a clock of 12 hours")
        hours = hours % 12 + half
    offset = 0
    if zone != "Z":
        minutes = int(zone_minutes or 0)
        offset = (int(zone[1:]) * 60 + minutes) * (-60 if zone[0] == "-" else 60)
        if minutes > 59 or abs(offset) > _FARTHEST_S:
            raise ValueError(f"{text[:40]!r} has an offset that no place on earth has")
    try:
        local = dt.datetime(
            int(year),
            int(month),
            int(day),
            hours,
            int(minute),
            int(second or 0),
            int((fraction or "0").ljust(6, "0")),
            tzinfo=dt.timezone(dt.timedelta(seconds=offset)),
        )
        return local.astimezone(dt.UTC), offset
    except (ValueError, OverflowError):
        raise ValueError(f"{text[:40]!r} is no time") from None


def _spread(compact: re.Match[str]) -> str:
    year, month, day, hour, minute, second, zone = compact.groups("00")
    return f"{year}-{month}-{day} {hour}:{minute}:{second} {zone}"


def parse_moments(column: pl.Series) -> tuple[Ints, Ints, Flags]:
    """Microseconds since 1970 (UTC), offsets in seconds, and which of the texts are times at all."""
    count = len(column)
    micros, offsets = np.zeros(count, np.int64), np.zeros(count, np.int64)
    if not count:
        return micros, offsets, np.zeros(0, np.bool_)
    usual = (column.str.len_bytes() == _LENGTH).fill_null(False).to_numpy()
    good = np.zeros(count, np.bool_)
    at = np.flatnonzero(usual)
    if len(at):
        text = column if len(at) == count else column.gather(at)
        # One text of them all is one block of bytes, and every place in the format is a stride of it.
        block = np.frombuffer(text.str.join("")[0].encode(), np.uint8).reshape(-1, _LENGTH)
        micros[at], offsets[at], good[at] = _usual(block)
    for index in np.flatnonzero(~good).tolist():
        text = column[index]
        if text is None:
            continue
        try:
            moment, offset = parse_moment(text)
        except ValueError:
            continue
        micros[index], offsets[index], good[index] = _micros(moment), offset, True
    return micros, offsets, good


def _usual(block: npt.NDArray[np.uint8]) -> tuple[Ints, Ints, Flags]:
    """The usual format, without a loop over texts."""
    columns = block.T
    good = np.ones(block.shape[0], np.bool_)
    for place, mark in _MARKS.items():
        good &= columns[place] == mark[0]
    # Subtracting in uint8 wraps around: whatever is no digit comes out above 9.
    digits = {place: columns[place] - np.uint8(48) for place in _DIGITS}
    for digit in digits.values():
        good &= digit <= 9

    def number(*places: int) -> Ints:
        value = np.zeros(block.shape[0], np.int64)
        for place in places:
            value = value * 10 + digits[place]
        return value

    year, month, day = number(0, 1, 2, 3), number(5, 6), number(8, 9)
    hour, minute, second = number(11, 12), number(14, 15), number(17, 18)
    zone_hour, zone_minute = number(21, 22), number(23, 24)
    sign = columns[20]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    # The first and the last year overflow when an offset is taken from them; the slow way judges those.
    good &= (year > 1) & (year < 9999) & (month >= 1) & (month <= 12) & (day >= 1)
    good &= (hour < 24) & (minute < 60) & (second < 60) & (zone_minute < 60)
    good &= (sign == ord("+")) | (sign == ord("-"))
    good &= zone_hour * 3600 + zone_minute * 60 <= _FARTHEST_S
    good &= day <= _MONTH_DAYS[np.where(good, month, 1)]
    good &= (month != 2) | (day <= 28) | leap
    offset = (zone_hour * 3600 + zone_minute * 60) * np.where(sign == ord("-"), -1, 1)
    seconds = _days(year, month, day) * _DAY_S + hour * 3600 + minute * 60 + second - offset
    return seconds * _MICROSECOND, offset, good


def _days(year: Ints, month: Ints, day: Ints) -> Ints:
    """Days since 1970-01-01 in the Gregorian calendar (years counted from March, so leap days come last)."""
    year = np.where(month <= 2, year - 1, year)
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    # 719468 days lie between 0000-03-01 and 1970-01-01.
    days: Ints = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    return days


def _micros(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


def zone_offset(zone: str | None, moment: dt.datetime) -> int | None:
    """The offset in seconds of a named zone at ``moment``; ``None`` where there is no such zone."""
    known = _zone(zone) if zone else None
    return None if known is None else _seconds(moment.astimezone(known).utcoffset())


def _seconds(offset: dt.timedelta | None) -> int:
    assert offset is not None, "a time of a zone has an offset"
    return int(offset.total_seconds())


def local_offsets(frame: pl.DataFrame, zones: pl.DataFrame) -> pl.DataFrame:
    """``frame`` (``row``, ``start``, ``offset``) with the offset of a named zone, where ``zones`` has one."""
    if not zones.height:
        return frame
    one = zones.unique("row", keep="first")
    named = frame.join(one, on="row", how="inner").select("row", "zone", "start")
    # A zone's offset changes on the hour at most: one question for each hour and zone.
    hours: dict[tuple[str, int], int | None] = {}
    found: list[tuple[int, int]] = []
    for row, zone, start in named.iter_rows():
        hour = start // (3600 * _MICROSECOND)
        if (zone, hour) not in hours:
            hours[zone, hour] = zone_offset(zone, _EPOCH + dt.timedelta(microseconds=start))
        offset = hours[zone, hour]
        if offset is not None:
            found.append((row, offset))
    if not found:
        return frame
    known = pl.DataFrame(found, schema={"row": pl.Int64, "named": pl.Int64}, orient="row")
    return (
        frame.join(known, on="row", how="left", maintain_order="left")
        .with_columns(pl.coalesce("named", "offset").alias("offset"))
        .drop("named")
    )


@lru_cache(maxsize=256)
def _zone(name: str) -> Any:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None
