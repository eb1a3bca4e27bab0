"""Storing games and plays: many documents at once, each as often as one likes.

What a game's newest document says of its plays is the truth: a play it changes is changed, one it
no longer has is retracted, and both are logged with the former version. Everything else is
gathered: what a document does not say of a game keeps its stored value. So documents of one game
must be stored in the order in which they were received; nothing in them tells an old one from a
new one (a retraction makes the newest edit older).

Locks are taken in one order in every transaction (teams, players, games, then what hangs on them,
each by key), so parallel imports wait for each other. A caller that stores several batches in one
transaction gives that up and must be ready to try again (:func:`storage.connect.is_transient`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import polars as pl

from poise_sdk.records import Game, Normalized, Play, Rejected
from storage import columns
from storage.arrow import execute, query
from storage.bulk import copy_rows, merge_rows, upsert
from storage.columns import GAME_COLUMNS, PLAY_COLUMNS
from storage.connect import Connection
from storage.revisions import Difference, difference, log_changes

__all__ = ["Stored", "store"]


class Stored(NamedTuple):
    """What a batch changed."""

    plays_inserted: int
    plays_changed: int
    plays_retracted: int
    plays_unchanged: int
    changed_games: tuple[str, ...]
    """Ids of games that are new or changed, or whose plays or roster changed; sorted."""
    revisions: dict[str, int]
    """Their new sequence numbers."""
    written: dict[str, int]
    """How many plays were inserted, changed or retracted, by game; games without any are missing."""
    rejected: tuple[Rejected, ...]
    """Records that do not fit the tables; ``file`` is empty, the caller knows where they came from."""


class _Gathered(NamedTuple):
    """What the documents of a batch say together."""

    plays: dict[str, Sequence[Play]]
    """By game, for every game whose plays some document speaks of: its last such document's."""
    unreadable: set[tuple[str, int]]
    """Plays that are there but could not be understood: no retractions."""
    doubtful: set[str]
    """Games with rows that could not even be told apart: nothing of theirs is retracted."""


def store(
    c: Connection,
    vendor: str,
    batch: Sequence[Normalized],
    *,
    received_at: dt.datetime,
    clock_offset: dt.timedelta = dt.timedelta(0),
) -> Stored:
    """Store what ``batch`` says, in the caller's transaction; storing it again changes nothing.

    Batches of 30 to 50 documents are the fastest. A play is retracted where the game's last
    document with plays lacks it, unless that document rejects it (or rejects rows without saying
    which). Score, period and clock come from the last play where no document tells them. For a
    game that had plays before, or is live, an event is put down in ``live_events`` under the topic
    ``game``, and for one that had plays each difference in ``play_revisions``.

    ``clock_offset``: how far our clock is ahead of the vendor's, so that events tell on our clock when
    the source was last touched. A game another vendor brought is not touched: its records are in
    ``Stored.rejected``.
    """
    gathered = _gather(batch)
    teams = columns.teams_columns(team for one in batch for team in one.teams)
    players = columns.players_columns(player for one in batch for player in one.players)
    said = columns.games_columns(_games(batch, gathered.plays))
    roster = columns.rosters_columns(game for one in batch for game in one.games)
    plays = columns.plays_columns([play for of_game in gathered.plays.values() for play in of_game])
    rejected = [*teams.rejected, *players.rejected, *said.rejected, *roster.rejected, *plays.rejected]

    _upsert_people(c, teams.frame, players.frame)
    stored = _claim(c, vendor, said.frame["id"].sort())
    foreign = stored.filter(pl.col("vendor") != vendor)
    rejected += [
        Rejected(file="", game_id=game_id, reason=f"the game is stored from another vendor, {owner}")
        for game_id, owner in foreign.select("id", "vendor").iter_rows()
    ]
    stored = stored.filter(pl.col("vendor") == vendor)
    ours = stored["id"].implode()
    rostered = merge_rows(
        c,
        "game_players",
        roster.frame.filter(pl.col("game_id").is_in(ours)),
        key=("game_id", "player_id"),
        merge={"starter": "coalesce(excluded.starter, t.starter)"},
    )

    given = plays.frame.filter(pl.col("game_id").is_in(ours))
    spoken_of = [game_id for game_id in gathered.plays if game_id in set(stored["id"])]
    former = _stored_plays(c, spoken_of, stored)
    had_plays = former["game_id"].unique()
    first = given.filter(~pl.col("game_id").is_in(had_plays.implode()))
    again = given.filter(pl.col("game_id").is_in(had_plays.implode()))
    change = _spare(difference(former, again), gathered, plays.rejected)
    _write_plays(c, first, change)

    touches = pl.concat(
        [frame["game_id"] for frame in (first, change.inserted, change.changed, change.retracted)]
    )
    moved = touches.unique()
    games = _merged(stored, said.frame, given, moved)
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_before")) for name in GAME_COLUMNS)
    touched = (
        pl.col("id").is_in(moved.implode())
        | pl.col("id").is_in(rostered["game_id"].unique().implode())
        | (pl.col("sequence") == 0)
        | differs
    )
    games = games.filter(touched).with_columns(
        sequence=pl.col("sequence") + 1, updated_at=pl.lit(received_at)
    )
    upsert(c, "games", games.select(*GAME_COLUMNS, "vendor", "sequence", "updated_at"), key=("id",))
    log_changes(c, games, had_plays, first, change, received_at, clock_offset)

    inserted = first.height + change.inserted.height
    sequences = dict(games.select("id", "sequence").sort("id").iter_rows())
    return Stored(
        plays_inserted=inserted,
        plays_changed=change.changed.height,
        plays_retracted=change.retracted.height,
        plays_unchanged=given.height - inserted - change.changed.height,
        changed_games=tuple(sequences),
        revisions=sequences,
        written=dict(touches.value_counts().sort("game_id").iter_rows()),
        rejected=tuple(rejected),
    )


