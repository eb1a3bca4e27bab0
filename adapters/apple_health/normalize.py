"""One document of Apple Health → canonical records. Pure and total."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from adapters.apple_health.auto_export import is_auto_export, normalize_auto_export
from adapters.apple_health.lines import read_lines
from adapters.apple_health.markup import (
    CUT_SHORT,
    HEAD,
    ROOT,
    as_utf8,
    body_of,
    declares_entities,
    is_export,
    without_controls,
)
from adapters.apple_health.payloads import SLEEP
from adapters.apple_health.raw import Raw
from adapters.apple_health.sleep import nights_of, with_hrv
from adapters.apple_health.trees import read_trees
from adapters.apple_health.typed import kinds_of, readings, unknown_types
from adapters.apple_health.workouts import workouts_and_summaries
from poise_sdk.observations import Night, ReadingTable
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.wearable import Item

__all__ = ["items_of", "normalize"]


def normalize(document: RawDocument) -> Iterator[Item]:
    """The records of a document: a part of ``export.xml`` (or all of it), or JSON of Health Auto Export."""
    content, file = document.content, document.name
    if is_auto_export(content):
        yield from normalize_auto_export(document)
        return
    if not is_export(content):
        yield Rejected(file=file, reason="neither an export of Apple Health nor one of Health Auto Export")
        return
    if declares_entities(content[: max(content.find(ROOT, 0, HEAD), 0)]):
        yield Rejected(file=file, reason="it defines entities, which the Health app never does: refused")
        return
    body, whole = body_of(content)
    body = without_controls(body)
    raw = read_lines(body, file)
    yield from items_of(read_trees(as_utf8(body), file) if raw is None else raw, file)
    if not whole:
        yield Rejected(file=file, reason=CUT_SHORT)


def items_of(raw: Raw, file: str) -> Iterator[Item]:
    """What the content of a document means; the same whichever way it was read."""
    yield from raw.rejected
    kinds = kinds_of(raw)
    nights: list[Night] = []
    for item in nights_of(raw, file) if SLEEP in kinds["type"].to_list() else ():
        if isinstance(item, Night):
            nights.append(item)
        yield item
    for item in readings(raw, kinds, file):
        if nights and isinstance(item, ReadingTable):
            yield from with_hrv(nights, pl.DataFrame(item.data))
        yield item
    yield from workouts_and_summaries(raw.elements, file)
    yield from unknown_types(kinds, file)
