"""Teams and players."""

from __future__ import annotations

import strawberry

from server.graphql.pagination import Node
from server.graphql.rows import Entity, entity_id

__all__ = ["Player", "Team"]


@strawberry.type(description="A team, under its vendor's id.")
class Team(Entity, Node):
    """A row of ``teams``."""

    derived = entity_id("Team")

    key: strawberry.ID = strawberry.field(description="The vendor's id of the team.")
    abbreviation: str | None = strawberry.field(description="Its abbreviation, e.g. three letters.")
    city: str | None = strawberry.field(description="The city or region in its name.")
    name: str | None = strawberry.field(description="Its name without the city.")


@strawberry.type(description="A player, under the vendor's id.")
class Player(Entity, Node):
    """A row of ``players``."""

    derived = entity_id("Player")

    key: strawberry.ID = strawberry.field(description="The vendor's id of the player.")
    name: str | None = strawberry.field(description="The fullest form of the name any document had.")
