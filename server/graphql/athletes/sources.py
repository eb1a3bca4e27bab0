"""Where an athlete's data comes from, and whose counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

import strawberry

from server.graphql.rows import Row

__all__ = ["Source", "SourceKind", "SourceOrder"]


@strawberry.type(description="One kind of data that a source has told.")
class SourceKind(Row):
    """A count of a table, or a stream of readings."""

    kind: str = strawberry.field(
        description="`sleep`, `recovery`, `hrv`, `cycle`, `workout`, `body`, `daily`, `journal`; of readings"
        " the metric."
    )
    rows: int | None = strawberry.field(description="How many records; null of readings.")
    first_day: dt.date | None = strawberry.field(description="The first day it told of.")
    last_day: dt.date | None = strawberry.field(description="The last day it told of.")


@strawberry.type(description="A vendor's device or app that has told something.")
class Source:
    """All kinds of one source."""

    vendor: str = strawberry.field(description="The vendor, by its name among `vendors`.")
    source: str | None = strawberry.field(description="The device or app at the vendor, where told.")
    rows: int = strawberry.field(description="How many records, readings not counted.")
    first_day: dt.date | None = strawberry.field(description="The first day it told of.")
    last_day: dt.date | None = strawberry.field(description="The last day it told of.")
    kinds: list[SourceKind] = strawberry.field(description="What it has told.")

    @classmethod
    def gathered(cls, told: Iterable[Mapping[str, Any]]) -> list[Source]:
        """The sources of rows that stand in the order of vendor and source."""
        made = []
        for (vendor, source), group in groupby(told, lambda row: (row["vendor"], row["source"])):
            kinds = [SourceKind.of(row) for row in group]
            made.append(
                cls(
                    vendor=vendor,
                    source=source,
                    rows=sum(one.rows or 0 for one in kinds),
                    first_day=min((one.first_day for one in kinds if one.first_day), default=None),
                    last_day=max((one.last_day for one in kinds if one.last_day), default=None),
                    kinds=kinds,
                )
            )
        return made


@strawberry.type(description="Whose value counts where several vendors have one.")
class SourceOrder(Row):
    """A row of ``source_orders``."""

    metric: str | None = strawberry.field(description="Of which metric; null: of all that have no own.")
    vendors: list[str] = strawberry.field(description="The vendors, the one that counts first.")

    def prepare(self) -> None:
        """The table says ``*`` for all."""
        row = self.__dict__
        row["metric"] = None if row["metric"] == "*" else row["metric"]
        row["vendors"] = list(row["vendors"])
