"""Apple Health as an adapter: files only, for Apple offers no interface to a server."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, ClassVar, Final, cast

from adapters.apple_health.auto_export import is_auto_export
from adapters.apple_health.markup import HEAD, is_export
from adapters.apple_health.normalize import normalize
from adapters.apple_health.payloads import QUANTITIES
from adapters.apple_health.salvage import salvage
from adapters.apple_health.stream import Ended, read_block, split_export
from poise_sdk.files import Limits, Refused, read_documents, read_whole
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Capabilities, Item, WearableAdapter

__all__ = ["LIMITS", "AppleHealth"]

_GIB: Final = 1024**3
#: An export is read as a stream, so what bounds it is patience, not memory. Ten years of a watch are about
#: 5 GB. ``document`` bounds JSON, which is read at once. An export is no archive of archives.
LIMITS: Final = Limits(total=64 * _GIB, depth=1)
_ZIP: Final = b"PK\x03\x04"
#: What stands beside the main file: the clinical copy of the same data (HL7 CDA), a decoy in every export,
#: and records of hospitals, a file each (FHIR).
_CLINICAL: Final = b"<ClinicalDocument"
_HOSPITAL: Final = b'"resourceType"'


class AppleHealth(WearableAdapter):
    """Exports of the Health app (``export.zip``, ``export.xml``), and JSON of Health Auto Export."""

    name = "apple_health"
    title = "Apple Health"
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
        metrics=frozenset(metric for metric, _ in QUANTITIES.values())
        | frozenset(
            {
                "hrv_rmssd_ms",
                "asleep_min",
                "in_bed_min",
                "awake_min",
                "light_min",
                "deep_min",
                "rem_min",
                "latency_min",
                "efficiency_pct",
                "duration_min",
                "energy_kj",
                "avg_hr_bpm",
                "min_hr_bpm",
                "max_hr_bpm",
                "altitude_gain_m",
                "max_speed_m_s",
                "active_min",
                "stand_hours",
            }
        ),
        file_import=True,
    )

    def accepts(self, name: str) -> bool:
        """XML and JSON: the main file's name is in the phone's language, so its content decides.

        Routes and electrocardiograms have other endings; folders of macOS hold copies of attributes.
        """
        parts = name.split("/")
        if "__MACOSX" in parts or parts[-1].startswith("._"):
            return False
        return name.lower().endswith((".xml", ".json"))

    def read_file(self, path: Path, *, limits: Limits = LIMITS) -> Iterator[RawDocument | Rejected]:
        """The documents of an export, streamed: see :mod:`adapters.apple_health.stream`.

        ``limits.total`` bounds the export, unpacked; ``limits.document`` a file of JSON.
        """
        return self._read(path, limits)

    def normalize(self, document: RawDocument) -> Iterable[Item]:
        """See :func:`adapters.apple_health.normalize.normalize`."""
        return normalize(document)

    def _read(self, path: Path, limits: Limits) -> Iterator[RawDocument | Rejected]:
        streaming = replace(limits, document=limits.total, depth=1)

        def reads(stream: BinaryIO, name: str, _: Limits) -> Iterator[RawDocument | Rejected]:
            return _documents(stream, name, limits)

        said = False
        if path.is_file() and _lost_directory(path):
            items = self._salvaged(path, limits)
        else:
            items = read_documents(path, accepts=self.accepts, limits=streaming, reads=reads)
        for item in items:
            said = True
            yield item
        if not said:
            yield Rejected(file=path.name, reason="no export of Apple Health is in it")

    def _salvaged(self, path: Path, limits: Limits) -> Iterator[RawDocument | Rejected]:
        """What a zip that is cut short still holds, and the report that it is."""
        name = path.name
        try:
            for member in salvage(path, limits):
                name = path.name
                if self.accepts(member.name):
                    name = member.name
                    yield from _documents(cast(BinaryIO, member), member.name, limits)
        except Refused as refused:
            yield Rejected(file=name, reason=str(refused))
        except (OSError, EOFError, zlib.error) as error:
            yield Rejected(file=name, reason=f"{error}; what came before was read")


def _lost_directory(path: Path) -> bool:
    with path.open("rb") as source:
        return source.read(len(_ZIP)) == _ZIP and not zipfile.is_zipfile(path)


def _documents(stream: BinaryIO, name: str, limits: Limits) -> Iterator[RawDocument | Rejected]:
    """The documents of one file, by its content."""
    head, stopped = read_block(stream, HEAD)
    rest = cast(BinaryIO, _Rest(stream, stopped))
    if _HOSPITAL in head and head.lstrip().startswith(b"{"):
        return
    if is_auto_export(head):
        yield from read_whole(cast(BinaryIO, _Rest(stream, stopped, head)), name, limits)
    elif is_export(head):
        yield from split_export(rest, name, head)
    elif stopped is not None and not isinstance(stopped, Ended):
        raise stopped
    elif not head.strip():
        yield Rejected(file=name, reason="empty")
    elif _CLINICAL not in head:
        yield Rejected(file=name, reason="neither an export of Apple Health nor one of Health Auto Export")


class _Rest:
    """What is left of a stream after its beginning was read; ``head`` is put back in front."""

    def __init__(self, stream: BinaryIO, stopped: Exception | None, head: bytes = b"") -> None:
        self._stream = stream
        self._stopped = stopped
        self._head = head

    def read(self, size: int) -> bytes:
        if self._head:
            part, self._head = self._head[:size], self._head[size:]
            return part
        if isinstance(self._stopped, Ended):
            return b""
        if self._stopped is not None:
            raise self._stopped
        return self._stream.read(size)
