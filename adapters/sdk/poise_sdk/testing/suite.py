"""The conformance suite: one line gives an author's adapter all its tests.

::

    from pathlib import Path
    from poise_sdk.testing.suite import adapter_suite
    from poise_courtside import CourtsideAdapter

    TestCourtside = adapter_suite(CourtsideAdapter, samples=Path(__file__).parent / "samples")

An adapter with a feed also says what a simulated vendor serves, so that the feed can be tried without
the real one::

    TestCourtside = adapter_suite(
        CourtsideAdapter,
        samples=SAMPLES,
        game_id="17",
        routes={"/games/17": SAMPLES / "game_17.json", "/today": SAMPLES / "today.json"},
    )

What is checked stands in :mod:`~poise_sdk.testing.normalizing`, :mod:`~poise_sdk.testing.reading` and
:mod:`~poise_sdk.testing.feeding`, one sentence a test.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from poise_sdk.adapter import GameFeedAdapter
from poise_sdk.records import RawDocument
from poise_sdk.testing.feeding import FeedChecks
from poise_sdk.testing.normalizing import NormalizeChecks
from poise_sdk.testing.reading import ReadChecks
from poise_sdk.testing.samples import Sample, load_samples

__all__ = ["DEFAULT_MUTATIONS", "Route", "adapter_suite"]

#: Damaged copies of each sample: every odd value once in each of the four ways to be odd.
DEFAULT_MUTATIONS: Final = 64

Route = bytes | RawDocument | Path


def adapter_suite(
    adapter_class: type[GameFeedAdapter],
    *,
    samples: Path | Iterable[Sample],
    game_id: str | None = None,
    routes: Mapping[str, Route] | None = None,
    day: dt.date | None = None,
    mutations: int = DEFAULT_MUTATIONS,
) -> type:
    """A test class for ``adapter_class``; assign it to a name that begins with ``Test``.

    ``samples``: whole, intact documents: a folder, files, or documents. ``routes``: the paths that a
    simulated vendor serves (with ``{name}`` for a segment) and their bodies; ``game_id``: a game that
    they serve; ``day``: a day that they serve, where it matters. Routes and game are needed exactly
    where the adapter has a feed. ``mutations``: damaged copies of each sample.
    """
    bases: tuple[type, ...] = (NormalizeChecks, ReadChecks)
    namespace: dict[str, Any] = {
        "__doc__": f"The conformance suite over {adapter_class.__name__}.",
        "adapter_class": adapter_class,
        "documents": load_samples(samples),
        "mutations": mutations,
    }
    if adapter_class.connect is not GameFeedAdapter.connect:
        if game_id is None or not routes:
            raise ValueError(f"{adapter_class.__name__} has a feed: give game_id= and routes= to try it with")
        bases = (*bases, FeedChecks)
        namespace["game_id"] = game_id
        namespace["routes"] = {path: _body(body) for path, body in routes.items()}
        if day is not None:
            namespace["day"] = day
    return type(f"Test{adapter_class.__name__}", bases, namespace)


def _body(route: Route) -> bytes:
    if isinstance(route, RawDocument):
        return route.content
    return route.read_bytes() if isinstance(route, Path) else route
