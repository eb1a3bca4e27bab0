"""Games and their plays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import strawberry

from server.graphql.context import PoiseInfo
from server.graphql.games.enums import GameStatus, PlayKind, SeasonType
from server.graphql.ids import global_id, key_of
from server.graphql.pagination import DEFAULT_PAGE, After, Connection, First, Node, checked, cut, position
from server.graphql.people.types import Player, Team
from server.graphql.references import prefetch, reference
from server.graphql.rows import Entity, Row, entity_id
from storage.reads.graph import PlayFilter

if TYPE_CHECKING:
    from server.graphql.clutch.types import ClutchScore, ClutchSituation

__all__ = ["Game", "Play", "RosterEntry"]

DEFAULT_DEFINITION = strawberry.ID("league")

Definition = Annotated[
    strawberry.ID, strawberry.argument(description="The clutch definition: its global id or its key.")
]

_PLAYERS = ("player_id", "assist_id", "steal_id", "block_id", "foul_drawn_id", "sub_in_id")


@strawberry.type(description="One event of a game, in the vocabulary all vendors are translated into.")
class Play(Row, Node):
    """A row of ``plays``."""

    derived: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "id": lambda play: global_id("Play", f"{play.game_id}/{play.number}")
    }

    number: int = strawberry.field(description="Its identity within the game through every correction.")
    position: int = strawberry.field(description="Its place in the game, from 1; corrections may move it.")
    period: int = strawberry.field(description="The period, from 1; above 4 (regulation) are overtimes.")
    clock_s: float = strawberry.field(description="Seconds left in the period.")
    kind: PlayKind = strawberry.field(description="What happened.")
    subtype: str = strawberry.field(description="A refinement in snake_case, e.g. `1_of_2` of a free throw.")
    shot_value: int | None = strawberry.field(
        description="Points the attempt is worth; null if it is no shot."
    )
    made: bool | None = strawberry.field(description="Whether the shot went in; null if it is no shot.")
    points: int = strawberry.field(description="Points this play scored.")
    distance_ft: float | None = strawberry.field(description="Feet from the basket, where known.")
    x_ft: float | None = strawberry.field(description="Feet from the basket's centre along the baseline.")
    y_ft: float | None = strawberry.field(description="Feet from the basket's centre towards midcourt.")
    score_home: int = strawberry.field(description="The home team's score after the play.")
    score_away: int = strawberry.field(description="The away team's score after the play.")
    description: str = strawberry.field(description="The vendor's words.")
    occurred_at: dt.datetime | None = strawberry.field(description="When it happened.")
    edited_at: dt.datetime | None = strawberry.field(description="When the vendor last corrected it.")
    team: Team | None = reference(Team, "team_id", "The team it belongs to.")
    player: Player | None = reference(Player, "player_id", "Who did it; null for a team's play.")
    assist: Player | None = reference(Player, "assist_id", "Who assisted a made shot.")
    stealer: Player | None = reference(Player, "steal_id", "Who stole the ball in a turnover.")
    blocker: Player | None = reference(Player, "block_id", "Who blocked a missed shot.")
    foul_drawn_by: Player | None = reference(Player, "foul_drawn_id", "Who drew the foul.")
    sub_in: Player | None = reference(Player, "sub_in_id", "Who comes in, in a substitution.")

    game_id: strawberry.Private[str]

    def prepare(self) -> None:
        """Events carry times as text."""
        for name in ("occurred_at", "edited_at"):
            value = self.__dict__.get(name)
            if isinstance(value, str):
                self.__dict__[name] = dt.datetime.fromisoformat(value)


@strawberry.type(description="A player's membership of a team in one game.")
class RosterEntry(Row):
    """A row of ``game_players``."""

    starter: bool | None = strawberry.field(description="Whether the player started; null where nobody says.")
    player: Player | None = reference(Player, "player_id", "The player.")
    team: Team | None = reference(Team, "team_id", "The team.")


@strawberry.type(description="A game, as all its documents together know it; null: none has said so yet.")
class Game(Entity, Node):
    """A row of ``games``."""

    derived = entity_id("Game")

    key: strawberry.ID = strawberry.field(description="The vendor's id of the game.")
    vendor: str = strawberry.field(description="The adapter that brought it.")
    league: str | None = strawberry.field(description="The league.")
    season: str | None = strawberry.field(description="The season: `2024-25`, or `2025` within one year.")
    season_type: SeasonType | None = strawberry.field(description="The part of the season.")
    status: GameStatus | None = strawberry.field(description="Where it stands.")
    tipoff_at: dt.datetime | None = strawberry.field(description="When it begins or began.")
    period: int | None = strawberry.field(description="The current or last period.")
    clock_s: float | None = strawberry.field(description="Seconds left in that period.")
    home_score: int | None = strawberry.field(description="The home team's score.")
    away_score: int | None = strawberry.field(description="The away team's score.")
    sequence: int = strawberry.field(description="Grows by one with every change to the game or its plays.")
    updated_at: dt.datetime = strawberry.field(description="When it last changed.")
    home_team: Team | None = reference(Team, "home_team_id", "The home team.")
    away_team: Team | None = reference(Team, "away_team_id", "The away team.")

    @strawberry.field(description="The game's plays, in order.")
    async def plays(
        self,
        info: PoiseInfo,
        period: Annotated[int | None, strawberry.argument(description="Only plays of this period.")] = None,
        clutch_only: Annotated[
            bool, strawberry.argument(description="Only plays within clutch situations.")
        ] = False,
        definition: Definition = DEFAULT_DEFINITION,
        first: First = DEFAULT_PAGE,
        after: After = None,
    ) -> Connection[Play]:
        """A page of plays."""
        seen = position(after, int, int)
        clutch = definition_key(definition) if clutch_only else None
        where = PlayFilter(period, clutch, seen, checked(first) + 1)
        found = await info.context.loaders.plays(where).load(self.key)
        await prefetch(info, found, players=_PLAYERS, teams=("team_id",))
        return cut(first, seen, found, Play.of, lambda row: (row["position"], row["number"]))

    @strawberry.field(description="Who was on the teams, starters first.")
    async def roster(self, info: PoiseInfo) -> list[RosterEntry]:
        """The roster of the game."""
        found = await info.context.loaders.rosters.load(self.key)
        await prefetch(info, found, players=("player_id",), teams=("team_id",))
        return [RosterEntry.of(row) for row in found]

    @strawberry.field(description="The game's clutch situations, in order.")
    async def clutch_situations(
        self, info: PoiseInfo, definition: Definition = DEFAULT_DEFINITION
    ) -> list[Annotated[ClutchSituation, strawberry.lazy("server.graphql.clutch.types")]]:
        """Situations of the game."""
        from server.graphql.clutch.types import ClutchSituation

        found = await info.context.loaders.situations(definition_key(definition)).load(self.key)
        return [ClutchSituation.of(row) for row in found]

    @strawberry.field(description="The players' clutch lines of the game, best score first.")
    async def clutch_scores(
        self, info: PoiseInfo, definition: Definition = DEFAULT_DEFINITION
    ) -> list[Annotated[ClutchScore, strawberry.lazy("server.graphql.clutch.types")]]:
        """Lines of the game."""
        from server.graphql.clutch.types import ClutchScore

        found = await info.context.loaders.scores(definition_key(definition)).load(self.key)
        await prefetch(info, found, players=("player_id",), teams=("team_id",))
        return [ClutchScore.of(row) for row in found]


def definition_key(id: str) -> str:
    """The key behind the id of a clutch definition."""
    return key_of("ClutchDefinition", id)
