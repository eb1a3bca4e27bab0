"""What the suite asks of ``read_file``."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from poise_sdk.adapter import Adapter
from poise_sdk.errors import Fatal
from poise_sdk.files import Limits
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.testing.packing import pack, write_tar, write_zip

__all__ = ["ReadChecks"]

#: Small bounds, so that a bomb is a small file.
_LIMITS = Limits(document=2_000_000, ratio_floor=100_000)
#: Zeros of the bomb: within the bound of a document, so that it is the ratio that tells.
_BOMB = 1_500_000


class ReadChecks:
    """Mixed into the class that :func:`~poise_sdk.testing.suite.adapter_suite` makes."""

    adapter_class: ClassVar[type[Adapter]]
    files: ClassVar[tuple[RawDocument, ...]]
    """The samples that may stand in a file."""

    def test_files_folders_and_archives_give_the_same_documents(self, tmp_path: Path) -> None:
        """Whether the samples come one by one or in a folder, a zip, a tar, a tar.gz."""
        adapter = self.adapter_class()
        paths = pack(self.files, tmp_path)
        single: list[bytes] = []
        for document in self.files:
            single += [d.content for d in _documents(adapter, paths["folder"] / document.name)]
        assert single, "read_file gives nothing for a single sample"
        for kind, path in paths.items():
            packed = [d.content for d in _documents(adapter, path)]
            assert sorted(packed) == sorted(single), (
                f"a {kind} of the samples gives {len(packed)} documents, one by one they are {len(single)}; "
                f"does accepts() know the samples' names?"
            )

    def test_reading_in_a_stable_order(self, tmp_path: Path) -> None:
        """Twice the same names in the same order."""
        adapter = self.adapter_class()
        path = pack(self.files, tmp_path)["zip"]
        names = [[d.name for d in _documents(adapter, path)] for _ in range(2)]
        assert names[0] == names[1], f"read twice, in another order: {names[0][:5]}, {names[1][:5]}"

    def test_a_path_that_climbs_out_is_rejected_and_the_rest_goes_on(self, tmp_path: Path) -> None:
        """By name, in zip and tar; nothing is written outside."""
        good = self.files[0]
        inside = tmp_path / "inside"
        inside.mkdir()
        evil = [RawDocument(name=f"{up}poise_evil/{good.name}", content=good.content) for up in ("../", "/")]
        alone = _contents(self.adapter_class(), write_zip([good], inside / "alone.zip"))
        for path in (
            write_zip([*evil, good], inside / "climbs.zip"),
            write_tar([*evil, good], inside / "climbs.tar"),
        ):
            items = list(self.adapter_class().read_file(path))
            read = [item for item in items if isinstance(item, RawDocument)]
            assert [item.content for item in read] == alone, f"{path.name}: {_names(items)}"
            rejected = [item.file for item in items if isinstance(item, Rejected)]
            assert len(rejected) == 2, f"{path.name}: rejected {rejected}"
        assert sorted(p.name for p in tmp_path.iterdir()) == ["inside"], "something was written outside"

    def test_a_bomb_is_rejected_and_the_rest_goes_on(self, tmp_path: Path) -> None:
        """A member that unpacks to hundreds of times its size."""
        good = self.files[0]
        if len(good.content) > _LIMITS.document:
            good = RawDocument(name=good.name, content=good.content[:1000])
        bomb = RawDocument(name=f"a_bomb/{good.name}", content=bytes(_BOMB))
        alone = _contents(self.adapter_class(), write_zip([good], tmp_path / "alone.zip"))
        path = write_zip([bomb, good], tmp_path / "bomb.zip")
        items = list(self.adapter_class().read_file(path, limits=_LIMITS))
        whole = [item for item in items if isinstance(item, RawDocument) and len(item.content) == _BOMB]
        assert not whole, f"a member of {_BOMB:,} zeros was unpacked: read_file ignores limits="
        assert any(isinstance(item, Rejected) and item.file == bomb.name for item in items), _names(items)
        read = [item.content for item in items if isinstance(item, RawDocument)]
        assert [content for content in read if content in alone] == alone, _names(items)

    def test_a_missing_file_is_fatal_with_its_name(self, tmp_path: Path) -> None:
        """The person at the keyboard mistyped; that is told at once."""
        with pytest.raises(Fatal, match="nothing_here"):
            list(self.adapter_class().read_file(tmp_path / "nothing_here.zip"))


def _documents(adapter: Adapter, path: Path) -> list[RawDocument]:
    items = list(adapter.read_file(path))
    rejected = [item for item in items if isinstance(item, Rejected)]
    assert not rejected, f"{path.name}: {rejected[0]}"
    return [item for item in items if isinstance(item, RawDocument)]


def _contents(adapter: Adapter, path: Path) -> list[bytes]:
    return [document.content for document in _documents(adapter, path)]


def _names(items: list[RawDocument | Rejected]) -> list[str]:
    return [i.name if isinstance(i, RawDocument) else f"rejected {i.file}: {i.reason}" for i in items]
