"""Canonical records of the body: what a wearable's ``normalize`` yields, whatever the vendor.

::

    WearableRecord
    ├── Night              a sleep, with its stages; a nap too
    ├── HrvNight           heart rate variability of one night, rMSSD and SDNN apart
    ├── Recovery           how recovered the vendor finds the body that morning
    ├── Cycle              a day of strain, from waking to waking
    ├── Workout            an activity, with time in heart rate zones
    ├── BodyMeasurement    height, weight, maximum heart rate
    ├── DailySummary       the vendor's figures of one local day, by metric
    ├── JournalEntry       a question the athlete answered
    ├── Reading            one metric at one instant or over one interval
    ├── Profile            who the vendor says the athlete is
    └── Deleted            the vendor has taken a record back
    ReadingTable           very many readings, as Arrow columns

Times are UTC, with the offset the source gave beside them; days are local dates. ``None`` means "this
document does not say". Units stand in the names; names of numbers are those of :mod:`poise_sdk.metrics`,
whose ranges the host holds every record to (:mod:`poise_sdk.plausibility`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol

import msgspec

from poise_sdk.vocabulary import DataType

__all__ = [
    "RECORD_TYPES",
    "ArrowStream",
    "BodyMeasurement",
    "Cycle",
    "DailySummary",
    "Deleted",
    "HrvNight",
    "JournalEntry",
    "Night",
    "Origin",
    "Profile",
    "Quality",
    "QualityFlag",
    "Reading",
    "ReadingTable",
    "Recovery",
    "SleepStage",
    "Stage",
    "WearableRecord",
    "Workout",
]


class Origin(StrEnum):
    """How a record came; of two that say otherwise of the same fact the later in this list counts."""

    DERIVED = "derived"
    """Told from another record (the sleep columns of a cycle): fills gaps, overwrites nothing."""
    FILE = "file"
    """An export file: rounded, without ids."""
    API = "api"
    """The vendor's interface."""


class QualityFlag(StrEnum):
    """What is wrong with a record or a value, or why it is missing."""

    NOT_WORN = "not_worn"
    PENDING_SCORE = "pending_score"
    """The vendor has not scored it yet; a later sync brings the score."""
    UNSCORABLE = "unscorable"
    """The vendor cannot score it, mostly for want of data."""
    NOT_SHARED = "not_shared"
    """The athlete did not grant this scope."""
    VENDOR_SILENT = "vendor_silent"
    """The vendor has said nothing for longer than it should."""
    CALIBRATING = "calibrating"
    """The vendor does not know the body well enough yet."""
    PARTIAL = "partial"
    """It covers less than it should, or is not over yet."""
    IMPLAUSIBLE = "implausible"
    """A value that no body shows was left out; ``detail`` holds it."""
    TIME_ZONE_CHANGE = "time_zone_change"
    """The athlete's time zone changed during it, or since the one before."""


