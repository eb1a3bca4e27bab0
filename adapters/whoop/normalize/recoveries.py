"""Recoveries, and the heart rate variability they rest on.

A recovery has no id of its own: it belongs to a cycle and to a sleep, and webhooks name it by the sleep.
So ``source_id`` is the sleep's id, for the :class:`~poise_sdk.observations.Recovery` and for its
:class:`~poise_sdk.observations.HrvNight` alike. Neither says when the night was: the host knows by
``night_id`` and lets the variability have that night's times. Until the night is there, ``start_at`` is the
moment at which WHOOP recorded the recovery.
"""

from __future__ import annotations

from collections.abc import Iterator

from adapters.whoop.normalize.rows import Row
from poise_sdk.observations import HrvNight, Quality, QualityFlag, Recovery
from poise_sdk.wearable import Item

__all__ = ["recovery"]


def recovery(row: Row) -> Iterator[Item]:
    """One recovery and one night's variability; of what is not scored both say why they are empty."""
    fields = row.fields
    night_id = fields.text("sleep_id")
    cycle_id = row.attempt(lambda: fields.text("cycle_id"))
    updated_at = row.updated_at()
    recorded_at = row.attempt(lambda: fields.moment("created_at"))
    score = row.score()
    if score.flag("user_calibrating"):
        row.quality.append(Quality(flag=QualityFlag.CALIBRATING))
    hrv = score.number("hrv_rmssd_milli")
    yield Recovery(
        source_id=night_id,
        vendor_updated_at=updated_at,
        row=row.number,
        night_id=night_id,
        cycle_id=cycle_id,
        recovery_pct=score.number("recovery_score"),
        resting_hr_bpm=score.number("resting_heart_rate"),
        hrv_rmssd_ms=hrv,
        spo2_pct=score.number("spo2_percentage"),
        skin_temp_c=score.number("skin_temp_celsius"),
        quality=row.remarks,
    )
    if recorded_at is not None:
        yield HrvNight(
            source_id=night_id,
            vendor_updated_at=updated_at,
            row=row.number,
            night_id=night_id,
            start_at=recorded_at,
            hrv_rmssd_ms=hrv,
            quality=row.remarks,
        )
    yield from row.rejected()
