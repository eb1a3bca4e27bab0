from __future__ import annotations

import gzip
import io
import os
import stat
import sys
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from poise_sdk.errors import Fatal
from poise_sdk.files import Limits, read_documents
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.testing.packing import pack, write_tar, write_zip

GAMES = [RawDocument(name=f"season/game_{n}.json", content=b'{"game": %d}' % n) for n in (2, 1, 3)]
SMALL = Limits(document=1000, total=50_000, entries=20, ratio=50, ratio_floor=50_000, depth=2, header=4096)


def read(
    path: Path, limits: Limits = SMALL, accepts: Callable[[str], bool] = lambda name: True
) -> tuple[dict[str, bytes], dict[str, str]]:
    """Documents by name, reasons by file."""
    items = list(read_documents(path, accepts=accepts, limits=limits))
    good = {item.name: item.content for item in items if isinstance(item, RawDocument)}
    bad = {item.file: item.reason for item in items if isinstance(item, Rejected)}
    assert len(good) + len(bad) == len(items)
    return good, bad


def zst(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def one_tar(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


@pytest.mark.parametrize("kind", ["folder", "zip", "tar", "tar.gz"])
def test_a_container_gives_its_documents_one_by_one(kind: str, tmp_path: Path) -> None:
    good, bad = read(pack(GAMES, tmp_path)[kind])
    assert good == {document.name: document.content for document in GAMES}
    assert not bad


def test_a_tar_in_zstd_is_read(tmp_path: Path) -> None:
    path = tmp_path / "season.tar.zst"
    path.write_bytes(zst(one_tar(*((g.name, g.content) for g in GAMES))))
    assert list(read(path)[0]) == ["season/game_2.json", "season/game_1.json", "season/game_3.json"]


def test_the_order_is_sorted_where_it_can_be_and_the_archives_own_where_not(tmp_path: Path) -> None:
    paths = pack(GAMES, tmp_path)
    assert list(read(paths["folder"])[0]) == [f"season/game_{n}.json" for n in (1, 2, 3)]
    assert list(read(paths["zip"])[0]) == [f"season/game_{n}.json" for n in (1, 2, 3)]
    assert list(read(paths["tar"])[0]) == [f"season/game_{n}.json" for n in (2, 1, 3)]


def test_a_single_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "odd name.txt"
    path.write_bytes(b"anything")
    assert read(path, accepts=lambda name: False)[0] == {"odd name.txt": b"anything"}


@pytest.mark.parametrize(("suffix", "press"), [(".gz", gzip.compress), (".zst", zst)])
def test_a_compressed_file_is_one_document_under_its_own_name(
    suffix: str, press: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = tmp_path / f"game.json{suffix}"
    path.write_bytes(press(b"{}"))
    assert read(path)[0] == {"game.json": b"{}"}


def test_a_container_is_known_by_its_content_not_by_its_name(tmp_path: Path) -> None:
    path = write_zip(GAMES, tmp_path / "download")
    assert len(read(path)[0]) == 3


def test_unknown_members_are_passed_over_by_name(tmp_path: Path) -> None:
    extra = [RawDocument(name=n, content=b"x") for n in ("README.txt", "__MACOSX/._game.json", "a.json")]
    for kind, path in pack([*GAMES, *extra], tmp_path).items():
        good, bad = read(path, accepts=lambda name: name.endswith(".json"))
        assert set(good) == {*(g.name for g in GAMES), "a.json"}, kind
        assert not bad


def test_hidden_files_of_a_folder_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "game.json").write_bytes(b"{}")
    assert read(tmp_path) == ({"game.json": b"{}"}, {})


def test_an_empty_file_is_a_document_that_the_adapter_will_judge(tmp_path: Path) -> None:
    (tmp_path / "empty.json").touch()
    assert read(tmp_path) == ({"empty.json": b""}, {})


@pytest.mark.parametrize(
    "evil", ["../evil.json", "season/../../evil.json", "/etc/evil.json", "..\\evil.json", "C:\\evil.json"]
)
@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_a_member_that_climbs_out_is_rejected_by_name_and_the_rest_goes_on(
    evil: str, write: Callable[[list[RawDocument], Path], Path], tmp_path: Path
) -> None:
    good, bad = read(write([RawDocument(name=evil, content=b"{}"), *GAMES], tmp_path / "evil.bin"))
    assert len(good) == 3
    assert list(bad) == [evil]
    assert "climb out" in bad[evil]


def test_links_and_devices_in_a_tar_are_rejected_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "links.tar"
    with tarfile.open(path, "w") as archive:
        for name, kind in (
            ("symbolic.json", tarfile.SYMTYPE),
            ("hard.json", tarfile.LNKTYPE),
            ("pipe.json", tarfile.FIFOTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("game.json")
        info.size = 2
        archive.addfile(info, io.BytesIO(b"{}"))
    good, bad = read(path)
    assert good == {"game.json": b"{}"}
    assert set(bad) == {"symbolic.json", "hard.json", "pipe.json"}


def test_a_link_in_a_zip_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "link.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("link.json")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
        archive.writestr("game.json", "{}")
    good, bad = read(path)
    assert good == {"game.json": b"{}"}
    assert "link" in bad["link.json"]


def test_links_and_pipes_in_a_folder_are_rejected_and_never_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "secret.json").write_bytes(b"secret")
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    (folder / "linked").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.json")
    (folder / "game.json").write_bytes(b"{}")
    good, bad = read(folder)
    assert good == {"game.json": b"{}"}
    assert set(bad) == {"link.json", "linked", "pipe.json"}


def test_a_bomb_is_rejected_and_the_rest_goes_on(tmp_path: Path) -> None:
    bomb = RawDocument(name="bomb.json", content=bytes(900))
    limits = Limits(document=1000, ratio=20, ratio_floor=100)
    good, bad = read(write_zip([bomb, *GAMES], tmp_path / "bomb.zip"), limits)
    assert len(good) == 3
    assert "bomb" in bad["bomb.json"]


@pytest.mark.parametrize("press", [gzip.compress, zst])
def test_a_bomb_in_a_stream_ends_the_stream_with_a_reason(
    press: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "bomb.tar.x"
    path.write_bytes(press(one_tar(("a.json", b"{}"), ("bomb.json", bytes(3_000_000)), ("b.json", b"{}"))))
    good, bad = read(path, Limits(document=1_000_000, ratio_floor=300_000))
    assert list(good) == ["a.json"]
    assert "larger than" in bad["bomb.json"]
    assert "refused as a bomb" in bad["bomb.tar.x"]


def test_a_document_too_large_is_rejected_wherever_it_comes_from(tmp_path: Path) -> None:
    big = RawDocument(name="big.json", content=os.urandom(1001))
    for kind, path in pack([big, *GAMES], tmp_path).items():
        good, bad = read(path)
        assert len(good) == 3, kind
        assert "larger than 1,000 bytes" in bad["big.json"], kind
    compressed = tmp_path / "big.json.gz"
    compressed.write_bytes(gzip.compress(big.content))
    assert "larger than" in read(compressed)[1]["big.json.gz"]


def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    many = [RawDocument(name=f"{n}.json", content=b"{}") for n in range(21)]
    paths = pack(many, tmp_path)
    assert read(paths["zip"]) == ({}, {"documents.zip": "more than 20 entries"})
    good, bad = read(paths["tar"], Limits(entries=20))
    assert len(good) == 20
    assert "more than 20 entries" in bad["documents.tar"]


def test_more_bytes_in_total_than_allowed_are_refused(tmp_path: Path) -> None:
    many = [RawDocument(name=f"{n}.json", content=os.urandom(100_000)) for n in range(8)]
    for kind in ("zip", "tar.gz"):
        good, bad = read(pack(many, tmp_path)[kind], Limits(total=500_000))
        assert 0 < len(good) < 8, kind
        assert all("holds more than 500,000 bytes" in reason for reason in bad.values()), kind


def test_a_tar_whose_headers_never_end_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x" * 2_000_000)
    path = tmp_path / "headers.tar"
    path.write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    good, bad = read(path, Limits(header=4096))
    assert not good
    assert "headers" in bad["headers.tar"]


def test_archives_in_archives_are_read_two_deep_and_no_deeper(tmp_path: Path) -> None:
    inner = write_zip(GAMES[:1], tmp_path / "inner.zip").read_bytes()
    middle = write_zip([RawDocument(name="inner.zip", content=inner)], tmp_path / "middle.zip")
    assert list(read(middle)[0]) == ["inner.zip/season/game_2.json"]
    outer = write_zip([RawDocument(name="middle.zip", content=middle.read_bytes())], tmp_path / "outer.zip")
    good, bad = read(outer)
    assert not good
    assert "nested" in bad["middle.zip/inner.zip"]


def test_archives_in_a_folder_are_opened_under_their_names(tmp_path: Path) -> None:
    write_zip(GAMES[:1], tmp_path / "a.zip")
    (tmp_path / "b.tar.zst").write_bytes(zst(one_tar(("game.json", b"{}"))))
    (tmp_path / "c.json.gz").write_bytes(gzip.compress(b"[]"))
    (tmp_path / "d.txt.gz").write_bytes(gzip.compress(b"no"))
    good, bad = read(tmp_path, accepts=lambda name: name.endswith(".json"))
    assert list(good) == ["a.zip/season/game_2.json", "b.tar.zst/game.json", "c.json"]
    assert not bad


def test_a_truncated_archive_gives_what_it_has_and_says_so(tmp_path: Path) -> None:
    members = [(f"{n}.json", os.urandom(600)) for n in range(6)]
    whole = one_tar(*members)
    for name, data in (
        ("t.tar", whole[:3000]),
        ("edge.tar", whole[: 3 * 1536]),
        ("t.tar.gz", gzip.compress(whole)[:2500]),
        ("t.tar.zst", zst(whole)[:2500]),
    ):
        (tmp_path / name).write_bytes(data)
        good, bad = read(tmp_path / name, Limits())
        assert list(bad) == [name]
        assert "broken" in bad[name]
        if name != "t.tar.zst":  # a zstd block is whole or nothing
            assert 0 < len(good) < 6


def test_a_broken_or_encrypted_member_of_a_zip_is_rejected_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = write_zip(GAMES, tmp_path / "broken.zip")
    data = bytearray(path.read_bytes())
    # Flip a stored byte of game_2 and set the encryption flag of game_1 in both of its headers.
    at = data.index(b"season/game_2.json") + len("season/game_2.json")
    data[at + 3] ^= 0xFF
    local = data.index(b"PK\x03\x04", at)
    data[local + 6] |= 1
    central = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    data[central + 8] |= 1
    path.write_bytes(bytes(data))
    good, bad = read(path)
    assert list(good) == ["season/game_3.json"]
    assert "broken" in bad["season/game_2.json"]
    assert "encrypted" in bad["season/game_1.json"]


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04" + b"x" * 600, b"\x1f\x8b" + b"x" * 600, b"\x28\xb5\x2f\xfd" + b"x" * 600]
)
def test_what_only_looks_like_an_archive_is_rejected(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(data)
    good, bad = read(tmp_path / "x.bin")
    assert not good
    assert "broken" in bad["x.bin"]


def test_a_path_that_cannot_be_read_is_fatal_at_once(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match=r"missing\.zip"):
        read_documents(tmp_path / "missing.zip")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Fatal, match="neither a file nor a folder"):
        read_documents(tmp_path / "pipe")


def test_without_zstandard_the_rest_works_and_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    (tmp_path / "a.zst").write_bytes(b"\x28\xb5\x2f\xfd" + b"x" * 600)
    (tmp_path / "b.json").write_bytes(b"{}")
    good, bad = read(tmp_path)
    assert good == {"b.json": b"{}"}
    assert "poise-sdk[zst]" in bad["a.zst"]


def test_memory_stays_flat_however_large_the_archive(tmp_path: Path) -> None:
    size, count = 200_000, 100
    documents = [RawDocument(name=f"{n}.json", content=os.urandom(size)) for n in range(count)]
    paths = [write_tar(documents, tmp_path / "big.tar.gz"), write_zip(documents, tmp_path / "big.zip")]
    del documents
    for path in paths:
        tracemalloc.start()
        for _ in read_documents(path):
            pass
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < size * count / 5, path.name
