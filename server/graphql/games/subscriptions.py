"""Following a game play by play."""

from __future__ import annotations

from collections.abc import AsyncIterable
from enum import Enum
from typing import Annotated

import strawberry

from server.graphql.context import PoiseInfo
from server.graphql.described import value
from server.graphql.errors import Refused
from server.graphql.games.enums import GameStatus
from server.graphql.games.types import Game, Play
from server.graphql.ids import key_of
from server.graphql.live import ResumeAfter, StreamEvent, header
from server.graphql.references import reference
from server.graphql.rows import Row
from server.live.cursor import decode
from server.live.feed import Feed
from server.live.log import LiveEvent
from storage.reads.streams import GAME

__all__ = ["GameSubscriptions", "GameUpdate", "PlayChange", "followed"]


@strawberry.enum(description="What happened to a play.")
class PlayChangeKind(Enum):
    """Kinds of revisions."""

    INSERTED = value("inserted", "It is new.")
    CHANGED = value("changed", "The vendor corrected it.")
    RETRACTED = value("retracted", "The vendor took it back.")


@strawberry.type(description="A play that is new, corrected or taken back.")
class PlayChange(Row):
    """One revision."""

    kind: PlayChangeKind = strawberry.field(description="What happened to it.")
    play: Play = strawberry.field(description="The play as it is now; a retracted one as it last was.")


@strawberry.type(description="What changed in a game.")
class GameUpdate(StreamEvent):
    """An event of the game topic."""

    status: GameStatus | None = strawberry.field(description="Where the game stands.")
    period: int | None = strawberry.field(description="The current or last period.")
    clock_s: float | None = strawberry.field(description="Seconds left in it.")
    home_score: int | None = strawberry.field(description="The home team's score.")
    away_score: int | None = strawberry.field(description="The away team's score.")
    plays: list[PlayChange] = strawberry.field(
        description="Plays that changed, in the order of the game; in a snapshot all of them, as inserted."
    )

    game: Game | None = reference(Game, "game_id", "The game as it is stored now.")

    game_id: strawberry.Private[str]

    @classmethod
    def of_event(cls, event: LiveEvent) -> GameUpdate:
        """Make the update of a stored event or a snapshot."""
        said = event.payload
        # A change's play is made here and not in the field, so that sharing an event shares the work.
        plays = [PlayChange.of({"kind": one["kind"], "play": Play.of(one["play"])}) for one in said["plays"]]
        return cls.of({**said, **header(GAME, event), "plays": plays})


async def followed(info: PoiseInfo, id: str) -> str:
    """Return the key of the game ``id``; raises `Refused` if there is no such game."""
    key = key_of("Game", id)
    if await info.context.loaders.games.load(key) is None:
        raise Refused(f"there is no game {id!r}", "NOT_FOUND")
    return key


GameId = Annotated[strawberry.ID, strawberry.argument(description="The game's global id or the vendor's id.")]


@strawberry.type(description="Following games.")
class GameSubscriptions:
    """Part of the root subscription."""

    @strawberry.subscription(description="Plays, score, clock and status of a game as they change.")
    async def game_updates(
        self, info: PoiseInfo, game_id: GameId, after: ResumeAfter = None
    ) -> AsyncIterable[GameUpdate]:
        """The events of a game."""
        key = await followed(info, game_id)
        start = None if after is None else decode(GAME, key, after)
        return Feed(await info.context.services.hub.events(GAME, key), GameUpdate.of_event, start)
