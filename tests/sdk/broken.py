"""Adapters broken on purpose, one defect each, and what the conformance suite says of them."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

__all__ = ["Defect", "broken", "checks_of", "failure", "unproven"]


@dataclass(frozen=True)
class Defect:
    """The ``body`` of a subclass that has it, the ``check`` that must fail (part of its name) and what the
    failure must say."""

    body: str
    check: str
    says: str


def broken(base: type, body: str, words: Mapping[str, Any]) -> type:
    """A subclass of ``base``, called Broken, with ``body``; ``words`` are the names that it may use."""
    scope = {**words, "Base": base}
    exec("class Broken(Base):\n" + textwrap.indent(textwrap.dedent(body), "    "), scope)
    made: type = scope["Broken"]
    return made


def checks_of(suite: type) -> list[str]:
    return [name for name in dir(suite) if name.startswith("test_")]


def failure(suite: type, check: str, tmp_path: Path) -> str | None:
    """What the one check of ``suite`` whose name contains ``check`` says; ``None`` if it passes."""
    (name,) = [name for name in checks_of(suite) if check in name and check not in checks_of(suite)] or [
        check
    ]
    test = getattr(suite(), name)
    fixtures = {"adapter": lambda: suite.adapter_class(), "tmp_path": lambda: tmp_path}  # type: ignore[attr-defined]  # made by the suite
    given = {name: fixtures[name]() for name in inspect.signature(test).parameters}
    try:
        test(**given)
    except (Exception, pytest.fail.Exception) as error:  # whatever it is, pytest calls it a failure
        return str(error)
    return None


def unproven(suite: type, defects: Mapping[str, Defect]) -> set[str]:
    """The checks of ``suite`` that no defect makes fail."""
    return {c for c in checks_of(suite) if not any(defect.check in c for defect in defects.values())}
