"""Athletes, and everything their devices tell of them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import strawberry

from server.graphql.athletes.sources import Source, SourceOrder
from server.graphql.connections.types import SyncState, VendorConnection
from server.graphql.context import PoiseInfo
from server.graphql.daily.freshness import Freshness
from server.graphql.daily.reading import read_day, read_freshness, read_series
from server.graphql.daily.types import DailySeries, DailySummary, Day
from server.graphql.errors import Refused
from server.graphql.known import check_metrics, check_vendor
from server.graphql.observed import Vendor, observations
from server.graphql.pagination import DEFAULT_PAGE, After, Connection, First, Node, checked, cut, position
from server.graphql.people.types import Player
from server.graphql.readings.types import (
    MAX_COLUMN,
    BodyMeasurement,
    JournalEntry,
    MetricName,
    Reading,
    ReadingColumns,
    VendorSummary,
    place,
)
from server.graphql.recovery.types import HrvNight, Recovery
from server.graphql.references import reference
from server.graphql.rows import Entity, entity_id
from server.graphql.sleep.types import Night
from server.graphql.spans import Since, Until, days_of, moments_of
from server.graphql.training.types import Cycle, Workout
from storage.reads.wearables import ReadingFilter

__all__ = ["Athlete"]

DEFAULT_COLUMN = 1_000

From = Annotated[
    dt.datetime | None,
    strawberry.argument(
        description="From this instant; null: a day before `until`. At most 366 days at once."
    ),
]
To = Annotated[
    dt.datetime | None, strawberry.argument(description="To before this instant; null: until now.")
]
Metrics = Annotated[
    list[str],
    strawberry.argument(description="The metrics, by name: 1 to 50."),
]


@strawberry.type(description="A person with a body, whose devices tell of it.")
class Athlete(Entity, Node):
    """A row of ``athletes``."""

    derived = entity_id("Athlete")

    key: strawberry.ID = strawberry.field(description="The athlete's number.")
    name: str = strawberry.field(description="The name, unique here.")
    time_zone: str = strawberry.field(description="The IANA time zone in which they live.")
    created_at: dt.datetime = strawberry.field(description="When they were added.")
    player: Player | None = reference(Player, "player_id", "The player they are in games, if they are one.")

    player_id: strawberry.Private[int | None]

    @property
    def number(self) -> int:
        """The id in the database."""
        return int(self.key)

    @strawberry.field(description="The vendors they are connected to.")
    async def connections(self, info: PoiseInfo) -> list[VendorConnection]:
        """Connections that were not removed."""
        return [VendorConnection.of(row) for row in await info.context.loaders.connections.load(self.number)]

    @strawberry.field(description="Which vendors and devices have told what, and since when.")
    async def sources(self, info: PoiseInfo) -> list[Source]:
        """Sources with data."""
        return Source.gathered(await info.context.loaders.sources.load(self.number))

    @strawberry.field(
        description="Whose value counts where several vendors have one, as was set; empty: as usual."
    )
    async def source_orders(self, info: PoiseInfo) -> list[SourceOrder]:
        """Orders that were set."""
        return [SourceOrder.of(row) for row in await info.context.loaders.source_orders.load(self.number)]

    @strawberry.field(description="How far each type of data of each connection is.")
    async def sync_status(self, info: PoiseInfo) -> list[SyncState]:
        """Sync states."""
        return [SyncState.of(row) for row in await info.context.loaders.sync_states.load(self.number)]

    @strawberry.field(description="Nights and naps, newest first.")
    async def sleep(
        self,
        info: PoiseInfo,
        since: Since = None,
        until: Until = None,
        include_naps: Annotated[
            bool, strawberry.argument(description="Whether naps are listed too.")
        ] = False,
        vendor: Vendor = None,
        first: First = DEFAULT_PAGE,
        after: After = None,
    ) -> Connection[Night]:
        """A page of nights."""
        span = days_of(since, until, self.time_zone, info.context.now)
        return await observations(
            info, Night, self.number, span, first, after, vendor=vendor, naps=include_naps
        )

    @strawberry.field(description="Heart rate variability of nights, newest first.")
    async def hrv(
        self,
        info: PoiseInfo,
        since: Since = None,
        until: Until = None,
        vendor: Vendor = None,
        first: First = DEFAULT_PAGE,
        after: After = None,
    ) -> Connection[HrvNight]:
        """A page of HRV nights."""
        span = days_of(since, until, self.time_zone, info.context.now)
        return await observations(info, HrvNight, self.number, span, first, after, vendor=vendor)

    @strawberry.field(description="Recoveries, newest first.")
    async def recovery(
        self,
        info: PoiseInfo,
        since: Since = None,
        until: Until = None,
        vendor: Vendor = None,
        first: First = DEFAULT_PAGE,
        after: After = None,
    ) -> Connection[Recovery]:
        """A page of recoveries."""
        span = days_of(since, until, self.time_zone, info.context.now)
        return await observations(info, Recovery, self.number, span, first, after, vendor=vendor)

    @strawberry.field(description="Days of strain, newest first.")
    async def strain(
        self,
        info: PoiseInfo,
        since: Since = None,
        until: Until = None,
        vendor: Vendor = None,
        first: First = DEFAULT_PAGE,
        after: After = None,
    ) -> Connection[Cycle]:
        """A page of cycles."""
        span = days_of(since, until, self.time_zone, info.context.now)
        return await observations(info, Cycle, self.number, span, first, after, vendor=vendor)

    @strawberry.field(description="Workouts, newest first.")
    async def workouts(
        self,
        info: PoiseInfo,
        since: Since = None,
        until: Until = None,
        vendor: Vendor = None,
        first: First = DEFAULT_PAGE,
        after: After = None,
    ) -> Connection[Workout]:
        """A page of workouts."""
        span = days_of(since, until, self.time_zone, info.context.now)
        return await observations(info, Workout, self.number, span, first, after, vendor=vendor)

    @strawberry.field(description="Measures of the body, newest first.")
    async def body_measurements(
        self,
        info: PoiseInfo,
        since: Since = None,
        until: Until = None,
        vendor: Vendor = None,
        first: First = DEFAULT_PAGE,
        after: After = None,
    ) -> Connection[BodyMeasurement]:
        """A page of measures."""
        span = days_of(since, until, self.time_zone, info.context.now)
        return await observations(info, BodyMeasurement, self.number, span, first, after, vendor=vendor)

    @strawberry.field(description="Vendors' own figures of days, newest first.")
    async def vendor_summaries(
        self,
        info: PoiseInfo,
        since: Since = None,
        until: Until = None,
        vendor: Vendor = None,
        first: First = DEFAULT_PAGE,
        after: After = None,
    ) -> Connection[VendorSummary]:
        """A page of summaries."""
        span = days_of(since, until, self.time_zone, info.context.now)
        return await observations(info, VendorSummary, self.number, span, first, after, vendor=vendor)

    @strawberry.field(description="What they answered to their vendors' questions, newest first.")
    async def journal(
        self,
        info: PoiseInfo,
        since: Since = None,
        until: Until = None,
        vendor: Vendor = None,
        first: First = DEFAULT_PAGE,
        after: After = None,
    ) -> Connection[JournalEntry]:
        """A page of answers."""
        span = days_of(since, until, self.time_zone, info.context.now)
        return await observations(info, JournalEntry, self.number, span, first, after, vendor=vendor)

    @strawberry.field(description="Single values of one metric, oldest first.")
    async def readings(
        self,
        info: PoiseInfo,
        metric: MetricName,
        since: From = None,
        until: To = None,
        vendor: Vendor = None,
        first: First = DEFAULT_PAGE,
        after: After = None,
    ) -> Connection[Reading]:
        """A page of readings."""
        limit = checked(first)
        await check_metrics(info, self.number, [metric])
        await check_vendor(info, self.number, vendor)
        seen = position(after, dt.datetime, dt.datetime, int)
        where = ReadingFilter(metric, *moments_of(since, until, info.context.now), vendor, seen, limit + 1)
        found = list(await info.context.loaders.readings(where).load(self.number))
        return cut(first, seen, found, Reading.of, place)

    @strawberry.field(description="The same as columns, for charts: each a plain JSON array.")
    async def reading_columns(
        self,
        info: PoiseInfo,
        metric: MetricName,
        since: From = None,
        until: To = None,
        vendor: Vendor = None,
        first: Annotated[
            int, strawberry.argument(description=f"How many readings: 1 to {MAX_COLUMN:,}.")
        ] = DEFAULT_COLUMN,
        after: After = None,
    ) -> ReadingColumns:
        """A page of columns."""
        if not 1 <= first <= MAX_COLUMN:
            raise Refused(f"`first` must be between 1 and {MAX_COLUMN:,}, not {first}")
        await check_metrics(info, self.number, [metric])
        await check_vendor(info, self.number, vendor)
        seen = position(after, dt.datetime, dt.datetime, int)
        where = ReadingFilter(metric, *moments_of(since, until, info.context.now), vendor, seen, first + 1)
        found: list[dict[str, Any]] = list(await info.context.loaders.readings(where).load(self.number))
        return ReadingColumns.of(metric, found, first, seen)

    @strawberry.field(
        description="All that is known of one day. What is missing of the last week is ordered at once."
    )
    async def daily_summary(self, info: PoiseInfo, day: Day = None) -> DailySummary:
        """A day."""
        return await read_day(info, self.number, self.time_zone, day)

    @strawberry.field(description="Metrics over days, as columns: for each day the value that counts.")
    async def daily_series(
        self, info: PoiseInfo, metrics: Metrics, since: Since = None, until: Until = None
    ) -> DailySeries:
        """Columns of days."""
        span = days_of(since, until, self.time_zone, info.context.now)
        return await read_series(info, self.number, self.time_zone, metrics, span)

    @strawberry.field(
        description="How fresh a day is. Ask beside lists: what is missing of the last week is ordered."
    )
    async def freshness(self, info: PoiseInfo, day: Day = None) -> Freshness:
        """The verdict on a day."""
        return await read_freshness(info, self.number, self.time_zone, day)
