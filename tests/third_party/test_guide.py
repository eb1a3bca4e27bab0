"""docs/adapters.md shows the package as it is, whole, and its loose code runs."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "adapters.md"
PACKAGE = Path(__file__).parent / "poise-courtside"

_FILE = re.compile(r"^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_RUN = re.compile(r"^```python run\n(.*?)^```\n\nprints\n\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_every_file_shown_is_the_file_that_is_installed_and_tested() -> None:
    shown = dict(_FILE.findall(GUIDE.read_text(encoding="utf-8")))
    for name, text in shown.items():
        assert text == (PACKAGE / name).read_text(encoding="utf-8"), f"docs/adapters.md shows another {name}"


def test_no_file_is_kept_from_the_reader() -> None:
    shown = dict(_FILE.findall(GUIDE.read_text(encoding="utf-8")))
    files = {
        path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*") if path.suffix in (".py", ".toml")
    }
    assert files == set(shown)


def test_the_loose_code_prints_what_the_guide_says(
    stranger: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    pieces = _RUN.findall(GUIDE.read_text(encoding="utf-8"))
    assert len(pieces) == 1
    for code, printed in pieces:
        assert stranger("-c", code).stdout == printed
