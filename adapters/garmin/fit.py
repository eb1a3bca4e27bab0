"""FIT, Garmin's binary format of messages, as far as the body is concerned.

``fitdecode`` reads the container and knows the messages' names and scales; here stands which of them are
read, how their times become ours, and what happens with a file that is damaged: the messages before the
damage are kept, and the damage is told. Sizes that a file declares are not believed: a message is read
from the bytes that are there, and no more than :data:`FRAMES` of them.

Times are seconds since 1989-12-31 UTC; below :data:`_FIRST` they count from when the device was switched
on and tell no instant (FIT protocol, ``date_time``).
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import fitdecode

from poise_sdk.days import LARGEST_OFFSET_S

__all__ = ["FIELDS", "FRAMES", "Message", "Zones", "is_fit", "messages", "moment", "number", "text"]

#: Messages and definitions read of one file. Two days of one record a second are 172,800.
FRAMES: Final = 500_000
_EPOCH: Final = dt.datetime(1989, 12, 31, tzinfo=dt.UTC)
_FIRST: Final = 0x1000_0000
_END: Final = 0xFFFF_FFFF
#: Time zones lie on quarters of an hour.
_QUARTER_S: Final = 900

#: The messages that are read, by the profile's names, and their fields.
FIELDS: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(fields.split())
    for name, fields in {
        "file_id": "garmin_product product_name",
        "activity": "timestamp local_timestamp",
        "session": "timestamp start_time sport sub_sport sport_profile_name total_elapsed_time "
        "total_timer_time total_distance total_calories avg_heart_rate min_heart_rate max_heart_rate "
        "total_ascent time_in_hr_zone training_load_peak max_speed enhanced_max_speed start_position_lat",
        "time_in_zone": "reference_mesg reference_index time_in_hr_zone",
        "record": "timestamp heart_rate",
        "monitoring_info": "timestamp local_timestamp",
        "monitoring": "timestamp timestamp_16 local_timestamp heart_rate activity_type "
        "steps cycles cycles_16",
        "monitoring_hr_data": "timestamp current_day_resting_heart_rate",
        "timestamp_correlation": "timestamp local_timestamp",
        "stress_level": "stress_level_time stress_level_value",
        "respiration_rate": "timestamp respiration_rate",
        "spo2_data": "timestamp reading_spo2",
        "sleep_level": "timestamp sleep_level",
        "sleep_assessment": "overall_sleep_score",
        "hrv_status_summary": "timestamp last_night_average",
        "hrv_value": "timestamp value",
        "weight_scale": "timestamp weight percent_fat",
    }.items()
}


@dataclass(frozen=True, slots=True)
class Message:
    """One data message: its 1-based position among the file's data messages, its name, its fields."""

    row: int
    kind: str
    values: Mapping[str, Any]


def is_fit(content: bytes) -> bool:
    """Whether a FIT header begins ``content``."""
    return content[8:12] == b".FIT"


def messages(content: bytes, troubles: list[str]) -> Iterator[Message]:
    """The messages named in :data:`FIELDS`, in their order; what is wrong with the file → ``troubles``."""
    row = 0
    reader = fitdecode.FitReader(
        content,
        processor=None,
        check_crc=fitdecode.CrcCheck.READONLY,
        error_handling=fitdecode.ErrorHandling.IGNORE,
    )
    try:
        for count, frame in enumerate(reader, start=1):
            if count > FRAMES:
                troubles.append(f"more than {FRAMES:,} messages; those before were read")
                return
            if isinstance(frame, fitdecode.FitDataMessage):
                row += 1
                if (wanted := FIELDS.get(frame.name)) is not None:
                    yield Message(row, frame.name, _values(frame, wanted))
            elif isinstance(frame, fitdecode.FitCRC) and not frame.matched:
                troubles.append("the checksum does not match: the file is damaged, some of it may be wrong")
    except fitdecode.FitEOFError:
        troubles.append(f"cut short after {row:,} messages, which were read")
    except Exception as error:  # the library asserts and looks up what a damaged file need not hold
        said = str(error)[:120] or type(error).__name__
        troubles.append(f"damaged after {row:,} messages, which were read: {said}")


def _values(frame: Any, wanted: frozenset[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in frame.fields:
        # an app on the device may call its own fields as it likes
        if field.field_def is not None and field.field_def.is_dev:
            continue
        name = field.name
        if name in wanted and found.get(name) is None:
            found[name] = field.value
    return found


def moment(value: object) -> dt.datetime | None:
    """An instant (UTC) of a ``date_time``; ``None`` where it tells none."""
    if isinstance(value, bool) or not isinstance(value, int) or not _FIRST <= value < _END:
        return None
    return _EPOCH + dt.timedelta(seconds=value)


def number(value: object) -> float | None:
    """A finite number, or ``None``."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def text(value: object) -> str | None:
    """A text that is not empty, or ``None``; a number is an enumeration's that the profile does not know."""
    return value.strip() or None if isinstance(value, str) else None


class Zones:
    """UTC offsets of a file, from messages that tell an instant in local time as well."""

    def __init__(self) -> None:
        self._offsets: dict[dt.datetime, int] = {}
        self._times: list[dt.datetime] | None = None

    def learn(self, message: Message) -> None:
        """Take ``timestamp`` and ``local_timestamp`` of ``message``, if it has them."""
        utc, local = moment(message.values.get("timestamp")), moment(message.values.get("local_timestamp"))
        if utc is None or local is None:
            return
        offset = round((local - utc).total_seconds() / _QUARTER_S) * _QUARTER_S
        if abs(offset) <= LARGEST_OFFSET_S:
            self._offsets[utc] = offset
            self._times = None

    def at(self, when: dt.datetime) -> int | None:
        """Seconds from UTC at ``when``: as told last before it, else as told first; ``None`` if never."""
        if self._times is None:
            self._times = sorted(self._offsets)
        if not self._times:
            return None
        return self._offsets[self._times[max(bisect_right(self._times, when) - 1, 0)]]
