"""Exports as files: archives, names in any language, decoys, what is broken, what is made to hurt."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from adapters.apple_health.adapter import LIMITS, AppleHealth
from adapters.apple_health.markup import HEAD
from adapters.apple_health.stream import split_export
from poise_sdk.files import Limits
from poise_sdk.observations import HrvNight, Night, ReadingTable
from poise_sdk.records import RawDocument, Rejected
from tests.adapters.apple_health.invented import (
    at,
    beat_times,
    beats,
    blood_pressure,
    everything,
    export,
    new_workout,
    night,
    record,
    sleep,
    summary,
)

CDA = b'<?xml version="1.0"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3"/>\n'


def _zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def _read(path: Path, limits: Limits = LIMITS) -> tuple[list[RawDocument], list[Rejected]]:
    items = list(AppleHealth().read_file(path, limits=limits))
    return (
        [item for item in items if isinstance(item, RawDocument)],
        [item for item in items if isinstance(item, Rejected)],
    )


def _count(documents: list[RawDocument]) -> int:
    """Readings in all of them."""
    adapter = AppleHealth()
    return sum(
        item.rows for one in documents for item in adapter.normalize(one) if isinstance(item, ReadingTable)
    )


@pytest.mark.parametrize(
    "name", ["export.xml", "Exportar.xml", "Exportieren.xml", "exportação.xml", "导出.xml"]
)
def test_the_main_file_is_told_by_its_content_and_decoys_are_passed_over(tmp_path: Path, name: str) -> None:
    path = _zip(
        tmp_path / "export.zip",
        {
            f"apple_health_export/{name}": everything(),
            "apple_health_export/export_cda.xml": CDA,
            f"__MACOSX/apple_health_export/._{name}": b"\x00\x05\x16\x07",
            f"apple_health_export/._{name}": b"\x00\x05\x16\x07",
            "apple_health_export/electrocardiograms/ecg_2024-03-01.csv": b"Name,Sam\n",
            "apple_health_export/workout-routes/route_2024-03-01.gpx": b"<gpx/>",
        },
    )
    documents, rejected = _read(path)
    assert not rejected
    assert [document.name for document in documents] == [
        f"apple_health_export/{name}#0001",
        f"apple_health_export/{name}#sleep-0001",
    ]


def test_the_documents_say_together_what_the_file_says(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    path.write_bytes(everything())
    adapter = AppleHealth()
    whole = list(adapter.normalize(RawDocument(name="export.xml", content=everything())))
    parts = [i for document in _read(path)[0] for i in adapter.normalize(document)]
    for kind in (Night, HrvNight):
        assert [_bare(i) for i in parts if isinstance(i, kind)] == [
            _bare(i) for i in whole if isinstance(i, kind)
        ]
    assert sorted(type(i).__name__ for i in parts if not isinstance(i, ReadingTable)) == sorted(
        type(i).__name__ for i in whole if not isinstance(i, ReadingTable)
    )
    assert sum(i.rows for i in parts if isinstance(i, ReadingTable)) == sum(
        i.rows for i in whole if isinstance(i, ReadingTable)
    )


def _bare(item: Night | HrvNight) -> tuple[object, ...]:
    return tuple(getattr(item, name) for name in item.__struct_fields__ if name != "row")


def _split(content: bytes, size: int, step: int | None = None) -> list[RawDocument | Rejected]:
    stream = io.BytesIO(content) if step is None else _Drip(content, step)
    return list(split_export(stream, "export.xml", stream.read(min(HEAD, 2000)), size=size))


class _Drip(io.RawIOBase):
    """Gives fewer bytes than asked for, as a decompressor does."""

    def __init__(self, content: bytes, step: int) -> None:
        self._inner = io.BytesIO(content)
        self._step = step

    def read(self, size: int = -1) -> bytes:
        return self._inner.read(min(self._step, size) if size >= 0 else self._step)


@pytest.mark.parametrize("size", [3000, 5000, 20_000])
@pytest.mark.parametrize("step", [None, 997])
@pytest.mark.parametrize("one_line", [False, True])
def test_pieces_are_cut_between_elements_wherever_the_cut_falls(
    size: int, step: int | None, one_line: bool
) -> None:
    elements = [record("HeartRate", 60 + n % 40, "count/min", start=at(n / 60)) for n in range(120)]
    for n in range(0, 120, 10):
        elements.insert(n, blood_pressure())
        elements.insert(n, new_workout())
    content = export(*elements, summary())
    if one_line:
        start = content.index(b"<HealthData")
        content = content[:start] + content[start:].replace(b"\n", b" ")
    documents = [item for item in _split(content, size, step) if isinstance(item, RawDocument)]
    assert len(documents) > 1
    assert max(len(document.content) for document in documents) <= 2 * size
    items = [item for document in documents for item in AppleHealth().normalize(document)]
    assert not [item for item in items if isinstance(item, Rejected)]
    assert _count(documents) == 120 + 12  # the blood pressures once each
    kinds = [type(item).__name__ for item in items]
    assert (kinds.count("Workout"), kinds.count("DailySummary")) == (12, 1)


def test_a_night_is_in_one_document_however_its_records_are_scattered() -> None:
    nights = [night(at(24 * n)) for n in range(30)]
    samples = [line for text in nights for line in text.splitlines(keepends=True)]
    measured = [beats(beat_times([800, 850] * 8), start=at(24 * n + 3)) for n in range(30)]
    scattered = [
        element for pair in zip(samples[::2], samples[1::2], strict=False) for element in reversed(pair)
    ]
    filler = [record("HeartRate", 60, "count/min", start=at(n)) for n in range(200)]
    content = export(
        *scattered[200:], *filler, *measured, *scattered[:200], *samples[2 * len(scattered) // 2 :]
    )
    items = _split(content, 16_000)
    asleep = [item for item in items if isinstance(item, RawDocument) and "#sleep-" in item.name]
    assert len(asleep) > 3
    told = [item for document in asleep for item in AppleHealth().normalize(document)]
    whole = list(AppleHealth().normalize(RawDocument(name="x", content=content)))
    for kind in (Night, HrvNight):
        assert [_bare(i) for i in told if isinstance(i, kind)] == [
            _bare(i) for i in whole if isinstance(i, kind)
        ]
    assert sum(isinstance(item, Night) for item in told) == 30


def test_the_same_file_gives_the_same_documents(tmp_path: Path) -> None:
    path = _zip(tmp_path / "export.zip", {"apple_health_export/export.xml": everything()})
    assert _read(path) == _read(path)


def test_a_file_that_is_cut_short_gives_what_came_before_and_one_report(tmp_path: Path) -> None:
    content = export(*(record("HeartRate", 60 + n, "count/min") for n in range(20)), night())
    path = tmp_path / "export.xml"
    path.write_bytes(content[: content.index(b'value="75"') + 5])
    documents, (rejected,) = _read(path)
    assert "cut short" in rejected.reason
    assert rejected.file == "export.xml"
    assert _count(documents) == 15


def test_a_zip_that_is_cut_short_gives_what_came_before_and_one_report(tmp_path: Path) -> None:
    content = export(*(record("HeartRate", 60 + n % 90, "count/min", start=at(n / 7)) for n in range(3000)))
    members = {"apple_health_export/a.csv": b"x" * 1000, "apple_health_export/export.xml": content}
    whole = _zip(tmp_path / "whole.zip", members)
    path = tmp_path / "export.zip"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    documents, (rejected,) = _read(path)
    assert "cut short" in rejected.reason
    assert 500 < _count(documents) < 3000
    assert all(document.name.startswith("apple_health_export/export.xml#") for document in documents)


def test_a_zip_with_a_damaged_member_gives_what_came_before_it(tmp_path: Path) -> None:
    content = export(
        *(record("HeartRate", 60 + n % 90, "count/min", start=at(n / 7)) for n in range(3000)), night()
    )
    path = _zip(tmp_path / "export.zip", {"export.xml": content})
    packed = bytearray(path.read_bytes())
    middle = len(packed) * 9 // 10
    packed[middle : middle + 40] = bytes(40)
    path.write_bytes(packed)
    documents, rejected = _read(path)
    assert rejected
    assert {one.file for one in rejected} == {"export.xml"}
    assert _count(documents) > 0


@pytest.mark.parametrize(
    "definition",
    [
        '<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;">',
        '<!ENTITY passwd SYSTEM "file:///etc/passwd">',
        '<!ENTITY % remote SYSTEM "http://127.0.0.1/evil.dtd">',
    ],
)
def test_a_file_that_defines_entities_is_refused(tmp_path: Path, definition: str) -> None:
    prolog = f'<?xml version="1.0"?>\n<!DOCTYPE HealthData [{definition}]>\n'
    content = export(record("HeartRate", 60, "count/min", source="&lol2;"), prolog=prolog)
    path = tmp_path / "export.xml"
    path.write_bytes(content)
    documents, (rejected,) = _read(path)
    assert not documents
    assert "entities" in rejected.reason
    (alone,) = AppleHealth().normalize(RawDocument(name="export.xml", content=content))
    assert isinstance(alone, Rejected)


def test_a_definition_among_the_elements_is_not_obeyed() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    content = export(
        bomb, record("HeartRate", 60, "count/min", source="&b;"), record("StepCount", 1, "count")
    )
    items = list(AppleHealth().normalize(RawDocument(name="x", content=content)))
    assert [item.rows for item in items if isinstance(item, ReadingTable)] == [1]
    assert any(isinstance(item, Rejected) for item in items)


def test_a_bomb_and_an_archive_in_an_archive_are_refused_and_the_export_is_read(tmp_path: Path) -> None:
    inner = _zip(tmp_path / "inner.zip", {"export.xml": everything()}).read_bytes()
    path = _zip(
        tmp_path / "export.zip",
        {
            "a/bomb.xml": b'<HealthData locale="x">\n' + bytes(20_000_000),
            "a/export.xml": everything(),
            "a/nested.zip": inner,
            "../evil/export.xml": everything(),
        },
    )
    documents, rejected = _read(path)
    assert {document.name.partition("#")[0] for document in documents} == {"a/export.xml"}
    reasons = {one.file: one.reason for one in rejected}
    assert "bomb" in reasons["a/bomb.xml"]
    assert "nested" in reasons["a/nested.zip"]
    assert ".." in reasons["../evil/export.xml"]


def test_what_a_member_may_hold_is_bounded_by_the_total_not_by_a_document(tmp_path: Path) -> None:
    content = export(*(record("HeartRate", 60 + n % 90, "count/min", start=at(n / 7)) for n in range(3000)))
    path = _zip(tmp_path / "export.zip", {"export.xml": content})
    assert _count(_read(path, Limits(document=100_000))[0]) == 3000
    documents, (rejected,) = _read(path, Limits(total=100_000))
    assert not documents
    assert "larger than 100,000 bytes" in rejected.reason


@pytest.mark.parametrize("content", [b"", b" \n", b"<gpx/>", CDA, b'{"data": 3}'])
def test_a_file_that_is_no_export_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "export.xml"
    path.write_bytes(content)
    documents, rejected = _read(path)
    items = [item for document in documents for item in AppleHealth().normalize(document)]
    assert len(rejected) + len(items) == 1
    assert all(isinstance(item, Rejected) for item in items)


def test_an_archive_without_an_export_is_told(tmp_path: Path) -> None:
    path = _zip(tmp_path / "holiday.zip", {"photo.jpg": b"\xff\xd8"})
    assert [one.file for one in _read(path)[1]] == ["holiday.zip"]


def test_sleep_without_a_time_stays_where_it_stands_and_is_rejected_there() -> None:
    broken = sleep("AsleepCore", at(), at(1)).replace("startDate=", "beginDate=")
    (document,) = _split(export(broken), 8000)
    assert isinstance(document, RawDocument)
    (rejected,) = AppleHealth().normalize(document)
    assert isinstance(rejected, Rejected)
    assert (rejected.field, rejected.row) == ("startDate", 3)


def test_an_export_of_version_12_with_its_malformed_definition(real_data: Path) -> None:
    path = real_data / "vendors" / "apple_health" / "SYNTHETIC_v12_malformed_dtd.xml"
    documents, rejected = _read(path)
    assert not rejected
    items = [item for document in documents for item in AppleHealth().normalize(document)]
    assert not [item for item in items if isinstance(item, Rejected)]
    text = path.read_text(encoding="utf-8")
    sleeps = text.count('"HKCategoryTypeIdentifierSleepAnalysis"')
    assert _count(documents) == text.count("<Record ") - sleeps
    assert sum(type(item).__name__ == "Workout" for item in items) == text.count("<Workout ")
    assert any(isinstance(item, Night) for item in items)


def test_records_of_hospitals_beside_the_main_file_are_passed_over(tmp_path: Path) -> None:
    observation = b'{"id": "1", "valueSampledData": {"data": "E"}, "resourceType": "Observation"}'
    path = _zip(
        tmp_path / "export.zip",
        {
            "apple_health_export/export.xml": everything(),
            "apple_health_export/clinical-records/Observation-1.json": observation,
            "apple_health_export/clinical-records/Condition-2.json": b'{"resourceType": "Condition"}',
        },
    )
    documents, rejected = _read(path)
    assert (len(documents), rejected) == (2, [])
