"""The schema, put together from the domains."""

from __future__ import annotations

from functools import cache
from typing import Annotated

import strawberry
from graphql import GraphQLObjectType, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema_converter import GraphQLCoreConverter

from server.graphql.athletes.mutations import AthleteMutations
from server.graphql.athletes.queries import AthleteQueries
from server.graphql.clutch.mutations import ClutchMutations
from server.graphql.clutch.queries import ClutchQueries
from server.graphql.clutch.subscriptions import ClutchSubscriptions
from server.graphql.connections.mutations import ConnectionMutations
from server.graphql.connections.queries import VendorQueries
from server.graphql.connections.subscriptions import SyncSubscriptions
from server.graphql.context import PoiseInfo
from server.graphql.games.mutations import GameMutations
from server.graphql.games.queries import GameQueries
from server.graphql.games.subscriptions import GameSubscriptions
from server.graphql.jobs.mutations import JobMutations
from server.graphql.jobs.queries import JobQueries
from server.graphql.jobs.subscriptions import JobSubscriptions
from server.graphql.nodes import find
from server.graphql.pagination import Node
from server.graphql.people.queries import PeopleQueries
from server.graphql.scalars import SCALARS
from server.graphql.uploads.mutations import UploadMutations

__all__ = ["build_schema", "print_sdl"]


@strawberry.type(description="Everything that can be read.")
class Query(GameQueries, ClutchQueries, PeopleQueries, AthleteQueries, VendorQueries, JobQueries):
    """The root query."""

    @strawberry.field(description="Anything by its global id; null if there is no such thing.")
    async def node(
        self,
        info: PoiseInfo,
        id: Annotated[strawberry.ID, strawberry.argument(description="A global id, as `id` fields give it.")],
    ) -> Node | None:
        """Relay's node."""
        return await find(info, id)


@strawberry.type(description="Everything that can be changed. Expected failures are data: look at `errors`.")
class Mutation(
    GameMutations, ClutchMutations, AthleteMutations, ConnectionMutations, UploadMutations, JobMutations
):
    """The root mutation."""


@strawberry.type(description="Everything that can be followed, over graphql-transport-ws.")
class Subscription(GameSubscriptions, ClutchSubscriptions, SyncSubscriptions, JobSubscriptions):
    """The root subscription."""


@cache
def build_schema() -> strawberry.Schema:
    """Build the schema, once a process."""
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    _straighten(schema._schema)
    return schema


def core_schema() -> GraphQLSchema:
    """The schema as graphql-core executes it."""
    return build_schema()._schema


def _straighten(schema: GraphQLSchema) -> None:
    """Let references be resolved without Strawberry's wrapper (`server.graphql.references.reference`)."""
    for type_ in schema.type_map.values():
        for field in type_.fields.values() if isinstance(type_, GraphQLObjectType) else ():
            definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
            resolver = getattr(definition, "base_resolver", None)
            if resolver and (direct := getattr(resolver.wrapped_func, "direct", None)):
                field.resolve = direct


def print_sdl() -> str:
    """Print the schema as ``schema.graphql`` holds it."""
    return build_schema().as_str().rstrip() + "\n"
