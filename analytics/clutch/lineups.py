"""Who is on the floor: five-man line-ups from starters, substitutions and who acts.

Substitutions are followed from the starters on. At each period's start the five who ended the
period before are held against what the period shows: who acts before he comes in must have been
there, who comes in cannot have been. Where that contradicts (the format does not log changes between
periods, does not tell the starters, or lost a substitution), the five are inferred: all who must have
been there, and of the previous five those who may have stayed, if that makes exactly five. A place
that stays open is left open and the stint is marked incomplete; nobody is credited by guess.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from analytics.clutch.actions import is_technical
from poise_sdk.vocabulary import PlayKind

__all__ = ["FIVE", "PeriodEvidence", "Substitution", "follow", "memberships", "period_start", "stints"]

#: What :func:`stints` gives.
STINTS = pl.Schema(
    {
        "row": pl.Int64(),  # the stint's first play
        "team_id": pl.Int64(),
        "players": pl.List(pl.Int64()),  # at most five
        "complete": pl.Boolean(),  # all five are known
    }
)

#: Players of a team on the floor.
FIVE = 5

#: Kinds whose actors are on the floor. A technical foul or an ejection may hit the bench.
_ON_THE_FLOOR = (
    PlayKind.FIELD_GOAL,
    PlayKind.FREE_THROW,
    PlayKind.REBOUND,
    PlayKind.TURNOVER,
    PlayKind.FOUL,
    PlayKind.VIOLATION,
    PlayKind.SUBSTITUTION,
    PlayKind.JUMP_BALL,
)

#: Columns of those who take part in a play, and whether they belong to the team that is not ``team_id``.
_ACTORS = {
    "player_id": False,
    "assist_id": False,
    "sub_in_id": False,
    "steal_id": True,
    "block_id": True,
    "foul_drawn_id": True,
}


class Substitution(NamedTuple):
    """One change; either player is ``None`` where the document lost him."""

    row: int
    leaves: int | None
    enters: int | None


@dataclasses.dataclass(frozen=True)
class PeriodEvidence:
    """What one period shows about one team's five at its start."""

    required: frozenset[int] = frozenset()
    """Acted, or left, before coming in."""
    entered: frozenset[int] = frozenset()
    """Came in before doing anything else."""


class Stint(NamedTuple):
    """A team's line-up from one play on."""

    row: int
    """First play (row of the plays frame) the line-up is on the floor for."""
    players: tuple[int, ...]
    complete: bool


def period_start(
    carried: Sequence[int], evidence: PeriodEvidence, *, sure: bool = True
) -> tuple[tuple[int, ...], bool]:
    """The line-up at a period's start and whether all five are known.

    ``carried``: who ended the period before (the starters in the first; empty if unknown); ``sure``:
    whether that line-up was complete. If it was not, only five who must have been there are.
    """
    sure = sure or len(evidence.required) == FIVE
    consistent = evidence.required <= set(carried) and not evidence.entered & set(carried)
    if len(carried) == FIVE and consistent:
        return tuple(carried), sure
    if len(evidence.required) > FIVE:
        return tuple(carried), False
    may_have_stayed = [p for p in carried if p not in evidence.required and p not in evidence.entered]
    found = sorted(evidence.required)
    if len(found) + len(may_have_stayed) <= FIVE:
        found += may_have_stayed
    return tuple(found), sure and len(found) == FIVE


def follow(
    row: int, start: Sequence[int], complete: bool, changes: Iterable[Substitution]
) -> Iterable[Stint]:
    """The stints of one period: the line-up at ``row`` and after each change.

    The play of a change itself still belongs to the line-up before it. A change that contradicts the
    line-up makes what follows incomplete until the next period.
    """
    floor = list(start)
    yield Stint(row, tuple(floor), complete)
    for change in changes:
        if change.leaves is not None and change.leaves in floor:
            floor.remove(change.leaves)
        else:
            complete = False
        if change.enters is not None and change.enters not in floor and len(floor) < FIVE:
            floor.append(change.enters)
        yield Stint(change.row + 1, tuple(floor), complete and len(floor) == FIVE)


def memberships(plays: pl.DataFrame, rosters: pl.DataFrame) -> pl.DataFrame:
    """``game_id``, ``player_id``, ``team_id``: the rosters, and for who is missing there, his plays.

    ``plays`` carries ``opponent_id``. A player seen with both teams belongs to the one seen more often.
    """
    known = rosters.select("game_id", "player_id", "team_id").unique(
        ["game_id", "player_id"], keep="first", maintain_order=True
    )
    acts = plays.filter(_acts_on_the_floor())
    seen = pl.concat(
        acts.select("game_id", player_id=pl.col(column), team_id="opponent_id" if other else "team_id")
        for column, other in _ACTORS.items()
    ).drop_nulls()
    strangers = (
        seen.join(known, on=["game_id", "player_id"], how="anti")
        .group_by("game_id", "player_id", "team_id")
        .len()
        .sort("game_id", "player_id", "len", "team_id", descending=[False, False, True, False])
        .unique(["game_id", "player_id"], keep="first", maintain_order=True)
    )
    return pl.concat([known, strangers.select(known.columns)])


