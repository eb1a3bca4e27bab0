"""Which handler does which kind."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.context import JobContext
from tasks.handlers import MODULES, load
from tasks.registry import Registry


async def handler(context: JobContext, args: dict[str, Any]) -> None:
    """Does nothing."""


def test_a_decorated_handler_is_found_by_its_kind_and_stays_itself() -> None:
    registry = Registry()
    assert registry.job("a", timeout_s=3, max_attempts=2)(handler) is handler
    kind = registry.get("a")
    assert kind is not None
    assert (kind.handler, kind.timeout_s, kind.max_attempts) == (handler, 3, 2)
    assert registry.get("b") is None


def test_a_kind_has_one_handler() -> None:
    registry = Registry()
    registry.job("a", timeout_s=1)(handler)
    with pytest.raises(ValueError, match="'a' has a handler already"):
        registry.job("a", timeout_s=1)(handler)


@pytest.mark.parametrize("limits", [{"timeout_s": 0}, {"timeout_s": 1, "max_attempts": 0}])
def test_limits_are_positive(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        Registry().job("a", **limits)


def test_loading_registers_every_module_once() -> None:
    assert load() is load()
    assert {kind.handler.__module__ for kind in load().kinds()} == set(MODULES)
