"""Records of one document on their way to the store: as layers, each fact once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from poise_sdk.observations import BodyMeasurement, WearableRecord
from poise_sdk.records import Rejected
from storage.observations.facts import Fact, Layer, conflict, merged
from storage.observations.identity import made_id
from storage.observations.matching import Candidate
from storage.observations.outcome import Sourced
from storage.observations.tables import Table

__all__ = ["Gathered", "dated_body", "gather"]

_BEGINNING: Final = dt.datetime.min.replace(tzinfo=dt.UTC)


class Gathered(NamedTuple):
    """The records of one kind in one document."""

    candidates: list[Candidate]
    of_record: list[Candidate | None]
    """For each record the candidate it became or was joined to; ``None``: another contradicts it."""
    rejected: list[Rejected]


def gather(
    table: Table, records: Sequence[WearableRecord], sourced: Sourced, document: int, file: str
) -> Gathered:
    """Make a candidate of every fact the records speak of.

    Of records with one id and origin the newest version counts, else the last. What another one adds
    without contradicting is kept; one that contradicts is rejected, naming the row that counts.
    """
    groups: dict[tuple[str, str], list[int]] = {}
    layers: list[Layer] = []
    told_of = table.told
    for n, record in enumerate(records):
        layers.append(_layer_of(told_of, record, sourced, document))
        key = (_clean(record.source_id) or made_id(record), record.origin)
        groups.setdefault(key, []).append(n)
    candidates: list[Candidate] = []
    of_record: list[Candidate | None] = [None] * len(records)
    rejected: list[Rejected] = []
    for (source_id, _), members in groups.items():
        winner = max(members, key=lambda n: (layers[n].updated_at or _BEGINNING, n))
        candidate = Candidate(source_id, layers[winner])
        candidates.append(candidate)
        for n in members:
            if n != winner and (field := conflict(layers[n], layers[winner])) is not None:
                rejected.append(_lost(table, records[n], records[winner], source_id, field, file))
                continue
            of_record[n] = candidate
            if n != winner and layers[n].updated_at == layers[winner].updated_at:
                candidate.layer = merged(layers[n], candidate.layer)
    return Gathered(candidates, of_record, rejected)


def _layer_of(told_of: Sequence[str], record: WearableRecord, sourced: Sourced, document: int) -> Layer:
    """What a record says in its fields ``told_of``, without what it leaves open."""
    values: dict[str, Any] = {}
    for name in told_of:
        value = getattr(record, name)
        if value is None:
            continue
        kind = type(value)
        if kind is str:
            value = _clean(value)
        elif kind is dict:
            value = {_clean(key): told for key, told in value.items()}
        if value or (kind is not dict and kind is not tuple):  # an empty one says nothing
            values[name] = value
    return Layer(
        origin=record.origin,
        values=values,
        quality=record.quality,
        updated_at=record.vendor_updated_at,
        source=None if record.source is None else _clean(record.source),
        row=record.row,
        document=document,
        adapter_version=sourced.adapter_version,
    )


def dated_body(
    record: BodyMeasurement, before: Sequence[Fact], received_at: dt.datetime
) -> tuple[str | None, dt.datetime]:
    """The id and time of a measurement that has no time: that of the last one if it says the same.

    ``before``: the stored facts it may repeat, the newest first. Else it holds as of its receipt.
    """
    for fact in before:
        said = fact.compose().values
        given = {
            name: getattr(record, name)
            for name in ("height_m", "weight_kg", "body_fat_pct", "lean_mass_kg", "max_hr_bpm")
        }
        if all(value is None or said.get(name) == value for name, value in given.items()):
            return record.source_id or fact.source_id, said["start_at"]
        break
    return record.source_id, received_at


def _lost(
    table: Table, record: WearableRecord, winner: WearableRecord, source_id: str, field: str, file: str
) -> Rejected:
    counts = f"row {winner.row}" if winner.row is not None else "a later one"
    return Rejected(
        file=file,
        row=record.row,
        field=field,
        reason=f"the {table.kind} {source_id.removeprefix('@')} stands in this document twice, "
        f"with different content; {counts} counts",
    )


def _clean(text: str | None) -> str | None:
    """Without NUL, which PostgreSQL's texts do not have."""
    return text if text is None or "\0" not in text else text.replace("\0", "")
