"""Clutch: definitions, situations, lines, tables, leaders, timelines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import strawberry

from server.graphql.context import PoiseInfo
from server.graphql.games.enums import SeasonType
from server.graphql.games.types import Game
from server.graphql.ids import global_id
from server.graphql.pagination import DEFAULT_PAGE, After, Connection, First, Node, page, position
from server.graphql.people.types import Player, Team
from server.graphql.references import prefetch, reference
from server.graphql.rows import Entity, Row, entity_id
from server.graphql.scalars import DateTimeSeries, FloatSeries, IdSeries, IntSeries
from storage.reads import clutch as reads

__all__ = [
    "ClutchDefinition",
    "ClutchFigures",
    "ClutchLeader",
    "ClutchScore",
    "ClutchSituation",
    "ClutchTable",
    "ClutchTableRow",
    "ClutchTeamLine",
    "PlayerTimeline",
    "TimelineColumns",
]

#: A timeline's columns hold at most so many games; the longest career has about half.
MAX_TIMELINE = 4_000


Derivations = Mapping[str, Callable[[Any], Any]]

_FIGURES: Derivations = {
    "minutes": lambda figures: figures.seconds / 60,
    "reb": lambda figures: figures.oreb + figures.dreb,
}


@strawberry.type(
    description="What counts as clutch: the last seconds of a period, at most so many points apart."
)
class ClutchDefinition(Entity, Node):
    """A row of ``clutch_definitions``."""

    derived = entity_id("ClutchDefinition")

    key: strawberry.ID = strawberry.field(description="Its short name, e.g. `league`.")
    name: str = strawberry.field(description="Its name for people.")
    last_seconds: int = strawberry.field(description="At most so many seconds are left in the period.")
    margin: int = strawberry.field(description="The score differs by at most so many points before the play.")
    min_period: int = strawberry.field(description="The first period that counts.")
    built_in: bool = strawberry.field(
        description="Whether it is ours: it can be neither changed nor deleted."
    )
    created_at: dt.datetime = strawberry.field(description="When it was created.")


@strawberry.type(description="One unbroken stretch of a game within a clutch definition.")
class ClutchSituation(Row, Node):
    """A row of ``clutch_situations``."""

    derived: ClassVar[Derivations] = {
        "id": lambda one: global_id("ClutchSituation", f"{one.definition_id}/{one.game_id}/{one.number}")
    }

    number: int = strawberry.field(description="Its number within the game, from 1.")
    start_period: int = strawberry.field(description="The period in which it begins.")
    start_clock_s: float = strawberry.field(description="Seconds left in that period when it begins.")
    end_period: int = strawberry.field(description="The period in which it ends.")
    end_clock_s: float = strawberry.field(description="Seconds left in that period when it ends.")
    start_margin: int = strawberry.field(description="Home score minus away score when it begins.")
    end_margin: int = strawberry.field(description="Home score minus away score when it ends.")
    home_points: int = strawberry.field(description="Points the home team scored in it.")
    away_points: int = strawberry.field(description="Points the away team scored in it.")
    plays: int = strawberry.field(description="Plays in it.")
    game: Game | None = reference(Game, "game_id", "The game.")
    definition: ClutchDefinition | None = reference(
        ClutchDefinition, "definition_id", "The definition under which it counts."
    )

    definition_id: strawberry.Private[str]
    game_id: strawberry.Private[str]


@strawberry.interface(description="The league's counting figures, within clutch time only.")
class ClutchFigures(Row):
    """Columns that lines, tables and leaders share."""

    derived: ClassVar[Derivations] = _FIGURES

    seconds: float = strawberry.field(description="Seconds on the floor (a team: of clutch time).")
    minutes: float = strawberry.field(description="The same in minutes.")
    fgm: int = strawberry.field(description="Field goals made.")
    fga: int = strawberry.field(description="Field goals attempted.")
    fg3m: int = strawberry.field(description="Three-pointers made.")
    fg3a: int = strawberry.field(description="Three-pointers attempted.")
    ftm: int = strawberry.field(description="Free throws made.")
    fta: int = strawberry.field(description="Free throws attempted.")
    oreb: int = strawberry.field(description="Offensive rebounds.")
    dreb: int = strawberry.field(description="Defensive rebounds.")
    reb: int = strawberry.field(description="Rebounds.")
    ast: int = strawberry.field(description="Assists.")
    tov: int = strawberry.field(description="Turnovers.")
    stl: int = strawberry.field(description="Steals.")
    blk: int = strawberry.field(description="Blocks.")
    pf: int = strawberry.field(description="Personal fouls.")
    pts: int = strawberry.field(description="Points.")
    plus_minus: int = strawberry.field(description="Points scored minus points allowed while on the floor.")


@strawberry.type(description="A player's clutch line and score in one game. The score is 0 to 100.")
class ClutchScore(ClutchFigures, Node):
    """A row of ``clutch_player_games``."""

    derived: ClassVar[Derivations] = {
        **_FIGURES,
        "id": lambda one: global_id("ClutchScore", f"{one.definition_id}/{one.game_id}/{one.player_id}"),
    }

    expected_points: float = strawberry.field(
        description="Points a league-average shooter makes of these shots."
    )
    poe: float = strawberry.field(description="Points over expected: points minus `expectedPoints`.")
    actions: int = strawberry.field(description="Clutch actions: what the success rate is a share of.")
    successes: int = strawberry.field(description="Actions that succeeded.")
    score: float | None = strawberry.field(
        description="40·success rate + 40·clamp((POE+5)/10) + 20·min(10, actions)/10; null without actions."
    )
    adjusted_score: float | None = strawberry.field(
        description="The score after the readiness adjustment; null where no readiness is known."
    )
    percentile: float | None = strawberry.field(
        description="Share of the season's scores strictly below, 0 to 100."
    )
    lineups_complete: bool = strawberry.field(
        description="Whether all ten on the floor were known throughout; if not, minutes may be missing."
    )
    season: str | None = strawberry.field(description="The game's season.")
    season_type: SeasonType | None = strawberry.field(description="The game's part of the season.")
    tipoff_at: dt.datetime | None = strawberry.field(description="The game's tip-off.")
    player: Player | None = reference(Player, "player_id", "The player.")
    team: Team | None = reference(Team, "team_id", "The player's team in this game.")
    game: Game | None = reference(Game, "game_id", "The game.")

    definition_id: strawberry.Private[str]
    game_id: strawberry.Private[str]
    player_id: strawberry.Private[int]
    team_id: strawberry.Private[int]


@strawberry.type(description="A team's clutch line in one game.")
class ClutchTeamLine(ClutchFigures):
    """A row of ``clutch_team_games``."""

    team: Team | None = reference(Team, "team_id", "The team.")

    team_id: strawberry.Private[int]


@strawberry.type(description="One row of a season's clutch table.")
class ClutchTableRow(ClutchFigures):
    """A team's or a player's season."""

    gp: int = strawberry.field(description="Games with any clutch second.")
    team: Team | None = reference(Team, "team_id", "The team, in a table by team.")
    player: Player | None = reference(Player, "player_id", "The player, in a table by player.")

    team_id: strawberry.Private[int | None]
    player_id: strawberry.Private[int | None]


@strawberry.type(description="A season's clutch table: the league's own figures.")
class ClutchTable:
    """The table."""

    rows: list[ClutchTableRow] = strawberry.field(description="One row a team or player, by the vendor's id.")


@strawberry.type(description="A player's place on a season's leaderboard.")
class ClutchLeader(ClutchFigures):
    """A row of ``clutch_leaders``."""

    rank: int | None = strawberry.field(
        description="The place, from 1; null below the smallest sample that is ranked."
    )
    games: int = strawberry.field(description="Games with clutch time.")
    expected_points: float = strawberry.field(
        description="Points a league-average shooter makes of these shots."
    )
    poe: float = strawberry.field(description="Points over expected, summed over the season.")
    score_mean: float | None = strawberry.field(description="The mean of the games' scores.")
    percentile: float | None = strawberry.field(
        description="Share of ranked players strictly below, 0 to 100."
    )
    player: Player | None = reference(Player, "player_id", "The player.")
    team: Team | None = reference(Team, "team_id", "The player's last team of the season.")

    player_id: strawberry.Private[int]
    team_id: strawberry.Private[int | None]


@strawberry.type(
    description="A timeline as columns of equal length: what a chart wants, at a fraction of the cost."
)
class TimelineColumns:
    """Whole columns as array scalars."""

    game_ids: IdSeries = strawberry.field(description="Global ids of the games, oldest first.")
    tipoffs: DateTimeSeries = strawberry.field(description="Their tip-offs.")
    minutes: FloatSeries = strawberry.field(description="Clutch minutes.")
    points: IntSeries = strawberry.field(description="Clutch points.")
    plus_minus: IntSeries = strawberry.field(description="Clutch plus/minus.")
    poe: FloatSeries = strawberry.field(description="Points over expected.")
    actions: IntSeries = strawberry.field(description="Clutch actions.")
    scores: FloatSeries = strawberry.field(description="Scores, null without actions.")
    adjusted_scores: FloatSeries = strawberry.field(description="Scores after the readiness adjustment.")
    percentiles: FloatSeries = strawberry.field(description="Percentiles of the scores within their season.")


@strawberry.type(description="A player's clutch games over time, as objects or as columns.")
class PlayerTimeline:
    """One player's games under one definition."""

    player_id: strawberry.Private[int]
    definition_id: strawberry.Private[str]
    season: strawberry.Private[str | None]
    season_type: strawberry.Private[str | None]

    player: Player | None = reference(Player, "player_id", "The player.")
    definition: ClutchDefinition | None = reference(
        ClutchDefinition, "definition_id", "The definition under which the games count."
    )

    async def _found(self, limit: int, after: Any = None) -> list[dict[str, Any]]:
        return await reads.player_timeline(
            self.player_id,
            season=self.season,
            season_type=self.season_type,
            definition_id=self.definition_id,
            after=after,
            limit=limit,
        )

    @strawberry.field(description="The games as objects, newest first.")
    async def games(
        self, info: PoiseInfo, first: First = DEFAULT_PAGE, after: After = None
    ) -> Connection[ClutchScore]:
        """A page of lines."""
        seen = position(after, dt.datetime, str)
        found = await page(
            first,
            seen,
            lambda limit: self._found(limit, seen),
            ClutchScore.of,
            lambda row: (row["tipoff_at"], row["game_id"]),
        )
        await prefetch(
            info, map(vars, found.nodes), players=("player_id",), teams=("team_id",), games=("game_id",)
        )
        return found

    @strawberry.field(description=f"The games as columns, oldest first: the newest {MAX_TIMELINE} at most.")
    async def columns(self) -> TimelineColumns:
        """All lines, column by column."""
        found = (await self._found(MAX_TIMELINE))[::-1]

        def column(name: str) -> list[Any]:
            return [row[name] for row in found]

        return TimelineColumns(
            game_ids=IdSeries([global_id("Game", row["game_id"]) for row in found]),
            tipoffs=DateTimeSeries(column("tipoff_at")),
            minutes=FloatSeries([row["seconds"] / 60 for row in found]),
            points=IntSeries(column("pts")),
            plus_minus=IntSeries(column("plus_minus")),
            poe=FloatSeries(column("poe")),
            actions=IntSeries(column("actions")),
            scores=FloatSeries(column("score")),
            adjusted_scores=FloatSeries(column("adjusted_score")),
            percentiles=FloatSeries(column("percentile")),
        )
