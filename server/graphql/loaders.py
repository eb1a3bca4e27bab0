"""Loaders: rows asked for one by one, fetched together, once a request.

``get`` answers at once where the row is known already (a list prefetches what its rows refer to),
and with an awaitable where it is not; graphql-core takes both. All of a tick's awaitables are one
statement.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence, Set
from typing import Any, Generic, TypeVar

from server.graphql.policy import Viewer, may_see
from storage.people import vendor_apps
from storage.reads import clutch, games, graph, wearables
from storage.reads import days as of_days

__all__ = ["Loader", "Loaders"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Row = dict[str, Any]


class _Batch(Generic[K]):
    """Keys that are fetched by one statement."""

    def __init__(self) -> None:
        self.keys: list[K] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Loader(Generic[K, V]):
    """Values by key."""

    def __init__(self, fetch: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]], missing: V) -> None:
        self._fetch = fetch
        self._missing = missing
        self._known: dict[K, V] = {}
        self._asked: dict[K, _Batch[K]] = {}
        self._open: _Batch[K] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def get(self, key: K) -> V | Awaitable[V]:
        """Return the value of ``key`` or an awaitable of it."""
        return self._known[key] if key in self._known else self._awaited(self._ask(key), key)

    def begin(self, key: K) -> None:
        """Fetch the value of ``key``, for somebody who will ask for it soon."""
        if key not in self._known:
            self._ask(key)

    async def load(self, key: K) -> V:
        """Return the value of ``key``."""
        return self._known[key] if key in self._known else await self._awaited(self._ask(key), key)

    async def prefetch(self, keys: Iterable[K | None]) -> None:
        """Fetch what is not known of ``keys``, so that `get` answers at once."""
        for batch in {self._ask(key) for key in keys if key is not None and key not in self._known}:
            await batch.done

    def _ask(self, key: K) -> _Batch[K]:
        if (batch := self._asked.get(key)) is not None:
            return batch
        if self._open is None:
            self._open = _Batch()
            # Others of this request ask within the same tick; what is one statement is decided after it.
            asyncio.get_running_loop().call_soon(self._dispatch)
        self._open.keys.append(key)
        self._asked[key] = self._open
        return self._open

    async def _awaited(self, batch: _Batch[K], key: K) -> V:
        await batch.done
        return self._known[key]

    def _dispatch(self) -> None:
        batch, self._open = self._open, None
        assert batch is not None, "a batch is dispatched once"
        task = asyncio.create_task(self._resolve(batch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _resolve(self, batch: _Batch[K]) -> None:
        try:
            found = await self._fetch(batch.keys)
        except BaseException as error:
            batch.done.set_exception(error if isinstance(error, Exception) else RuntimeError("cancelled"))
            batch.done.exception()  # nobody may be left to look at it
            if not isinstance(error, Exception):
                raise
        else:
            self._known.update({key: found.get(key, self._missing) for key in batch.keys})
            batch.done.set_result(None)
        finally:
            for key in batch.keys:
                del self._asked[key]


class Loaders:
    """The loaders of one request, seeing what ``viewer`` may see; each is made when it is first asked for."""

    athletes: Loader[int, Row | None]
    connections: Loader[int, Sequence[Row]]
    """By athlete."""
    definitions: Loader[str, Row | None]
    documents: Loader[int, Row | None]
    games: Loader[str, Row | None]
    players: Loader[int, Row | None]
    presence: Loader[tuple[int, dt.date], Set[tuple[str, str]]]
    registered: Loader[str, bool | None]
    rosters: Loader[str, Sequence[Row]]
    """By game."""
    source_orders: Loader[int, Sequence[Row]]
    sources: Loader[int, Sequence[Row]]
    stages: Loader[tuple[int, str, str], Sequence[Row]]
    """By night."""
    sync_states: Loader[int, Sequence[Row]]
    """By athlete."""
    teams: Loader[int, Row | None]
    told_metrics: Loader[tuple[int, str], bool]
    """By athlete and name: whether anything is stored under it."""
    told_vendors: Loader[tuple[int, str], bool]

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._with: dict[Hashable, Loader[Any, Any]] = {}

    def __getattr__(self, name: str) -> Loader[Any, Any]:
        if name not in _PLAIN:
            raise AttributeError(name)
        loader = self.__dict__[name] = self._loader(*_PLAIN[name])
        return loader

    def situations(self, definition_id: str) -> Loader[str, Sequence[Row]]:
        """Situations by game under a definition."""
        return self._of(
            "ClutchSituation",
            ("situations", definition_id),
            lambda ids: clutch.situations_by_games(ids, definition_id),
        )

    def scores(self, definition_id: str) -> Loader[str, Sequence[Row]]:
        """Players' clutch lines by game under a definition."""
        return self._of(
            "ClutchScore",
            ("scores", definition_id),
            lambda ids: clutch.player_games_by_games(ids, definition_id),
        )

    def plays(self, where: graph.PlayFilter) -> Loader[str, Sequence[Row]]:
        """A page of plays by game."""
        return self._of("Play", where, lambda ids: graph.plays_by_games(ids, where))

    def rejections(self, after: int, limit: int) -> Loader[Any, Sequence[Row]]:
        """A page of what jobs could not understand, by job."""
        return self._of(
            "Job", ("rejections", after, limit), lambda ids: graph.rejections_by_jobs(ids, after, limit)
        )

    def days(self, parts: frozenset[str]) -> Loader[tuple[int, dt.date], of_days.DayParts | tuple[()]]:
        """The parts of days; nothing of an athlete whose days the viewer may not see."""
        return self._of("DailySummary", parts, lambda keys: of_days.days_by_keys(keys, parts), _first)

    def observations(self, kind: str, where: wearables.PageFilter) -> Loader[int, Sequence[Row]]:
        """A page of records of one type by athlete."""
        return self._of(kind, where, lambda ids: wearables.pages_by_athletes(ids, where), _itself)

    def readings(self, where: wearables.ReadingFilter) -> Loader[int, Sequence[Row]]:
        """A page of readings by athlete."""
        return self._of("Reading", where, lambda ids: wearables.readings_by_athletes(ids, where), _itself)

    def daily(self, where: of_days.DailyFilter) -> Loader[int, Sequence[Row]]:
        """Effective values of days by athlete."""
        return self._of("DailySeries", where, lambda ids: of_days.daily_by_athletes(ids, where), _itself)

    def _of(
        self,
        kind: str,
        key: Hashable,
        fetch: Callable[[Sequence[Any]], Awaitable[Mapping[Any, Any]]],
        athlete: Callable[[Any], int] | None = None,
    ) -> Loader[Any, Any]:
        if key not in self._with:
            self._with[key] = self._loader(kind, fetch, (), athlete)
        return self._with[key]

    def _loader(
        self,
        kind: str,
        fetch: Callable[[Sequence[Any]], Awaitable[Mapping[Any, Any]]],
        missing: Any,
        athlete: Callable[[Any], int] | None = None,
    ) -> Loader[Any, Any]:
        """``athlete`` tells from a key whose data it asks for, where it is somebody's."""

        async def seen(keys: Sequence[Any]) -> Mapping[Any, Any]:
            if athlete is not None:
                keys = [key for key in keys if may_see(self._viewer, kind, of=athlete(key))]
            elif not may_see(self._viewer, kind):
                return {}
            return await fetch(keys) if keys else {}

        return Loader(seen, missing)


