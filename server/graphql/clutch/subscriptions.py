"""Following a game's clutch time."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import Any

import strawberry

from server.graphql.clutch.types import ClutchScore, ClutchSituation, ClutchTeamLine
from server.graphql.context import PoiseInfo
from server.graphql.games.subscriptions import GameId, followed
from server.graphql.games.types import Game
from server.graphql.live import ResumeAfter, StreamEvent, header, moment
from server.graphql.references import reference
from server.live.cursor import decode
from server.live.feed import Feed
from server.live.log import LiveEvent
from storage.reads.streams import CLUTCH

__all__ = ["ClutchSubscriptions", "ClutchUpdate"]

#: Columns of a line that live events leave out: they belong to a whole season, or to the archive.
_UNSAID: dict[str, Any] = {
    "percentile": None,
    "adjusted_score": None,
    "season": None,
    "season_type": None,
    "tipoff_at": None,
    "lineups_complete": True,
}


@strawberry.type(description="What changed in a game's clutch time, under the league's definition.")
class ClutchUpdate(StreamEvent):
    """An event of the clutch topic."""

    active: bool = strawberry.field(description="Whether the next play would be clutch.")
    period: int | None = strawberry.field(description="The current or last period.")
    clock_s: float | None = strawberry.field(description="Seconds left in it.")
    home_score: int | None = strawberry.field(description="The home team's score.")
    away_score: int | None = strawberry.field(description="The away team's score.")
    margin: int | None = strawberry.field(description="Home score minus away score.")
    situation: ClutchSituation | None = strawberry.field(description="The situation that is open, if one is.")
    players: list[ClutchScore] = strawberry.field(
        description="Players' lines that changed, as they are now; in a snapshot all lines."
    )
    teams: list[ClutchTeamLine] = strawberry.field(description="Both teams' lines.")

    game: Game | None = reference(Game, "game_id", "The game as it is stored now.")

    game_id: strawberry.Private[str]

    @classmethod
    def of_event(cls, event: LiveEvent) -> ClutchUpdate:
        """Make the update of a stored event or a snapshot."""
        said = event.payload
        home, away = said.get("home_score"), said.get("away_score")
        situation = said["situation"]
        return cls.of(
            {
                **header(CLUTCH, event),
                "game_id": event.key,
                "active": said["active"],
                "period": said.get("period"),
                "clock_s": said.get("clock_s"),
                "home_score": home,
                "away_score": away,
                "margin": None if home is None or away is None else home - away,
                "situation": ClutchSituation.of(situation) if situation else None,
                "players": [_line(row) for row in said["players"]],
                "teams": [ClutchTeamLine.of(row) for row in said["teams"]],
            }
        )


def _line(row: dict[str, Any]) -> ClutchScore:
    return ClutchScore.of({**_UNSAID, **row, "tipoff_at": moment(row.get("tipoff_at"))})


@strawberry.type(description="Following clutch time.")
class ClutchSubscriptions:
    """Part of the root subscription."""

    @strawberry.subscription(
        description="The open clutch situation of a game and the players' lines as they change."
    )
    async def clutch_updates(
        self, info: PoiseInfo, game_id: GameId, after: ResumeAfter = None
    ) -> AsyncIterable[ClutchUpdate]:
        """The clutch events of a game."""
        key = await followed(info, game_id)
        start = None if after is None else decode(CLUTCH, key, after)
        return Feed(await info.context.services.hub.events(CLUTCH, key), ClutchUpdate.of_event, start)
