"""The four files of WHOOP's export and their columns, in the vendor's order. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

__all__ = ["LAYOUTS", "REQUIRED", "Column", "Sort", "Table"]


class Table(StrEnum):
    """The four files of an export, in the order in which they are stored.

    Sleeps come before cycles: a cycle's row repeats its night, and the night's own row is to be the one
    that brought it.
    """

    SLEEPS = "sleeps"
    CYCLES = "physiological_cycles"
    WORKOUTS = "workouts"
    JOURNAL = "journal_entries"


class Sort(StrEnum):
    """What the cells of a column hold."""

    TIME = "a time"
    ZONE = "a time zone"
    NUMBER = "a number"
    FLAG = "yes or no"
    TEXT = "a text"


class Column(StrEnum):
    """A column; the value is the record's field it ends in, where there is one."""

    CYCLE_START = "start_at"
    CYCLE_END = "end_at"
    CYCLE_ZONE = "utc_offset_s"
    RECOVERY = "recovery_pct"
    RESTING_HR = "resting_hr_bpm"
    HRV = "hrv_rmssd_ms"
    SKIN_TEMP = "skin_temp_c"
    SPO2 = "spo2_pct"
    DAY_STRAIN = "strain"
    ENERGY = "energy_kj"
    MAX_HR = "max_hr_bpm"
    AVG_HR = "avg_hr_bpm"
    SLEEP_ONSET = "sleep_onset"
    WAKE_ONSET = "wake_onset"
    PERFORMANCE = "performance_pct"
    RESPIRATION = "respiratory_rate_rpm"
    ASLEEP = "asleep_min"
    IN_BED = "in_bed_min"
    LIGHT = "light_min"
    DEEP = "deep_min"
    REM = "rem_min"
    AWAKE = "awake_min"
    NEED = "need_min"
    DEBT = "debt_min"
    EFFICIENCY = "efficiency_pct"
    CONSISTENCY = "consistency_pct"
    NAP = "nap"
    WORKOUT_START = "workout_start"
    WORKOUT_END = "workout_end"
    DURATION = "duration_min"
    ACTIVITY = "activity"
    ACTIVITY_STRAIN = "activity_strain"
    HR_ZONE_1 = "zone_1_min"
    HR_ZONE_2 = "zone_2_min"
    HR_ZONE_3 = "zone_3_min"
    HR_ZONE_4 = "zone_4_min"
    HR_ZONE_5 = "zone_5_min"
    GPS = "gps"
    DISTANCE = "distance_m"
    ALTITUDE_GAIN = "altitude_gain_m"
    ALTITUDE_CHANGE = "altitude_change_m"
    QUESTION = "question"
    ANSWER = "answer"
    NOTES = "notes"

    @property
    def sort(self) -> Sort:
        """What its cells hold."""
        return _SORTS.get(self, Sort.NUMBER)


_SORTS: Final = {
    Column.CYCLE_START: Sort.TIME,
    Column.CYCLE_END: Sort.TIME,
    Column.CYCLE_ZONE: Sort.ZONE,
    Column.SLEEP_ONSET: Sort.TIME,
    Column.WAKE_ONSET: Sort.TIME,
    Column.NAP: Sort.FLAG,
    Column.WORKOUT_START: Sort.TIME,
    Column.WORKOUT_END: Sort.TIME,
    Column.ACTIVITY: Sort.TEXT,
    Column.GPS: Sort.FLAG,
    Column.QUESTION: Sort.TEXT,
    Column.ANSWER: Sort.FLAG,
    Column.NOTES: Sort.TEXT,
}

_CYCLE: Final = (Column.CYCLE_START, Column.CYCLE_END, Column.CYCLE_ZONE)
_BODY: Final = (Column.RECOVERY, Column.RESTING_HR, Column.HRV, Column.SKIN_TEMP, Column.SPO2)
_EFFORT: Final = (Column.ENERGY, Column.MAX_HR, Column.AVG_HR)
_SLEEP_2022: Final = (
    Column.SLEEP_ONSET,
    Column.WAKE_ONSET,
    Column.PERFORMANCE,
    Column.RESPIRATION,
    Column.ASLEEP,
    Column.IN_BED,
    Column.LIGHT,
    Column.DEEP,
    Column.REM,
    Column.AWAKE,
    Column.NEED,
    Column.DEBT,
    Column.EFFICIENCY,
)
_SLEEP: Final = (*_SLEEP_2022, Column.CONSISTENCY)
_ZONES: Final = (
    Column.HR_ZONE_1,
    Column.HR_ZONE_2,
    Column.HR_ZONE_3,
    Column.HR_ZONE_4,
    Column.HR_ZONE_5,
)
_WORKOUT: Final = (
    *_CYCLE,
    Column.WORKOUT_START,
    Column.WORKOUT_END,
    Column.DURATION,
    Column.ACTIVITY,
    Column.ACTIVITY_STRAIN,
    *_EFFORT,
    *_ZONES,
    Column.GPS,
)

#: The columns of each file as the vendor orders them: today's first, then earlier years' shorter ones.
LAYOUTS: Final[Mapping[Table, tuple[tuple[Column, ...], ...]]] = {
    Table.SLEEPS: ((*_CYCLE, *_SLEEP, Column.NAP), (*_CYCLE, *_SLEEP_2022, Column.NAP)),
    Table.CYCLES: (
        (*_CYCLE, *_BODY, Column.DAY_STRAIN, *_EFFORT, *_SLEEP),
        (*_CYCLE, *_BODY, Column.DAY_STRAIN, *_EFFORT, *_SLEEP_2022),
    ),
    Table.WORKOUTS: (
        (*_WORKOUT, Column.DISTANCE, Column.ALTITUDE_GAIN, Column.ALTITUDE_CHANGE),
        _WORKOUT,
    ),
    Table.JOURNAL: ((*_CYCLE, Column.QUESTION, Column.ANSWER, Column.NOTES),),
}

#: What a file must have so that its rows can be placed in time; one column of each group.
REQUIRED: Final[Mapping[Table, tuple[tuple[Column, ...], ...]]] = {
    Table.SLEEPS: ((Column.SLEEP_ONSET,), (Column.WAKE_ONSET, Column.IN_BED, Column.ASLEEP)),
    Table.CYCLES: ((Column.CYCLE_START, Column.SLEEP_ONSET),),
    Table.WORKOUTS: ((Column.WORKOUT_START,), (Column.WORKOUT_END, Column.DURATION)),
    Table.JOURNAL: ((Column.CYCLE_START,), (Column.QUESTION,)),
}
