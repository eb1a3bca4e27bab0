"""Rows of the tables of records: read as facts, written as one statement a table.

Rows travel as one JSON text and are spread into columns by the database: a document brings some tens of
rows of thirty columns, and a statement costs less than the temporary table a COPY would need.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from poise_sdk.days import cycle_day, local_day
from poise_sdk.observations import Origin, Quality, QualityFlag, SleepStage, Stage
from storage.arrow import execute, query
from storage.connect import Connection
from storage.observations.facts import Fact, Layer, computed
from storage.observations.outcome import Sourced
from storage.observations.tables import Table, from_json, moment

__all__ = ["NIGHT_TIMES", "delete_rows", "load", "write"]

#: What variability measured in sleep takes from its night.
NIGHT_TIMES: Final = ("start_at", "end_at", "utc_offset_s")

_QUALITY: Final = msgspec.json.Decoder(tuple[Quality, ...])
_JSON: Final = frozenset({"contributors", "values"})
_STAGES: Final = (
    "(SELECT json_agg(json_build_array(s.start_at, s.end_at, s.stage) ORDER BY s.n) FROM night_stages s "
    "WHERE s.athlete_id = t.athlete_id AND s.vendor = t.vendor AND s.source_id = t.source_id)::text AS stages"
)


def load(c: Connection, sourced: Sourced, table: Table, where: str, *args: object) -> list[Fact]:
    """The stored facts of this athlete and vendor that ``where`` (``$3``, … for ``args``) selects."""
    names = [name for name in table.columns if name not in ("athlete_id", "vendor", "stored_at")]
    wanted = [
        f't."{name}"::text' if name in {"quality", "layers", *_JSON} else f't."{name}"' for name in names
    ]
    if table.name == "nights":
        wanted.append(_STAGES)
    found = query(
        c,
        f"SELECT {', '.join(wanted)} FROM {table.name} t "  # noqa: S608 - constants
        f"WHERE t.athlete_id = $1 AND t.vendor = $2 AND ({where})",
        sourced.athlete_id,
        sourced.vendor,
        *args,
    )
    return [_fact(table, row) for row in found.iter_rows(named=True)]


def _fact(table: Table, row: dict[str, Any]) -> Fact:
    fact = Fact(row["source_id"], stored_id=row["source_id"], stored_day=row["day"])
    quality = _QUALITY.decode(row["quality"])
    ours = computed(quality)
    fact.time_zone_remark = next(
        (one for (flag, _), one in ours.items() if flag is QualityFlag.TIME_ZONE_CHANGE), None
    )
    if row["layers"] is not None:
        told = msgspec.json.decode(row["layers"])
        fact.former_starts = {moment(start) for start in told.pop("former_starts", ())}
        fact.layers = {Origin(name): _layer(Origin(name), one) for name, one in told.items()}
        return fact
    values = {name: row[name] for name in table.fields if row.get(name) is not None}
    if table.has_day_rule and row["day_rule"] != "given":
        values.pop("day", None)
    for name in _JSON & values.keys():
        values[name] = msgspec.json.decode(values[name])
    if row.get("stages"):
        values["stages"] = _stages(msgspec.json.decode(row["stages"]))
    origin = Origin(row["origin"])
    fact.layers[origin] = Layer(
        origin=origin,
        values={name: value for name, value in values.items() if value != {}},
        quality=tuple(one for one in quality if (one.flag, one.field) not in ours),
        updated_at=row["vendor_updated_at"],
        source=row["source"],
        row=row["row"],
        document=row["document"],
        adapter_version=row["adapter_version"],
    )
    return fact


def _layer(origin: Origin, told: dict[str, Any]) -> Layer:
    values = from_json(told["values"])
    if "stages" in values:
        values["stages"] = _stages(values["stages"])
    updated = told["updated_at"]
    return Layer(
        origin=origin,
        values=values,
        quality=msgspec.convert(told["quality"], tuple[Quality, ...]),
        updated_at=None if updated is None else moment(updated),
        source=told["source"],
        row=told["row"],
        document=told["document"],
        adapter_version=told["adapter_version"],
    )


def _stages(told: Iterable[Sequence[Any]]) -> tuple[Stage, ...]:
    return tuple(
        Stage(start_at=moment(start), end_at=moment(end), stage=SleepStage(stage))
        for start, end, stage in told
    )


def write(c: Connection, sourced: Sourced, table: Table, facts: Sequence[Fact]) -> set[dt.date]:
    """Bring changed facts into their table under their present ids; return the days they lie or lay on."""
    if not facts:
        return set()
    if table.name == "hrv_nights":
        _tell_nights(c, sourced, facts)
    renamed = [one.stored_id for one in facts if one.stored_id is not None and one.stored_id != one.source_id]
    delete_rows(c, sourced, table, renamed)
    rows, stages = [], []
    days: set[dt.date | None] = set()
    for fact in facts:
        row, staged = _row(table, fact)
        rows.append(row)
        days |= {fact.stored_day, row["day"]}
        fact.stored_day = row["day"]
        stages += [(fact.source_id, n, *_bare(stage)) for n, stage in enumerate(staged, 1)]
    columns = [name for name in table.columns if name not in ("athlete_id", "vendor", "stored_at")]
    names = ", ".join(f'"{name}"' for name in columns)
    news = ", ".join(f'"{name}" = excluded."{name}"' for name in columns if name != "source_id")
    execute(
        c,
        f"INSERT INTO {table.name} (athlete_id, vendor, {names}) "  # noqa: S608 - constants
        f"SELECT $1, $2, {names} FROM json_populate_recordset(null::{table.name}, $3::json) "
        f"ORDER BY source_id ON CONFLICT (athlete_id, vendor, source_id) "
        f"DO UPDATE SET stored_at = now(), {news}",
        sourced.athlete_id,
        sourced.vendor,
        msgspec.json.encode(rows).decode(),
    )
    if table.name == "nights":
        _write_stages(c, sourced, facts, stages)
    for fact in facts:
        fact.stored_id, fact.changed = fact.source_id, False
    return {day for day in days if day is not None}


def _tell_nights(c: Connection, sourced: Sourced, facts: Sequence[Fact]) -> None:
    """Tell variability measured in sleep when its night was, where that night is stored.

    A vendor may say no more than when it worked the figure out, which is after the night.
    """
    named = {
        id(fact): values["night_id"]
        for fact in facts
        if (values := fact.compose().values).get("in_sleep") and "night_id" in values
    }
    if not named:
        return
    found = query(
        c,
        "SELECT source_id, day, start_at, end_at, utc_offset_s FROM nights "
        "WHERE athlete_id = $1 AND vendor = $2 AND source_id = ANY($3::text[])",
        sourced.athlete_id,
        sourced.vendor,
        sorted(set(named.values())),
    )
    nights = {row["source_id"]: row for row in found.iter_rows(named=True)}
    for fact in facts:
        night = nights.get(named.get(id(fact), ""))
        if night is not None:
            fact.found_day = night["day"], "night"
            fact.found_times = {name: night[name] for name in NIGHT_TIMES}


def _row(table: Table, fact: Fact) -> tuple[dict[str, Any], tuple[Stage, ...]]:
    whole = fact.compose()
    values = whole.values | fact.found_times
    stages = values.pop("stages", ())
    day, rule = _day(table, values, fact.found_day)
    quality = list(whole.quality)
    told = {remark.flag for remark in quality}
    if table.name == "cycles" and values.get("end_at") is None and QualityFlag.PARTIAL not in told:
        quality.append(Quality(flag=QualityFlag.PARTIAL, field="end_at", detail="it is not over yet"))
    if fact.time_zone_remark is not None:
        quality.append(fact.time_zone_remark)
    row = {
        **values,
        "source_id": fact.source_id,
        "origin": whole.top.origin,
        "vendor_updated_at": whole.top.updated_at,
        "source": whole.top.source,
        "row": whole.top.row,
        "document": whole.top.document,
        "adapter_version": whole.top.adapter_version,
        "quality": quality,
        "layers": _layers(
            fact, moved=any(whole.values.get(name) != at for name, at in fact.found_times.items())
        ),
        "day": day,
    }
    for name in _JSON.intersection(table.fields):
        row.setdefault(name, {})
    if table.has_day_rule:
        row["day_rule"] = rule
    return row, stages


def _layers(fact: Fact, *, moved: bool) -> dict[str, Any] | None:
    """What each origin said, where more than one did or where more is known than the row can tell.

    ``moved``: the row has other times than it was told with.
    """
    former = fact.former_starts - {
        layer.values["start_at"] for layer in fact.layers.values() if "start_at" in layer.values
    }
    if len(fact.layers) == 1 and not former and not moved:
        return None
    told: dict[str, Any] = {
        origin: {
            "values": {
                name: [_bare(stage) for stage in value] if name == "stages" else value
                for name, value in layer.values.items()
            },
            "quality": layer.quality,
            "updated_at": layer.updated_at,
            "source": layer.source,
            "row": layer.row,
            "document": layer.document,
            "adapter_version": layer.adapter_version,
        }
        for origin, layer in fact.layers.items()
    }
    if former:
        told["former_starts"] = sorted(former)
    return told


def _bare(stage: Stage) -> tuple[dt.datetime, dt.datetime, SleepStage]:
    return stage.start_at, stage.end_at, stage.stage


def _day(
    table: Table, values: dict[str, Any], found: tuple[dt.date, str] | None
) -> tuple[dt.date | None, str]:
    """The day of a record as far as is known by itself, and how."""
    if values.get("day") is not None:
        return values["day"], "given"
    if found is not None:
        return found
    start, offset = values.get("start_at"), values.get("utc_offset_s")
    if start is None:
        return None, "none"
    match table.name:
        case "nights":
            return local_day(values["end_at"], offset), "start"
        case "cycles" | "journal_entries":
            return cycle_day(start, offset), "start"
        case "hrv_nights" if values.get("in_sleep") and values.get("end_at") is not None:
            return local_day(values["end_at"], offset), "start"
        case _:
            return local_day(start, offset), "start"


def _write_stages(
    c: Connection, sourced: Sourced, facts: Sequence[Fact], stages: Sequence[tuple[Any, ...]]
) -> None:
    if any(fact.stored_id is not None for fact in facts):
        execute(
            c,
            "DELETE FROM night_stages WHERE athlete_id = $1 AND vendor = $2 AND source_id = ANY($3::text[])",
            sourced.athlete_id,
            sourced.vendor,
            [fact.source_id for fact in facts],
        )
    if stages:
        names = ("source_id", "n", "start_at", "end_at", "stage")
        execute(
            c,
            "INSERT INTO night_stages (athlete_id, vendor, source_id, n, start_at, end_at, stage) "
            "SELECT $1, $2, source_id, n, start_at, end_at, stage "
            "FROM json_populate_recordset(null::night_stages, $3::json) ORDER BY source_id, n",
            sourced.athlete_id,
            sourced.vendor,
            msgspec.json.encode([dict(zip(names, stage, strict=True)) for stage in stages]).decode(),
        )


def delete_rows(c: Connection, sourced: Sourced, table: Table, ids: Sequence[str]) -> set[dt.date]:
    """Remove the rows of these ids, a night's stages with it; return the days they lay on."""
    if not ids:
        return set()
    found = query(
        c,
        f"DELETE FROM {table.name} WHERE athlete_id = $1 AND vendor = $2 AND source_id = ANY($3::text[]) "  # noqa: S608 - a constant
        "RETURNING day",
        sourced.athlete_id,
        sourced.vendor,
        list(ids),
    )
    if table.name == "nights":
        execute(
            c,
            "DELETE FROM night_stages WHERE athlete_id = $1 AND vendor = $2 AND source_id = ANY($3::text[])",
            sourced.athlete_id,
            sourced.vendor,
            list(ids),
        )
    return {day for day in found["day"] if day is not None}
