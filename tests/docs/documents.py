"""The project's documents, taken apart: fenced blocks, commands in them, words in backticks."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["ROOT", "Block", "blocks", "commands", "documents", "flat", "name_of", "prose", "read", "words"]

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_WORD = re.compile(r"`([^`\n]+)`")
_ASSIGNED = re.compile(r"[A-Z_]+=.*")


@dataclass(frozen=True)
class Block:
    """A fenced block: ``console run`` is one whose commands are run and whose output is true."""

    document: Path
    kind: str
    text: str


@cache
def documents() -> tuple[Path, ...]:
    """All of them, the README first."""
    return (
        *(ROOT / name for name in ("README.md", "DECISIONS.md", "CHANGELOG.md", "adapters/sdk/README.md")),
        *sorted((ROOT / "docs").glob("*.md")),
    )


def name_of(path: Path) -> str:
    """A document's name for people."""
    return path.relative_to(ROOT).as_posix()


@cache
def read(path: Path) -> str:
    """A document's text."""
    return path.read_text(encoding="utf-8")


def flat(text: str) -> str:
    """``text`` without its line breaks."""
    return " ".join(text.split())


def blocks(kind: str) -> Iterator[Block]:
    """The blocks whose info string begins with ``kind``."""
    for path in documents():
        for info, text in _FENCE.findall(read(path)):
            if info.split()[:1] == [kind]:
                yield Block(path, info, text)


def prose(path: Path) -> str:
    """A document without its blocks."""
    return _FENCE.sub("", read(path))


def words(path: Path) -> set[str]:
    """What stands in backticks in its prose."""
    return set(_WORD.findall(prose(path)))


def commands(text: str) -> Iterator[list[str]]:
    """The simple commands of a shell line, without the variables set before them."""
    for part in re.split(r"\s(?:&&|\|)\s", text):
        tokens = shlex.split(part, comments=True)
        while tokens and _ASSIGNED.fullmatch(tokens[0]):
            tokens.pop(0)
        if tokens:
            yield tokens
