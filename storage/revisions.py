"""What a new version of a game's plays changes: the difference, its log, and the news of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
import polars as pl

from poise_sdk.vocabulary import GameStatus
from storage.arrow import query
from storage.bulk import copy_rows
from storage.columns import PLAY_COLUMNS
from storage.connect import Connection

__all__ = ["Difference", "difference", "log_changes", "news", "revision_rows"]

_KEY = ["game_id", "number"]
_CONTENT = [name for name in PLAY_COLUMNS if name not in _KEY]
_BEFORE = "before_"


class Difference(NamedTuple):
    """Plays by what happened to them, each with all columns of a play.

    ``changed`` holds both versions: the former under names that begin with ``before_``.
    """

    inserted: pl.DataFrame
    changed: pl.DataFrame
    retracted: pl.DataFrame


def difference(stored: pl.DataFrame, given: pl.DataFrame) -> Difference:
    """Compare the stored plays of some games with all that their newest documents say."""
    stored, given = stored.sort(_KEY), given.sort(_KEY)
    if stored.equals(given):
        return Difference(given.clear(), _paired(stored.clear(), given.clear()), stored.clear())
    both = _paired(stored, given)
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(_BEFORE + name)) for name in _CONTENT)
    return Difference(
        inserted=given.join(stored, on=_KEY, how="anti"),
        changed=both.filter(differs),
        retracted=stored.join(given, on=_KEY, how="anti"),
    )


def log_changes(
    c: Connection,
    games: pl.DataFrame,
    had_plays: pl.Series,
    first: pl.DataFrame,
    change: Difference,
    received_at: dt.datetime,
    clock_offset: dt.timedelta,
) -> None:
    """Write down what was corrected (``play_revisions``) and, for followers, what is new (``live_events``).

    ``games``: the changed rows of the table with their new ``sequence``, and ``status_before``;
    ``had_plays``: ids of those whose plays were compared; ``first``: plays of games that had none.
    """
    revisions = revision_rows(change)
    sequences = games.select(game_id="id", sequence="sequence")
    copy_rows(c, "play_revisions", revisions.drop("position").join(sequences, on="game_id"))

    followed = _followed(c, games, had_plays, first["game_id"].unique())
    if followed.is_empty():
        return
    shown = first.filter(pl.col("game_id").is_in(followed["id"].implode()))
    new = change._replace(inserted=pl.concat([shown, change.inserted]))
    events = news(followed, revision_rows(new), _newest_source_time(new, clock_offset), received_at)
    copy_rows(c, "live_events", events.with_columns(topic=pl.lit("game"), received_at=pl.lit(received_at)))


def _followed(c: Connection, games: pl.DataFrame, had_plays: pl.Series, had_none: pl.Series) -> pl.DataFrame:
    """The games somebody may be following: live now or until now, or with plays before this change."""
    live = pl.lit(GameStatus.LIVE.value)
    sure = (
        pl.col("id").is_in(had_plays.implode())
        | live.eq_missing(pl.col("status"))
        | live.eq_missing(pl.col("status_before"))
    )
    begun_before = (pl.col("sequence") > 1) & ~pl.col("id").is_in(had_none.implode())
    doubtful = games.filter(~sure & begun_before)["id"].to_list()
    if doubtful:  # no document spoke of their plays, so nobody has looked yet whether there are any
        sql = "SELECT g FROM unnest($1::text[]) AS g WHERE EXISTS (SELECT 1 FROM plays WHERE game_id = g)"
        sure |= pl.col("id").is_in(query(c, sql, doubtful)["g"].implode())
    return games.filter(sure)


def revision_rows(change: Difference) -> pl.DataFrame:
    """``game_id, number, position, kind, before, after``: the plays as JSON objects, missing sides null.

    Their keys are the fields of :class:`poise_sdk.records.Play`; times are ISO 8601.
    """
    nothing = pl.lit(None, dtype=pl.String())
    return pl.concat(
        [
            change.inserted.select(*_KEY, "position", kind=pl.lit("inserted"), before=nothing, after=_json()),
            change.changed.select(
                *_KEY, "position", kind=pl.lit("changed"), before=_json(_BEFORE), after=_json()
            ),
            change.retracted.select(
                *_KEY, "position", kind=pl.lit("retracted"), before=_json(), after=nothing
            ),
        ]
    )


def _newest_source_time(change: Difference, clock_offset: dt.timedelta) -> pl.DataFrame:
    """``game_id, source_at``: when the source last touched any play that is new or different now.

    On our clock, which is ``clock_offset`` ahead of the source's.
    A retraction carries no time of its own, so a game with nothing else is missing here.
    """
    touched = pl.concat([change.inserted, change.changed.select(list(PLAY_COLUMNS))])
    return (
        touched.group_by("game_id")
        .agg(source_at=pl.max_horizontal(pl.col("occurred_at").max(), pl.col("edited_at").max()))
        .with_columns(pl.col("source_at") + clock_offset)
        .drop_nulls()
    )


def news(
    games: pl.DataFrame, revisions: pl.DataFrame, source_times: pl.DataFrame, received_at: dt.datetime
) -> pl.DataFrame:
    """``game_id, sequence, payload``: one JSON object for each row of ``games``, as subscribers get it.

    ``{"game_id", "sequence", "status", "period", "clock_s", "home_score", "away_score",
    "plays": [{"kind", "play": {…}}], "source_at", "received_at"}``; ``plays`` in the order of the
    game, a retracted one as it last was. ``games`` has the columns of the table ``games``.
    """
    plays = revisions.sort("game_id", "position", "number").select(
        "game_id", "kind", play=pl.coalesce("after", "before")
    )
    by_game: dict[str, list[dict[str, Any]]] = {}
    for game_id, kind, play in plays.iter_rows():
        by_game.setdefault(game_id, []).append({"kind": kind, "play": msgspec.Raw(play.encode())})
    touched = dict(source_times.iter_rows())
    return pl.DataFrame(
        [
            (game["id"], game["sequence"], _payload(game, by_game.get(game["id"], ()), touched, received_at))
            for game in games.iter_rows(named=True)
        ],
        schema={"game_id": pl.String(), "sequence": pl.Int32(), "payload": pl.String()},
        orient="row",
    )


def _payload(
    game: dict[str, Any],
    plays: Iterable[dict[str, Any]],
    touched: dict[str, dt.datetime],
    received_at: dt.datetime,
) -> str:
    shown = ("status", "period", "clock_s", "home_score", "away_score")
    payload = {
        "game_id": game["id"],
        "sequence": game["sequence"],
        **{name: game[name] for name in shown},
        "plays": list(plays),
        "source_at": touched.get(game["id"]),
        "received_at": received_at,
    }
    return msgspec.json.encode(payload).decode()


def _paired(stored: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    former = stored.rename({name: _BEFORE + name for name in _CONTENT})
    return given.join(former, on=_KEY, how="inner", maintain_order="left")


def _json(prefix: str = "") -> pl.Expr:
    fields = [name if name in _KEY else pl.col(prefix + name).alias(name) for name in PLAY_COLUMNS]
    return pl.struct(fields).struct.json_encode()
