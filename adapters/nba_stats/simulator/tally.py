"""The box score of a list of actions, in the vendor's words.

One reader for all: the simulator's final box scores, the box score of a replayed game as of any
moment, and (in a test) a real game's, which comes out as the vendor published it. So a simulated box
score cannot disagree with its plays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

__all__ = ["Statistics", "Tally", "clock_tenths", "minutes_text", "tally"]

Action = Mapping[str, Any]
Statistics = dict[str, Any]

QUARTER, OVERTIME = 7200, 3000
#: Timeouts of a game, those that may be kept for the fourth quarter, for its last three minutes (LATE,
#: tenths of a second) and for an overtime.
TIMEOUTS, MOST_IN_FOURTH, MOST_LATE, LATE = 7, 4, 2, 1800

#: A player's counters in the vendor's order; percentages, minutes and sums are put in afterwards.
PLAYER_COUNTERS = (
    "assists",
    "blocks",
    "blocksReceived",
    "fieldGoalsAttempted",
    "fieldGoalsMade",
    "foulsOffensive",
    "foulsDrawn",
    "foulsPersonal",
    "foulsTechnical",
    "freeThrowsAttempted",
    "freeThrowsMade",
    "minus",
    "plus",
    "points",
    "pointsFastBreak",
    "pointsInThePaint",
    "pointsSecondChance",
    "reboundsDefensive",
    "reboundsOffensive",
    "steals",
    "threePointersAttempted",
    "threePointersMade",
    "turnovers",
    "twoPointersAttempted",
    "twoPointersMade",
    "tenths",
)


def clock_tenths(text: str) -> int:
    """``PT11M58.40S`` as tenths of a second."""
    return int(text[2:4]) * 600 + int(text[5:7]) * 10 + int(text[8])


def minutes_text(tenths: int) -> str:
    """Tenths of a second as the vendor's duration, whole minutes not wrapped into hours."""
    minutes, rest = divmod(tenths, 600)
    return f"PT{minutes:02}M{rest // 10:02}.{rest % 10}0S"


