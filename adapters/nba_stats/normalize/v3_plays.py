"""``playbyplayv3``: ordered by ``actionId``; scores on scoring rows only; who comes in and who assists
in words only; steals and blocks are rows without ``actionType`` under their turnover's or shot's number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from adapters.nba_stats.clocks import seconds
from adapters.nba_stats.identity import is_team
from adapters.nba_stats.normalize import words
from adapters.nba_stats.normalize.box_scores import points
from adapters.nba_stats.normalize.checks import check
from adapters.nba_stats.normalize.drafts import Draft
from adapters.nba_stats.normalize.games import People, game_of
from adapters.nba_stats.normalize.names import Names
from adapters.nba_stats.normalize.notes import Notes
from adapters.nba_stats.normalize.numbers import number_apart
from adapters.nba_stats.normalize.rebounds import tell_rebounds
from adapters.nba_stats.payloads import Action
from poise_sdk.records import Normalized
from poise_sdk.vocabulary import PlayKind

__all__ = ["normalize_v3"]

_KINDS: Final = {
    "made shot": PlayKind.FIELD_GOAL,
    "missed shot": PlayKind.FIELD_GOAL,
    "free throw": PlayKind.FREE_THROW,
    "rebound": PlayKind.REBOUND,
    "turnover": PlayKind.TURNOVER,
    "foul": PlayKind.FOUL,
    "violation": PlayKind.VIOLATION,
    "substitution": PlayKind.SUBSTITUTION,
    "timeout": PlayKind.TIMEOUT,
    "jump ball": PlayKind.JUMP_BALL,
    "ejection": PlayKind.EJECTION,
    "instant replay": PlayKind.REVIEW,
    "stoppage": PlayKind.STOPPAGE,
}
_BRACKETS: Final = {
    ("period", "start"): PlayKind.PERIOD_START,
    ("period", "end"): PlayKind.PERIOD_END,
    ("game", "end"): PlayKind.GAME_END,
}
_BY_WORDS: Final = {
    PlayKind.FIELD_GOAL: words.shot,
    PlayKind.FREE_THROW: words.free_throw,
    PlayKind.TURNOVER: words.turnover,
    PlayKind.FOUL: words.foul,
    PlayKind.VIOLATION: words.violation,
    PlayKind.TIMEOUT: words.timeout,
    PlayKind.REVIEW: words.review,
}
_SUBSTITUTION: Final = re.compile(r"SUB: (?P<incoming>.+) FOR ")
_ASSIST: Final = re.compile(r"\((?P<name>[^()]+?) \d+ AST\)")
_TIP: Final = re.compile(r": Tip to (?P<name>.+)")
#: The vendor writes places in tenths of a foot.
_UNITS_PER_FT: Final = 10.0


class _Context:
    """What the rows of one game need to know of each other."""

    def __init__(self, game_id: str, actions: Sequence[Action], notes: Notes) -> None:
        self.game_id = game_id
        self.notes = notes
        self.names = Names(actions)
        self.sides: dict[str, int] = {}
        for action in actions:
            team = action.personId if is_team(action.personId) else action.teamId
            if action.location in ("h", "v") and team and is_team(team):
                self.sides.setdefault(action.location, team)
        self.on_floor: set[int] = set()

    def note(self, action: Action, row: int, field: str, reason: str) -> None:
        """Say something about one row."""
        self.notes.add(reason, row=row, field=field, game_id=self.game_id, play=action.actionNumber)


def normalize_v3(game_id: str, actions: Sequence[Action], notes: Notes) -> Normalized:
    """One game of ``playbyplayv3``."""
    rows = list(enumerate(actions, start=1))
    if all(action.actionId is not None for action in actions):
        rows.sort(key=lambda row: row[1].actionId or 0)
    context = _Context(game_id, actions, notes)
    people = People()
    drafts: list[Draft] = []
    owners: dict[int, Draft] = {}
    folded: list[tuple[int, Action]] = []
    score = (0, 0)
    for row, action in rows:
        if not action.actionType:
            folded.append((row, action))
            continue
        draft = _draft(row, action, context)
        if draft is None:
            continue
        score = _score(action) or score
        draft.score_home, draft.score_away = score
        drafts.append(draft)
        owners.setdefault(draft.number, draft)
        if draft.player_id is not None and draft.team_id is not None and action.playerName:
            people.player(draft.player_id, draft.team_id, action.playerNameI or action.playerName)
        if action.teamTricode and action.teamId:
            people.team(action.teamId, action.teamTricode)
    for row, action in folded:
        _fold(row, action, owners, people, context)
    tell_rebounds(drafts)
    numbered = number_apart(drafts, game_id, notes)
    check(numbered, game_id, notes)
    return game_of(game_id, numbered, people, (context.sides.get("h"), context.sides.get("v")))


def _draft(row: int, action: Action, context: _Context) -> Draft | None:
    clock = seconds(action.clock)
    if clock is None:
        context.note(action, row, "clock", f"“{action.clock}” is no clock; this action is left out")
        return None
    own = action.subType or ""
    lower = action.actionType.lower()
    kind = _KINDS.get(lower) or _BRACKETS.get((lower, own.lower()))
    if kind is None:
        kind = PlayKind.OTHER
        context.note(action, row, "actionType", f"unknown action type “{action.actionType}” kept as other")
    team, player = _who(action, context)
    draft = Draft(
        number=action.actionNumber,
        period=action.period,
        clock_s=clock,
        kind=kind,
        team_id=team,
        player_id=player,
        description=action.description or "",
        row=row,
    )
    by_words = _BY_WORDS.get(kind)
    if by_words is not None:
        draft.subtype = by_words(own or draft.description)
    if kind is PlayKind.FIELD_GOAL or kind is PlayKind.FREE_THROW:
        _shot(draft, action, context)
    elif kind is PlayKind.SUBSTITUTION:
        _substitution(draft, action, context)
    elif kind is PlayKind.JUMP_BALL:
        _jump_ball(draft, context)
    elif kind is PlayKind.PERIOD_START:
        context.on_floor.clear()
    elif kind is PlayKind.REVIEW:
        # Here the person's column holds the number of another action.
        draft.player_id = draft.team_id = None
    elif kind is PlayKind.OTHER:
        draft.subtype = words.snake(action.actionType)
    if draft.player_id is not None and kind is not PlayKind.SUBSTITUTION:
        context.on_floor.add(draft.player_id)
    return draft


def _who(action: Action, context: _Context) -> tuple[int | None, int | None]:
    """Team and player of a row. A team's play has the team's id in the person's column; a coach's or
    referee's has no team."""
    if is_team(action.personId):
        return action.personId, None
    if action.teamId:
        return action.teamId, action.personId or None
    return context.sides.get(action.location or ""), None


