"""Taking an adapter's items one by one: admitted, sorted by kind; readings are written as they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
import polars as pl

from poise_sdk.observations import Deleted, Profile, Reading, ReadingTable, WearableRecord
from poise_sdk.records import Rejected
from poise_sdk.wearable import Item
from storage.connect import Connection
from storage.observations.admission import READING_COLUMNS, admit_readings, admit_record, readings_frame
from storage.observations.counting import REFUSED, UNCHANGED, RowCount
from storage.observations.outcome import Sourced
from storage.observations.readings import write_readings
from storage.observations.tables import RECORD_TABLES, TABLES, Table

__all__ = ["Intake"]

#: Single readings are gathered into tables of this size.
_READINGS: Final = 50_000

_REJECTED: Final = msgspec.msgpack.Decoder(Rejected)


class Intake:
    """What one document holds, as far as it could be believed."""

    def __init__(self, c: Connection, sourced: Sourced, *, document: int, reread: bool, name: str) -> None:
        self._c, self._sourced, self._reread = c, sourced, reread
        self.document, self.name = document, name
        self.count = RowCount()
        self.kinds: dict[str, int] = {}
        self.records: dict[Table, list[WearableRecord]] = {table: [] for table in TABLES}
        self.deleted: list[Deleted] = []
        self.touched = pl.DataFrame(schema={"metric": pl.String(), "day": pl.Date()})
        """Metrics and days of readings that are new or changed."""
        self._readings: list[Reading] = []

    def take_all(self, items: Iterable[Item]) -> None:
        """Take every item as far as the adapter gets with them."""
        for item in self._read(items):
            self._take(item)
        self._flush()

    def _read(self, items: Iterable[Item]) -> Iterator[object]:
        try:
            yield from items
        except Exception as error:  # anything: an adapter may be anybody's
            reason = f"the adapter failed: {type(error).__name__}: {error}"
            self.count.reject([Rejected(file=self.name, reason=reason)])

    def _take(self, item: object) -> None:
        if isinstance(item, Rejected):
            self.count.reject([_sound(item, self.name)])
        elif isinstance(item, ReadingTable):
            self._table(item)
        elif isinstance(item, WearableRecord):
            self._record(item)
        else:
            reason = f"the adapter returned a {type(item).__name__}, which is no record"
            self.count.reject([Rejected(file=self.name, reason=reason)])

    def _record(self, given: WearableRecord) -> None:
        self._tell(type(given).__name__, 1)
        record, told = admit_record(given, file=self.name, received_at=self._sourced.received_at)
        self.count.reject(told)
        if record is None:
            return
        if isinstance(record, Reading):
            self._readings.append(record)
            if len(self._readings) >= _READINGS:
                self._flush()
        elif isinstance(record, Deleted):
            self.deleted.append(record)
        elif isinstance(record, Profile):
            self.count.add(record.row, UNCHANGED)  # the account's id is the connection's business
        else:
            self.records[RECORD_TABLES[type(record)]].append(record)

    def _table(self, table: ReadingTable) -> None:
        try:
            frame = readings_frame(table)
        except Exception as error:  # whatever the adapter put there, and whatever polars says of it
            reason = f"the adapter returned no sound table of readings: {error}"
            self.count.reject([Rejected(file=self.name, reason=reason)])
            return
        self._tell(Reading.__name__, frame.height)
        sound = admit_readings(frame, file=self.name, received_at=self._sourced.received_at)
        self.count.reject(sound.rejected, counted=True)
        self._count(sound.refused_rows, REFUSED)
        self._write(sound.frame)

    def _flush(self) -> None:
        """Write the single readings that have gathered."""
        if not self._readings:
            return
        columns = {
            "metric": [one.metric for one in self._readings],
            "source": [one.source for one in self._readings],
            "start_at": [one.start_at for one in self._readings],
            "end_at": [one.end_at for one in self._readings],
            "value": [one.value for one in self._readings],
            "utc_offset_s": [one.utc_offset_s for one in self._readings],
            "row": [one.row for one in self._readings],
        }
        self._readings = []
        self._write(pl.DataFrame(columns, schema=READING_COLUMNS))

    def _write(self, frame: pl.DataFrame) -> None:
        if frame.is_empty():
            return
        written = write_readings(
            self._c, self._sourced, frame, document=self.document, reread=self._reread, file=self.name
        )
        self.count.reject(written.rejected, counted=True)
        self.count.add_readings(written.fates["row"], written.fates["fate"])
        self.touched = pl.concat([self.touched, written.touched]).unique()

    def _count(self, rows: pl.Series, fate: int) -> None:
        if len(rows):
            self.count.add_readings(rows, pl.Series([fate], dtype=pl.Int8()).new_from_index(0, len(rows)))

    def _tell(self, kind: str, n: int) -> None:
        self.kinds[kind] = self.kinds.get(kind, 0) + n


def _sound(rejected: Rejected, file: str) -> Rejected:
    """A rejection that can be stored: an adapter may have put anything into its fields."""
    try:
        return _REJECTED.decode(msgspec.msgpack.encode(rejected))
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError):
        return Rejected(file=file, reason="the adapter rejected a row, and could not say which")
