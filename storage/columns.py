"""Canonical records as polars columns with exactly the types of their tables.

Built by column, not by row: a list comprehension a field costs a twentieth of a dictionary a play.
A value that does not fit its column (an id beyond 64 bits, a time without a zone) takes its record
out as :class:`~poise_sdk.records.Rejected`; the others go on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import polars as pl

from poise_sdk.records import Game, Play, Player, Rejected, RosterEntry, Team
from poise_sdk.vocabulary import GameStatus

__all__ = [
    "GAME_COLUMNS",
    "PLAY_COLUMNS",
    "Columns",
    "games_columns",
    "players_columns",
    "plays_columns",
    "rosters_columns",
    "teams_columns",
]

_TIME = pl.Datetime("us", "UTC")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)

TEAM_COLUMNS = pl.Schema(
    {"id": pl.Int64(), "abbreviation": pl.String(), "city": pl.String(), "name": pl.String()}
)
PLAYER_COLUMNS = pl.Schema({"id": pl.Int64(), "name": pl.String()})
ROSTER_COLUMNS = pl.Schema(
    {"game_id": pl.String(), "player_id": pl.Int64(), "team_id": pl.Int64(), "starter": pl.Boolean()}
)

#: What documents say of a game; ``vendor``, ``sequence`` and ``updated_at`` are storage's own.
GAME_COLUMNS = pl.Schema(
    {
        "id": pl.String(),
        "league": pl.String(),
        "season": pl.String(),
        "season_type": pl.String(),
        "status": pl.String(),
        "tipoff_at": _TIME,
        "period": pl.Int32(),
        "clock_s": pl.Float64(),
        "home_team_id": pl.Int64(),
        "away_team_id": pl.Int64(),
        "home_score": pl.Int32(),
        "away_score": pl.Int32(),
    }
)

PLAY_COLUMNS = pl.Schema(
    {
        "game_id": pl.String(),
        "number": pl.Int32(),
        "position": pl.Int32(),
        "period": pl.Int32(),
        "clock_s": pl.Float64(),
        "kind": pl.String(),
        "subtype": pl.String(),
        "team_id": pl.Int64(),
        "player_id": pl.Int64(),
        "assist_id": pl.Int64(),
        "steal_id": pl.Int64(),
        "block_id": pl.Int64(),
        "foul_drawn_id": pl.Int64(),
        "sub_in_id": pl.Int64(),
        "shot_value": pl.Int32(),
        "made": pl.Boolean(),
        "points": pl.Int32(),
        "distance_ft": pl.Float32(),
        "x_ft": pl.Float32(),
        "y_ft": pl.Float32(),
        "score_home": pl.Int32(),
        "score_away": pl.Int32(),
        "description": pl.String(),
        "occurred_at": _TIME,
        "edited_at": _TIME,
    }
)

#: Columns of plays that a row cannot do without.
_REQUIRED = (
    "game_id", "number", "position", "period", "clock_s", "kind", "subtype", "points",
    "score_home", "score_away", "description",
)  # fmt: skip


class Columns(NamedTuple):
    """The records that fit, as a frame, and those that do not."""

    frame: pl.DataFrame
    rejected: list[Rejected]


def teams_columns(teams: Iterable[Team]) -> Columns:
    """One row a team; of several records the last that says something counts, field by field."""
    frame, rejected = _columns(list(teams), TEAM_COLUMNS, ("id",), _nameless)
    return Columns(_latest(frame, "id"), rejected)


def players_columns(players: Iterable[Player]) -> Columns:
    """One row a player, under the fullest (longest) of his names: formats abbreviate first names."""
    frame, rejected = _columns(list(players), PLAYER_COLUMNS, ("id",), _nameless)
    fullest = frame.sort(pl.col("name").str.len_chars(), "name", nulls_last=False, maintain_order=True)
    return Columns(_latest(fullest, "id"), rejected)


def rosters_columns(games: Iterable[Game]) -> Columns:
    """One row for each player of each game."""
    entries = [(game.id, entry) for game in games for entry in game.roster]
    rows = [_GameRosterEntry(game_id, entry) for game_id, entry in entries]
    frame, rejected = _columns(
        rows, ROSTER_COLUMNS, ("game_id", "player_id", "team_id"), lambda row: row.of()
    )
    return Columns(_latest(frame, "game_id", "player_id"), rejected)


def games_columns(games: Iterable[Game]) -> Columns:
    """One row a game; of several documents the last that says something counts, field by field."""
    frame, rejected = _columns(list(games), GAME_COLUMNS, ("id",), _game)
    strange = pl.col("status").is_not_null() & ~pl.col("status").is_in(list(GameStatus))
    for game_id, status in frame.filter(strange).select("id", "status").iter_rows():
        rejected.append(
            Rejected(file="", game_id=game_id, field="status", reason=f"unknown status {status!r}")
        )
    known = pl.when(~strange).then("status").alias("status")
    return Columns(_latest(frame.with_columns(_only_finite("clock_s"), known), "id"), rejected)


def plays_columns(plays: Sequence[Play]) -> Columns:
    """One row a play. A number that stands twice in a game keeps its last play; the others are rejected."""
    frame, rejected = _columns(plays, PLAY_COLUMNS, _REQUIRED, _place)
    frame = frame.with_columns(_only_finite(name) for name in ("distance_ft", "x_ft", "y_ft"))
    untimed = frame.filter(~pl.col("clock_s").is_finite())
    if not untimed.is_empty():
        rejected += _rejections(untimed, "clock_s", "the clock is not a number")
        frame = frame.filter(pl.col("clock_s").is_finite())
    key = ["game_id", "number"]
    if frame.n_unique(key) < frame.height:
        last = pl.int_range(pl.len()).over(key) == pl.len().over(key) - 1
        rejected += _rejections(frame.filter(~last), "number", "a later play has the same number")
        frame = frame.filter(last)
    return Columns(frame, rejected)


class _GameRosterEntry:
    """A roster entry beside its game, readable by column name."""

    __slots__ = ("game_id", "player_id", "starter", "team_id")

    def __init__(self, game_id: str, entry: RosterEntry) -> None:
        self.game_id = game_id
        self.player_id, self.team_id, self.starter = entry.player_id, entry.team_id, entry.starter

    def of(self) -> dict[str, Any]:
        return {"game_id": _printable(self.game_id)}


def _columns(
    records: Sequence[Any],
    schema: pl.Schema,
    required: Sequence[str],
    where: Callable[[Any], Mapping[str, Any]],
) -> Columns:
    try:
        return Columns(_frame(records, schema, required), [])
    except (TypeError, ValueError, OverflowError, UnicodeError, pl.exceptions.PolarsError):
        pass
    # Something does not fit: look for it in ever smaller halves, so that a good batch pays nothing.
    if len(records) == 1:
        return Columns(pl.DataFrame(schema=schema), [_diagnosis(records[0], schema, required, where)])
    middle = len(records) // 2
    done = [_columns(part, schema, required, where) for part in (records[:middle], records[middle:])]
    return Columns(pl.concat([one.frame for one in done]), [row for one in done for row in one.rejected])


def _frame(records: Sequence[Any], schema: pl.Schema, required: Sequence[str]) -> pl.DataFrame:
    frame = pl.DataFrame([_series(name, dtype, records) for name, dtype in schema.items()])
    for name in required:
        if frame[name].null_count():
            raise ValueError(f"{name} is missing")
    texts = [name for name, dtype in schema.items() if dtype == pl.String()]
    return frame.with_columns(pl.col(texts).str.replace_all("\0", "", literal=True))  # PostgreSQL has no NUL


def _series(name: str, dtype: pl.DataType, records: Sequence[Any]) -> pl.Series:
    values = list(map(attrgetter(name), records))
    if dtype == _TIME:  # six times as fast as handing polars the datetimes
        ticks = [None if value is None else (value - _EPOCH) // _MICROSECOND for value in values]
        return pl.Series(name, ticks, dtype=pl.Int64()).cast(_TIME)
    return pl.Series(name, values, dtype=dtype)


def _diagnosis(
    record: Any, schema: pl.Schema, required: Sequence[str], where: Callable[[Any], Mapping[str, Any]]
) -> Rejected:
    for name, dtype in schema.items():
        try:
            _frame([record], pl.Schema({name: dtype}), [name] if name in required else [])
        except (TypeError, ValueError, OverflowError, UnicodeError, pl.exceptions.PolarsError):
            value = ascii(getattr(record, name))[:80]
            return Rejected(file="", field=name, reason=f"{value} does not fit the column", **where(record))
    raise AssertionError("a record that fits was diagnosed")  # the caller has just seen it fail


def _latest(frame: pl.DataFrame, *key: str) -> pl.DataFrame:
    """One row a key: of each other column the last value that is not null."""
    if frame.n_unique(list(key)) == frame.height:
        return frame
    return frame.group_by(key, maintain_order=True).agg(pl.all().drop_nulls().last())


def _only_finite(name: str) -> pl.Expr:
    return pl.when(pl.col(name).is_finite()).then(name).alias(name)


def _rejections(rows: pl.DataFrame, field: str, reason: str) -> list[Rejected]:
    return [
        Rejected(file="", game_id=game_id, play=number, field=field, reason=reason)
        for game_id, number in rows.select("game_id", "number").iter_rows()
    ]


def _nameless(_: Any) -> dict[str, Any]:
    return {}


def _game(game: Game) -> dict[str, Any]:
    return {"game_id": _printable(game.id)}


def _place(play: Play) -> dict[str, Any]:
    number: object = play.number  # whatever an adapter really put there
    return {"game_id": _printable(play.game_id), "play": number if isinstance(number, int) else None}


def _printable(text: object) -> str:
    """Without what UTF-8 cannot carry, so that a report of it can be sent on."""
    return str(text).encode("utf-8", "replace").decode()
