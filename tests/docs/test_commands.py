"""Every command a document shows exists, with those options; the sessions marked so print what is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import typer

from scripts.sessions import PROMPT, SESSION, columns, pages, steps
from server.cli.main import app
from tests.cli.conftest import Poise
from tests.docs.documents import ROOT, blocks, commands, documents, name_of, read, words

_TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)


def _shown() -> Iterator[tuple[str, list[str]]]:
    for block in blocks("console"):
        for line in block.text.splitlines():
            if line.startswith(PROMPT):
                for tokens in commands(line.removeprefix(PROMPT)):
                    yield name_of(block.document), tokens


def _mentioned(program: str) -> Iterator[tuple[str, list[str]]]:
    for path in documents():
        for word in words(path):
            if word.startswith(f"{program} ") and "…" not in word:
                yield name_of(path), next(commands(word.replace("|", " ").split(" list ")[0]))


def _command(arguments: Sequence[str]) -> tuple[Any, list[str]]:
    """The command that ``arguments`` name, and what is left for it; raises if there is none."""
    command: Any = typer.main.get_command(app)
    rest = list(arguments)
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        assert name in command.commands, f"poise {' '.join(arguments)}: no command {name!r}"
        command = command.commands[name]
    return command, rest


def test_every_command_in_a_session_is_one_that_poise_takes() -> None:
    seen = 0
    for document, tokens in _shown():
        if tokens[0] == "poise":
            seen += 1
            command, rest = _command(tokens[1:])
            runs = not hasattr(command, "commands") or command.invoke_without_command
            assert runs, f"{document}: {' '.join(tokens)} is only a family"
            # parses everything and runs nothing; a wrong option or value raises
            command.make_context(" ".join(tokens), rest)
    assert seen > 15


def test_every_command_mentioned_in_passing_exists() -> None:
    for document, tokens in _mentioned("poise"):
        command, rest = _command(tokens[1:])
        known = {option for parameter in command.params for option in parameter.opts}
        for option in (token for token in rest if token.startswith("--")):
            assert option in known, f"{document}: {' '.join(tokens)}"


def test_every_target_of_make_exists() -> None:
    targets = set(_TARGET.findall((ROOT / "Makefile").read_text()))
    seen = [one for one in (*_shown(), *_mentioned("make")) if one[1][0] == "make"]
    assert seen
    for document, tokens in seen:
        for token in tokens[1:]:
            assert "=" in token or token in targets, f"{document}: {' '.join(tokens)}"


def test_the_sessions_print_what_the_documents_show(
    poise: Poise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One test, because each session goes on where the one before it left the league.

    ``python scripts/sessions.py`` writes the real output into the documents.
    """
    monkeypatch.chdir(tmp_path)
    ran = 0
    for page in pages():
        for line, shown in chain.from_iterable(map(steps, SESSION.findall(read(page)))):
            ((program, *arguments),) = commands(line)
            if program == "export":  # the fixture has chosen a data folder already
                assert arguments == ["POISE_DATA=try"]
                continue
            ran += 1
            done = poise(*arguments)
            assert done.code == 0, f"{name_of(page)}: {line}\n{done.err}"
            assert shown == columns(done.err + done.out), f"{name_of(page)}: {line}"
    assert ran > 5
