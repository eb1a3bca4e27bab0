"""One fact as several sources tell it: how versions of a record become one row.

A fact keeps what each origin said of it in a *layer*; its row is composed of them anew at every change.
So the row does not depend on the order in which versions arrived:

* within a layer the newest ``vendor_updated_at`` counts. The vendor's interface replaces its former word
  by a newer one entirely: a score that went away is gone. Versions that cannot be told apart by age are
  overlaid in the order of arrival, and what the later one does not say stays;
* between layers the rank of the origin counts (derived, file, api): a lower one fills what the higher
  ones leave open, and nothing else. Where the highest says that it has no score (pending, unscorable),
  no lower one fills in a score.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from poise_sdk.metrics import METRICS
from poise_sdk.observations import Origin, Quality, QualityFlag

__all__ = ["RANK", "Composed", "Fact", "Layer", "computed", "conflict", "merged"]

#: From the origin that counts least to the one that counts most.
RANK: Final[Mapping[Origin, int]] = {origin: rank for rank, origin in enumerate(Origin)}

_UNSCORED: Final = frozenset({QualityFlag.PENDING_SCORE, QualityFlag.UNSCORABLE})

#: Fields that hold values by names of the source's own: they are merged name by name.
_BY_NAME: Final = ("values", "contributors")

#: Remarks that the store itself makes of a whole row; they are no part of what a source said.
_COMPUTED: Final = frozenset(
    {(QualityFlag.TIME_ZONE_CHANGE, "utc_offset_s"), (QualityFlag.PARTIAL, "end_at")}
)


class Layer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one origin says of a fact."""

    origin: Origin
    values: Mapping[str, Any]
    """By field; what it does not say is missing."""
    quality: tuple[Quality, ...] = ()
    updated_at: dt.datetime | None = None
    source: str | None = None
    row: int | None = None
    document: int | None = None
    adapter_version: str = ""

    def says(self, other: Layer) -> bool:
        """Whether ``other`` would change nothing but the provenance."""
        return (
            self.values == other.values
            and self.quality == other.quality
            and self.updated_at == other.updated_at
            and self.source == other.source
        )


def merged(old: Layer, new: Layer) -> Layer:
    """The layer after ``new`` has arrived; ``old`` itself if it changes nothing."""
    if old.updated_at != new.updated_at:
        newer = old.updated_at is None or (new.updated_at is not None and new.updated_at > old.updated_at)
        if new.origin is Origin.API:
            return new if newer else old
        if not newer:
            filled = _overlaid(new, old)
            return old if old.says(filled) else filled
    laid = _overlaid(old, new)
    return old if old.says(laid) else laid


def _overlaid(below: Layer, above: Layer) -> Layer:
    values = {**below.values, **above.values}
    for name in _BY_NAME:
        if name in below.values and name in above.values:
            values[name] = {**below.values[name], **above.values[name]}
    return msgspec.structs.replace(above, values=values, source=above.source or below.source)


def conflict(one: Layer, other: Layer) -> str | None:
    """A field on which two versions differ, or ``None`` if neither contradicts the other."""
    for name, value in one.values.items():
        told = other.values.get(name, value)
        if isinstance(value, dict) and isinstance(told, dict):
            clash = [key for key in value if told.get(key, value[key]) != value[key]]
            if clash:
                return str(clash[0])
        elif told != value:
            return name
    return None


@dataclass(frozen=True, slots=True)
class Composed:
    """A fact as its row has it."""

    top: Layer
    values: dict[str, Any]
    quality: tuple[Quality, ...]

    def tells(self, other: Composed) -> bool:
        """Whether ``other`` is the same but for its provenance."""
        return (
            self.values == other.values
            and self.quality == other.quality
            and self.top.updated_at == other.top.updated_at
            and self.top.source == other.top.source
        )


