"""A simulated OpenField: ``/athletes``, ``/activities`` and ``/stats`` of one invented team."""

from __future__ import annotations

from adapters.catapult.simulator.server import CatapultSimulator

__all__ = ["CatapultSimulator"]
