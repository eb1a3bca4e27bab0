"""Run the documents' sessions and write down what they print.

``python scripts/sessions.py`` runs every block marked ``console run`` of the README and of ``docs/``, one
after the other on one fresh data folder, and puts the real output below each command. A test runs the
same blocks and fails where a document shows anything else.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["PROMPT", "SESSION", "columns", "pages", "steps"]

ROOT = Path(__file__).parent.parent
PROMPT = "$ "
SESSION = re.compile(r"(?<=^```console run\n)(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)

#: Rules and empty lines of a table say nothing in a document.
_ORNAMENT = re.compile(r"[\s─]*")


def pages() -> tuple[Path, ...]:
    """The documents that have sessions, in the order in which they are run."""
    return (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))


def steps(session: str) -> Iterator[tuple[str, list[str]]]:
    """Each command line of a session, with the lines shown below it."""
    for step in f"\n{session}".split(f"\n{PROMPT}")[1:]:
        line, *shown = step.splitlines()
        yield line, shown


def columns(printed: str) -> list[str]:
    """The lines of an output that are worth showing."""
    return [line.rstrip() for line in printed.splitlines() if not _ORNAMENT.fullmatch(line)]


def _rewritten(session: str, folder: Path) -> str:
    lines = []
    for line, _ in steps(session):
        lines.append(f"{PROMPT}{line}")
        program, *arguments = shlex.split(line)
        if program == "poise":
            environment = {**os.environ, "POISE_DATA": str(folder / "try"), "PYTHONPATH": str(ROOT)}
            command = [sys.executable, "-m", "server.cli", *arguments]
            done = subprocess.run(
                command, cwd=folder, env=environment, check=True, text=True, capture_output=True
            )
            lines += columns(done.stderr + done.stdout)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for page in pages():
            text = page.read_text(encoding="utf-8")
            page.write_text(
                SESSION.sub(lambda found: _rewritten(found[0], Path(folder)), text), encoding="utf-8"
            )
