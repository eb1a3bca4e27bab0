"""A reader of files with one defect each: the conformance suite must find it."""

from __future__ import annotations

from pathlib import Path

import pytest

from poise_sdk.testing.reading import ReadChecks
from tests.sdk.broken import Defect, failure, unproven
from tests.sdk.courtside import suite_of

DEFECTS: dict[str, Defect] = {
    "files under other names": Defect(
        "def accepts(self, name): return name.endswith('.xml')",
        "same_documents",
        "accepts",
    ),
    "a reader that stops at what it cannot read": Defect(
        """
        def read_file(self, path, **more):
            for item in super().read_file(path, **more):
                if isinstance(item, Rejected):
                    return
                yield item
        """,
        "climbs_out",
        "climbs.",
    ),
    "a reader without bounds": Defect(
        """
        def read_file(self, path, **more):
            import zipfile
            archive = zipfile.ZipFile(path)
            for name in sorted(archive.namelist()):
                yield RawDocument(name=name, content=archive.read(name))
        """,
        "bomb",
        "ignores limits=",
    ),
    "a reader in no order": Defect(
        """
        turn = itertools.count()
        def read_file(self, path, **more):
            items = list(super().read_file(path, **more))
            return iter(items[::-1] if next(self.turn) % 2 else items)
        """,
        "stable_order",
        "in another order",
    ),
    "a missing file taken for an empty one": Defect(
        """
        def read_file(self, path, **more):
            return super().read_file(path, **more) if path.exists() else iter(())
        """,
        "missing_file",
        "DID NOT RAISE",
    ),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_the_suite_catches(defect: str, tmp_path: Path) -> None:
    wrong = DEFECTS[defect]
    said = failure(suite_of(wrong.body), wrong.check, tmp_path)
    assert said is not None, f"{defect}: {wrong.check} passes"
    assert wrong.says in said


def test_every_check_is_proven_to_fail() -> None:
    assert not unproven(ReadChecks, DEFECTS)
