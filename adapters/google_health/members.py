"""What data points of every collection are made of: ids, sources, offsets, durations, days."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from poise_sdk.fields import Fields, Trouble

__all__ = ["day_of", "identity", "offset_s", "seconds", "source_of"]

_DURATION: Final = re.compile(r"(-?\d{1,9}(?:\.\d{1,9})?)s")


def identity(point: Fields) -> str | None:
    """The last segment of ``users/…/dataTypes/…/dataPoints/…``; only some collections name their points."""
    name = point.text("name", None)
    return None if name is None else name.rstrip("/").rpartition("/")[2] or None


def source_of(point: Fields) -> str | None:
    """The device, else the application, else the platform that the point came from."""
    source = point.get("dataSource")
    return (
        source.get("device").text("displayName", None)
        or source.get("application").text("packageName", None)
        or source.text("platform", None)
    )


def seconds(row: Fields, name: str) -> float | None:
    """A duration in protocol buffers' JSON (``5400s``), in seconds."""
    text = row.text(name, None)
    if text is None:
        return None
    if match := _DURATION.fullmatch(text):
        return float(match.group(1))
    trouble = Trouble(f"{row.path}{name}", f"{text[:40]!r} is no duration")
    if row.lost is None:
        raise trouble
    row.lost.append(trouble)
    return None


def offset_s(row: Fields, name: str) -> int | None:
    """A UTC offset in seconds."""
    value = seconds(row, name)
    return None if value is None else int(value)


def day_of(row: Fields) -> dt.date:
    """The required member ``date``."""
    date = row.get("date")
    year, month, day = (date.number(name) for name in ("year", "month", "day"))
    try:
        return dt.date(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        raise Trouble(f"{row.path}date", f"{year:g}-{month:g}-{day:g} is no day") from None