async def _registered(names: Sequence[str]) -> Mapping[str, bool]:
    """Of vendors with a registration: whether it has a client id."""
    known = await vendor_apps.configured()
    return {name: known[name] for name in names if name in known}


def _itself(key: Any) -> int:
    return int(key)


def _first(key: Any) -> int:
    return int(key[0])


#: Loaders without parameters: whose objects they are, how they are fetched, what stands for none, and how a
#: key tells the athlete.
_PLAIN: dict[str, tuple[Any, ...]] = {
    "athletes": ("Athlete", wearables.athletes_by_ids, None, _itself),
    "connections": ("VendorConnection", wearables.connections_by_athletes, (), _itself),
    "definitions": ("ClutchDefinition", graph.definitions_by_ids, None),
    "documents": ("SourceDocument", wearables.documents_by_ids, None),
    "games": ("Game", games.games_by_ids, None),
    "players": ("Player", games.players_by_ids, None),
    "presence": ("DailySummary", of_days.presence_by_days, frozenset(), _first),
    "registered": ("WearableVendor", _registered, None),
    "rosters": ("Game", games.rosters_by_games, ()),
    "source_orders": ("SourceOrder", wearables.source_orders_by_athletes, (), _itself),
    "sources": ("Source", wearables.sources_by_athletes, (), _itself),
    "stages": ("Night", wearables.stages_by_nights, (), _first),
    "sync_states": ("SyncState", wearables.sync_states_by_athletes, (), _itself),
    "teams": ("Team", games.teams_by_ids, None),
    "told_metrics": ("Source", wearables.metrics_told, False, _first),
    "told_vendors": ("Source", wearables.vendors_told, False, _first),
}
