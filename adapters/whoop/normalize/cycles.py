"""Cycles: days of strain, from falling asleep to falling asleep. The newest has no end."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.whoop.normalize.rows import Row
from poise_sdk.observations import Cycle
from poise_sdk.wearable import Item

__all__ = ["cycle"]


def cycle(row: Row) -> Iterator[Item]:
    """One :class:`~poise_sdk.observations.Cycle`; its strain so far, while it lasts."""
    fields = row.fields
    source_id = fields.text("id")
    start_at = fields.moment("start")
    end_at = fields.moment("end", None)
    score = row.score()
    if end_at is None:
        row.ongoing()
    yield Cycle(
        source_id=source_id,
        vendor_updated_at=row.updated_at(),
        row=row.number,
        start_at=start_at,
        end_at=end_at,
        utc_offset_s=row.offset(),
        strain=score.number("strain"),
        energy_kj=score.number("kilojoule"),
        avg_hr_bpm=score.number("average_heart_rate"),
        max_hr_bpm=score.number("max_heart_rate"),
        quality=row.remarks,
    )
    yield from row.rejected()