def _gather(batch: Iterable[Normalized]) -> _Gathered:
    plays: dict[str, Sequence[Play]] = {}
    unreadable: set[tuple[str, int]] = set()
    doubtful: set[str] = set()
    for document in batch:
        if document.plays is None:
            continue
        of_games = _by_game(document.plays)
        about = {game.id for game in document.games} | of_games.keys()
        for game_id in about:
            plays[game_id] = of_games.get(game_id, ())
        for row in document.rejected:
            if row.game_id is not None and row.play is not None:
                unreadable.add((row.game_id, row.play))
            else:
                doubtful |= about if row.game_id is None else {row.game_id}
    return _Gathered(plays, unreadable, doubtful)


def _by_game(plays: Sequence[Play]) -> dict[str, Sequence[Play]]:
    ids = {play.game_id for play in plays}
    if len(ids) == 1:
        return {ids.pop(): plays}
    of_games: dict[str, list[Play]] = {game_id: [] for game_id in ids}
    for play in plays:
        of_games[play.game_id].append(play)
    return dict(of_games)


def _games(batch: Iterable[Normalized], with_plays: Iterable[str]) -> Iterable[Game]:
    """The batch's games; where only plays speak of one, its bare id."""
    yield from (Game(id=game_id) for game_id in with_plays)
    for document in batch:
        yield from document.games


def _upsert_people(c: Connection, teams: pl.DataFrame, players: pl.DataFrame) -> None:
    said = {name: f"coalesce(excluded.{name}, t.{name})" for name in ("abbreviation", "city", "name")}
    upsert(c, "teams", teams, key=("id",), merge=said)
    # "J. Tatum" in one format is "Jayson Tatum" in another: the longer name is the fuller one
    longer = "(length(excluded.name), excluded.name) > (length(t.name), t.name)"
    fuller = f"CASE WHEN t.name IS NULL OR {longer} THEN excluded.name ELSE t.name END"
    upsert(c, "players", players, key=("id",), merge={"name": fuller})


def _claim(c: Connection, vendor: str, game_ids: pl.Series) -> pl.DataFrame:
    """The games' stored rows, locked until the transaction ends; unknown ones are begun (sequence 0)."""
    ids = game_ids.to_list()
    execute(
        c,
        "INSERT INTO games (id, vendor) SELECT id, $2 FROM unnest($1::text[]) AS id ON CONFLICT DO NOTHING",
        ids,
        vendor,
    )
    return query(
        c,
        f"SELECT vendor, sequence, {', '.join(GAME_COLUMNS)} FROM games "  # noqa: S608 - constants
        "WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE",
        ids,
    )


def _stored_plays(c: Connection, game_ids: Iterable[str], stored: pl.DataFrame) -> pl.DataFrame:
    """The stored plays of those games; ones begun by this very transaction cannot have any."""
    known = set(stored.filter(pl.col("sequence") > 0)["id"])
    ids = sorted(known.intersection(game_ids))
    if not ids:
        return pl.DataFrame(schema=PLAY_COLUMNS)
    sql = f"SELECT {', '.join(PLAY_COLUMNS)} FROM plays WHERE game_id = ANY($1::text[])"  # noqa: S608 - constants
    return query(c, sql, ids)


def _spare(change: Difference, gathered: _Gathered, misfits: Iterable[Rejected]) -> Difference:
    """Without retractions of plays that a document has but nobody could read."""
    unreadable = gathered.unreadable | {
        (row.game_id, row.play) for row in misfits if row.game_id and row.play
    }
    if change.retracted.is_empty() or not (unreadable or gathered.doubtful):
        return change
    keep = [
        key not in unreadable and key[0] not in gathered.doubtful
        for key in change.retracted.select("game_id", "number").iter_rows()
    ]
    return change._replace(retracted=change.retracted.filter(pl.Series(keep, dtype=pl.Boolean())))


def _write_plays(c: Connection, first: pl.DataFrame, change: Difference) -> None:
    """Nobody else writes plays of these games: their rows in ``games`` are locked by us."""
    if not change.retracted.is_empty():
        execute(
            c,
            "DELETE FROM plays p USING unnest($1::text[], $2::int[]) AS gone (game_id, number) "
            "WHERE p.game_id = gone.game_id AND p.number = gone.number",
            change.retracted["game_id"].to_list(),
            change.retracted["number"].to_list(),
        )
    copy_rows(c, "plays", pl.concat([first, change.inserted]).sort("game_id", "number"))
    upsert(c, "plays", change.changed.select(list(PLAY_COLUMNS)), key=("game_id", "number"))


def _merged(stored: pl.DataFrame, said: pl.DataFrame, plays: pl.DataFrame, moved: pl.Series) -> pl.DataFrame:
    """``stored`` with what the batch says of each game; former values under names that end in ``_before``."""
    last = (
        plays.filter(pl.col("game_id").is_in(moved.implode()))
        .sort("game_id", "position", "number")
        .group_by("game_id")
        .agg(pl.col("score_home", "score_away", "period", "clock_s").last())
        .rename({"game_id": "id", "score_home": "home_score", "score_away": "away_score"})
    )
    before = {name: f"{name}_before" for name in GAME_COLUMNS}
    told = (
        stored.rename(before)
        .with_columns(id=pl.col("id_before"))
        .join(said, on="id", how="left")
        .join(last, on="id", how="left", suffix="_played")
    )
    played = {name: [f"{name}_played"] for name in last.columns if name != "id"}
    return told.with_columns(
        pl.coalesce(name, *played.get(name, []), f"{name}_before").alias(name)
        for name in GAME_COLUMNS
        if name != "id"
    )