class Tally:
    """What one pass over the actions of a game counted."""

    def __init__(self, home: int, away: int, starters: Mapping[int, Sequence[int]]) -> None:
        self.teams = (home, away)
        self.on: dict[int, set[int]] = {team: set(starters[team]) for team in self.teams}
        self.players: dict[int, dict[str, int]] = {}
        self.team_only: dict[int, dict[str, int]] = {team: {} for team in self.teams}
        self.team_of: dict[int, int] = {}
        self.period_scores: dict[int, list[int]] = {home: [], away: []}
        self.score = {home: 0, away: 0}
        self.biggest_lead = {home: 0, away: 0}
        self.biggest_lead_score = {home: "0-0", away: "0-0"}
        self.biggest_run, self.biggest_run_score = 0, "0-0"
        self.leading = {home: 0, away: 0}
        self.lead_changes = self.times_tied = 0
        self.timeouts = {home: TIMEOUTS, away: TIMEOUTS}
        self.penalty = {home: False, away: False}
        self.period, self.clock = 0, 0
        self._run: tuple[int, int] = (0, 0)
        self._leader = self._last_leader = 0
        self._fouls = {home: 0, away: 0}
        self._late_fouls = {home: 0, away: 0}
        self._at_foul: dict[int, set[int]] | None = None
        for team, men in starters.items():
            for man in men:
                self.line(man, team)

    def line(self, person: int, team: int) -> dict[str, int]:
        """The counters of a player, created when first asked for."""
        if person not in self.players:
            self.players[person] = dict.fromkeys(PLAYER_COUNTERS, 0)
            self.team_of[person] = team
        return self.players[person]

    def other(self, team: int) -> int:
        """The opponent."""
        return self.teams[1] if team == self.teams[0] else self.teams[0]

    # -- one action ---------------------------------------------------------------------------

    def read(self, action: Action) -> None:
        """Count one action; they must come in their order."""
        self._pass_time(action)
        kind = action["actionType"]
        reader = self._readers.get(kind)
        if reader:
            reader(self, action, int(action.get("teamId") or 0), int(action.get("personId") or 0))

    def _pass_time(self, action: Action) -> None:
        period, clock = int(action["period"]), clock_tenths(action["clock"])
        if period != self.period:
            self.period, self.clock = period, (QUARTER if period <= 4 else OVERTIME)
            for team in self.teams:
                self.period_scores[team].append(0)
                self._fouls[team] = self._late_fouls[team] = 0
                self.penalty[team] = False
                if period == 4:
                    self.timeouts[team] = min(self.timeouts[team], MOST_IN_FOURTH)
                elif period > 4:
                    self.timeouts[team] = MOST_LATE
        if period == 4 and clock <= LATE:
            self.timeouts = {team: min(left, MOST_LATE) for team, left in self.timeouts.items()}
        gone = self.clock - clock
        if gone > 0:
            for team in self.teams:
                for person in self.on[team]:
                    self.players[person]["tenths"] += gone
                if self._leader == team:
                    self.leading[team] += gone
        self.clock = clock

    def _shot(self, action: Action, team: int, person: int) -> None:
        line = self.line(person, team)
        three = action["actionType"] == "3pt"
        made = action["shotResult"] == "Made"
        words = action["qualifiers"]
        kind = "threePointers" if three else "twoPointers"
        for counter in ("fieldGoals", kind):
            line[f"{counter}Attempted"] += 1
            line[f"{counter}Made"] += made
        own = self.team_only[team]
        for word, counter in (
            ("pointsinthepaint", "pointsInThePaint"),
            ("fastbreak", "fastBreakPoints"),
            ("2ndchance", "secondChancePoints"),
        ):
            if word in words:
                own[f"{counter}Attempted"] = own.get(f"{counter}Attempted", 0) + 1
                own[f"{counter}Made"] = own.get(f"{counter}Made", 0) + made
        if blocker := action.get("blockPersonId"):
            line["blocksReceived"] += 1
            self.line(blocker, self.other(team))["blocks"] += 1
        if assist := action.get("assistPersonId"):
            self.line(assist, team)["assists"] += 1
        if made:
            self._points(action, team, line, 3 if three else 2, self.on)

    def _throw(self, action: Action, team: int, person: int) -> None:
        line = self.line(person, team)
        line["freeThrowsAttempted"] += 1
        if action["shotResult"] == "Made":
            line["freeThrowsMade"] += 1
            # a throw counts for those who were on the floor at the foul, whoever came in since
            self._points(action, team, line, 1, self._at_foul or self.on)

    def _points(
        self, action: Action, team: int, line: dict[str, int], points: int, on: Mapping[int, set[int]]
    ) -> None:
        other, own = self.other(team), self.team_only[team]
        line["points"] += points
        for word, counter in (
            ("fastbreak", "pointsFastBreak"),
            ("pointsinthepaint", "pointsInThePaint"),
            ("2ndchance", "pointsSecondChance"),
        ):
            if word in action["qualifiers"]:
                line[counter] += points
        if "fromturnover" in action["qualifiers"]:
            own["pointsFromTurnovers"] = own.get("pointsFromTurnovers", 0) + points
        for person in on[team]:
            self.line(person, team)["plus"] += points
        for person in on[other]:
            self.line(person, other)["minus"] += points
        self.score[team] += points
        self.period_scores[team][-1] += points
        self._leads(team, points)

    def _leads(self, team: int, points: int) -> None:
        other = self.other(team)
        home, away = self.teams
        text = f"{self.score[away]}-{self.score[home]}"
        lead = self.score[team] - self.score[other]
        if lead > self.biggest_lead[team]:
            self.biggest_lead[team], self.biggest_lead_score[team] = lead, text
        self._run = (team, self._run[1] + points if self._run[0] == team else points)
        if self._run[1] > self.biggest_run:
            self.biggest_run, self.biggest_run_score = self._run[1], text
        if lead == 0:
            self.times_tied += 1
            self._leader = 0
        elif lead > 0 and self._leader != team:
            self.lead_changes += self._last_leader == other
            self._leader = self._last_leader = team

    def _rebound(self, action: Action, team: int, person: int) -> None:
        offensive = action["subType"] == "offensive"
        if person:
            self.line(person, team)["reboundsOffensive" if offensive else "reboundsDefensive"] += 1
        else:
            counter = "reboundsTeamOffensive" if offensive else "reboundsTeamDefensive"
            self.team_only[team][counter] = self.team_only[team].get(counter, 0) + 1

    def _turnover(self, action: Action, team: int, person: int) -> None:
        if person:
            self.line(person, team)["turnovers"] += 1
        else:
            self.team_only[team]["turnoversTeam"] = self.team_only[team].get("turnoversTeam", 0) + 1
        if thief := action.get("stealPersonId"):
            self.line(thief, self.other(team))["steals"] += 1

    def _foul(self, action: Action, team: int, person: int) -> None:
        self._at_foul = {each: set(men) for each, men in self.on.items()}
        technical = action["subType"] == "technical"
        if not person:
            counter = "foulsTeamTechnical"
            self.team_only[team][counter] = self.team_only[team].get(counter, 0) + technical
            return
        line = self.line(person, team)
        if technical:
            line["foulsTechnical"] += 1
            return
        line["foulsPersonal"] += 1
        offensive = action["subType"] == "offensive"
        line["foulsOffensive"] += offensive
        if drawn := action.get("foulDrawnPersonId"):
            self.line(drawn, self.other(team))["foulsDrawn"] += 1
        if offensive:
            return
        own = self.team_only[team]
        own["foulsTeam"] = own.get("foulsTeam", 0) + 1
        self._fouls[team] += 1
        self._late_fouls[team] += self.clock <= 1200
        limit = 5 if self.period <= 4 else 4
        if self._fouls[team] >= limit or self._late_fouls[team] >= 2:
            self.penalty[self.other(team)] = True

    def _substitution(self, action: Action, team: int, person: int) -> None:
        self.line(person, team)
        if action["subType"] == "out":
            self.on[team].discard(person)
        else:
            self.on[team].add(person)

    def _timeout(self, action: Action, team: int, person: int) -> None:
        self.timeouts[team] = max(self.timeouts[team] - 1, 0)

    _readers: ClassVar[Mapping[str, Callable[[Tally, Action, int, int], None]]] = {
        "2pt": _shot,
        "3pt": _shot,
        "freethrow": _throw,
        "rebound": _rebound,
        "turnover": _turnover,
        "foul": _foul,
        "substitution": _substitution,
        "timeout": _timeout,
    }


def tally(actions: Iterable[Action], home: int, away: int, starters: Mapping[int, Sequence[int]]) -> Tally:
    """Count ``actions`` (in their order) of a game of ``home`` and ``away``."""
    counted = Tally(home, away, starters)
    for action in actions:
        counted.read(action)
    return counted
