"""What WHOOP says of the athlete: the body's measures, and whose account it is.

Name and address of the profile are not kept: who the athlete is, the host knows by the connection.
"""

from __future__ import annotations

from collections.abc import Iterator

from adapters.whoop.normalize.rows import Row, Score
from poise_sdk.fields import Trouble
from poise_sdk.observations import BodyMeasurement, Profile
from poise_sdk.wearable import Item

__all__ = ["body", "profile"]


def body(row: Row) -> Iterator[Item]:
    """One :class:`~poise_sdk.observations.BodyMeasurement`: it holds as of its receipt."""
    if not any(name in row.fields for name in ("height_meter", "weight_kilogram", "max_heart_rate")):
        raise Trouble("(row)", "it holds no measure of a body")
    told = Score(row, row.fields)
    yield BodyMeasurement(
        row=row.number,
        height_m=told.number("height_meter"),
        weight_kg=told.number("weight_kilogram"),
        max_hr_bpm=told.number("max_heart_rate"),
        quality=row.remarks,
    )
    yield from row.rejected()


def profile(row: Row) -> Iterator[Item]:
    """One :class:`~poise_sdk.observations.Profile`."""
    user_id = row.fields.text("user_id")
    yield Profile(source_id=user_id, row=row.number, vendor_user_id=user_id)
