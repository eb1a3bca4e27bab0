"""Why a vendor has no value for a figure of a day: what its records say, else how its sync stands.

Lists of records, days and readings are read by :mod:`storage.reads.wearables`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec

from poise_sdk.observations import Quality, QualityFlag
from poise_sdk.vocabulary import DataType
from storage.connect import rows
from storage.observations.measures import MEASURES
from storage.observations.tables import TABLES

__all__ = ["Missing", "missing"]

#: Remarks that say why there is nothing, the plainest first.
_SAYING: Final = (
    QualityFlag.NOT_WORN,
    QualityFlag.UNSCORABLE,
    QualityFlag.PENDING_SCORE,
    QualityFlag.CALIBRATING,
    QualityFlag.NOT_SHARED,
    QualityFlag.IMPLAUSIBLE,
    QualityFlag.PARTIAL,
)
_REMARKS: Final = msgspec.json.Decoder(tuple[Quality, ...])
_TYPE_OF: Final = {table.name: table.data_type for table in TABLES}

_RECORDS: Final = " UNION ALL ".join(
    f"SELECT quality FROM {table.name} WHERE athlete_id = $1 AND day = $2 AND vendor = $3 "  # noqa: S608 - constants
    f"AND '{table.name}' = ANY($5::text[])"
    for table in TABLES
)
_STANDING: Final = f"""
SELECT
    (SELECT value IS NOT NULL FROM daily_values
     WHERE athlete_id = $1 AND day = $2 AND vendor = $3 AND metric = $4) AS there,
    (SELECT json_agg(remark) FROM (
        SELECT quality FROM daily_values WHERE athlete_id = $1 AND day = $2 AND vendor = $3 AND metric = $4
        UNION ALL {_RECORDS}
    ) AS told CROSS JOIN LATERAL jsonb_array_elements(told.quality) AS remark)::text AS remarks,
    k.status, k.status_reason,
    (SELECT bool_and(s.status = 'not_shared') FROM sync_states s
     WHERE s.connection_id = k.id AND s.data_type = ANY($6::text[])) AS not_shared,
    (SELECT max(s.error) FROM sync_states s
     WHERE s.connection_id = k.id AND s.data_type = ANY($6::text[]) AND s.status = 'error') AS error,
    (SELECT max(s.last_success_at) FROM sync_states s
     WHERE s.connection_id = k.id AND s.data_type = ANY($6::text[])) AS last_success_at
FROM (SELECT 1) AS one LEFT JOIN LATERAL (
    SELECT * FROM connections WHERE athlete_id = $1 AND vendor = $3 AND status <> 'removed' LIMIT 1
) AS k ON true
"""  # noqa: S608 - constants


class Missing(NamedTuple):
    """Why there is no value."""

    flag: QualityFlag | None
    """``None``: the vendor is not connected, or its last sync failed: nothing is wrong with the data."""
    reason: str
    """In plain words."""


async def missing(athlete_id: int, day: dt.date, metric: str, vendor: str) -> Missing | None:
    """Why ``vendor`` has no value of ``metric`` on an athlete's ``day``; ``None`` if it has one."""
    tables = [name for name, measures in MEASURES.items() if any(metric == one.metric for one in measures)]
    types = sorted({_TYPE_OF[name] for name in tables} or {DataType.DAILY, DataType.READING})
    (found,) = await rows(_STANDING, athlete_id, day, vendor, metric, tables, types)
    if found["there"]:
        return None
    remarks = _REMARKS.decode(found["remarks"]) if found["remarks"] else ()
    if (told := _told(remarks, metric)) is not None:
        return told
    return _standing(found, day)


def _told(remarks: Iterable[Quality], metric: str) -> Missing | None:
    about = [one for one in remarks if one.field in (None, metric)]
    for flag in _SAYING:
        for one in about:
            if one.flag is flag:
                words = flag.value.replace("_", " ")
                return Missing(flag, f"{words}: {one.detail}" if one.detail else words)
    return None


def _standing(found: dict[str, Any], day: dt.date) -> Missing:
    if found["status"] is None:
        return Missing(None, "the vendor is not connected")
    if found["not_shared"]:
        return Missing(QualityFlag.NOT_SHARED, "the athlete does not share this with us")
    if found["status"] != "connected":
        why = found["status_reason"] or found["status"].replace("_", " ")
        return Missing(None, f"the connection is broken: {why}")
    if found["error"]:
        return Missing(None, f"the last sync failed: {found['error']}")
    last: dt.datetime | None = found["last_success_at"]
    if last is None:
        return Missing(QualityFlag.VENDOR_SILENT, "the vendor has not been asked yet")
    if last.date() <= day:
        return Missing(QualityFlag.VENDOR_SILENT, f"nothing has come since {last:%Y-%m-%d %H:%M} UTC")
    return Missing(QualityFlag.VENDOR_SILENT, "the vendor has no record of this day")
