"""What all records of the body have in common: where they come from and what is wrong with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Annotated, Any, ClassVar, Self, TypeVar

import orjson
import strawberry

from poise_sdk.metrics import METRICS
from server.graphql.context import PoiseInfo
from server.graphql.described import value
from server.graphql.ids import global_id
from server.graphql.known import check_vendor
from server.graphql.pagination import Connection, Node, checked, cut, position
from server.graphql.references import refer
from server.graphql.rows import Row
from server.graphql.spans import Span
from storage.reads.wearables import PageFilter

__all__ = [
    "DataType",
    "Observation",
    "Origin",
    "QualityFlag",
    "QualityRemark",
    "SourceDocument",
    "Vendor",
    "measured",
    "observation_key",
    "observations",
    "observed",
    "remarks",
]

T = TypeVar("T", bound="Observation")

Vendor = Annotated[
    str | None, strawberry.argument(description="Only of this vendor, by its name among `vendors`.")
]


@strawberry.enum(description="What kind of body data: the unit of fetching and of sync state.")
class DataType(Enum):
    """`poise_sdk.vocabulary.DataType`."""

    SLEEP = value("sleep", "Nights and naps.")
    RECOVERY = value("recovery", "How recovered the body is, and its heart rate variability.")
    CYCLE = value("cycle", "A vendor's day of strain, from waking to waking.")
    WORKOUT = value("workout", "Activities.")
    DAILY = value("daily", "Summaries of local days.")
    READING = value("reading", "Single values in time.")
    BODY = value("body", "Height, weight, maximum heart rate.")
    PROFILE = value("profile", "The vendor's account.")
    JOURNAL = value("journal", "Questions the athlete answered.")


@strawberry.enum(description="How a record came. Of two that differ on a fact the later in this list counts.")
class Origin(Enum):
    """`poise_sdk.observations.Origin`."""

    DERIVED = value("derived", "Told from another record: it fills gaps and overwrites nothing.")
    FILE = value("file", "An export file: rounded, without ids.")
    API = value("api", "The vendor's interface.")


@strawberry.enum(description="What is wrong with a record or a value, or why it is missing.")
class QualityFlag(Enum):
    """`poise_sdk.observations.QualityFlag`."""

    NOT_WORN = value("not_worn", "The device was not worn.")
    PENDING_SCORE = value("pending_score", "The vendor has not scored it yet.")
    UNSCORABLE = value("unscorable", "The vendor cannot score it, mostly for want of data.")
    NOT_SHARED = value("not_shared", "The athlete did not grant this.")
    VENDOR_SILENT = value("vendor_silent", "The vendor has said nothing for longer than it should.")
    CALIBRATING = value("calibrating", "The vendor does not know the body well enough yet.")
    PARTIAL = value("partial", "It covers less than it should, or is not over yet.")
    IMPLAUSIBLE = value("implausible", "A value that no body shows was left out; `detail` holds it.")
    TIME_ZONE_CHANGE = value("time_zone_change", "The time zone changed during it, or since the one before.")


@strawberry.type(description="One remark on a record: on the whole of it, or on one of its values.")
class QualityRemark(Row):
    """One entry of a ``quality`` column."""

    flag: QualityFlag = strawberry.field(description="What is wrong.")
    field: str | None = strawberry.field(description="The value it is about, by metric; null: all of it.")
    detail: str = strawberry.field(description="What more is known, e.g. the value that was left out.")


@strawberry.type(
    description="A document as a source gave it: a page of an interface, a file or member of one."
)
class SourceDocument(Row):
    """A row of ``observation_documents``."""

    name: str = strawberry.field(description="The path it was fetched from, or the file's name.")
    sha256: str = strawberry.field(description="The hash of its bytes, under which the archive keeps them.")
    adapter_version: str = strawberry.field(description="The version of the adapter that read it last.")
    received_at: dt.datetime = strawberry.field(description="When it arrived.")


@strawberry.interface(description="A record of the body, as one source tells it.")
class Observation(Row, Node):
    """A row of any table of records."""

    table: ClassVar[str]
    """Its table, among those of `storage.reads.wearables`."""

    key: strawberry.ID = strawberry.field(
        description="The vendor's id of it; `@` and its time where the source gives none."
    )
    vendor: str = strawberry.field(description="The vendor, by its name among `vendors`.")
    source: str | None = strawberry.field(description="The device or app at the vendor, where it is told.")
    origin: Origin = strawberry.field(description="How it came.")
    day: dt.date | None = strawberry.field(description="The athlete's local day it belongs to.")
    utc_offset_s: int | None = strawberry.field(
        description="Seconds that local time was ahead of UTC, where told."
    )
    vendor_updated_at: dt.datetime | None = strawberry.field(
        description="When the vendor last changed it, where told."
    )
    updated_at: dt.datetime = strawberry.field(description="When it was last stored here.")
    adapter_version: str = strawberry.field(description="The version of the adapter that read it.")
    quality: list[QualityRemark] = strawberry.field(
        description="What is wrong with it, and why values are missing; empty if all is well."
    )

    @strawberry.field(description="The document it was read from; null if the document is kept no more.")
    def document(self, info: PoiseInfo) -> SourceDocument | None:
        """Where it came from."""
        found: SourceDocument | None = refer(
            info.context.loaders.documents, self.document_id, SourceDocument.of
        )
        return found

    athlete_id: strawberry.Private[int]
    document_id: strawberry.Private[int | None]

    @classmethod
    def seen(cls, row: Mapping[str, Any], info: PoiseInfo) -> Self:
        """Make the object of ``row`` within a request."""
        return cls.of(row)

    def prepare(self) -> None:
        """Put the columns under the names of the graph."""
        row = self.__dict__
        row["key"] = row["source_id"]
        row["document_id"] = row.pop("document")
        row["updated_at"] = row["stored_at"]
        row["quality"] = remarks(row["quality"])


def observed(type_name: str) -> dict[str, Callable[[Any], Any]]:
    """The derivation of a record's global id."""
    return {"id": lambda one: global_id(type_name, observation_key(one))}


def observation_key(one: Any) -> str:
    """What tells a record from all others of its table."""
    return f"{one.athlete_id}/{one.vendor}/{one.source_id}"


def measured(name: str, *, more: str = "") -> Any:
    """A field of the metric ``name``, described by the vocabulary; null where the source does not tell."""
    metric = METRICS[name]
    unit = "" if metric.unit == "count" else f", {metric.unit}"
    field: Any = strawberry.field(description=f"{metric.title}{unit}.{more}")
    return field


def remarks(told: str) -> list[QualityRemark]:
    """The remarks of a ``quality`` column."""
    if told == "[]":
        return []
    return [
        QualityRemark.of({"flag": one["flag"], "field": one.get("field"), "detail": one.get("detail") or ""})
        for one in orjson.loads(told)
    ]


async def observations(
    info: PoiseInfo,
    type_: type[T],
    athlete_id: int,
    span: Span,
    first: int,
    after: str | None,
    *,
    vendor: str | None = None,
    naps: bool = True,
) -> Connection[T]:
    """A page of an athlete's records of one type, newest first."""
    await check_vendor(info, athlete_id, vendor)
    seen = position(after, dt.date, dt.datetime, str, str)
    where = PageFilter(type_.table, span.since, span.until, vendor, naps, seen, checked(first) + 1)
    found: Iterable[Mapping[str, Any]] = await info.context.loaders.observations(type_.__name__, where).load(
        athlete_id
    )
    return cut(first, seen, list(found), lambda row: type_.seen(row, info), _place)


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["day"], row["instant"], row["vendor"], row["source_id"]
