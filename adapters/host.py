"""The registry: every installed adapter, found by entry point, ours and strangers' alike.

A plugin that cannot be imported, registers rubbish, or takes a name that is taken, is contained: its
fault is listed (``Registry.faults``) with the distribution it came from, and the others go on.
"""

from __future__ import annotations

import importlib.metadata
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import pluggy

from poise_sdk import hooks
from poise_sdk.adapter import Adapter, GameFeedAdapter
from poise_sdk.errors import Fatal, PoiseError
from poise_sdk.wearable import WearableAdapter

__all__ = ["Fault", "Origin", "Registry", "load_registry"]

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an adapter came from."""

    distribution: str
    """The name of the installed distribution."""
    version: str
    entry_point: str
    module: str
    """What the entry point names."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A plugin, or one adapter of it, that could not be taken, and why."""

    origin: Origin
    error: str


class Registry:
    """The adapters that were found, by name."""

    def __init__(
        self, adapters: Mapping[str, Adapter], origins: Mapping[str, Origin], faults: tuple[Fault, ...]
    ) -> None:
        self._adapters = dict(sorted(adapters.items()))
        self._origins = dict(origins)
        self.faults = faults
        """What could not be taken."""

    @property
    def game_feeds(self) -> Mapping[str, GameFeedAdapter]:
        """The adapters of games, by name."""
        return {n: a for n, a in self._adapters.items() if isinstance(a, GameFeedAdapter)}

    @property
    def wearables(self) -> Mapping[str, WearableAdapter]:
        """The adapters of wearables, by name."""
        return {n: a for n, a in self._adapters.items() if isinstance(a, WearableAdapter)}

    @property
    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(self._adapters)

    def get(self, name: str) -> Adapter:
        """The adapter of this name; raises :class:`~poise_sdk.errors.Fatal` that lists the known ones."""
        try:
            return self._adapters[name]
        except KeyError:
            known = ", ".join(self._adapters) or "none"
            raise Fatal(f"no adapter is called {name!r}", hint=f"installed: {known}") from None

    def game_feed(self, name: str) -> GameFeedAdapter:
        """The game feed of this name; raises :class:`~poise_sdk.errors.Fatal` if it is none."""
        adapter = self.get(name)
        if not isinstance(adapter, GameFeedAdapter):
            raise Fatal(f"{adapter.title} is not a game feed")
        return adapter

    def wearable(self, name: str) -> WearableAdapter:
        """The wearable of this name; raises :class:`~poise_sdk.errors.Fatal` if it is none."""
        adapter = self.get(name)
        if not isinstance(adapter, WearableAdapter):
            raise Fatal(f"{adapter.title} is not a wearable")
        return adapter

    def origin(self, name: str) -> Origin:
        """Where the adapter of this name came from; raises as :meth:`get`."""
        self.get(name)
        return self._origins[name]


def load_registry(entry_points: Iterable[importlib.metadata.EntryPoint] | None = None) -> Registry:
    """Load every plugin of the entry-point group ``poise.adapters``.

    ``entry_points`` replaces those of the environment. Plugins are loaded in the order of their
    entry-point and distribution names, so that of two adapters with one name the same one always wins.
    """
    if entry_points is None:
        entry_points = importlib.metadata.entry_points(group=hooks.ENTRY_POINT_GROUP)
    adapters: dict[str, Adapter] = {}
    origins: dict[str, Origin] = {}
    faults: list[Fault] = []
    seen: set[Origin] = set()
    for origin, entry_point in sorted(
        ((_origin(e), e) for e in entry_points), key=lambda pair: _order(pair[0])
    ):
        if origin in seen:  # one distribution found twice on the path
            continue
        seen.add(origin)

        def register(adapter: Adapter, origin: Origin = origin) -> None:
            try:
                _check(adapter)
                if adapter.name in adapters:
                    raise Fatal(
                        f"the name {adapter.name!r} is taken by {origins[adapter.name].distribution}",
                        hint=f"uninstall {origin.distribution} or {origins[adapter.name].distribution}",
                    )
            except PoiseError as error:
                faults.append(Fault(origin, str(error)))
            else:
                adapters[adapter.name] = adapter
                origins[adapter.name] = origin

        before = len(adapters) + len(faults)
        try:
            _call(entry_point, register)
        except (Exception, SystemExit) as error:  # a stranger may raise anything; the others go on
            message = str(error) if isinstance(error, PoiseError) else f"{type(error).__name__}: {error}"
            faults.append(Fault(origin, message))
        else:
            if len(adapters) + len(faults) == before:
                faults.append(Fault(origin, "it registers no adapter"))
    return Registry(adapters, origins, tuple(faults))


def _call(entry_point: importlib.metadata.EntryPoint, register: Callable[[Adapter], None]) -> None:
    """Load one plugin and let it register. One manager each: a broken plugin spoils only its own."""
    plugin = entry_point.load()
    hooks.check_synchronous(plugin)
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    manager.register(plugin, name=entry_point.name)
    manager.check_pending()
    manager.hook.poise_register_adapters(register=register)


def _origin(entry_point: importlib.metadata.EntryPoint) -> Origin:
    distribution = entry_point.dist
    return Origin(
        distribution=distribution.name if distribution else "unknown",
        version=distribution.version if distribution else "unknown",
        entry_point=entry_point.name,
        module=entry_point.value,
    )


def _order(origin: Origin) -> tuple[str, str, str]:
    return origin.entry_point, origin.distribution, origin.version


def _check(adapter: Adapter) -> None:
    """Raise :class:`~poise_sdk.errors.Fatal` for what is no adapter."""
    if inspect.isclass(adapter):
        raise Fatal(f"{adapter.__name__} is a class", hint=f"register an instance: {adapter.__name__}()")
    if not isinstance(adapter, GameFeedAdapter | WearableAdapter):
        raise Fatal(f"{type(adapter).__name__} is neither a GameFeedAdapter nor a WearableAdapter")
    for attribute in ("name", "title", "version"):
        if not isinstance(getattr(adapter, attribute, None), str) or not getattr(adapter, attribute):
            raise Fatal(f"{type(adapter).__name__}.{attribute} is not a text")
    if not _NAME.fullmatch(adapter.name):
        raise Fatal(f"{adapter.name!r} is no name: lower-case letters, digits and underscores")
