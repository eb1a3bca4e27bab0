"""docs/adapters.md shows the packages as they are, and its loose code runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from poise_sdk.scaffold.names import Names
from poise_sdk.scaffold.package import Kind, render, write

GUIDE = Path(__file__).parents[2] / "docs" / "adapters.md"
PACKAGE = Path(__file__).parent / "poise-courtside"
#: The folder of the package that the guide begins with ``poise-sdk new``.
NEW = "pulse/"

_FILE = re.compile(r"^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_RUN = re.compile(r"^```python run\n(.*?)^```\n\nprints\n\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TREE = re.compile(r"^```\npulse/\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _shown(new: bool) -> Iterator[tuple[str, str]]:
    for name, text in _FILE.findall(GUIDE.read_text(encoding="utf-8")):
        if name.startswith(NEW) == new:
            yield name.removeprefix(NEW), text


def _prints(package: str) -> tuple[str, str]:
    """The loose code about ``package``, and what it prints."""
    pieces = _RUN.findall(GUIDE.read_text(encoding="utf-8"))
    assert len(pieces) == 2
    ((code, printed),) = [piece for piece in pieces if f"from {package} import" in piece[0]]
    return code, printed


def test_every_file_shown_is_the_file_that_is_installed_and_tested() -> None:
    for name, text in _shown(new=False):
        assert text == (PACKAGE / name).read_text(encoding="utf-8"), f"docs/adapters.md shows another {name}"


def test_no_file_is_kept_from_the_reader() -> None:
    files = {
        path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*") if path.suffix in (".py", ".toml")
    }
    assert files == set(dict(_shown(new=False)))


def test_every_piece_shown_of_a_new_package_is_in_it() -> None:
    written = render(Names.of("pulse"), Kind.WEARABLE)
    pieces = list(_shown(new=True))
    assert {name for name, _ in pieces} > {"poise_pulse/adapter.py", "tests/test_pulse.py"}
    for name, text in pieces:
        assert text in written[name], f"docs/adapters.md shows another {name}"


def test_the_tree_shown_is_the_tree_that_is_written() -> None:
    (tree,) = _TREE.findall(GUIDE.read_text(encoding="utf-8"))
    told = {line.split()[0].rstrip("/") for line in tree.splitlines()}
    written = {part for path in render(Names.of("pulse"), Kind.WEARABLE) for part in Path(path).parts}
    assert told <= written


def test_the_loose_code_of_the_game_feed_prints_what_the_guide_says(
    stranger: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    code, printed = _prints("poise_courtside")
    assert stranger("-c", code).stdout == printed


def test_the_loose_code_of_the_wearable_prints_what_the_guide_says(tmp_path: Path) -> None:
    folder = write(Names.of("pulse"), Kind.WEARABLE, tmp_path)
    code, printed = _prints("poise_pulse")
    env = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.stdout == printed, done.stderr
