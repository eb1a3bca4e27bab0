"""The conformance suite: one line gives an author's adapter all its tests.

::

    from pathlib import Path
    from poise_sdk.testing.suite import adapter_suite
    from poise_courtside import CourtsideAdapter

    TestCourtside = adapter_suite(CourtsideAdapter, samples=Path(__file__).parent / "samples")

That is all for an adapter of files. One that talks to a vendor also says what a simulated vendor
answers, so that it can be tried without the real one. A **game feed** gives routes and a game::

    TestCourtside = adapter_suite(
        CourtsideAdapter,
        samples=SAMPLES,
        game_id="17",
        routes={"/games/17": SAMPLES / "game_17.json", "/today": SAMPLES / "today.json"},
    )

A **wearable** whose adapter has a ``vendor_simulator`` (:mod:`poise_sdk.vendors`) needs nothing more; it
is connected to by the consent dance and sends its own webhooks. Without one, routes do::

    TestPulse = adapter_suite(
        PulseAdapter,
        samples=SAMPLES,
        routes={"/v1/sleep": sleep_pages, "/v1/user": b'{"id": "suite-user"}'},
        webhook=signed_webhook,
    )

Behind routes the suite plays the rest of the vendor: a request that carries no valid access token gets a
401, whatever POST has a ``grant_type`` is the token endpoint (with PKCE and rotation), any other POST or
DELETE with a token ends the connection.

What is checked stands, one sentence a test, in :mod:`~poise_sdk.testing.identity`,
:mod:`~poise_sdk.testing.reading`, for games :mod:`~poise_sdk.testing.normalizing` and
:mod:`~poise_sdk.testing.feeding`, for wearables :mod:`~poise_sdk.testing.capability`,
:mod:`~poise_sdk.testing.observing`, :mod:`~poise_sdk.testing.fetching`, :mod:`~poise_sdk.testing.failing`,
:mod:`~poise_sdk.testing.consenting`, :mod:`~poise_sdk.testing.hooking`, :mod:`~poise_sdk.testing.simulating`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from poise_sdk.adapter import GameFeedAdapter
from poise_sdk.records import RawDocument
from poise_sdk.simulation import Handler
from poise_sdk.testing.capability import CapabilityChecks
from poise_sdk.testing.consenting import ConsentChecks
from poise_sdk.testing.failing import FailureChecks
from poise_sdk.testing.feeding import FeedChecks
from poise_sdk.testing.fetching import FetchChecks
from poise_sdk.testing.hooking import HookChecks, SignedSample
from poise_sdk.testing.normalizing import NormalizeChecks
from poise_sdk.testing.observing import ObserveChecks
from poise_sdk.testing.reading import ReadChecks
from poise_sdk.testing.samples import Sample, load_samples
from poise_sdk.testing.simulating import SimulatedFetchChecks, SimulatedHookChecks
from poise_sdk.testing.trials import Setting, Simulator
from poise_sdk.vendors import SimulatesWearable, WearableSimulator
from poise_sdk.wearable import Credentials, WearableAdapter

__all__ = ["DEFAULT_MUTATIONS", "Route", "adapter_suite"]

#: Damaged copies of each sample: every odd value once in each of the four ways to be odd.
DEFAULT_MUTATIONS: Final = 64

Route = bytes | RawDocument | Path | Handler
"""A body, or a function of a :class:`poise_sdk.simulation.Request` (for pages) that gives a ``Reply``."""


def adapter_suite(
    adapter_class: type[GameFeedAdapter] | type[WearableAdapter],
    *,
    samples: Path | Iterable[Sample],
    routes: Mapping[str, Route] | None = None,
    game_id: str | None = None,
    day: dt.date | None = None,
    simulator: Simulator | None = None,
    webhook: SignedSample | None = None,
    credentials: Credentials | Callable[[WearableSimulator], Credentials] | None = None,
    options: Mapping[str, str] | None = None,
    paged: bool = True,
    mutations: int = DEFAULT_MUTATIONS,
) -> type:
    """A test class for ``adapter_class``; assign it to a name that begins with ``Test``.

    ``samples``: whole, intact documents: a folder, files, or documents. ``routes``: the paths that a
    simulated vendor serves (``/games/{id}``, or with a method ``PUT /orders/{id}``) and what they answer.
    ``mutations``: damaged copies of each sample.

    Game feeds: ``game_id``, a game that the routes serve; ``day``, a day that they serve, where it matters.

    Wearables: ``simulator``, called as :class:`~poise_sdk.vendors.SimulatesWearable` says, if it is not the
    adapter's own. ``webhook``: a function of application and instant that gives a webhook as the vendor
    signs it; needed where webhooks are offered and no simulator sends any. ``credentials``: where they do
    not come from a consent page (a team's key), they, or a function of the simulator that gives them.
    ``options``: for ``WearableConfig.options``. ``paged=False``: the vendor answers on one page only.

    Raises :class:`ValueError` where something that is needed is not given.
    """
    documents = load_samples(samples)
    namespace: dict[str, Any] = {
        "__doc__": f"The conformance suite over {adapter_class.__name__}.",
        "adapter_class": adapter_class,
        "documents": documents,
        "files": documents,
        "mutations": mutations,
    }
    answers = {path: _answer(route) for path, route in (routes or {}).items()}
    if issubclass(adapter_class, GameFeedAdapter):
        bases = _game_feed(adapter_class, namespace, answers, game_id, day)
    elif issubclass(adapter_class, WearableAdapter):
        setting = Setting(
            routes=answers,
            simulator=simulator or _own_simulator(adapter_class, answers),
            credentials=credentials,
            options=options or {},
            paged=paged,
        )
        bases = _wearable(adapter_class, namespace, setting, webhook)
    else:
        raise ValueError(f"{adapter_class.__name__} is neither a GameFeedAdapter nor a WearableAdapter")
    return type(f"Test{adapter_class.__name__}", bases, namespace)


def _game_feed(
    adapter_class: type[GameFeedAdapter],
    namespace: dict[str, Any],
    routes: Mapping[str, bytes | Handler],
    game_id: str | None,
    day: dt.date | None,
) -> tuple[type, ...]:
    bases: tuple[type, ...] = (NormalizeChecks, ReadChecks)
    if adapter_class.connect is not GameFeedAdapter.connect:
        if game_id is None or not routes:
            raise ValueError(f"{adapter_class.__name__} has a feed: give game_id= and routes= to try it with")
        bases = (*bases, FeedChecks)
        namespace["game_id"] = game_id
        namespace["routes"] = routes
        if day is not None:
            namespace["day"] = day
    return bases


def _wearable(
    adapter_class: type[WearableAdapter],
    namespace: dict[str, Any],
    setting: Setting,
    webhook: SignedSample | None,
) -> tuple[type, ...]:
    called, told = adapter_class.__name__, adapter_class.capabilities
    namespace["setting"] = setting
    bases: tuple[type, ...] = (CapabilityChecks, ObserveChecks)
    if told.file_import:
        namespace["files"] = tuple(d for d in namespace["documents"] if adapter_class().accepts(d.name))
        if not namespace["files"]:
            raise ValueError(f"{called} imports files, but accepts() takes none of the samples' names")
        bases = (*bases, ReadChecks)
    if adapter_class.connect is WearableAdapter.connect:
        return bases
    if setting.simulator is None and not setting.routes:
        raise ValueError(f"{called} has a client: give routes= or a vendor_simulator to try it with")
    bases = (*bases, FetchChecks if setting.simulator is None else SimulatedFetchChecks, FailureChecks)
    if told.oauth is not None:
        bases = (*bases, ConsentChecks)
    elif setting.simulator is not None and setting.credentials is None:
        raise ValueError(f"{called} has no consent page: give credentials= that its simulator accepts")
    if told.webhooks:
        # A plain function in a class would be called with the suite for its first argument.
        namespace["webhook"] = webhook and staticmethod(webhook)
        if setting.simulator is None and webhook is None:
            raise ValueError(f"{called} has webhooks: give webhook=, a function that signs one")
        bases = (*bases, HookChecks if setting.simulator is None else SimulatedHookChecks)
    return bases


def _own_simulator(
    adapter_class: type[WearableAdapter], routes: Mapping[str, bytes | Handler]
) -> Simulator | None:
    """The adapter's own simulator, unless the author prefers routes."""
    if routes or not hasattr(adapter_class, "vendor_simulator"):
        return None
    adapter = adapter_class()
    return adapter.vendor_simulator if isinstance(adapter, SimulatesWearable) else None


def _answer(route: Route) -> bytes | Handler:
    if isinstance(route, RawDocument):
        return route.content
    return route.read_bytes() if isinstance(route, Path) else route
