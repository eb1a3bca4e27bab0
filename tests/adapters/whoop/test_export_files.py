"""Exports as people have them: the ZIP, renamed, unpacked, packed again, broken, or made to do harm."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from adapters.whoop.export import accepts, normalize_csv, read_export
from poise_sdk.errors import Fatal
from poise_sdk.files import Limits
from poise_sdk.observations import Night
from poise_sdk.records import RawDocument, Rejected
from tests.adapters.whoop.exports import (
    CYCLES,
    HEADERS,
    JOURNAL,
    SLEEPS,
    WORKOUTS,
    cells,
    csv_of,
    only,
    zipped,
)

EXPORT = {
    "physiological_cycles.csv": csv_of(CYCLES, cells(CYCLES)),
    "sleeps.csv": csv_of(SLEEPS, cells(SLEEPS)),
    "workouts.csv": csv_of(WORKOUTS, cells(WORKOUTS)),
    "journal_entries.csv": csv_of(JOURNAL, cells(JOURNAL)),
}
ORDER = ["sleeps.csv", "physiological_cycles.csv", "workouts.csv", "journal_entries.csv"]


def names(path: Path, limits: Limits | None = None) -> list[str]:
    """The documents that are read; nothing may be refused."""
    found = list(read_export(path, limits or Limits()))
    assert all(isinstance(item, RawDocument) for item in found), found
    return [item.name for item in found if isinstance(item, RawDocument)]


def reasons(path: Path) -> dict[str, str]:
    """Why each file that was refused was."""
    return {item.file: item.reason for item in read_export(path) if isinstance(item, Rejected)}


def test_a_zip_is_read_nights_first_so_that_every_file_brings_its_own_rows(tmp_path: Path) -> None:
    assert names(zipped(tmp_path / "my_whoop_data_2025_06_01.zip", EXPORT)) == ORDER


def test_the_names_of_the_files_do_not_matter(tmp_path: Path) -> None:
    german = dict(zip(("z.csv", "a.CSV", "physiological_cycles.csv", "q.csv"), EXPORT.values(), strict=True))
    assert names(zipped(tmp_path / "export.zip", german)) == [
        "a.CSV",
        "z.csv",
        "physiological_cycles.csv",
        "q.csv",
    ]
    header = HEADERS["pt"][1]
    garbled = "ciclos_fisiolo\u0301gicos.csv"
    (document,) = read_export(zipped(tmp_path / "pt.zip", {garbled: csv_of(header, cells(SLEEPS))}))
    assert isinstance(document, RawDocument)
    assert isinstance(only(Night, normalize_csv(document)), Night)


def test_a_folder_within_the_zip_a_folder_a_file_alone_and_a_zip_without_its_name(tmp_path: Path) -> None:
    inside = {f"my_whoop_data_2025_06_01/{name}": content for name, content in EXPORT.items()}
    inside["__MACOSX/my_whoop_data_2025_06_01/._sleeps.csv"] = b"\0\5\x16\7"
    inside["my_whoop_data_2025_06_01/._workouts.csv"] = b"\0\5\x16\7"
    inside["my_whoop_data_2025_06_01/.DS_Store"] = b"\0"
    prefixed = [f"my_whoop_data_2025_06_01/{name}" for name in ORDER]
    assert names(zipped(tmp_path / "a.zip", inside)) == prefixed
    assert names(zipped(tmp_path / "download", EXPORT)) == ORDER
    folder = tmp_path / "unpacked"
    folder.mkdir()
    for name, content in EXPORT.items():
        (folder / name).write_bytes(content)
    (folder / "readme.txt").write_text("my data")
    assert names(folder) == ORDER
    assert names(folder / "workouts.csv") == ["workouts.csv"]


def test_files_may_be_missing(tmp_path: Path) -> None:
    for missing in EXPORT:
        rest = {name: content for name, content in EXPORT.items() if name != missing}
        assert names(zipped(tmp_path / "some.zip", rest)) == [name for name in ORDER if name != missing]


def test_a_zip_in_a_zip_is_opened_but_not_a_matryoshka(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", EXPORT).read_bytes()
    assert names(zipped(tmp_path / "outer.zip", {"inner.zip": inner})) == [
        f"inner.zip/{name}" for name in ORDER
    ]
    middle = zipped(tmp_path / "middle.zip", {"inner.zip": inner}).read_bytes()
    outer = zipped(tmp_path / "outer.zip", {"middle.zip": middle, **EXPORT})
    assert [
        name for name in ORDER if name in {getattr(one, "name", "") for one in read_export(outer)}
    ] == ORDER
    assert "nested deeper" in reasons(outer)["middle.zip/inner.zip"]


def test_members_that_would_do_harm_are_refused_and_the_others_read(tmp_path: Path) -> None:
    bomb = b"Cycle start time,Nap\n" + b"0" * 20_000_000
    harmful = {"../../sleeps.csv": b"x", "/etc/sleeps.csv": b"x", "C:\\sleeps.csv": b"x", "bomb.csv": bomb}
    path = zipped(tmp_path / "harm.zip", {**harmful, **EXPORT})
    assert [one.name for one in read_export(path) if isinstance(one, RawDocument)] == ORDER
    told = reasons(path)
    assert sorted(told) == sorted(harmful)
    assert "climb out" in told["../../sleeps.csv"]
    assert "bomb" in told["bomb.csv"]
    assert not (tmp_path.parent / "sleeps.csv").exists()


def test_an_encrypted_or_a_cut_zip_is_refused_with_its_reason(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "whole.zip", EXPORT).read_bytes()
    cut = tmp_path / "cut.zip"
    cut.write_bytes(whole[: len(whole) // 2])
    assert "broken, cannot be read" in reasons(cut)["cut.zip"]
    spoiled = bytearray(whole)
    at = whole.index(b"sleeps.csv") + 30
    spoiled[at : at + 40] = b"\xff" * 40
    torn = tmp_path / "torn.zip"
    torn.write_bytes(bytes(spoiled))
    assert list(reasons(torn)) == ["sleeps.csv"]
    assert [one.name for one in read_export(torn) if isinstance(one, RawDocument)] == [
        name for name in ORDER if name != "sleeps.csv"
    ]
    locked = bytearray(whole)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        info = archive.getinfo("workouts.csv")
    locked[info.header_offset + 6] |= 1  # APPNOTE 4.4.4: bit 0, encrypted; here and in the directory
    directory = whole.index(b"PK\x01\x02")
    locked[whole.index(b"workouts.csv", directory) - 46 + 8] |= 1
    sealed = tmp_path / "sealed.zip"
    sealed.write_bytes(bytes(locked))
    assert "encrypted" in reasons(sealed)["workouts.csv"]
    assert len([one for one in read_export(sealed) if isinstance(one, RawDocument)]) == 3


def test_an_archive_without_any_table_is_refused_under_its_own_name(tmp_path: Path) -> None:
    path = zipped(tmp_path / "photos.zip", {"one.jpg": b"\xff\xd8", "notes.txt": b"x"})
    assert list(reasons(path)) == ["photos.zip"]
    assert "no CSV in it" in reasons(path)["photos.zip"]
    (tmp_path / "nothing").mkdir()
    assert list(reasons(tmp_path / "nothing")) == ["nothing"]


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match="nowhere"):
        read_export(tmp_path / "nowhere.zip")


def test_a_document_of_another_vendor_comes_last_and_is_rejected_by_its_columns(tmp_path: Path) -> None:
    path = zipped(tmp_path / "mixed.zip", {"a.csv": b"Date,Steps\n2025-01-01,9000\n", **EXPORT})
    *ours, other = read_export(path)
    assert [one.name for one in ours if isinstance(one, RawDocument)] == ORDER
    assert isinstance(other, RawDocument)
    (rejected,) = normalize_csv(other)
    assert isinstance(rejected, Rejected)
    assert "its columns are Date, Steps" in rejected.reason


def test_only_tables_are_asked_for() -> None:
    assert accepts("a/b/Sleeps.CSV")
    assert not any(map(accepts, ("sleeps.xlsx", "a/._sleeps.csv", "b\\._sleeps.csv", "export.xml", "csv")))


def test_a_large_document_is_recognised_by_its_beginning(tmp_path: Path) -> None:
    rows = [cells(JOURNAL, question=f"Wie war es?{'ä' * (n % 7)}{n}", answered="true") for n in range(2_000)]
    big = csv_of(HEADERS["de"][3], *rows)
    assert len(big) > 100_000
    for content in (big, big.decode().encode("utf-16")):
        path = zipped(tmp_path / "big.zip", {"a.csv": content, "b.csv": EXPORT["sleeps.csv"], "c.csv": b"x"})
        assert names(path) == ["b.csv", "a.csv", "c.csv"]
