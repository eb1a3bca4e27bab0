"""Writes a :class:`~.tally.Tally` as the vendor's box score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.nba_stats.simulator.tally import PLAYER_COUNTERS, Statistics, Tally, minutes_text

__all__ = ["player_statistics", "team_statistics"]

#: Counters that the vendor writes as decimals.
DECIMALS = ("minus", "plus")
NOTHING = dict.fromkeys(PLAYER_COUNTERS, 0)
#: The share of a free throw in a shooting possession (true shooting's usual constant).
THROW_SHARE = 0.44


def _share(made: float, attempted: float) -> float:
    return round(made / attempted, 15) if attempted else 0.0


def player_statistics(line: Mapping[str, int] | None) -> Statistics:
    """The ``statistics`` of one player; ``None``: he did not play."""
    line = line or NOTHING
    written: Statistics = {}
    for counter in PLAYER_COUNTERS:
        if counter == "tenths":
            continue
        written[counter] = float(line[counter]) if counter in DECIMALS else line[counter]
        if counter in ("fieldGoalsMade", "freeThrowsMade", "threePointersMade", "twoPointersMade"):
            kind = counter.removesuffix("Made")
            written[f"{kind}Percentage"] = _share(line[counter], line[f"{kind}Attempted"])
        if counter == "minus":
            written["minutes"] = minutes_text(line["tenths"])
            written["minutesCalculated"] = f"PT{round(line['tenths'] / 600):02}M"
        elif counter == "plus":
            written["plusMinusPoints"] = float(line["plus"] - line["minus"])
        elif counter == "reboundsOffensive":
            written["reboundsTotal"] = line["reboundsDefensive"] + line["reboundsOffensive"]
    return written


def team_statistics(counted: Tally, team: int, starters: set[int]) -> Statistics:
    """The ``statistics`` of a team: its players' sums and what no player did."""
    lines = {person: line for person, line in counted.players.items() if counted.team_of[person] == team}
    total = {counter: sum(line[counter] for line in lines.values()) for counter in PLAYER_COUNTERS}
    own: Mapping[str, Any] = counted.team_only[team]
    other = counted.other(team)
    team_boards = own.get("reboundsTeamOffensive", 0) + own.get("reboundsTeamDefensive", 0)
    boards = total["reboundsOffensive"] + total["reboundsDefensive"]
    turnovers = total["turnovers"]
    shooting = total["fieldGoalsAttempted"] + THROW_SHARE * total["freeThrowsAttempted"]
    written: Statistics = {
        "assists": total["assists"],
        "assistsTurnoverRatio": _share(total["assists"], turnovers),
        "benchPoints": sum(line["points"] for person, line in lines.items() if person not in starters),
        "biggestLead": counted.biggest_lead[team],
        "biggestLeadScore": counted.biggest_lead_score[team],
        "biggestScoringRun": counted.biggest_run,
        "biggestScoringRunScore": counted.biggest_run_score,
        "blocks": total["blocks"],
        "blocksReceived": total["blocksReceived"],
        "fieldGoalsEffectiveAdjusted": _share(
            total["fieldGoalsMade"] + 0.5 * total["threePointersMade"], total["fieldGoalsAttempted"]
        ),
        "foulsOffensive": total["foulsOffensive"],
        "foulsDrawn": total["foulsDrawn"],
        "foulsPersonal": total["foulsPersonal"],
        "foulsTeam": own.get("foulsTeam", 0),
        "foulsTechnical": total["foulsTechnical"],
        "foulsTeamTechnical": own.get("foulsTeamTechnical", 0),
        "leadChanges": counted.lead_changes,
        "minutes": minutes_text(total["tenths"]),
        "minutesCalculated": f"PT{round(total['tenths'] / 600)}M",
        "points": counted.score[team],
        "pointsAgainst": counted.score[other],
        "pointsFastBreak": total["pointsFastBreak"],
        "pointsFromTurnovers": own.get("pointsFromTurnovers", 0),
        "pointsInThePaint": total["pointsInThePaint"],
        "pointsSecondChance": total["pointsSecondChance"],
        "reboundsDefensive": total["reboundsDefensive"],
        "reboundsOffensive": total["reboundsOffensive"],
        "reboundsPersonal": boards,
        "reboundsTeam": team_boards,
        "reboundsTeamDefensive": own.get("reboundsTeamDefensive", 0),
        "reboundsTeamOffensive": own.get("reboundsTeamOffensive", 0),
        "reboundsTotal": boards + team_boards,
        "steals": total["steals"],
        "timeLeading": minutes_text(counted.leading[team]),
        "timesTied": counted.times_tied,
        "trueShootingAttempts": round(shooting, 2),
        "trueShootingPercentage": _share(total["points"], 2 * shooting),
        "turnovers": turnovers,
        "turnoversTeam": own.get("turnoversTeam", 0),
        "turnoversTotal": turnovers + own.get("turnoversTeam", 0),
    }
    for kind in ("fieldGoals", "freeThrows", "threePointers", "twoPointers"):
        made, tried = total[f"{kind}Made"], total[f"{kind}Attempted"]
        written |= {f"{kind}Attempted": tried, f"{kind}Made": made, f"{kind}Percentage": _share(made, tried)}
    for kind in ("fastBreakPoints", "pointsInThePaint", "secondChancePoints"):
        made, tried = own.get(f"{kind}Made", 0), own.get(f"{kind}Attempted", 0)
        written |= {f"{kind}Attempted": tried, f"{kind}Made": made, f"{kind}Percentage": _share(made, tried)}
    return dict(sorted(written.items()))