def _score(action: Action) -> tuple[int, int] | None:
    home, away = points(action.scoreHome), points(action.scoreAway)
    return (home, away) if home is not None and away is not None else None


def _shot(draft: Draft, action: Action, context: _Context) -> None:
    if draft.kind is PlayKind.FREE_THROW:
        draft.made = not draft.description.startswith("MISS") and (
            "PTS" in draft.description or _score(action) is not None
        )
        draft.shot_value = int(draft.subtype[-1]) if draft.subtype.startswith("for_") else 1
    else:
        draft.made = action.shotResult == "Made" or action.actionType == "Made Shot"
        draft.shot_value = action.shotValue or (3 if "3PT" in draft.description else 2)
        draft.distance_ft = action.shotDistance
        if action.xLegacy is not None and action.yLegacy is not None:
            draft.x_ft, draft.y_ft = action.xLegacy / _UNITS_PER_FT, action.yLegacy / _UNITS_PER_FT
        if draft.made and draft.team_id is not None and (match := _ASSIST.search(draft.description)):
            draft.assist_id = context.names.find(
                (draft.team_id,), match["name"], excluding=frozenset(filter(None, (draft.player_id,)))
            )
            if draft.assist_id is None:
                context.note(
                    action,
                    draft.row,
                    "description",
                    f"cannot tell who “{match['name']}” is; the shot is kept without its assist",
                )
    draft.points = draft.shot_value if draft.made else 0


def _substitution(draft: Draft, action: Action, context: _Context) -> None:
    match = _SUBSTITUTION.match(draft.description)
    if match is not None and draft.team_id is not None:
        # Who is on the floor cannot come in: that tells two players of one name apart.
        on_floor = frozenset(context.on_floor | {draft.player_id or 0})
        draft.sub_in_id = context.names.find((draft.team_id,), match["incoming"], excluding=on_floor)
    if draft.player_id is not None:
        context.on_floor.discard(draft.player_id)
    if draft.sub_in_id is not None:
        context.on_floor.add(draft.sub_in_id)
    else:
        context.note(
            action,
            draft.row,
            "description",
            f"cannot tell who comes in from “{draft.description}”; kept as half of a substitution "
            "(the live feed's play-by-play of this game tells it)",
        )


def _jump_ball(draft: Draft, context: _Context) -> None:
    """The row names a jumper; canonical is who gets the ball, which only the words say."""
    match = _TIP.search(draft.description)
    draft.player_id = draft.team_id = None
    if match is None:
        return
    teams = tuple(context.sides.values())
    draft.player_id = context.names.find(teams, match["name"])
    if draft.player_id is not None:
        draft.team_id = next(
            team for team in teams if context.names.find((team,), match["name"]) == draft.player_id
        )


def _fold(row: int, action: Action, owners: dict[int, Draft], people: People, context: _Context) -> None:
    """Put a steal into its turnover, a block into its shot."""
    owner = owners.get(action.actionNumber)
    if action.personId and action.teamId and action.playerName:
        people.player(action.personId, action.teamId, action.playerNameI or action.playerName)
    if owner is not None and owner.kind is PlayKind.TURNOVER:
        owner.steal_id = action.personId or None
    elif owner is not None and owner.kind is PlayKind.FIELD_GOAL:
        owner.block_id = action.personId or None
    else:
        context.note(
            action,
            row,
            "actionNumber",
            f"“{action.description or ''}” belongs to no turnover or shot; left out",
        )
