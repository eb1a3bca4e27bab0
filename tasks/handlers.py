"""The one place that knows every module with handlers: importing them registers what they handle."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from tasks.registry import REGISTRY, Registry

__all__ = ["MODULES", "load"]

MODULES: Final[tuple[str, ...]] = (
    "tasks.housekeeping",
    "tasks.ingest",
    "tasks.live.discover",
    "tasks.live.follow",
    "tasks.live.replay",
    "tasks.score",
    "tasks.sync.backfill",
    "tasks.sync.revoke",
    "tasks.sync.run",
    "tasks.sync.schedule",
    "tasks.sync.subscriptions",
    "tasks.sync.webhooks",
    "tasks.train",
    "tasks.wearables",
)


def load() -> Registry:
    """Import every module of :data:`MODULES` and return the registry they filled."""
    for module in MODULES:
        import_module(module)
    return REGISTRY
