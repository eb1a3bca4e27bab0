"""From an id to the object it refers to: at once where it was prefetched, else with all its siblings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import strawberry

from server.graphql.context import PoiseInfo
from server.graphql.executor import is_awaitable
from server.graphql.loaders import Loader
from server.graphql.people.types import Player, Team
from server.graphql.rows import selects

if TYPE_CHECKING:
    from server.graphql.athletes.types import Athlete
    from server.graphql.clutch.types import ClutchDefinition
    from server.graphql.games.types import Game

__all__ = ["athlete", "definition", "game", "player", "prefetch", "refer", "reference", "team"]

T = TypeVar("T")
K = TypeVar("K")


def refer(loader: Loader[K, Any], key: K | None, make: Callable[[Mapping[str, Any]], T]) -> Any:
    """Return the object of ``key`` (``None`` stays ``None``) or an awaitable of it."""
    if key is None:
        return None
    found = loader.get(key)
    if is_awaitable(found):
        return _made(found, make)
    row: Any = found
    return None if row is None else make(row)


def reference(type_: Any, column: str, description: str) -> Any:
    """A field that is the object whose id stands in ``column``.

    Its resolver carries a second one, for graphql-core itself: `server.graphql.schema` puts it in
    the place of Strawberry's wrapper, which costs more than finding the object.
    """
    loader = _LOADERS[type_.__name__]

    def direct(source: Any, info: Any) -> Any:
        return refer(getattr(info.context.loaders, loader), getattr(source, column), type_.of)

    def resolve(root: Any, info: PoiseInfo) -> Any:
        return direct(root, info)

    resolve.direct = direct  # type: ignore[attr-defined]  # functions take attributes
    return strawberry.field(resolver=resolve, graphql_type=type_ | None, description=description)


_LOADERS = {
    "Athlete": "athletes",
    "ClutchDefinition": "definitions",
    "Game": "games",
    "Player": "players",
    "Team": "teams",
}


async def athlete(info: PoiseInfo, key: int) -> Athlete | None:
    """An athlete by id."""
    from server.graphql.athletes.types import Athlete

    row = await info.context.loaders.athletes.load(key)
    return None if row is None else Athlete.of(row)


async def team(info: PoiseInfo, key: int) -> Team | None:
    """A team by its vendor's id."""
    row = await info.context.loaders.teams.load(key)
    return None if row is None else Team.of(row)


async def player(info: PoiseInfo, key: int) -> Player | None:
    """A player by the vendor's id."""
    row = await info.context.loaders.players.load(key)
    return None if row is None else Player.of(row)


async def game(info: PoiseInfo, key: str) -> Game | None:
    """A game by its vendor's id."""
    from server.graphql.games.types import Game

    row = await info.context.loaders.games.load(key)
    return None if row is None else Game.of(row)


async def definition(info: PoiseInfo, key: str) -> ClutchDefinition | None:
    """A clutch definition by its slug."""
    from server.graphql.clutch.types import ClutchDefinition

    row = await info.context.loaders.definitions.load(key)
    return None if row is None else ClutchDefinition.of(row)


async def prefetch(
    info: PoiseInfo,
    found: Iterable[Mapping[str, Any]],
    *,
    players: Iterable[str] = (),
    teams: Iterable[str] = (),
    games: Iterable[str] = (),
) -> None:
    """Fetch what ``found`` refers to by these columns, if the document asks for any of it.

    A hundred awaitables cost the executor more than everything else about a hundred rows.
    """
    rows = list(found)
    loaders = info.context.loaders
    for loader, columns in ((loaders.players, players), (loaders.teams, teams), (loaders.games, games)):
        wanted = [column for column in columns if selects(info, _field(column))]
        await loader.prefetch(row[column] for row in rows for column in wanted)


def _field(column: str) -> str:
    """``home_team_id`` → ``homeTeam``."""
    head, *tail = column.removesuffix("_id").split("_")
    return head + "".join(part.title() for part in tail)


async def _made(found: Awaitable[Any], make: Callable[[Mapping[str, Any]], T]) -> T | None:
    row = await found
    return None if row is None else make(row)
