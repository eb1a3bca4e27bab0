"""Scoring: stored plays in, clutch tables out, for every game that moved on since it was last scored.

What is due is read from the database each time (:mod:`storage.scoring`), so a scoring can be killed
anywhere and simply begins again; done twice it is the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence, Set
from typing import Any, Final

import polars as pl

from analytics.clutch import ClutchDefinition, ClutchTables, compute, leaders, percentiles, shipped
from poise_sdk.errors import Skippable
from storage import clutch, frames, scoring
from storage.connect import Connection
from storage.scoring import Season
from tasks.connections import kept_connection
from tasks.context import JobContext
from tasks.registry import job

__all__ = [
    "LEAGUE",
    "refresh_season",
    "replace_tables",
    "score",
    "score_all",
    "score_due",
    "score_games",
    "tables_of",
]

#: The definition a live game is scored by as it is played; the others follow when it is over.
LEAGUE: Final = "league"

#: Games a child process scores at once: plays of about 100,000 rows, some 100 MB while they are in memory.
GAMES_AT_ONCE: Final = 200


@job("clutch.definition", timeout_s=900)
@job("clutch.score", timeout_s=900)
async def score(context: JobContext, args: dict[str, Any]) -> dict[str, Any]:
    """Score every due game under ``definition_id`` (default: the league's) and refresh its seasons."""
    return await score_due(context, str(args.get("definition_id", LEAGUE)))


async def score_all(context: JobContext) -> dict[str, Any]:
    """Score what is due under every definition, as a part of another job.

    The result is the league's, as of :func:`score_due`, and under ``"others"`` that of each other
    definition by its id.
    """
    league = await score_due(context, LEAGUE)
    others = await context.pool.run(_other_definitions, context.endpoints.database_url)
    by_id = {}
    for definition_id in others:
        try:
            by_id[definition_id] = await score_due(context, definition_id, title=f"scoring {definition_id}")
        except* Skippable:
            pass  # somebody has deleted it meanwhile
    return {**league, "others": by_id}


async def score_due(context: JobContext, definition_id: str, *, title: str = "scoring") -> dict[str, Any]:
    """Do what ``clutch.score`` does; tells its progress under ``title``.

    The result is ``{"games": scored, "unscorable": [game ids], "seasons": refreshed}``. Raises
    ``Skippable`` if there is no such definition (any more).
    """
    url = context.endpoints.database_url
    due = await context.pool.run(_due, url, definition_id)
    done = 0
    unscorable: list[str] = []

    async def one(games: Sequence[str]) -> None:
        nonlocal done
        unscorable.extend(await context.pool.run(score_games, url, definition_id, games))
        done += len(games)
        context.progress(done, len(due), title)

    async with asyncio.TaskGroup() as group:
        for start in range(0, len(due), GAMES_AT_ONCE):
            group.create_task(one(due[start : start + GAMES_AT_ONCE]))
    seasons = await context.pool.run(_refresh_stale, url, definition_id)
    return {"games": len(due) - len(unscorable), "unscorable": sorted(unscorable), "seasons": seasons}


def score_games(database_url: str, definition_id: str, game_ids: Sequence[str]) -> list[str]:
    """Score the games in one transaction; returns those that cannot be (a team is unknown).

    A game that moves on meanwhile stays due: who moved it sees to its scoring, and our result is older.
    """
    with kept_connection(database_url) as c:
        reached = scoring.sequences(c, game_ids)
        tables, unscorable = tables_of(c, game_ids, _definition(c, definition_id))
        still = scoring.hold(c, reached)
        replace_tables(c, definition_id, tables, {one: reached[one] for one in still}, unscorable)
        c.commit()
    return sorted(unscorable.intersection(still))


def replace_tables(
    c: Connection,
    definition_id: str,
    tables: ClutchTables,
    reached: Mapping[str, int],
    unscorable: Set[str] = frozenset(),
) -> None:
    """Store the tables of the games in ``reached`` (with the sequences they were computed from).

    The season is marked stale first: whoever refreshes it takes the same locks in the same order.
    """
    scoring.mark_scored(c, definition_id, reached)
    scored = [game_id for game_id in reached if game_id not in unscorable]
    ours = pl.col("game_id").is_in(scored)
    clutch.replace_clutch(
        c,
        definition_id,
        game_ids=scored,
        situations=tables.situations.filter(ours),
        player_games=tables.player_games.filter(ours),
        team_games=tables.team_games.filter(ours),
    )


def tables_of(
    c: Connection, game_ids: Sequence[str], definition: dict[str, Any]
) -> tuple[ClutchTables, set[str]]:
    """Compute the games' clutch tables from what is stored; also the games whose two teams are not known."""
    games = frames.games_frame(c, game_ids)
    nameless = games.filter(pl.col("home_team_id").is_null() | pl.col("away_team_id").is_null())
    unscorable = set(nameless["game_id"].to_list())
    ids = [game_id for game_id in game_ids if game_id not in unscorable]
    tables = compute(
        frames.plays_frame(c, ids),
        games.filter(~pl.col("game_id").is_in(list(unscorable))),
        frames.rosters_frame(c, ids),
        ClutchDefinition(
            id=definition["id"],
            last_seconds=definition["last_seconds"],
            margin=definition["margin"],
            min_period=definition["min_period"],
        ),
        shipped(),
    )
    return tables, unscorable


def refresh_season(c: Connection, definition_id: str, season: Season) -> None:
    """Recompute a season's percentiles and leaderboard in the caller's transaction."""
    scoring.mark_fresh(c, definition_id, season)
    played = frames.clutch_player_games_frame(c, definition_id, season.season, season.season_type)
    clutch.replace_percentiles(c, percentiles(played))
    clutch.replace_leaders(c, definition_id, season.season, season.season_type, leaders(played))


def _due(database_url: str, definition_id: str) -> list[str]:
    with kept_connection(database_url) as c:
        _definition(c, definition_id)
        return scoring.due_games(c, definition_id)


def _definition(c: Connection, definition_id: str) -> dict[str, Any]:
    try:
        return clutch.definition(c, definition_id)
    except LookupError as error:
        raise Skippable(str(error.args[0])) from error


def _other_definitions(database_url: str) -> list[str]:
    with kept_connection(database_url) as c:
        return [str(one["id"]) for one in clutch.definitions(c) if one["id"] != LEAGUE]


def _refresh_stale(database_url: str, definition_id: str) -> int:
    with kept_connection(database_url) as c:
        stale = scoring.stale_seasons(c, definition_id)
        for season in stale:
            refresh_season(c, definition_id, season)
            c.commit()
    return len(stale)
