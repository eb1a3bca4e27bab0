"""From a global id to the thing itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from server.graphql.clutch.types import ClutchScore, ClutchSituation
from server.graphql.context import PoiseInfo
from server.graphql.errors import Refused
from server.graphql.games.types import Play
from server.graphql.ids import parse
from server.graphql.jobs.types import Job
from server.graphql.pagination import Node
from server.graphql.references import definition, game, player, team
from storage import ledger
from storage.reads import graph

__all__ = ["find"]


async def find(info: PoiseInfo, id: str) -> Node | None:
    """Return what ``id`` names, ``None`` if it is gone; raises `Refused` if it is no id of ours."""
    parsed = parse(id)
    if parsed is None or parsed[0] not in _FINDERS:
        raise Refused(f"{id!r} is not a global id")
    name, key = parsed
    try:
        return await _FINDERS[name](info, key)
    except ValueError:
        raise Refused(f"{id!r} is not a global id") from None


async def _play(_info: PoiseInfo, key: str) -> Node | None:
    game_id, number = key.rsplit("/", 1)
    found = await graph.play(game_id, int(number))
    return None if found is None else Play.of(found)


async def _situation(info: PoiseInfo, key: str) -> Node | None:
    definition_id, game_id, number = key.split("/", 2)
    for row in await info.context.loaders.situations(definition_id).load(game_id):
        if row["number"] == int(number):
            return ClutchSituation.of(row)
    return None


async def _score(info: PoiseInfo, key: str) -> Node | None:
    definition_id, rest = key.split("/", 1)
    game_id, player_id = rest.rsplit("/", 1)
    for row in await info.context.loaders.scores(definition_id).load(game_id):
        if row["player_id"] == int(player_id):
            return ClutchScore.of(row)
    return None


async def _job(_info: PoiseInfo, key: str) -> Node | None:
    found = await ledger.get(UUID(key))
    return None if found is None else Job.of_ledger(found)


_FINDERS: dict[str, Callable[[PoiseInfo, str], Awaitable[Node | None]]] = {
    "ClutchDefinition": definition,
    "ClutchScore": _score,
    "ClutchSituation": _situation,
    "Game": game,
    "Job": _job,
    "Play": _play,
    "Player": lambda info, key: player(info, int(key)),
    "Team": lambda info, key: team(info, int(key)),
}
