"""What both readings of the markup give: records as text columns, beats, zones, and the rarer elements.

The quick way (:mod:`adapters.apple_health.lines`) and the general one (:mod:`adapters.apple_health.trees`)
end here, so that what follows cannot tell which was taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import polars as pl

from poise_sdk.records import Rejected

__all__ = ["ATTRIBUTES", "BEATS", "FORMER", "RECORDS", "ZONES", "Element", "Raw", "empty_raw"]

#: The attributes of a ``Record`` that are read, and the columns they become.
ATTRIBUTES: Final = {
    "type": "type",
    "sourceName": "source",
    "device": "device",
    "unit": "unit",
    "startDate": "start",
    "endDate": "end",
    "value": "value",
}
#: What attributes were called up to iOS 8.
FORMER: Final = {"source": "sourceName"}
#: One ``Record`` a row; text as it stands in the file, ``null`` where the attribute is absent.
RECORDS: Final = pl.Schema({"row": pl.Int64(), **dict.fromkeys(ATTRIBUTES.values(), pl.String())})
#: One heartbeat a row: the record it belongs to, its time of day as written.
BEATS: Final = pl.Schema({"row": pl.Int64(), "time": pl.String()})
#: The time zone a record's metadata names.
ZONES: Final = pl.Schema({"row": pl.Int64(), "zone": pl.String()})


@dataclass(frozen=True, slots=True)
class Element:
    """An element that is read as a tree: a workout, a summary of a day."""

    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Raw:
    """The content of one document, nothing converted. ``row`` counts its top-level elements from 1."""

    records: pl.DataFrame
    beats: pl.DataFrame
    zones: pl.DataFrame
    elements: list[tuple[int, Element]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def empty_raw() -> Raw:
    """No content, of the right columns."""
    return Raw(pl.DataFrame(schema=RECORDS), pl.DataFrame(schema=BEATS), pl.DataFrame(schema=ZONES))
