"""Garmin as an adapter: files only, for Garmin opens its Health API to partners under contract alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar, Final

from adapters.garmin.connect import kind_of, normalize_connect
from adapters.garmin.fit import is_fit
from adapters.garmin.normalize import normalize_fit
from poise_sdk.files import DEFAULT_LIMITS, Limits, read_documents
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Capabilities, Item, WearableAdapter

__all__ = ["Garmin"]

#: What the lists of Garmin Connect begin with, after a byte order mark and blanks.
_JSON: Final = (b"[", b"{")
#: Bytes of a document that tell JSON.
_BEGINNING: Final = 256


class Garmin(WearableAdapter):
    """FIT files of any device, and what an export of Garmin Connect holds (``DI_CONNECT/…``).

    A metric of Garmin's own: ``stress_level``, from 0 (at rest) to 100, without a unit, as the device
    derives it from the variability of the heart rate.
    """

    name = "garmin"
    title = "Garmin (files)"
    version = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(
        data_types=frozenset(
            {
                DataType.SLEEP,
                DataType.RECOVERY,
                DataType.WORKOUT,
                DataType.DAILY,
                DataType.READING,
                DataType.BODY,
            }
        ),
        metrics=frozenset(
            {
                "hr_bpm",
                "avg_hr_bpm",
                "min_hr_bpm",
                "max_hr_bpm",
                "resting_hr_bpm",
                "hrv_rmssd_ms",
                "spo2_pct",
                "respiratory_rate_rpm",
                "stress_level",
                "stress_min",
                "asleep_min",
                "in_bed_min",
                "awake_min",
                "light_min",
                "deep_min",
                "rem_min",
                "no_data_min",
                "sleep_score",
                "steps",
                "distance_m",
                "floors",
                "energy_kj",
                "active_energy_kj",
                "basal_energy_kj",
                "exercise_min",
                "active_min",
                "sedentary_min",
                "duration_min",
                "altitude_gain_m",
                "max_speed_m_s",
                "training_load",
                *(f"zone_{zone}_min" for zone in range(6)),
                "weight_kg",
                "body_fat_pct",
            }
        ),
        file_import=True,
    )

    def accepts(self, name: str) -> bool:
        """FIT files, and the lists of an export whose layout is known; the rest is settings and badges."""
        base = name.rsplit("/", 1)[-1]
        return not base.startswith("._") and (base.lower().endswith(".fit") or kind_of(base) is not None)

    def read_file(self, path: Path, *, limits: Limits = DEFAULT_LIMITS) -> Iterator[RawDocument | Rejected]:
        """The documents of an export (a ZIP with ZIPs of FIT files in it, or its folder), or one file."""
        return self._read(path, read_documents(path, accepts=self.accepts, limits=limits))

    def normalize(self, document: RawDocument) -> Iterable[Item]:
        """See :mod:`adapters.garmin.normalize` for FIT, :mod:`adapters.garmin.connect` for JSON."""
        if is_fit(document.content):
            return normalize_fit(document)
        beginning = document.content[:_BEGINNING].removeprefix(b"\xef\xbb\xbf").lstrip()
        if not document.name.lower().endswith(".fit") and beginning.startswith(_JSON):
            return normalize_connect(document)
        reason = "no FIT file, nor a list of Garmin Connect" if document.content else "empty"
        return (Rejected(file=document.name, reason=reason),)

    def _read(self, path: Path, items: Iterator[RawDocument | Rejected]) -> Iterator[RawDocument | Rejected]:
        said = False
        for item in items:
            said = True
            yield item
        if not said:
            yield Rejected(file=path.name, reason="no FIT file and no list of Garmin Connect is in it")
