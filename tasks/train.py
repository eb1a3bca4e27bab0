"""Training models on what is stored. Heavy, so it happens in a child process."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import polars as pl

from poise_sdk.errors import Fatal
from poise_sdk.vocabulary import GameStatus, SeasonType
from storage import frames
from storage.arrow import query
from storage.connect import connect
from tasks.context import JobContext
from tasks.registry import job

__all__ = ["train_expected_points"]

#: Fewer games cannot be split in time and still say anything.
FEWEST_GAMES = 100


@job("models.train_expected_points", timeout_s=1800, max_attempts=2)
async def train_expected_points(context: JobContext, args: dict[str, Any]) -> dict[str, Any]:
    """Fit expected points on all finished regular-season games of ``league`` (default NBA).

    The result holds the artefact's text (``artefact``) and its evaluation (``report``).
    """
    context.progress(0, 0, "reading plays and fitting")
    return await context.pool.run(_train, context.endpoints.database_url, str(args.get("league", "NBA")))


def _train(database_url: str, league: str) -> dict[str, Any]:
    # scikit-learn is loaded here, in the child, and nowhere else.
    from analytics.models.train_expected_points import features, fit

    with closing(connect(database_url)) as c:
        games = query(
            c,
            "SELECT id, season FROM games WHERE league = $1 AND season_type = $2 AND status = $3 "
            "AND season IS NOT NULL ORDER BY season, id",
            league,
            SeasonType.REGULAR.value,
            GameStatus.FINAL.value,
        )
        if games.height < FEWEST_GAMES:
            raise Fatal(
                f"only {games.height} finished {league} games are stored; {FEWEST_GAMES} are needed",
                hint="import a season first: poise import nba PATH",
            )
        attempts = []
        for (_,), season in games.group_by(["season"], maintain_order=True):
            ids = season["id"].to_list()
            attempts.append(features(frames.plays_frame(c, ids), frames.games_frame(c, ids)))
    model, report = fit(pl.concat(attempts))
    return {"artefact": model.dumps(), "report": report.as_dict()}
