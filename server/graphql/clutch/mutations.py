"""Mutations of clutch definitions."""

from __future__ import annotations

import re
from typing import Annotated

import strawberry
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from server.graphql.clutch.types import ClutchDefinition
from server.graphql.context import PoiseInfo
from server.graphql.errors import ErrorCode, MutationError, Refused
from server.graphql.games.types import Definition, definition_key
from server.graphql.inputs import THE_INPUT, Invalid
from server.graphql.jobs.types import Job
from server.graphql.orders import carry, check_right, rethrow
from storage import ledger
from storage.models.clutch import ClutchDefinition as Model
from storage.reads import graph

__all__ = ["ClutchMutations"]

COMPUTE = "clutch.definition"
KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
LONGEST_NAME = 100
#: A half of college basketball is the longest period there is.
LONGEST_WINDOW_S = 1_200
WIDEST_MARGIN = 100
LAST_PERIOD = 20
#: Every definition is computed over all games: an open door would be a way to fill the machine.
MAX_DEFINITIONS = 100


@strawberry.input(description="A new definition of clutch.")
class ClutchDefinitionCreateInput:
    """Input of `clutchDefinitionCreate`."""

    key: str = strawberry.field(
        description="Its short name: lower-case letters, digits and hyphens, at most 64; not used yet."
    )
    name: str = strawberry.field(description=f"Its name for people, at most {LONGEST_NAME} characters.")
    last_seconds: int = strawberry.field(
        description=f"Seconds of a period that count, from its end, 1 to {LONGEST_WINDOW_S}."
    )
    margin: int = strawberry.field(description=f"Largest difference of the score, 0 to {WIDEST_MARGIN}.")
    min_period: int = strawberry.field(
        default=4, description=f"The first period that counts, 1 to {LAST_PERIOD}."
    )


@strawberry.type(description="The result of `clutchDefinitionCreate`.")
class ClutchDefinitionCreatePayload:
    """Payload of `clutchDefinitionCreate`."""

    clutch_definition: ClutchDefinition | None = strawberry.field(default=None, description="The definition.")
    job: Job | None = strawberry.field(default=None, description="Its computation over all games.")
    errors: list[MutationError] = strawberry.field(
        default_factory=list, description="Why nothing was created; empty if all is well."
    )


@strawberry.type(description="The result of `clutchDefinitionDelete`.")
class ClutchDefinitionDeletePayload:
    """Payload of `clutchDefinitionDelete`."""

    deleted_id: strawberry.ID | None = strawberry.field(
        default=None, description="The global id of what was deleted, with everything computed under it."
    )
    errors: list[MutationError] = strawberry.field(
        default_factory=list, description="Why nothing was deleted; empty if all is well."
    )


@strawberry.type(description="Mutations of clutch definitions.")
class ClutchMutations:
    """Part of the root mutation."""

    @strawberry.mutation(description="Create a definition of clutch and compute it over all games.")
    async def clutch_definition_create(
        self,
        info: PoiseInfo,
        input: Annotated[ClutchDefinitionCreateInput, THE_INPUT],
    ) -> ClutchDefinitionCreatePayload | None:
        """Store a definition and enqueue its computation, both or neither."""
        try:
            check_right(info, "ClutchDefinition")
        except Invalid as failed:
            return ClutchDefinitionCreatePayload(errors=[failed.error])
        if errors := _faults(input):
            return ClutchDefinitionCreatePayload(errors=errors)
        try:
            async with in_transaction():
                if await Model.all().count() >= MAX_DEFINITIONS:
                    message = f"there are {MAX_DEFINITIONS} definitions already: delete one first"
                    return ClutchDefinitionCreatePayload(
                        errors=[MutationError(code=ErrorCode.CONFLICT, message=message)]
                    )
                made = await Model.create(
                    id=input.key,
                    name=input.name.strip(),
                    last_seconds=input.last_seconds,
                    margin=input.margin,
                    min_period=input.min_period,
                )
                job = await ledger.enqueue(COMPUTE, {"definition_id": made.id}, key=_job_key(made.id))
        except IntegrityError:
            message = f"there is a definition called {input.key!r} already"
            return ClutchDefinitionCreatePayload(
                errors=[MutationError(code=ErrorCode.CONFLICT, message=message, field="key")]
            )
        columns = ("id", "name", "last_seconds", "margin", "min_period", "built_in", "created_at")
        return ClutchDefinitionCreatePayload(
            clutch_definition=ClutchDefinition.of({name: getattr(made, name) for name in columns}),
            job=await carry(info, job),
        )

    @strawberry.mutation(description="Delete a custom definition and everything computed under it.")
    async def clutch_definition_delete(
        self, info: PoiseInfo, id: Definition
    ) -> ClutchDefinitionDeletePayload | None:
        """Delete a definition."""
        try:
            check_right(info, "ClutchDefinition")
            try:
                key = definition_key(id)
            except Refused as error:
                raise rethrow(error) from None
            async with in_transaction():
                found = await Model.filter(id=key).select_for_update().first()
                if found is None:
                    raise Invalid(ErrorCode.NOT_FOUND, f"there is no definition called {key!r}", "id")
                if found.built_in:
                    raise Invalid(ErrorCode.CONFLICT, "a built-in definition cannot be deleted", "id")
                for job_id in await graph.open_jobs_of_key(_job_key(key)):
                    await ledger.cancel(job_id)
                await found.delete()
        except Invalid as failed:
            return ClutchDefinitionDeletePayload(errors=[failed.error])
        gone = ClutchDefinition.of({"id": key})
        return ClutchDefinitionDeletePayload(deleted_id=gone.id)


def _job_key(definition_id: str) -> str:
    return f"clutch:{definition_id}"


def _faults(input: ClutchDefinitionCreateInput) -> list[MutationError]:
    faults = []
    if not KEY.fullmatch(input.key):
        faults.append(
            ("key", "the key must be lower-case letters, digits and hyphens, at most 64, no hyphen first")
        )
    if not 1 <= len(input.name.strip()) <= LONGEST_NAME or "\x00" in input.name:
        faults.append(("name", f"the name must have 1 to {LONGEST_NAME} characters"))
    for field, value, low, high in (
        ("lastSeconds", input.last_seconds, 1, LONGEST_WINDOW_S),
        ("margin", input.margin, 0, WIDEST_MARGIN),
        ("minPeriod", input.min_period, 1, LAST_PERIOD),
    ):
        if not low <= value <= high:
            faults.append((field, f"must be between {low} and {high}, not {value}"))
    return [MutationError(code=ErrorCode.INVALID, message=message, field=field) for field, message in faults]
