"""Storing what a document says: admitted, matched, merged, written, counted.

Storing it again changes nothing, and versions of a record may arrive in any order
(:mod:`storage.observations.facts` says how they become one row).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from poise_sdk.observations import BodyMeasurement, Origin, WearableRecord
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Item
from storage.connect import Connection
from storage.observations.candidates import dated_body, gather
from storage.observations.collector import collector_paused
from storage.observations.counting import REFUSED, STORED, UNCHANGED
from storage.observations.daily import recompute_days
from storage.observations.documents import begin_document, finish_document
from storage.observations.facts import Fact, Layer
from storage.observations.identity import Landmarks
from storage.observations.intake import Intake
from storage.observations.lock import lock_athlete
from storage.observations.matching import Candidate, match
from storage.observations.outcome import Outcome, Sourced
from storage.observations.records import load, write
from storage.observations.removal import delete_records
from storage.observations.resolve import find_landmarks, resolve, tell_days
from storage.observations.tables import TABLES, Table
from storage.observations.tombstones import bury, find_tombstones

__all__ = ["store_document"]

#: A former beginning of a record lies at most so far from its present one, or it is another record.
_AROUND: Final = dt.timedelta(days=1)


def store_document(
    c: Connection,
    sourced: Sourced,
    document: RawDocument,
    items: Iterable[Item],
    *,
    data_type: DataType | None = None,
    recompute: bool = True,
) -> Outcome:
    """Store what ``items``, an adapter's reading of ``document``, says; the caller commits.

    ``items`` may be a generator; if it raises, the document is rejected with its reason and what came
    before is kept. Tables of readings are written as they come, records at the end. ``recompute=False``
    leaves the daily values as they are: a caller that stores several documents of one athlete gathers
    their ``record_days`` and ``reading_days`` and calls :func:`~storage.observations.recompute_days` once.
    """
    lock_athlete(c, sourced.athlete_id)
    number, reread = begin_document(c, sourced, document, data_type)
    intake = Intake(c, sourced, document=number, reread=reread, name=document.name)
    with collector_paused():
        intake.take_all(items)
        days = _store_records(c, sourced, intake)
    told, rejected = intake.count.finish()
    finish_document(c, number, told, complete=not rejected)
    readings = frozenset(intake.touched.select("metric", "day").iter_rows())
    if recompute:
        recompute_days(c, sourced.athlete_id, days, readings)
    return Outcome(
        document=number,
        told=told,
        rejected=rejected,
        records=intake.kinds,
        record_days=frozenset(days),
        reading_days=readings,
    )


def _store_records(c: Connection, sourced: Sourced, intake: Intake) -> set[dt.date]:
    days, deleted = delete_records(c, sourced, intake.deleted)
    for record, changed in zip(intake.deleted, deleted, strict=True):
        intake.count.add(record.row, STORED if changed else UNCHANGED)
    nights: set[str] = set()
    cycles: set[str] = set()
    written: set[str] = set()
    for table in TABLES:
        records = intake.records[table]
        if not records:
            continue
        facts, touched = _store_kind(c, sourced, intake, table, records)
        days |= touched
        if facts and table.name != "journal_entries":  # they have been told their days
            written.add(table.name)
        if table.name == "nights":
            nights = {fact.source_id for fact in facts}
        elif table.name == "cycles":
            cycles = {fact.source_id for fact in facts}
    if written:
        days |= resolve(c, sourced, days=days, nights=nights, cycles=cycles, tables=written)
    return days


def _store_kind(
    c: Connection, sourced: Sourced, intake: Intake, table: Table, records: Sequence[WearableRecord]
) -> tuple[list[Fact], set[dt.date]]:
    """Store the records of one kind; return the facts that changed and the days concerned."""
    if table.name == "body_measurements":
        records = _dated(c, sourced, table, records)
    gathered = gather(table, records, sourced, intake.document, intake.name)
    intake.count.reject(gathered.rejected, counted=True)
    dead = find_tombstones(c, sourced, table, gathered.candidates)
    barred = [one for one in gathered.candidates if dead.bar(one)]
    days = bury(c, sourced, table, barred, dead) if barred else set()
    outside = {id(one) for one in barred}
    living = [one for one in gathered.candidates if id(one) not in outside]
    landmarks = _landmarks(c, sourced, table, [one.layer for one in living])
    stored = _stored_near(c, sourced, table, living, landmarks)
    if stored:
        layers = [one.layer for one in living] + [one for fact in stored for one in fact.layers.values()]
        landmarks = _landmarks(c, sourced, table, layers)
    facts = match(table, living, stored, landmarks)
    fates = {id(one): REFUSED if one.layer.origin is not Origin.API else UNCHANGED for one in barred}
    for one in living:
        assert one.fact is not None  # match() has given everyone a fact
        if not one.fact.layers and dead.near(one):
            fates[id(one)] = REFUSED
        else:
            fates[id(one)] = STORED if one.fact.take(one.layer) else UNCHANGED
    changed = [fact for fact in facts if fact.changed]
    if table.name == "journal_entries":
        tell_days(c, sourced, changed)
    days |= write(c, sourced, table, changed)
    for record, candidate in zip(records, gathered.of_record, strict=True):
        fate = REFUSED if candidate is None else fates[id(candidate)]
        intake.count.add(record.row, fate)
        if candidate is not None and fate == REFUSED:
            reason = f"the vendor has taken this {table.kind} back"
            intake.count.reject([Rejected(file=intake.name, row=record.row, reason=reason)], counted=True)
    return changed, days


def _landmarks(c: Connection, sourced: Sourced, table: Table, layers: Sequence[Layer]) -> Landmarks:
    if table.name not in ("hrv_nights", "recoveries"):
        return Landmarks()
    return find_landmarks(c, sourced, _named(layers, "night_id"), _named(layers, "cycle_id"))


def _named(layers: Iterable[Layer], field: str) -> set[str]:
    return {layer.values[field] for layer in layers if field in layer.values}


def _stored_near(
    c: Connection, sourced: Sourced, table: Table, candidates: Sequence[Candidate], landmarks: Landmarks
) -> list[Fact]:
    """The stored rows that these candidates may speak of: by id, by what they name, by time, by day."""
    ids = sorted({one.source_id for one in candidates})
    times = [one.layer.values["start_at"] for one in candidates if "start_at" in one.layer.values]
    times += [*landmarks.cycles.values(), *(time for pair in landmarks.nights.values() for time in pair)]
    days = [one.layer.values["day"] for one in candidates if "day" in one.layer.values]
    since, until = (min(times) - _AROUND, max(times) + _AROUND) if times else (None, None)
    where = "t.source_id = ANY($3::text[])"
    if table.has_start:
        where += " OR t.start_at BETWEEN $4::timestamptz AND $5::timestamptz"
    bounds = (since, until)
    if table.name in ("hrv_nights", "recoveries"):
        where += " OR t.night_id = ANY($6::text[])"
        named: tuple[object, ...] = (sorted(_named((one.layer for one in candidates), "night_id")),)
        if table.name == "recoveries":
            where += " OR t.cycle_id = ANY($7::text[]) OR t.day BETWEEN $8::date AND $9::date"
            days += [moment.date() for moment in times]
            first, last = (min(days) - _AROUND, max(days) + _AROUND) if days else (None, None)
            named = (*named, sorted(_named((one.layer for one in candidates), "cycle_id")), first, last)
        return load(c, sourced, table, where, ids, *bounds, *named)
    if table.name == "daily_summaries":
        where += " OR t.day = ANY($4::date[])"
        return load(c, sourced, table, where, ids, sorted(set(days)))
    return load(c, sourced, table, where, ids, *bounds)


def _dated(
    c: Connection, sourced: Sourced, table: Table, records: Sequence[WearableRecord]
) -> list[WearableRecord]:
    """Measurements, those without a time under the time since which they are known to hold."""
    dated: list[WearableRecord] = []
    for record in records:
        if isinstance(record, BodyMeasurement) and record.start_at is None:
            before = load(
                c,
                sourced,
                table,
                "CASE WHEN $4::text IS NULL THEN t.start_at = (SELECT max(start_at) FROM body_measurements "
                "WHERE athlete_id = $1 AND vendor = $2 AND start_at <= $3) ELSE t.source_id = $4 END",
                sourced.received_at,
                record.source_id,
            )
            source_id, start = dated_body(record, before, sourced.received_at)
            record = msgspec.structs.replace(record, source_id=source_id, start_at=start)
        dated.append(record)
    return dated
