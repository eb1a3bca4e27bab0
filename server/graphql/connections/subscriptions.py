"""Following an athlete's syncs."""

from __future__ import annotations

from collections.abc import AsyncIterable

import strawberry

from server.graphql.athletes.queries import AthleteId
from server.graphql.athletes.types import Athlete
from server.graphql.connections.types import SyncState
from server.graphql.context import PoiseInfo
from server.graphql.errors import Refused
from server.graphql.ids import number_of
from server.graphql.policy import may_see
from server.graphql.references import reference
from server.graphql.rows import Row
from server.live.feed import Feed
from server.live.log import LiveEvent

__all__ = ["SyncProgress", "SyncSubscriptions"]


@strawberry.type(description="How far everything of an athlete is that is fetched from vendors.")
class SyncProgress(Row):
    """A snapshot of the sync topic."""

    states: list[SyncState] = strawberry.field(description="All states, by vendor and type.")
    syncing: bool = strawberry.field(description="Whether anything is under way.")
    athlete: Athlete | None = reference(Athlete, "athlete_id", "The athlete.")

    athlete_id: strawberry.Private[int]

    @classmethod
    def of_event(cls, event: LiveEvent) -> SyncProgress:
        """Make it of a log's event."""
        states = event.payload["states"]
        return cls.of(
            {
                "athlete_id": event.payload["athlete_id"],
                "states": [SyncState.of(row) for row in states],
                "syncing": any(row["status"] == "syncing" for row in states),
            }
        )


@strawberry.type(description="Following syncs.")
class SyncSubscriptions:
    """Part of the root subscription."""

    @strawberry.subscription(
        description="How far an athlete's syncs are, then whenever one moves. States may be skipped; it ends"
        " when the athlete is removed."
    )
    async def sync_progress(self, info: PoiseInfo, athlete_id: AthleteId) -> AsyncIterable[SyncProgress]:
        """The states of an athlete's syncs."""
        key = number_of("Athlete", athlete_id)
        log = await info.context.services.hub.syncs(key) if key > 0 else None
        if (
            log is None
            or not may_see(info.context.viewer, "SyncProgress", of=key)
            or await log.snapshot() is None
        ):
            raise Refused(f"there is no athlete {athlete_id!r}", "NOT_FOUND")
        return Feed(log, SyncProgress.of_event, None)
