"""A real season against the league's own clutch table."""

from __future__ import annotations

import csv
import datetime as dt
import importlib.util
import io
import json
import re
import tarfile
from pathlib import Path

import polars as pl
import pytest
import zstandard

from adapters.nba_stats.normalize import normalize
from analytics.clutch import LEAGUE, ClutchTables, compute, leaders, percentiles, shipped, shrunk_poe
from analytics.frames import COUNTS, GAMES, PLAYS, ROSTERS
from poise_sdk.records import Normalized, RawDocument

pytestmark = pytest.mark.real_data

_BETWEEN_PLAYS_S = 60  # no two plays are further apart, so a play before the window is this close to it
_CLOCK_S = 60 * pl.col("clock").str.extract(r"PT(\d+)M").cast(pl.Float64) + pl.col("clock").str.extract(
    r"M([\d.]+)S"
).cast(pl.Float64)


def _members(archive: Path) -> dict[str, bytes]:
    """The regular season's games, one table each."""
    found: dict[str, bytes] = {}
    with (
        archive.open("rb") as packed,
        zstandard.ZstdDecompressor().stream_reader(packed) as unpacked,
        tarfile.open(fileobj=unpacked, mode="r|") as tar,
    ):
        for member in tar:
            if re.search(r"_2\d{7}\.csv$", member.name) and (content := tar.extractfile(member)):
                found[member.name] = content.read()
    return found


def _maybe_close(members: dict[str, bytes]) -> set[str]:
    """Names of the games that are worth reading: normalising the others would only take time."""
    header = next(iter(members.values())).split(b"\n", 1)[0]
    bodies = b"".join(content.split(b"\n", 1)[1] for content in members.values())
    rows = pl.read_csv(
        io.BytesIO(header + b"\n" + bodies),
        columns=["period", "clock", "scoreHome", "scoreAway", "game_id"],
        infer_schema=False,
    )
    margin = pl.col("scoreHome").cast(pl.Int32) - pl.col("scoreAway").cast(pl.Int32)
    late = (pl.col("period").cast(pl.Int32) >= LEAGUE.min_period) & (
        LEAGUE.last_seconds + _BETWEEN_PLAYS_S >= _CLOCK_S
    )
    ids = set(rows.filter(late & (margin.abs() <= LEAGUE.margin))["game_id"].unique())
    return {name for name in members if (match := re.search(r"_(\d+)\.csv$", name)) and match[1] in ids}


def _documents(tool: Path, members: dict[str, bytes]) -> list[RawDocument]:
    """The live feed's documents of the given tables, as the tool beside the data writes them."""
    spec = importlib.util.spec_from_file_location(tool.stem, tool)
    assert spec is not None
    assert spec.loader is not None
    writer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(writer)
    made = []
    for name, content in sorted(members.items()):
        rows = [row for row in csv.DictReader(io.StringIO(content.decode())) if row["clock"]]
        game = f"00{name.rsplit('_', 1)[1].removesuffix('.csv')}"
        documents = writer.documents(rows, game, dt.datetime(2024, 10, 22, 23, 30))  # noqa: DTZ001  # the tool's own form
        made += [RawDocument(name=game, content=json.dumps(document).encode()) for document in documents]
    return made


def _frames(documents: list[Normalized]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Canonical records as the frames analytics takes; rosters are in the box scores."""
    plays = [
        [getattr(play, name) for name in PLAYS] for document in documents for play in document.plays or ()
    ]
    boxes = [game for document in documents if document.plays is None for game in document.games]
    games = [
        (game.id, game.season, game.season_type, game.tipoff_at, game.home_team_id, game.away_team_id)
        for game in boxes
    ]
    rosters = [(game.id, who.player_id, who.team_id, who.starter) for game in boxes for who in game.roster]
    return (
        pl.DataFrame(plays, schema=PLAYS, orient="row"),
        pl.DataFrame(games, schema=GAMES, orient="row"),
        pl.DataFrame(rosters, schema=ROSTERS, orient="row"),
    )


def _season(data: Path) -> ClutchTables:
    tool = data.parent / "tools" / "season_to_livedata.py"
    if not tool.is_file():
        pytest.skip(f"the tool that writes a season's live documents is absent: {tool}")
    members = _members(data / "nba" / "seasons" / "cdn_derived_2024-25.tar.zst")
    close = _maybe_close(members)
    documents = _documents(tool, {name: members[name] for name in close})
    return compute(*_frames([normalize(document) for document in documents]), LEAGUE, shipped())


def test_a_real_season_gives_the_leagues_own_table(real_data: Path) -> None:
    """One test, because reading the season is nearly all of its cost."""
    season = _season(real_data)
    assert season.skipped == ()
    _counts_are_the_leagues(season, real_data)
    _the_five_share_all_of_their_teams_minutes_and_points(season)
    _expected_points_add_up_to_the_points(season)
    _the_board_is_ranked_and_mostly_luck(season)


def _counts_are_the_leagues(season: ClutchTables, data: Path) -> None:
    (file,) = (data / "nba" / "truth").glob("*2024-25*")
    ours = season.team_games.group_by(TEAM_ID="team_id").agg(
        GP=(pl.col("seconds") > 0).sum(),
        MIN=pl.col("seconds").sum() / 60,
        REB=(pl.col("oreb") + pl.col("dreb")).sum(),
        **{name.upper(): pl.col(name).sum() for name in COUNTS},
    )
    both = pl.read_csv(file).join(ours, on="TEAM_ID", suffix="_ours")
    assert both.height == 30
    wrong = {
        name: both.filter(pl.col(name) != pl.col(f"{name}_ours"))
        .select("TEAM_NAME", name, f"{name}_ours")
        .rows()
        for name in ("GP", "REB", *(name.upper() for name in COUNTS))
    }
    assert {name: rows for name, rows in wrong.items() if rows} == {}
    assert both.select((pl.col("MIN_ours") - pl.col("MIN")).abs().mean()).item() <= 0.03


def _the_five_share_all_of_their_teams_minutes_and_points(season: ClutchTables) -> None:
    players = season.player_games.group_by("game_id", "team_id").agg(pl.col("seconds", "plus_minus").sum())
    teams = season.team_games.join(players, on=["game_id", "team_id"], suffix="_players")
    assert teams.height == season.team_games.height
    assert season.player_games["lineups_complete"].all()
    assert teams.filter((pl.col("seconds_players") - 5 * pl.col("seconds")).abs() > 1e-6).is_empty()
    assert teams.filter(pl.col("plus_minus_players") != 5 * pl.col("plus_minus")).is_empty()


def _expected_points_add_up_to_the_points(season: ClutchTables) -> None:
    total = season.player_games.select(pl.col("expected_points", "pts").sum()).row(0)
    assert total[0] / total[1] == pytest.approx(1.0, abs=0.02)


def _the_board_is_ranked_and_mostly_luck(season: ClutchTables) -> None:
    board = leaders(percentiles(season.player_games))
    ranked = board.drop_nulls("rank")
    assert ranked["rank"].to_list() == list(range(1, ranked.height + 1))
    assert ranked["score_mean"].is_sorted(descending=True)
    shrunk = shrunk_poe(season.player_games).join(board, on="player_id")
    spread = shrunk.select(pl.col("poe_shrunk", "poe").std()).row(0)
    assert spread[0] < 0.5 * spread[1]
