"""Mutations of games: import, replay."""

from __future__ import annotations

import math
from typing import Annotated

import strawberry

from server.graphql.context import PoiseInfo
from server.graphql.errors import ErrorCode, MutationError, Refused
from server.graphql.inputs import THE_INPUT, Invalid, inside
from server.graphql.jobs.queries import JobId, job_key
from server.graphql.jobs.types import Job
from server.graphql.orders import check_right, order, rethrow
from storage import ledger

__all__ = ["GameMutations"]

IMPORT = "games.import"
REPLAY = "replay.start"
#: A replay may run from a tenth of real time to a game within seconds.
SLOWEST, FASTEST = 0.1, 1_000.0


@strawberry.input(description="What to import.")
class GamesImportInput:
    """Input of `gamesImport`."""

    vendor: str = strawberry.field(
        description="The adapter that reads it, as `poise adapters list` names it."
    )
    path: str = strawberry.field(
        description="A file, folder, zip or tar, relative to the folder the server may import from."
    )


@strawberry.type(description="The result of `gamesImport`.")
class GamesImportPayload:
    """Payload of `gamesImport`."""

    job: Job | None = strawberry.field(default=None, description="The import: follow it with `jobProgress`.")
    errors: list[MutationError] = strawberry.field(
        default_factory=list, description="Why nothing was started; empty if all is well."
    )


@strawberry.input(description="Which recorded game to replay, and how fast.")
class GameReplayStartInput:
    """Input of `gameReplayStart`."""

    path: str = strawberry.field(
        description="A recorded game, relative to the folder the server may replay from."
    )
    speed: float = strawberry.field(
        default=1.0, description=f"Times as fast as it was played, {SLOWEST:g} to {FASTEST:g}."
    )


@strawberry.type(description="The result of `gameReplayStart`.")
class GameReplayStartPayload:
    """Payload of `gameReplayStart`."""

    job: Job | None = strawberry.field(default=None, description="The replay; `gameReplayStop` ends it.")
    errors: list[MutationError] = strawberry.field(
        default_factory=list, description="Why nothing was started; empty if all is well."
    )


@strawberry.type(description="The result of `gameReplayStop`.")
class GameReplayStopPayload:
    """Payload of `gameReplayStop`."""

    job: Job | None = strawberry.field(default=None, description="The replay, cancelled.")
    errors: list[MutationError] = strawberry.field(
        default_factory=list, description="Why nothing was stopped; empty if all is well."
    )


@strawberry.type(description="Mutations of games.")
class GameMutations:
    """Part of the root mutation."""

    @strawberry.mutation(
        description="Import games from files the server can read. Returns at once, with a job."
    )
    async def games_import(
        self, info: PoiseInfo, input: Annotated[GamesImportInput, THE_INPUT]
    ) -> GamesImportPayload | None:
        """Enqueue an import."""
        try:
            check_right(info, "Game")
            services = info.context.services
            if input.vendor not in services.vendors:
                known = ", ".join(sorted(services.vendors))
                raise Invalid(
                    ErrorCode.INVALID, f"no adapter is called {input.vendor!r}; there are: {known}", "vendor"
                )
            root = services.settings.import_root
            path = await inside(root, input.path, field="path", what="imports")
            args = {"vendor": input.vendor, "paths": [str(path)]}
            return GamesImportPayload(
                job=await order(info, IMPORT, args, key=f"import:{input.vendor}:{path}")
            )
        except Invalid as failed:
            return GamesImportPayload(errors=[failed.error])

    @strawberry.mutation(description="Serve a recorded game as if it were live. Returns at once, with a job.")
    async def game_replay_start(
        self,
        info: PoiseInfo,
        input: Annotated[GameReplayStartInput, THE_INPUT],
    ) -> GameReplayStartPayload | None:
        """Enqueue a replay."""
        try:
            check_right(info, "Game")
            if not math.isfinite(input.speed) or not SLOWEST <= input.speed <= FASTEST:
                message = f"the speed must be between {SLOWEST:g} and {FASTEST:g}"
                raise Invalid(ErrorCode.INVALID, message, "speed")
            root = info.context.services.settings.replay_root
            path = await inside(root, input.path, field="path", what="replays")
            args = {"path": str(path), "speed": input.speed}
            return GameReplayStartPayload(job=await order(info, REPLAY, args, key=f"replay:{path}"))
        except Invalid as failed:
            return GameReplayStartPayload(errors=[failed.error])

    @strawberry.mutation(description="End a replay.")
    async def game_replay_stop(self, info: PoiseInfo, id: JobId) -> GameReplayStopPayload | None:
        """Cancel a replay's job."""
        try:
            check_right(info, "Game")
            try:
                key = job_key(id)
            except Refused as error:
                raise rethrow(error) from None
            found = await ledger.get(key)
            if found is None or found.kind != REPLAY:
                raise Invalid(ErrorCode.NOT_FOUND, "there is no such replay", "id")
            job = await ledger.cancel(key)
            if job is None:
                raise Invalid(ErrorCode.CONFLICT, f"the replay is over: it is {found.state}", "id")
            await ledger.announce(info.context.services.redis, job)
            return GameReplayStopPayload(job=Job.of_ledger(job))
        except Invalid as failed:
            return GameReplayStopPayload(errors=[failed.error])
