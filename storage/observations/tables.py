"""Which table holds which kind of record, and what its columns are: the fields of the record, by name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from poise_sdk.observations import (
    BodyMeasurement,
    Cycle,
    DailySummary,
    HrvNight,
    JournalEntry,
    Night,
    Recovery,
    WearableRecord,
    Workout,
)
from poise_sdk.vocabulary import DataType

__all__ = ["COMMON", "RECORD_TABLES", "TABLES", "TABLES_OF", "Table", "moment", "text_of"]

#: What every row has beside its record's fields; in the order of the tables' columns.
COMMON: Final = (
    "athlete_id", "vendor", "source_id", "origin", "vendor_updated_at", "source", "row", "document",
    "adapter_version", "quality", "layers", "stored_at", "day",
)  # fmt: skip

_TIMES: Final = frozenset({"start_at", "end_at"})
_DATES: Final = frozenset({"day"})
_BASE: Final = frozenset(field.name for field in msgspec.structs.fields(WearableRecord))


@dataclass(frozen=True, slots=True)
class Table:
    """A table of records."""

    name: str
    record: type[WearableRecord]
    fields: tuple[str, ...]
    """The record's own fields that are columns; stages have a table of their own."""
    has_day_rule: bool
    """Its day may have to be found in another record; ``day_rule`` says where it was."""

    @property
    def told(self) -> tuple[str, ...]:
        """What a record of it may say."""
        return (*self.fields, "stages") if self.name == "nights" else self.fields

    @property
    def kind(self) -> str:
        """The record's name in sentences: ``hrv night``."""
        words = "".join(f" {c.lower()}" if c.isupper() else c for c in self.record.__name__)
        return words.strip()

    @property
    def data_type(self) -> DataType:
        """What the vendor's document of it is called."""
        return self.record.data_type

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, as they stand in the database."""
        rule = ("day_rule",) if self.has_day_rule else ()
        return (*COMMON, *rule, *(name for name in self.fields if name != "day"))

    @property
    def has_start(self) -> bool:
        """Whether its rows have a place in time."""
        return "start_at" in self.fields


def _table(name: str, record: type[WearableRecord], *, day_rule: bool = False) -> Table:
    own = [f.name for f in msgspec.structs.fields(record) if f.name not in _BASE and f.name != "stages"]
    return Table(name, record, tuple(own), day_rule)


#: In the order of writing: what others refer to comes first.
TABLES: Final = (
    _table("nights", Night),
    _table("cycles", Cycle, day_rule=True),
    _table("hrv_nights", HrvNight, day_rule=True),
    _table("recoveries", Recovery, day_rule=True),
    _table("workouts", Workout),
    _table("body_measurements", BodyMeasurement),
    _table("daily_summaries", DailySummary),
    _table("journal_entries", JournalEntry, day_rule=True),
)

RECORD_TABLES: Final[Mapping[type[WearableRecord], Table]] = {table.record: table for table in TABLES}

#: The tables of a data type: what a deletion of that type reaches.
TABLES_OF: Final[Mapping[DataType, tuple[Table, ...]]] = {
    kind: tuple(table for table in TABLES if table.data_type is kind) for kind in DataType
}


def moment(value: Any) -> dt.datetime:
    """A time that was put into JSON."""
    return value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)


def from_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that were put into JSON, with the types they had."""
    return {
        name: moment(value) if name in _TIMES else dt.date.fromisoformat(value) if name in _DATES else value
        for name, value in values.items()
    }


def text_of(moment: dt.datetime) -> str:
    """A time as ids made of it say it: UTC, whole seconds."""
    # a third of the time that strftime takes
    return f"{moment.astimezone(dt.UTC).isoformat()[:19]}Z"
