"""Queries of clutch results."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import Annotated, Any

import strawberry

from server.graphql.clutch.types import (
    ClutchDefinition,
    ClutchLeader,
    ClutchScore,
    ClutchSituation,
    ClutchTable,
    ClutchTableRow,
    PlayerTimeline,
)
from server.graphql.context import PoiseInfo
from server.graphql.described import value
from server.graphql.games.enums import SeasonType
from server.graphql.games.types import DEFAULT_DEFINITION, Definition, definition_key
from server.graphql.ids import key_of, number_of
from server.graphql.pagination import DEFAULT_PAGE, After, Connection, First, page, position
from server.graphql.references import definition as find_definition
from server.graphql.references import prefetch
from storage.reads import clutch as reads
from storage.reads import graph

__all__ = ["ClutchQueries", "TableBy"]


@strawberry.enum(description="Whose rows a table has.")
class TableBy(Enum):
    """Rows by team or by player."""

    TEAM = value("team", "One row a team.")
    PLAYER = value("player", "One row a player.")


Season = Annotated[str, strawberry.argument(description="The season, e.g. `2024-25`.")]
OfSeason = Annotated[SeasonType, strawberry.argument(description="The part of the season.")]
AnySeason = Annotated[str | None, strawberry.argument(description="Only of this season, e.g. `2024-25`.")]
AnySeasonType = Annotated[
    SeasonType | None, strawberry.argument(description="Only of this part of a season.")
]


@strawberry.type(description="Queries of clutch results.")
class ClutchQueries:
    """Part of the root query."""

    @strawberry.field(description="The definitions of clutch: the league's and custom ones.")
    async def clutch_definitions(
        self, first: First = DEFAULT_PAGE, after: After = None
    ) -> Connection[ClutchDefinition]:
        """A page of definitions."""
        seen = position(after, str)
        return await page(
            first,
            seen,
            lambda limit: graph.definitions_page(after=seen, limit=limit),
            ClutchDefinition.of,
            lambda row: (row["id"],),
        )

    @strawberry.field(description="One definition; null if there is no such definition.")
    async def clutch_definition(
        self,
        info: PoiseInfo,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its global id or its key.")],
    ) -> ClutchDefinition | None:
        """A definition by id."""
        return await find_definition(info, definition_key(id))

    @strawberry.field(description="Clutch situations, by game and number.")
    async def clutch_situations(
        self,
        info: PoiseInfo,
        game_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only of this game: its global id or the vendor's id."),
        ] = None,
        season: AnySeason = None,
        season_type: AnySeasonType = None,
        definition: Definition = DEFAULT_DEFINITION,
        first: First = DEFAULT_PAGE,
        after: After = None,
    ) -> Connection[ClutchSituation]:
        """A page of situations."""
        seen = position(after, str, int)
        found = await page(
            first,
            seen,
            lambda limit: graph.situations_page(
                definition_key(definition),
                game_id=key_of("Game", game_id) if game_id is not None else None,
                season=season,
                season_type=season_type.value if season_type else None,
                after=seen,
                limit=limit,
            ),
            ClutchSituation.of,
            lambda row: (row["game_id"], row["number"]),
        )
        await prefetch(info, map(vars, found.nodes), games=("game_id",))
        return found

    @strawberry.field(description="Players' clutch lines and scores, newest game first.")
    async def clutch_scores(
        self,
        info: PoiseInfo,
        season: AnySeason = None,
        season_type: AnySeasonType = None,
        game_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only of this game: its global id or the vendor's id."),
        ] = None,
        player_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only of this player: the global id or the vendor's id."),
        ] = None,
        team_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only of this team's players: its global id or the vendor's id."),
        ] = None,
        definition: Definition = DEFAULT_DEFINITION,
        first: First = DEFAULT_PAGE,
        after: After = None,
    ) -> Connection[ClutchScore]:
        """A page of lines."""
        where = graph.ScoreFilter(
            definition_id=definition_key(definition),
            season=season,
            season_type=season_type.value if season_type else None,
            game_id=key_of("Game", game_id) if game_id is not None else None,
            player_id=number_of("Player", player_id) if player_id is not None else None,
            team_id=number_of("Team", team_id) if team_id is not None else None,
        )
        seen = position(after, dt.datetime, str, int)
        found = await page(
            first,
            seen,
            lambda limit: graph.clutch_scores_page(where, after=seen, limit=limit),
            ClutchScore.of,
            lambda row: (row["tipoff_at"], row["game_id"], row["player_id"]),
        )
        await prefetch(
            info, map(vars, found.nodes), players=("player_id",), teams=("team_id",), games=("game_id",)
        )
        return found

    @strawberry.field(description="A season's clutch table, the league's own figures.")
    async def clutch_table(
        self,
        info: PoiseInfo,
        season: Season,
        season_type: OfSeason = SeasonType.REGULAR,
        by: Annotated[TableBy, strawberry.argument(description="Whose rows.")] = TableBy.TEAM,
        definition: Definition = DEFAULT_DEFINITION,
    ) -> ClutchTable:
        """The table."""
        read = reads.team_table if by is TableBy.TEAM else reads.player_table
        found = await read(reads.SeasonKey(season, season_type.value, definition_key(definition)))
        made = [ClutchTableRow.of(_league_row(row)) for row in found]
        await prefetch(info, map(vars, made), players=("player_id",), teams=("team_id",))
        return ClutchTable(rows=made)

    @strawberry.field(description="A season's players by clutch score.")
    async def clutch_leaderboard(
        self,
        info: PoiseInfo,
        season: Season,
        season_type: OfSeason = SeasonType.REGULAR,
        definition: Definition = DEFAULT_DEFINITION,
        first: First = DEFAULT_PAGE,
        after: After = None,
    ) -> Connection[ClutchLeader]:
        """A page of leaders."""
        key = reads.SeasonKey(season, season_type.value, definition_key(definition))
        seen = position(after, int, int)
        found = await page(
            first,
            seen,
            lambda limit: reads.leaders_page(key, after=seen, limit=limit),
            ClutchLeader.of,
            lambda row: (row["rank"], row["player_id"]),
        )
        await prefetch(info, map(vars, found.nodes), players=("player_id",), teams=("team_id",))
        return found

    @strawberry.field(description="A player's clutch games over time; null if there is no such player.")
    async def player_timeline(
        self,
        info: PoiseInfo,
        player_id: Annotated[
            strawberry.ID, strawberry.argument(description="The player's global id or the vendor's id.")
        ],
        season: AnySeason = None,
        season_type: AnySeasonType = None,
        definition: Definition = DEFAULT_DEFINITION,
    ) -> PlayerTimeline | None:
        """A timeline."""
        key = number_of("Player", player_id)
        if await info.context.loaders.players.load(key) is None:
            return None
        return PlayerTimeline(
            player_id=key,
            definition_id=definition_key(definition),
            season=season,
            season_type=season_type.value if season_type else None,
        )


def _league_row(row: dict[str, Any]) -> dict[str, Any]:
    """The league's column names in our spelling."""
    figures = {name.lower(): value for name, value in row.items()}
    return {"team_id": None, "player_id": None, **figures, "seconds": row["MIN"] * 60}
