"""Jobs: work that outlives a request."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry

from server.graphql.context import PoiseInfo
from server.graphql.described import value
from server.graphql.pagination import DEFAULT_PAGE, After, Connection, First, Node, checked, cut, position
from server.graphql.rows import Entity, Row, entity_id
from server.graphql.scalars import JSONObject
from storage.ledger import Job as LedgerJob

__all__ = ["Job", "JobProgress", "JobRejection", "JobState"]


@strawberry.enum(description="Where a job stands.")
class JobState(Enum):
    """The ledger's states."""

    QUEUED = value("queued", "It waits for a worker, or for its time.")
    RUNNING = value("running", "A worker is at it.")
    SUCCEEDED = value("succeeded", "It is done; `result` says what came out.")
    DEAD = value("dead", "It failed for good; `error` says why. It can be retried.")
    CANCELLED = value("cancelled", "Somebody called it off.")


@strawberry.type(description="How far a job is.")
class JobProgress:
    """Done of total, in the job's own units."""

    done: int = strawberry.field(description="Units done: files, games, iterations.")
    total: int = strawberry.field(description="Units in all; 0 while unknown.")
    note: str = strawberry.field(description="What it is doing, for people.")


@strawberry.type(description="A row of input that a job could not understand; all others were taken.")
class JobRejection(Row):
    """A row of ``job_rejections``."""

    file: str = strawberry.field(description="The file, in an archive its member.")
    row: int | None = strawberry.field(description="The row, from 1, where rows can be told.")
    field: str | None = strawberry.field(description="The field at fault.")
    game_id: strawberry.ID | None = strawberry.field(description="The vendor's id of the game.")
    play: int | None = strawberry.field(description="The play's number.")
    reason: str = strawberry.field(description="What is wrong.")


@strawberry.type(description="One piece of work in the ledger.")
class Job(Entity, Node):
    """A row of ``jobs``."""

    derived = entity_id("Job")

    kind: str = strawberry.field(description="What is done, e.g. `games.import`.")
    state: JobState = strawberry.field(description="Where it stands.")
    attempts: int = strawberry.field(description="Attempts begun.")
    max_attempts: int = strawberry.field(description="Attempts after which it is dead.")
    progress: JobProgress = strawberry.field(description="How far it is.")
    result: JSONObject | None = strawberry.field(description="What came out, once it succeeded.")
    error: str | None = strawberry.field(description="The last attempt's failure, in one line.")
    created_at: dt.datetime = strawberry.field(description="When it was written down.")
    run_after: dt.datetime = strawberry.field(description="Not before this.")
    started_at: dt.datetime | None = strawberry.field(description="When the last attempt began.")
    finished_at: dt.datetime | None = strawberry.field(description="When it ended.")

    key: strawberry.Private[UUID]

    def prepare(self) -> None:
        """Show the last line of a traceback, not our source code."""
        super().prepare()
        row = self.__dict__
        self.progress = JobProgress(
            done=row["progress_done"], total=row["progress_total"], note=row["progress_note"]
        )
        if self.error is not None:
            self.error = self.error.rstrip().rpartition("\n")[2]

    @classmethod
    def of_ledger(cls, job: LedgerJob) -> Job:
        """Make the object of a job as the ledger gives it."""
        return cls.of({name: getattr(job, name) for name in LedgerJob.__dataclass_fields__})

    @strawberry.field(description="Input the job could not understand, in the order it was found.")
    async def rejections(
        self, info: PoiseInfo, first: First = DEFAULT_PAGE, after: After = None
    ) -> Connection[JobRejection]:
        """A page of rejections."""
        seen = position(after, int)
        loader = info.context.loaders.rejections(seen[0] if seen else -1, checked(first) + 1)
        found: list[dict[str, Any]] = list(await loader.load(self.key))
        return cut(first, seen, found, JobRejection.of, lambda row: (row["n"],))