@dataclass(slots=True)
class Fact:
    """A row, stored or about to be."""

    source_id: str
    layers: dict[Origin, Layer] = field(default_factory=dict)
    former_starts: set[dt.datetime] = field(default_factory=set)
    """Beginnings that some version gave: a file that is older than a correction is still recognised."""
    stored_id: str | None = None
    """Under which id it is stored; ``None``: not at all."""
    stored_day: dt.date | None = None
    found_day: tuple[dt.date, str] | None = None
    """The day that another record tells for it, and by which rule, where that is known on writing."""
    found_times: dict[str, Any] = field(default_factory=dict)
    """The times that another record tells for it, which its row has in place of its own."""
    changed: bool = False
    time_zone_remark: Quality | None = None
    """Kept when the row is written anew; :mod:`storage.observations.resolve` judges it."""

    @property
    def made_id(self) -> bool:
        """Whether the id is ours: no source has given one."""
        return self.source_id.startswith("@")

    def starts(self) -> set[dt.datetime]:
        """When it began, in all versions."""
        return self.former_starts.union(*map(_start, self.layers.values()))

    def take(self, new: Layer) -> bool:
        """Let a version in; whether it changed anything that the row tells.

        What it says is kept even where a higher origin says it already, and so is the beginning that an
        outdated version gives: so the order in which versions arrive does not matter.
        """
        if not self.layers:
            self.layers[new.origin] = new
            self.changed = True
            return True
        file = self.layers.get(Origin.FILE)
        if new.origin is Origin.DERIVED and file is not None and _repeats(new, file):
            return False
        old = self.layers.get(new.origin)
        layer = new if old is None else merged(old, new)
        before = self.compose() if layer is not old else None
        lost = self.starts() | _start(new)
        self.layers[new.origin] = layer
        lost -= self.starts()
        self.former_starts |= lost
        derived = self.layers.get(Origin.DERIVED)
        if new.origin is Origin.FILE and derived is not None and _repeats(derived, layer):
            del self.layers[Origin.DERIVED]
        self.changed |= bool(lost) or layer is not old
        return layer is not old and (before is None or not before.tells(self.compose()))

    def absorb(self, other: Fact) -> None:
        """Make another row of the same fact part of this one."""
        for layer in other.layers.values():
            mine = self.layers.get(layer.origin)
            self.layers[layer.origin] = layer if mine is None else merged(layer, mine)
        self.former_starts |= other.starts()
        self.changed = True

    def compose(self) -> Composed:
        """The row's fields, from the layers in the order of their rank."""
        if len(self.layers) == 1:
            (top,) = self.layers.values()
            return Composed(top, dict(top.values), tuple(dict.fromkeys(top.quality)))
        ranked = sorted(self.layers.values(), key=lambda layer: -RANK[layer.origin])
        top, *lower = ranked
        values = dict(top.values)
        unscored = any(remark.field is None and remark.flag in _UNSCORED for remark in top.quality)
        remarks = list(top.quality)
        for layer in lower:
            remarks += [remark for remark in layer.quality if remark.field and remark.field not in values]
            for name, value in layer.values.items():
                if unscored and (name in METRICS or name in _BY_NAME):
                    continue
                if name not in values:
                    values[name] = value
                elif name in _BY_NAME:
                    values[name] = {**value, **values[name]}
        return Composed(top, values, tuple(dict.fromkeys(remarks)))


def _repeats(derived: Layer, file: Layer) -> bool:
    """Whether a file's own record says all that was derived from another one: it need not be kept.

    Nothing takes a value out of a file's layer, so what it hides stays hidden.
    """
    return all(file.values.get(name) == value for name, value in derived.values.items())


def _start(layer: Layer) -> set[dt.datetime]:
    start = layer.values.get("start_at")
    return set() if start is None else {start}


def computed(remarks: Iterable[Quality]) -> dict[tuple[QualityFlag, str | None], Quality]:
    """Those of ``remarks`` that the store has made, by flag and field."""
    return {(one.flag, one.field): one for one in remarks if (one.flag, one.field) in _COMPUTED}
