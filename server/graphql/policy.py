"""The one place that decides what a viewer may see and do.

Accounts come later. Until then a server is reachable on loopback only (or somebody vouched for
its callers with ``--allow-anonymous``), every viewer is `ANYBODY`, and everything is allowed.
All loaders and mutations already ask here, so that accounts change this module and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ANYBODY", "Viewer", "may_change", "may_see"]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks."""

    id: str
    permission_class: str
    """Viewers of one class see the same of everything: live payloads are shared within it."""


ANYBODY = Viewer(id="anybody", permission_class="anybody")


def may_see(viewer: Viewer, kind: str, *, of: int | None = None) -> bool:
    """Whether ``viewer`` may read objects of ``kind`` (a GraphQL type's name).

    ``of`` is the athlete whose body they speak of, where they do: each athlete shares for themselves.
    """
    return viewer.permission_class == ANYBODY.permission_class and bool(kind) and (of is None or of > 0)


def may_change(viewer: Viewer, kind: str, *, of: int | None = None) -> bool:
    """Whether ``viewer`` may run mutations on objects of ``kind``, of this athlete where they are one's."""
    return may_see(viewer, kind, of=of)