def stints(
    plays: pl.DataFrame, games: pl.DataFrame, rosters: pl.DataFrame, members: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    """For ``home`` and ``away``: every stint of every game, ordered by its first play.

    ``plays``: whole games, ordered, with ``row``, a running number over the whole frame. The results
    keep ``STINTS``.
    """
    evidence = _evidence(plays, members)
    changes = _changes(plays, members)
    starters = {
        (game, team): players
        for game, team, players in rosters.filter(pl.col("starter"))
        .group_by("game_id", "team_id")
        .agg(pl.col("player_id").sort())
        .rows()
    }
    periods: dict[str, list[tuple[int, int]]] = {}
    for game, period, row in (
        plays.group_by("game_id", "period", maintain_order=True).agg(pl.col("row").first()).rows()
    ):
        periods.setdefault(game, []).append((period, row))
    sides: dict[str, list[tuple[int, int, tuple[int, ...], bool]]] = {"home": [], "away": []}
    teams = {game: (home, away) for game, home, away in _teams(games)}
    for game, starts in periods.items():
        for side, team in zip(("home", "away"), teams[game], strict=True):
            floor: tuple[int, ...] = tuple(starters.get((game, team), ()))
            sure = len(floor) == FIVE
            if not sure:
                floor = ()
            for period, row in starts:
                key = (game, period, team)
                start, complete = period_start(floor, evidence.get(key, PeriodEvidence()), sure=sure)
                for stint in follow(row, start, complete, changes.get(key, ())):
                    sides[side].append((stint.row, team, stint.players, stint.complete))
                    floor, sure = stint.players, stint.complete
    return {
        side: pl.DataFrame(rows, schema=STINTS, orient="row").sort("row", maintain_order=True)
        for side, rows in sides.items()
    }


_Key = tuple[str, int, int]  # game, period, team


def _teams(games: pl.DataFrame) -> Iterable[tuple[str, int, int]]:
    return games.select("game_id", "home_team_id", "away_team_id").iter_rows()


def _acts_on_the_floor() -> pl.Expr:
    acting = pl.col("kind").is_in([kind.value for kind in _ON_THE_FLOOR])
    return acting & ~((pl.col("kind") == PlayKind.FOUL.value) & is_technical())


def _evidence(plays: pl.DataFrame, members: pl.DataFrame) -> Mapping[_Key, PeriodEvidence]:
    """What every period shows about each team's five at its start.

    A play at the very clock of a player's entry is no proof that he was there before: events at one
    clock are often logged out of order. His leaving before his entry is.
    """
    acts = plays.filter(_acts_on_the_floor())
    change = pl.col("kind") == PlayKind.SUBSTITUTION.value
    seen = pl.concat(
        acts.filter(pl.col(column).is_not_null()).select(
            "game_id",
            "period",
            player_id=pl.col(column),
            left=pl.when(change).then("row") if column == "player_id" else pl.lit(None, pl.Int64),
            came=pl.col("row") if column == "sub_in_id" else pl.lit(None, pl.Int64),
            came_clock="clock_s" if column == "sub_in_id" else pl.lit(None, pl.Float64),
            acted_clock=(
                pl.lit(None, pl.Float64) if column == "sub_in_id" else pl.when(~change).then("clock_s")
            ),
        )
        for column in _ACTORS
    )
    was_there = (
        pl.col("came").is_null()
        | (pl.col("left") < pl.col("came"))
        | (pl.col("acted_clock") > pl.col("came_clock"))
    ).fill_null(False)
    found = (
        seen.group_by("game_id", "period", "player_id")
        .agg(
            pl.col("left").min(),
            pl.col("came").min(),
            pl.col("came_clock").max(),
            pl.col("acted_clock").max(),
        )
        .join(members, on=["game_id", "player_id"], how="inner")
        .group_by("game_id", "period", "team_id")
        .agg(
            required=pl.col("player_id").filter(was_there),
            entered=pl.col("player_id").filter(~was_there),
        )
    )
    return {
        (game, period, team): PeriodEvidence(frozenset(required), frozenset(entered))
        for game, period, team, required, entered in found.rows()
    }


def _changes(plays: pl.DataFrame, members: pl.DataFrame) -> Mapping[_Key, list[Substitution]]:
    """Every substitution by game, period and team, in order."""
    changes: dict[_Key, list[Substitution]] = {}
    subs = plays.filter(pl.col("kind") == PlayKind.SUBSTITUTION.value)
    team_of = members.rename({"player_id": "either", "team_id": "member_of"})
    found = (
        subs.with_columns(either=pl.coalesce("player_id", "sub_in_id"))
        .join(team_of, on=["game_id", "either"], how="left", maintain_order="left")
        .select("game_id", "period", pl.coalesce("member_of", "team_id"), "row", "player_id", "sub_in_id")
    )
    for game, period, team, row, leaves, enters in found.rows():
        changes.setdefault((game, period, team), []).append(Substitution(row, leaves, enters))
    return changes
