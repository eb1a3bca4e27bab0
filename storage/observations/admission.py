"""What may come in: records with the types they claim and times and values a body can have.

An adapter may be anybody's. Its records are held to their own declaration first (a text where a number
should be is the adapter's fault, and told so), then to :mod:`poise_sdk.plausibility`; tables of readings
to the same rules by column.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec
import polars as pl

from poise_sdk.days import LARGEST_OFFSET_S
from poise_sdk.metrics import METRICS
from poise_sdk.observations import (
    RECORD_TYPES,
    Reading,
    ReadingTable,
    WearableRecord,
)
from poise_sdk.plausibility import EARLIEST, FUTURE, admit
from poise_sdk.records import Rejected

__all__ = ["READING_COLUMNS", "AdmittedReadings", "admit_readings", "admit_record", "readings_frame"]

_TIME: Final = pl.Datetime("us", "UTC")

#: Columns of a table of readings as the store works with it.
READING_COLUMNS: Final = pl.Schema(
    {
        "metric": pl.String(),
        "source": pl.String(),
        "start_at": _TIME,
        "end_at": _TIME,
        "value": pl.Float64(),
        "utc_offset_s": pl.Int32(),
        "row": pl.Int64(),
    }
)
_REQUIRED: Final = ("metric", "start_at", "value")

#: Characters an id, a metric's or a source's name may have: an index entry must fit a page.
LONGEST_NAME: Final = 500

#: Refused readings that are listed one by one; a table in a wrong unit has millions.
LISTED: Final = 10_000

_DECODERS: Final = {kind: msgspec.msgpack.Decoder(kind) for kind in RECORD_TYPES.values()}
_ENCODER: Final = msgspec.msgpack.Encoder()
#: What the columns of "row" and "samples" hold.
_LARGEST_INT: Final = 2**31 - 1


def admit_record(
    record: WearableRecord, *, file: str, received_at: dt.datetime
) -> tuple[WearableRecord | None, tuple[Rejected, ...]]:
    """The record as far as it can be believed, and what was refused of it (all of it: ``None``)."""
    kind = type(record)
    decoder = _DECODERS.get(kind)
    if decoder is None:
        return None, (
            Rejected(file=file, reason=f"the adapter returned a {kind.__name__}, which is no record"),
        )
    try:
        sound: WearableRecord = decoder.decode(_ENCODER.encode(record))
    except (msgspec.ValidationError, msgspec.MsgspecError, TypeError, ValueError, OverflowError) as error:
        row = record.row if type(record.row) is int else None
        told = ascii(str(error))[1:-1]
        return None, (
            Rejected(file=file, row=row, reason=f"the adapter returned no sound {kind.__name__}: {told}"),
        )
    if trouble := _trouble(sound):
        return None, (Rejected(file=file, row=sound.row, field=trouble[0], reason=trouble[1]),)
    kept, told_of = admit(sound, file=file, received_at=received_at)
    if kept is None:
        return None, told_of
    return _bounded(kept, received_at), told_of


def _trouble(record: WearableRecord) -> tuple[str, str] | None:
    if record.source_id is not None and len(record.source_id) > LONGEST_NAME:
        return "source_id", f"an id of {len(record.source_id)} characters"
    updated = record.vendor_updated_at
    if updated is not None and updated.tzinfo is None:
        return "vendor_updated_at", f"the time {updated.isoformat()} has no zone"
    return None


def _bounded(record: WearableRecord, received_at: dt.datetime) -> WearableRecord:
    """Without what no column holds. A version from the future would keep all later ones out."""
    news: dict[str, Any] = {}
    if record.row is not None and not 0 <= record.row <= _LARGEST_INT:
        news["row"] = None
    if (getattr(record, "samples", None) or 0) > _LARGEST_INT:
        news["samples"] = None
    if record.vendor_updated_at is not None and record.vendor_updated_at > received_at + FUTURE:
        news["vendor_updated_at"] = received_at
    return msgspec.structs.replace(record, **news) if news else record


class AdmittedReadings(NamedTuple):
    """A table of readings without what cannot be."""

    frame: pl.DataFrame
    """:data:`READING_COLUMNS`, in the order given."""
    refused_rows: pl.Series
    """The ``row`` of each refused reading (null where it has none)."""
    rejected: list[Rejected]
    """Up to :data:`LISTED` of them one by one, the rest in one entry (``kept``: it counts as no row)."""


def readings_frame(table: ReadingTable) -> pl.DataFrame:
    """A table's columns with the types the store works with.

    Raises ``ValueError`` (or polars' own errors) for columns that are missing or of another type.
    """
    frame = pl.DataFrame(table.data)
    if missing := [name for name in _REQUIRED if name not in frame.columns]:
        raise ValueError(f"the table of readings lacks {', '.join(missing)}")
    for name in ("start_at", "end_at"):
        dtype = frame.schema.get(name)
        if isinstance(dtype, pl.Datetime) and dtype.time_zone is None:
            raise ValueError(f"the times of {name} have no zone")
    return frame.select(
        (pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype=dtype)).alias(name)
        for name, dtype in READING_COLUMNS.items()
    )


def admit_readings(frame: pl.DataFrame, *, file: str, received_at: dt.datetime) -> AdmittedReadings:
    """Hold a frame of :data:`READING_COLUMNS` to the rules of :func:`poise_sdk.plausibility.admit`."""
    latest = received_at.astimezone(dt.UTC) + FUTURE
    ranges = pl.DataFrame(
        {
            "metric": list(METRICS),
            "low": [float(metric.low) for metric in METRICS.values()],
            "high": [float(metric.high) for metric in METRICS.values()],
        }
    )
    known = frame.join(ranges, on="metric", how="left", maintain_order="left")
    end = pl.col("end_at").fill_null(pl.col("start_at"))
    sound = (
        pl.all_horizontal(pl.col(name).is_not_null() for name in _REQUIRED)
        & (pl.col("metric").str.len_chars() <= LONGEST_NAME)
        & (pl.col("source").str.len_chars().fill_null(0) <= LONGEST_NAME)
        & (pl.col("start_at") >= EARLIEST)
        & (pl.col("start_at") <= latest)
        & (end >= pl.col("start_at"))
        & (end <= latest)
        & (pl.col("utc_offset_s").fill_null(0).abs() <= LARGEST_OFFSET_S)
        & pl.col("value").is_finite()
        & pl.col("value").is_between(pl.col("low"), pl.col("high")).fill_null(True)
    )
    mask = known.select(sound.fill_null(False))[:, 0]
    if mask.all():
        return AdmittedReadings(frame, pl.Series("row", [], dtype=pl.Int64()), [])
    refused = frame.filter(~mask)
    rejected = list(_reasons(refused.head(LISTED), file, received_at))
    if refused.height > LISTED:
        more = refused.height - LISTED
        rejected.append(Rejected(file=file, reason=f"{more} further readings of it were refused", kept=True))
    return AdmittedReadings(frame.filter(mask), refused["row"], rejected)


def _reasons(refused: pl.DataFrame, file: str, received_at: dt.datetime) -> Iterator[Rejected]:
    """Why, in the words of the one rule: each refused reading is judged once more by itself."""
    for one in refused.iter_rows(named=True):
        row = one["row"]
        if missing := [name for name in _REQUIRED if one[name] is None]:
            yield Rejected(file=file, row=row, field=missing[0], reason="it is missing")
            continue
        if long := [name for name in ("metric", "source") if len(one[name] or "") > LONGEST_NAME]:
            yield Rejected(
                file=file, row=row, field=long[0], reason=f"a name of {len(one[long[0]])} characters"
            )
            continue
        reading = Reading(
            metric=one["metric"],
            start_at=one["start_at"],
            end_at=one["end_at"],
            value=one["value"],
            utc_offset_s=one["utc_offset_s"],
            row=row,
        )
        _, told = admit(reading, file=file, received_at=received_at)
        yield from told
