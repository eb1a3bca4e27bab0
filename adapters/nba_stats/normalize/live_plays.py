"""``liveData/playbyplay``: the live feed, ordered by ``orderNumber``.

Steals and blocks are actions of their own beside ``stealPersonId`` and ``blockPersonId`` of the turnover
or shot: they are folded into it. A substitution is two actions, out and in: see
:mod:`adapters.nba_stats.normalize.live_pairs`. Rows put back together from the season archives carry less
(no ``subType`` of shots, turnovers and most fouls): then the description tells it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from adapters.nba_stats.clocks import aware, seconds
from adapters.nba_stats.normalize import words
from adapters.nba_stats.normalize.box_scores import points
from adapters.nba_stats.normalize.checks import check
from adapters.nba_stats.normalize.drafts import Draft
from adapters.nba_stats.normalize.games import People, game_of
from adapters.nba_stats.normalize.live_pairs import adopt, leaving_first
from adapters.nba_stats.normalize.notes import Notes
from adapters.nba_stats.normalize.numbers import number_apart
from adapters.nba_stats.normalize.rebounds import OFFENSIVE_OR_DEFENSIVE, Rebounds
from adapters.nba_stats.normalize.scores import sides
from adapters.nba_stats.payloads import Action
from poise_sdk.records import Normalized
from poise_sdk.vocabulary import PlayKind

__all__ = ["normalize_live"]

_KINDS: Final = {
    "2pt": PlayKind.FIELD_GOAL,
    "3pt": PlayKind.FIELD_GOAL,
    "freethrow": PlayKind.FREE_THROW,
    "rebound": PlayKind.REBOUND,
    "turnover": PlayKind.TURNOVER,
    "foul": PlayKind.FOUL,
    "violation": PlayKind.VIOLATION,
    "substitution": PlayKind.SUBSTITUTION,
    "timeout": PlayKind.TIMEOUT,
    "jumpball": PlayKind.JUMP_BALL,
    "ejection": PlayKind.EJECTION,
    "instantreplay": PlayKind.REVIEW,
    "challenge": PlayKind.REVIEW,
    "stoppage": PlayKind.STOPPAGE,
}
_BY_WORDS: Final[Mapping[PlayKind, Callable[[str], str]]] = {
    PlayKind.FIELD_GOAL: words.shot,
    PlayKind.FREE_THROW: words.free_throw,
    PlayKind.TURNOVER: words.turnover,
    PlayKind.FOUL: words.foul,
    PlayKind.VIOLATION: words.violation,
    PlayKind.TIMEOUT: words.timeout,
    PlayKind.REVIEW: words.review,
    PlayKind.STOPPAGE: words.snake,
}
_BRACKETS: Final = {
    ("period", "start"): PlayKind.PERIOD_START,
    ("period", "end"): PlayKind.PERIOD_END,
    ("game", "end"): PlayKind.GAME_END,
}
#: Fouls of these may be of a kind that only the description tells.
_VAGUE_FOULS: Final = ("personal", "technical")
#: The feed writes places in tenths of a foot.
_UNITS_PER_FT: Final = 10.0


def normalize_live(
    game_id: str, actions: Sequence[Action], notes: Notes, *, status_told: bool = True
) -> Normalized:
    """One game of the live feed."""
    order = [action.orderNumber for action in actions]
    rows = list(enumerate(actions, start=1))
    if None not in order and order != sorted(order, key=int):  # type: ignore[arg-type]  # None is excluded
        rows.sort(key=lambda row: row[1].orderNumber or 0)
    people = People()
    drafts: list[Draft] = []
    folded: list[tuple[int, Action]] = []
    rebounds = Rebounds()
    for row, action in rows:
        if action.actionType in ("steal", "block"):
            folded.append((row, action))
            continue
        draft = _draft(row, action, rebounds, game_id, notes)
        if draft is None:
            continue
        if action.playerName and draft.player_id is not None and draft.team_id is not None:
            people.player(draft.player_id, draft.team_id, action.playerNameI or action.playerName)
        if action.teamTricode and draft.team_id is not None and draft.team_id not in people.teams:
            people.team(draft.team_id, action.teamTricode)
        drafts.append(draft)
    _fill_scores(drafts)
    drafts = leaving_first(drafts, game_id, notes)
    adopt(folded, drafts, people, game_id, notes)
    numbered = number_apart(drafts, game_id, notes)
    check(numbered, game_id, notes)
    return game_of(game_id, numbered, people, sides(numbered), status_told=status_told, end_told=True)


def _draft(row: int, action: Action, rebounds: Rebounds, game_id: str, notes: Notes) -> Draft | None:
    clock = seconds(action.clock)
    if clock is None:
        notes.add(
            f"“{action.clock}” is no clock; this action is left out",
            row=row,
            field="clock",
            game_id=game_id,
            play=action.actionNumber,
        )
        return None
    kind = _KINDS.get(action.actionType) or _BRACKETS.get((action.actionType, action.subType or ""))
    description = action.description or ""
    if kind is None:
        kind = PlayKind.OTHER
        notes.add(
            f"unknown action type “{action.actionType}” kept as other",
            row=row,
            field="actionType",
            game_id=game_id,
            play=action.actionNumber,
        )
    draft = Draft(
        number=action.actionNumber,
        period=action.period,
        clock_s=clock,
        kind=kind,
        # 0 stands for nobody and for no team.
        team_id=action.teamId or None,
        player_id=action.personId or None,
        description=description,
        occurred_at=aware(action.timeActual),
        edited_at=aware(action.edited),
        row=row,
    )
    _score(draft, action, game_id, notes)
    by_words = _BY_WORDS.get(kind)
    if by_words is not None:
        draft.subtype = by_words(_phrase(action, kind))
    if kind is PlayKind.FIELD_GOAL or kind is PlayKind.FREE_THROW:
        _shot(draft, action)
        rebounds.shot(draft)
    elif kind is PlayKind.REBOUND:
        told = rebounds.tell(draft)
        said = action.subType if action.subType in OFFENSIVE_OR_DEFENSIVE else _team_text(draft)
        draft.subtype = said or told
    elif kind is PlayKind.TURNOVER:
        draft.steal_id = action.stealPersonId or None
    elif kind is PlayKind.FOUL:
        draft.foul_drawn_id = action.foulDrawnPersonId or None
        # A foul of the bench carries a coach's id but no player's name.
        if not action.playerName:
            draft.player_id = None
    elif kind is PlayKind.SUBSTITUTION:
        # Both halves look alike here; live_pairs makes one play of them.
        draft.subtype = action.subType or ("out" if description.lower().startswith("sub out") else "in")
    elif kind is PlayKind.OTHER:
        draft.subtype = words.snake(action.actionType)
    return draft


def _shot(draft: Draft, action: Action) -> None:
    draft.made = action.shotResult == "Made"
    draft.shot_value = 1 if draft.kind is PlayKind.FREE_THROW else int(action.actionType[0])
    if draft.subtype.startswith("for_"):
        draft.shot_value = int(draft.subtype[-1])
    draft.points = draft.shot_value if draft.made else 0
    if draft.kind is PlayKind.FIELD_GOAL:
        draft.assist_id = action.assistPersonId or None
        draft.block_id = action.blockPersonId or None
        draft.distance_ft = action.shotDistance
        if action.xLegacy is not None and action.yLegacy is not None:
            draft.x_ft = action.xLegacy / _UNITS_PER_FT
            draft.y_ft = action.yLegacy / _UNITS_PER_FT


def _phrase(action: Action, kind: PlayKind) -> str:
    """The words that tell the subtype: the feed's own, else those of the description behind the name."""
    own = action.subType or ""
    if action.descriptor:
        return f"{action.descriptor} {own}"
    description = action.description
    vague = not own or kind is PlayKind.FREE_THROW or (kind is PlayKind.FOUL and own in _VAGUE_FOULS)
    return _behind_name(description, action.playerName) if vague and description else own


def _behind_name(description: str, name: str | None) -> str:
    start = description.find(name) + len(name) if name and name in description else 0
    end = description.find("(", start)
    return description[start:end] if end >= 0 else description[start:]


def _team_text(draft: Draft) -> str | None:
    if draft.player_id is not None:
        return None
    return next((word for word in OFFENSIVE_OR_DEFENSIVE if word in draft.description.lower()), None)


def _score(draft: Draft, action: Action, game_id: str, notes: Notes) -> None:
    """The score as the row says it; -1 where it does not."""
    home, away = points(action.scoreHome), points(action.scoreAway)
    if home is None or away is None:
        draft.score_home = draft.score_away = -1
        if action.scoreHome or action.scoreAway:
            notes.add(
                f"“{action.scoreHome}-{action.scoreAway}” is no score; the score before it is kept",
                row=draft.row,
                field="scoreHome" if home is None else "scoreAway",
                game_id=game_id,
                play=draft.number,
            )
    else:
        draft.score_home, draft.score_away = home, away


def _fill_scores(drafts: Sequence[Draft]) -> None:
    home = away = 0
    for draft in drafts:
        if draft.score_home < 0:
            draft.score_home, draft.score_away = home, away
        else:
            home, away = draft.score_home, draft.score_away
