"""Names of metrics and vendors that clients give: one that nobody knows is a slip, and told as one.

A name is known if the vocabulary or an installed adapter has it, or if something is stored under it for the
athlete (an author's own metric, a vendor whose adapter is gone). The store is asked only for the others.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from typing import Final

from poise_sdk.metrics import METRICS
from server.graphql.context import PoiseInfo
from server.graphql.errors import Refused
from server.graphql.loaders import Loader

__all__ = ["check_metrics", "check_vendor"]

#: So much of an unknown name is repeated to whoever gave it.
_SHOWN: Final = 60
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


async def check_metrics(info: PoiseInfo, athlete_id: int, names: Iterable[str]) -> None:
    """Raise `Refused` for the first of ``names`` that is no metric."""
    wearables = info.context.services.wearables.values()
    known = METRICS.keys() | {name for one in wearables for name in one.capabilities.metrics}
    await _check("metric", athlete_id, names, known, info.context.loaders.told_metrics)


async def check_vendor(info: PoiseInfo, athlete_id: int, name: str | None) -> None:
    """Raise `Refused` if ``name`` is no vendor; ``None`` stands for all of them."""
    if name is not None:
        known = info.context.services.wearables.keys()
        await _check("vendor", athlete_id, [name], known, info.context.loaders.told_vendors)


async def _check(
    what: str,
    athlete_id: int,
    names: Iterable[str],
    known: Collection[str],
    told: Loader[tuple[int, str], bool],
) -> None:
    doubtful = [name for name in names if name not in known]
    await told.prefetch((athlete_id, name) for name in doubtful)
    for name in doubtful:
        if not await told.load((athlete_id, name)):
            raise Refused(f"no {what} is called {name[:_SHOWN]!r}{_meant(name, known)}")


def _meant(name: str, known: Collection[str]) -> str:
    snake = _HUMP.sub("_", name[:_SHOWN]).lower()
    close = [snake] if snake in known else difflib.get_close_matches(snake, sorted(known), n=1)
    return f": did you mean {close[0]}?" if close else ""
