"""Queries of teams and players."""

from __future__ import annotations

from typing import Annotated

import strawberry

from server.graphql.context import PoiseInfo
from server.graphql.ids import number_of
from server.graphql.pagination import DEFAULT_PAGE, After, Connection, First, page, position
from server.graphql.people.types import Player, Team
from server.graphql.references import player, team
from storage.reads import graph

__all__ = ["PeopleQueries"]


@strawberry.type(description="Queries of teams and players.")
class PeopleQueries:
    """Part of the root query."""

    @strawberry.field(description="All teams, by the vendor's id.")
    async def teams(self, first: First = DEFAULT_PAGE, after: After = None) -> Connection[Team]:
        """A page of teams."""
        seen = position(after, int)
        return await page(
            first,
            seen,
            lambda limit: graph.teams_page(after=seen, limit=limit),
            Team.of,
            lambda row: (row["id"],),
        )

    @strawberry.field(description="One team; null if there is no such team.")
    async def team(
        self,
        info: PoiseInfo,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its global id or the vendor's id.")],
    ) -> Team | None:
        """A team by id."""
        return await team(info, number_of("Team", id))

    @strawberry.field(description="Players, by the vendor's id.")
    async def players(
        self,
        search: Annotated[
            str | None, strawberry.argument(description="Only players whose name contains this, in any case.")
        ] = None,
        first: First = DEFAULT_PAGE,
        after: After = None,
    ) -> Connection[Player]:
        """A page of players."""
        seen = position(after, int)
        return await page(
            first,
            seen,
            lambda limit: graph.players_page(search=search, after=seen, limit=limit),
            Player.of,
            lambda row: (row["id"],),
        )

    @strawberry.field(description="One player; null if there is no such player.")
    async def player(
        self,
        info: PoiseInfo,
        id: Annotated[strawberry.ID, strawberry.argument(description="The global id or the vendor's id.")],
    ) -> Player | None:
        """A player by id."""
        return await player(info, number_of("Player", id))
