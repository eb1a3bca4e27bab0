"""Queries of games."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import strawberry

from server.graphql.context import PoiseInfo
from server.graphql.games.enums import GameStatus, SeasonType
from server.graphql.games.types import Game
from server.graphql.ids import key_of, number_of
from server.graphql.pagination import DEFAULT_PAGE, After, Connection, First, page, position
from server.graphql.references import game, prefetch
from storage.reads.games import GameFilter, games_page

__all__ = ["GameQueries"]


@strawberry.type(description="Queries of games.")
class GameQueries:
    """Part of the root query."""

    @strawberry.field(description="Games, newest first.")
    async def games(
        self,
        info: PoiseInfo,
        season: Annotated[
            str | None, strawberry.argument(description="Only of this season, e.g. `2024-25`.")
        ] = None,
        season_type: Annotated[
            SeasonType | None, strawberry.argument(description="Only of this part of a season.")
        ] = None,
        team_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="Only of this team, home or away: its global id or the vendor's id."
            ),
        ] = None,
        status: Annotated[GameStatus | None, strawberry.argument(description="Only in this status.")] = None,
        from_: Annotated[
            dt.datetime | None,
            strawberry.argument(name="from", description="Only with tip-off at or after this instant."),
        ] = None,
        to: Annotated[
            dt.datetime | None, strawberry.argument(description="Only with tip-off before this instant.")
        ] = None,
        first: First = DEFAULT_PAGE,
        after: After = None,
    ) -> Connection[Game]:
        """A page of games."""
        where = GameFilter(
            season=season,
            season_type=season_type.value if season_type else None,
            team_id=number_of("Team", team_id) if team_id is not None else None,
            status=status.value if status else None,
            since=from_,
            until=to,
        )
        seen = position(after, dt.datetime, str)
        found = await page(
            first,
            seen,
            lambda limit: games_page(where, after=seen, limit=limit),
            Game.of,
            lambda row: (row["tipoff_at"], row["id"]),
        )
        await prefetch(info, [vars(node) for node in found.nodes], teams=("home_team_id", "away_team_id"))
        return found

    @strawberry.field(description="One game; null if there is no such game.")
    async def game(
        self,
        info: PoiseInfo,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its global id or the vendor's id.")],
    ) -> Game | None:
        """A game by id."""
        return await game(info, key_of("Game", id))
