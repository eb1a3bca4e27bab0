"""Which vendor's figure counts on a day, and why, in plain words.

The athlete's order for the metric decides, else their order for everything (``*``); vendors an order does
not name come after it. Among those, and where there is no order, what was measured in sleep comes before
what is told for a day as a whole, and that before what is made of single readings
(:data:`storage.observations.measures.HOW`); then the vendors' names decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from poise_sdk.observations import QualityFlag
from storage.arrow import execute, query
from storage.connect import Connection
from storage.observations.folding import Value
from storage.observations.measures import HOW

__all__ = ["ALL_METRICS", "Chosen", "Orders", "choose", "source_orders", "write_order"]

#: The metric of an order for everything.
ALL_METRICS: Final = "*"

#: Why a vendor has no value, in words.
WHY: Final[Mapping[QualityFlag, str]] = {
    QualityFlag.NOT_WORN: "not worn",
    QualityFlag.PENDING_SCORE: "not scored yet",
    QualityFlag.UNSCORABLE: "could not be scored",
    QualityFlag.NOT_SHARED: "not shared",
    QualityFlag.VENDOR_SILENT: "the vendor is silent",
    QualityFlag.CALIBRATING: "still calibrating",
    QualityFlag.PARTIAL: "partial",
    QualityFlag.IMPLAUSIBLE: "implausible",
    QualityFlag.TIME_ZONE_CHANGE: "the time zone changed",
}

Orders = Mapping[str, Sequence[str]]
"""An athlete's orders of vendors, by metric or ``*``."""


class Chosen(NamedTuple):
    """The figure that counts."""

    vendor: str
    value: float
    reason: str
    candidates: int
    """How many vendors have a value."""


def choose(metric: str, candidates: Mapping[str, Value], orders: Orders) -> Chosen | None:
    """The figure of a day among those of its vendors; ``None`` if nobody has a value."""
    if len(candidates) == 1 and not orders:  # by far the most days
        ((vendor, only),) = candidates.items()
        return None if only.value is None else Chosen(vendor, only.value, "only source", 1)
    named = orders.get(metric)
    own = "in the athlete's order for this figure"
    if named is None:
        named, own = orders.get(ALL_METRICS, ()), "in the athlete's order"
    places = {vendor: place for place, vendor in enumerate(named)}
    last = len(named)

    def place(vendor: str) -> tuple[int, int, str]:
        return places.get(vendor, last), HOW[candidates[vendor].basis][0], vendor

    ranked = sorted(candidates, key=place)
    having = [vendor for vendor in ranked if candidates[vendor].value is not None]
    if not having:
        return None
    winner = having[0]
    value = candidates[winner].value
    assert value is not None  # it is among those having one
    passed = [vendor for vendor in named if places[vendor] < places.get(winner, last)]
    passed += [vendor for vendor in ranked[: ranked.index(winner)] if vendor not in passed]
    lacking = [_lacking(vendor, candidates.get(vendor)) for vendor in passed]
    if len(having) == 1:
        reason = "; ".join(lacking) or ("only source" if len(candidates) == 1 else "only source with a value")
    elif winner in places:
        reason = "; ".join([*lacking, f"next {own}"]) if lacking else f"first {own}"
    else:
        rank, words = HOW[candidates[winner].basis]
        tied = HOW[candidates[having[1]].basis][0] == rank
        reason = f"{words}, as is {having[1]}; first by name" if tied else f"{words}, unlike {having[1]}"
        reason = "; ".join([*lacking, reason])
    return Chosen(winner, value, reason, len(having))


def _lacking(vendor: str, one: Value | None) -> str:
    if one is None:
        return f"{vendor} says nothing of it this day"
    why = [WHY[remark.flag] for remark in one.quality]
    return f"{vendor} has no value" + (f": {', '.join(dict.fromkeys(why))}" if why else "")


def source_orders(c: Connection, athlete_id: int) -> dict[str, list[str]]:
    """An athlete's orders."""
    found = query(c, "SELECT metric, vendors FROM source_orders WHERE athlete_id = $1", athlete_id)
    return {metric: list(vendors) for metric, vendors in found.iter_rows()}


def write_order(c: Connection, athlete_id: int, metric: str, vendors: Sequence[str]) -> None:
    """Put an order down; an empty one removes it."""
    if not vendors:
        execute(c, "DELETE FROM source_orders WHERE athlete_id = $1 AND metric = $2", athlete_id, metric)
        return
    execute(
        c,
        "INSERT INTO source_orders (athlete_id, metric, vendors) VALUES ($1, $2, $3::text[]) "
        "ON CONFLICT (athlete_id, metric) DO UPDATE SET vendors = excluded.vendors",
        athlete_id,
        metric,
        list(dict.fromkeys(vendors)),
    )
