"""Scoring: stored plays in, clutch tables out, for every game that moved on since it was last scored.

What is due is read from the database each time (:mod:`storage.scoring`), so a scoring can be killed
anywhere and simply begins again; done twice it is the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import closing
from typing import Any, Final

import polars as pl

from analytics.clutch import ClutchDefinition, ClutchTables, compute, leaders, percentiles, shipped
from storage import clutch, frames, scoring
from storage.connect import Connection, connect
from storage.scoring import Season
from tasks.context import JobContext
from tasks.registry import job

__all__ = ["LEAGUE", "refresh_season", "score", "score_due", "score_games", "tables_of"]

#: The definition every game is scored by as it arrives; the others follow when they are asked for.
LEAGUE: Final = "league"

#: Games a child process scores at once: plays of about 100,000 rows, some 100 MB while they are in memory.
GAMES_AT_ONCE: Final = 200


@job("clutch.definition", timeout_s=900)
@job("clutch.score", timeout_s=900)
async def score(context: JobContext, args: dict[str, Any]) -> dict[str, Any]:
    """Score every due game under ``definition_id`` (default: the league's) and refresh its seasons."""
    return await score_due(context, str(args.get("definition_id", LEAGUE)))


async def score_due(context: JobContext, definition_id: str, *, title: str = "scoring") -> dict[str, Any]:
    """Do what ``clutch.score`` does, as a part of another job; tells its progress under ``title``."""
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
    """Score the games in one transaction; returns those that cannot be (a team is unknown)."""
    with closing(connect(database_url)) as c:
        reached = scoring.sequences(c, game_ids)
        tables, unscorable = tables_of(c, game_ids, clutch.definition(c, definition_id))
        scored = [game_id for game_id in game_ids if game_id not in unscorable]
        clutch.replace_clutch(
            c,
            definition_id,
            game_ids=scored,
            situations=tables.situations,
            player_games=tables.player_games,
            team_games=tables.team_games,
        )
        scoring.mark_scored(c, definition_id, reached)
        c.commit()
    return sorted(unscorable)


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
    with closing(connect(database_url)) as c:
        return scoring.due_games(c, definition_id)


def _refresh_stale(database_url: str, definition_id: str) -> int:
    with closing(connect(database_url)) as c:
        stale = scoring.stale_seasons(c, definition_id)
        for season in stale:
            refresh_season(c, definition_id, season)
            c.commit()
    return len(stale)
