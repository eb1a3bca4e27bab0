"""What the documents name (files, fields, options, variables, headings of other documents) is there."""

from __future__ import annotations

import re
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from server.cli.serving import LIVE_VARIABLE
from server.settings import ServerSettings
from storage.settings import Settings
from tests.docs.documents import ROOT, documents, name_of, prose, read, words

_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)+/?")
_FILE = re.compile(r"[\w.-]+\.(?:md|py|toml|ya?ml|graphql|txt|zst)")
#: A name with an underscore or a capital inside: nobody writes these but to name something of the code.
_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9_]+|[A-Z]\w*)|[A-Z][a-z]+[A-Z]\w*|[A-Z]+(?:_[A-Z]+)+")
_VARIABLE = re.compile(r"\b((?:DATABASE|REDIS)_URL|POISE_[A-Z]+(?:_[A-Z]+)*)\b")
#: Names of other people's programs that our documents speak of.
_FOREIGN = {"retryAttempts"}  # an option of graphql-ws
_SOURCES = ("*.py", "*.sql", "*.graphql", "*.toml", "*.yml", "*.yaml", "Makefile")
#: Rooms whose every file can be named, and the sample package that docs/adapters.md builds.
_ROOMS = ("adapters", "analytics", "benchmarks", "scripts", "server", "storage", "tasks", "tests")
_SAMPLE = ROOT / "tests" / "third_party" / "poise-courtside"


@cache
def _code() -> str:
    """All the code there is, but not these tests."""
    rooms = chain.from_iterable((ROOT / room).rglob(one) for room in _ROOMS for one in _SOURCES)
    top = chain.from_iterable(ROOT.glob(one) for one in _SOURCES)
    here = Path(__file__).parent
    return "\n".join(path.read_text(encoding="utf-8") for path in chain(rooms, top) if path.parent != here)


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    for target in _LINK.findall(prose(path)):
        if not target.startswith("https://"):
            file = target.partition("#")[0]
            assert (path.parent / file).exists(), f"{target} leads nowhere"


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_files_that_are_named_exist(path: Path) -> None:
    inside = {entry.name for entry in ROOT.iterdir()}
    bases = (ROOT, path.parent, _SAMPLE)
    for word in words(path):
        named = _PATH.fullmatch(word) and word.split("/")[0] in inside
        if named or _FILE.fullmatch(word):
            found = any((base / word).exists() for base in bases) or any(
                (ROOT / room).rglob(word) for room in _ROOMS if not named
            )
            assert found, f"there is no {word}"


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_names_of_the_code_are_names_in_the_code(path: Path) -> None:
    for word in words(path):
        name = word.split()[0]
        if name in _FOREIGN or _VARIABLE.fullmatch(name):  # variables have a test of their own
            continue
        if _IDENTIFIER.fullmatch(word) or word.startswith("--"):
            assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", _code()), f"nothing is called {name}"


def test_the_variables_of_the_environment_are_those_that_are_read() -> None:
    told = set(_VARIABLE.findall(read(ROOT / "docs" / "operations.md")))
    fields = Settings.model_fields.values()
    common = {str(field.validation_alias) for field in fields}
    prefix = ServerSettings.model_config["env_prefix"]
    server = {
        str(field.validation_alias or f"{prefix}{name.upper()}")
        for name, field in ServerSettings.model_fields.items()
    }
    assert told == common | server | {LIVE_VARIABLE}


def test_the_sdk_tells_of_each_of_its_modules() -> None:
    package = ROOT / "adapters" / "sdk" / "poise_sdk"
    modules = {
        path.stem for path in package.iterdir() if not path.name.startswith("_") and path.name != "py.typed"
    }
    assert modules <= words(ROOT / "adapters" / "sdk" / "README.md")
