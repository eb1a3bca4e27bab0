"""From a global id to the thing itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from server.graphql.clutch.types import ClutchScore, ClutchSituation
from server.graphql.connections.types import VendorConnection, WearableVendor
from server.graphql.context import PoiseInfo
from server.graphql.errors import Refused
from server.graphql.games.types import Play
from server.graphql.ids import parse
from server.graphql.jobs.types import Job
from server.graphql.observed import Observation
from server.graphql.pagination import Node
from server.graphql.policy import may_see
from server.graphql.readings.types import BodyMeasurement, JournalEntry, VendorSummary
from server.graphql.recovery.types import HrvNight, Recovery
from server.graphql.references import athlete, definition, game, player, team
from server.graphql.sleep.types import Night
from server.graphql.training.types import Cycle, Workout
from storage import ledger
from storage.reads import graph, wearables

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


async def _connection(info: PoiseInfo, key: str) -> Node | None:
    found = (await wearables.connections_by_ids([int(key)])).get(int(key))
    if found is None or not may_see(info.context.viewer, "VendorConnection", of=found["athlete_id"]):
        return None
    return VendorConnection.of(found)


async def _vendor(info: PoiseInfo, key: str) -> Node | None:
    adapter = info.context.services.wearables.get(key)
    return None if adapter is None else WearableVendor.of(adapter)


def _observation(type_: type[Observation]) -> Callable[[PoiseInfo, str], Awaitable[Node | None]]:
    async def found(info: PoiseInfo, key: str) -> Node | None:
        athlete_id, vendor, source_id = key.split("/", 2)
        if not may_see(info.context.viewer, type_.__name__, of=int(athlete_id)):
            return None
        row = await wearables.record(type_.table, int(athlete_id), vendor, source_id)
        return None if row is None else type_.seen(row, info)

    return found


_OBSERVATIONS = (BodyMeasurement, Cycle, HrvNight, JournalEntry, Night, Recovery, VendorSummary, Workout)

_FINDERS: dict[str, Callable[[PoiseInfo, str], Awaitable[Node | None]]] = {
    "Athlete": lambda info, key: athlete(info, int(key)),
    "ClutchDefinition": definition,
    "ClutchScore": _score,
    "ClutchSituation": _situation,
    "Game": game,
    "Job": _job,
    "Play": _play,
    "Player": lambda info, key: player(info, int(key)),
    "Team": lambda info, key: team(info, int(key)),
    "VendorConnection": _connection,
    "WearableVendor": _vendor,
    **{type_.__name__: _observation(type_) for type_ in _OBSERVATIONS},
}