class Quality(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One remark on a record: of the whole, or of one field."""

    flag: QualityFlag
    field: str | None = None
    detail: str = ""


class SleepStage(StrEnum):
    """A stage of sleep. ``ASLEEP``: asleep, the source does not tell the stage."""

    AWAKE = "awake"
    LIGHT = "light"
    DEEP = "deep"
    REM = "rem"
    ASLEEP = "asleep"
    IN_BED = "in_bed"
    """In bed, neither asleep nor awake is told."""
    NO_DATA = "no_data"


class Stage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An unbroken stretch of one stage (UTC, end exclusive)."""

    start_at: dt.datetime
    end_at: dt.datetime
    stage: SleepStage


class WearableRecord(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of canonical records.

    ``source_id`` is the vendor's id; ``None`` where the source gives none (an export file): then the host
    knows the same fact by its time. A later record of the same fact replaces what it says otherwise and
    keeps what it does not say.
    """

    data_type: ClassVar[DataType]

    source_id: str | None = None
    origin: Origin = Origin.API
    vendor_updated_at: dt.datetime | None = None
    """When the vendor last changed it (UTC): the newest version wins, in whatever order they arrive."""
    row: int | None = None
    """1-based position in its document, where rows can be told: provenance, and what a report counts."""
    source: str | None = None
    """The device or app within the vendor (``Apple Watch``), where it tells."""
    quality: tuple[Quality, ...] = ()


class _Timed(WearableRecord, frozen=True, kw_only=True, tag=True):
    """A record with a place in time."""

    start_at: dt.datetime
    """UTC."""
    end_at: dt.datetime | None = None
    """UTC; ``None`` for an instant or for what is not over yet."""
    utc_offset_s: int | None = None
    """The local offset the source gave, in seconds; ``None`` if it gave none."""


class Night(_Timed, frozen=True, kw_only=True, tag=True):
    """A sleep. Its day is the local day on which it ends; a nap's too."""

    data_type = DataType.SLEEP

    nap: bool = False
    cycle_id: str | None = None
    """The vendor's id of the cycle it belongs to."""
    asleep_min: float | None = None
    in_bed_min: float | None = None
    awake_min: float | None = None
    light_min: float | None = None
    deep_min: float | None = None
    rem_min: float | None = None
    no_data_min: float | None = None
    latency_min: float | None = None
    need_min: float | None = None
    debt_min: float | None = None
    efficiency_pct: float | None = None
    performance_pct: float | None = None
    consistency_pct: float | None = None
    sleep_score: float | None = None
    disturbances: float | None = None
    sleep_cycles: float | None = None
    respiratory_rate_rpm: float | None = None
    avg_hr_bpm: float | None = None
    min_hr_bpm: float | None = None
    temp_deviation_c: float | None = None
    stages: tuple[Stage, ...] = ()
    """In order of time, without overlap; empty where the source gives none."""


class HrvNight(_Timed, frozen=True, kw_only=True, tag=True):
    """Heart rate variability of one night (or of the rest of a day, ``in_sleep`` false)."""

    data_type = DataType.RECOVERY

    night_id: str | None = None
    """The vendor's id of the night it was measured in."""
    in_sleep: bool = True
    hrv_rmssd_ms: float | None = None
    hrv_sdnn_ms: float | None = None
    samples: int | None = None
    """How many measurements the figure is the mean of."""


class Recovery(WearableRecord, frozen=True, kw_only=True, tag=True):
    """How recovered the vendor finds the body in the morning.

    ``start_at`` may be ``None`` where the vendor refers to a night or a cycle only: the host takes the
    day from there. One of ``start_at``, ``day``, ``night_id`` and ``cycle_id`` must be given.
    """

    data_type = DataType.RECOVERY

    start_at: dt.datetime | None = None
    utc_offset_s: int | None = None
    day: dt.date | None = None
    night_id: str | None = None
    cycle_id: str | None = None
    recovery_pct: float | None = None
    resting_hr_bpm: float | None = None
    hrv_rmssd_ms: float | None = None
    hrv_sdnn_ms: float | None = None
    spo2_pct: float | None = None
    skin_temp_c: float | None = None
    temp_deviation_c: float | None = None
    respiratory_rate_rpm: float | None = None
    contributors: dict[str, float] = msgspec.field(default_factory=dict)
    """The vendor's own parts of the score, by its names in snake_case."""


class Cycle(_Timed, frozen=True, kw_only=True, tag=True):
    """A day of strain, from falling asleep to falling asleep; open while ``end_at`` is ``None``.

    ``day`` is the local day of its waking, where the document says it; else the host takes it from the
    night of the cycle, or from :func:`poise_sdk.days.cycle_day`.
    """

    data_type = DataType.CYCLE

    day: dt.date | None = None
    strain: float | None = None
    energy_kj: float | None = None
    avg_hr_bpm: float | None = None
    max_hr_bpm: float | None = None


class Workout(_Timed, frozen=True, kw_only=True, tag=True):
    """An activity. Its day is the local day on which it begins."""

    data_type = DataType.WORKOUT

    activity: str
    """In snake_case: the vendor's word, in English where the vendor's list has it (``running``)."""
    activity_label: str | None = None
    """The vendor's own word, as it came."""
    duration_min: float | None = None
    strain: float | None = None
    energy_kj: float | None = None
    avg_hr_bpm: float | None = None
    min_hr_bpm: float | None = None
    max_hr_bpm: float | None = None
    distance_m: float | None = None
    altitude_gain_m: float | None = None
    altitude_change_m: float | None = None
    recorded_pct: float | None = None
    zone_0_min: float | None = None
    zone_1_min: float | None = None
    zone_2_min: float | None = None
    zone_3_min: float | None = None
    zone_4_min: float | None = None
    zone_5_min: float | None = None
    player_load: float | None = None
    training_load: float | None = None
    high_speed_distance_m: float | None = None
    sprint_distance_m: float | None = None
    max_speed_m_s: float | None = None
    intensity: str | None = None
    """The vendor's own grade of effort, in snake_case."""
    gps: bool | None = None


class BodyMeasurement(WearableRecord, frozen=True, kw_only=True, tag=True):
    """The body's measures. Without ``start_at`` they hold as of when they were received."""

    data_type = DataType.BODY

    start_at: dt.datetime | None = None
    utc_offset_s: int | None = None
    height_m: float | None = None
    weight_kg: float | None = None
    body_fat_pct: float | None = None
    lean_mass_kg: float | None = None
    max_hr_bpm: float | None = None


class DailySummary(WearableRecord, frozen=True, kw_only=True, tag=True):
    """The vendor's figures of one local day: canonical metric names to values."""

    data_type = DataType.DAILY

    day: dt.date
    part: str = ""
    """Which of the vendor's summaries (``activity``, ``stress``, ``spo2``): each has its own versions."""
    utc_offset_s: int | None = None
    values: dict[str, float]


class JournalEntry(WearableRecord, frozen=True, kw_only=True, tag=True):
    """A question the athlete answered. Without ``start_at`` it belongs to ``day``."""

    data_type = DataType.JOURNAL

    start_at: dt.datetime | None = None
    """When its cycle began (UTC)."""
    utc_offset_s: int | None = None
    day: dt.date | None = None
    question: str
    answer: bool | None = None
    value: str | None = None
    """An answer that is neither yes nor no."""
    notes: str | None = None


class Reading(_Timed, frozen=True, kw_only=True, tag=True):
    """One metric at an instant, or over ``[start_at, end_at)``."""

    data_type = DataType.READING

    metric: str
    value: float


class Profile(WearableRecord, frozen=True, kw_only=True, tag=True):
    """Who the vendor says the athlete is; only the account's id is kept."""

    data_type = DataType.PROFILE

    vendor_user_id: str


class Deleted(WearableRecord, frozen=True, kw_only=True, tag=True):
    """The vendor has taken back the record ``source_id`` of type ``of``; ``data_type`` is not set."""

    of: DataType


class ArrowStream(Protocol):
    """Anything with the Arrow PyCapsule interface: a polars or pandas frame, a pyarrow table."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingTable:
    """Very many readings as columns, for documents where an object a reading would cost too much.

    Columns: ``metric`` (text), ``start_at`` (timestamp, µs, UTC), ``value`` (float64), and optionally
    ``end_at`` (timestamp or null), ``utc_offset_s`` (int32 or null), ``source`` (text or null), ``row``
    (int64 or null). Means the same as one :class:`Reading` a row.
    """

    data: ArrowStream
    rows: int
    origin: Origin = Origin.FILE


#: Every kind of record, by the name its tag carries.
RECORD_TYPES: dict[str, type[WearableRecord]] = {
    kind.__name__: kind
    for kind in (
        Night,
        HrvNight,
        Recovery,
        Cycle,
        Workout,
        BodyMeasurement,
        DailySummary,
        JournalEntry,
        Reading,
        Profile,
        Deleted,
    )
}
