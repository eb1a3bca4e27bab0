"""Clutch: windows, situations, line-ups, counts, expected points and scores, on frames.

tables = compute(plays, games, rosters, LEAGUE, shipped())
board = leaders(percentiles(tables.player_games))
"""

from __future__ import annotations

from analytics.clutch.definition import LEAGUE, ClutchDefinition
from analytics.clutch.expected_points import ArtefactError, ExpectedPoints, load, loads, shipped
from analytics.clutch.leaders import leaders, shrunk_poe
from analytics.clutch.score import adjusted_score, percentiles
from analytics.clutch.tables import ClutchTables, compute

__all__ = [
    "LEAGUE",
    "ArtefactError",
    "ClutchDefinition",
    "ClutchTables",
    "ExpectedPoints",
    "adjusted_score",
    "compute",
    "leaders",
    "load",
    "loads",
    "percentiles",
    "shipped",
    "shrunk_poe",
]
