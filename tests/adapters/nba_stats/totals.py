"""A box score counted from plays, to hold against the vendor's own."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from poise_sdk.records import Play
from poise_sdk.vocabulary import PlayKind

#: Fouls that do not count among a player's personal fouls.
TECHNICALS = {"technical", "double_technical", "defensive_3_seconds"}
#: boxscoretraditionalv2 → our words.
V2_COLUMNS = {
    "FGM": "fgm",
    "FGA": "fga",
    "FG3M": "fg3m",
    "FG3A": "fg3a",
    "FTM": "ftm",
    "FTA": "fta",
    "OREB": "oreb",
    "DREB": "dreb",
    "AST": "ast",
    "STL": "stl",
    "BLK": "blk",
    "TO": "tov",
    "PF": "pf",
    "PTS": "pts",
}
#: boxscoretraditionalv3 and the live box score → our words.
V3_FIELDS = {
    "fieldGoalsMade": "fgm",
    "fieldGoalsAttempted": "fga",
    "threePointersMade": "fg3m",
    "threePointersAttempted": "fg3a",
    "freeThrowsMade": "ftm",
    "freeThrowsAttempted": "fta",
    "reboundsOffensive": "oreb",
    "reboundsDefensive": "dreb",
    "assists": "ast",
    "steals": "stl",
    "blocks": "blk",
    "turnovers": "tov",
    "foulsPersonal": "pf",
    "points": "pts",
}


def totals(plays: Iterable[Play]) -> Mapping[int, Counter[str]]:
    """Counting columns by player."""
    counted: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for play in plays:
        for player, what in ((play.assist_id, "ast"), (play.steal_id, "stl"), (play.block_id, "blk")):
            if player is not None:
                counted[player][what] += 1
        if play.player_id is None:
            continue
        mine = counted[play.player_id]
        mine["pts"] += play.points
        match play.kind:
            case PlayKind.FIELD_GOAL:
                for prefix in ("fg", "fg3") if play.shot_value == 3 else ("fg",):
                    mine[f"{prefix}a"] += 1
                    mine[f"{prefix}m"] += int(play.made or False)
            case PlayKind.FREE_THROW:
                mine["fta"] += 1
                mine["ftm"] += int(play.made or False)
            case PlayKind.REBOUND:
                mine["oreb" if play.subtype == "offensive" else "dreb"] += 1
            case PlayKind.TURNOVER:
                mine["tov"] += 1
            case PlayKind.FOUL if play.subtype not in TECHNICALS:
                mine["pf"] += 1
    return counted
