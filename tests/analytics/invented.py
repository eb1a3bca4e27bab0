"""Invented games for the tests of analytics, written play by play."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from analytics.clutch import ExpectedPoints
from analytics.clutch.expected_points import Weights
from analytics.frames import GAMES, PLAYS, ROSTERS

HOME, AWAY = 1, 2
HOME_FIVE, AWAY_FIVE = (11, 12, 13, 14, 15), (21, 22, 23, 24, 25)
HOME_BENCH, AWAY_BENCH = (16, 17, 18), (26, 27, 28)

#: Half of all field goals and three of four free throws fall: expectations are easy to count by hand.
COIN = ExpectedPoints(Weights(0.0, {}), Weights(1.0986122886681098, {}), {})


class Script:
    """Writes a game down; the score and positions are kept by itself.

    Starts in the fourth period, level, with 300 seconds left unless told otherwise.
    """

    def __init__(self, game_id: str = "g1", *, period: int = 4, clock_s: float = 300.0) -> None:
        self.game_id = game_id
        self.period = period
        self.clock_s = clock_s
        self.score = [0, 0]
        self.rows: list[dict[str, Any]] = []
        self.season = "2030-31"
        self.starters_known = True

    def play(self, kind: str, clock_s: float | None = None, team: int | None = None, **fields: Any) -> Script:
        """Adds a play; ``by`` is its player."""
        self.clock_s = self.clock_s if clock_s is None else clock_s
        points = fields.get("points", 0)
        if points:
            self.score[0 if team == HOME else 1] += points
        if "by" in fields:
            fields["player_id"] = fields.pop("by")
        row: dict[str, Any] = dict.fromkeys(PLAYS)
        row.update(
            game_id=self.game_id,
            position=len(self.rows) + 1,
            period=self.period,
            clock_s=float(self.clock_s),
            kind=kind,
            subtype="",
            team_id=team,
            points=0,
            score_home=self.score[0],
            score_away=self.score[1],
        )
        row.update(fields)
        self.rows.append(row)
        return self

    def shot(
        self,
        clock_s: float,
        team: int,
        by: int,
        *,
        made: bool,
        value: int = 2,
        subtype: str = "jump_shot",
        **fields: Any,
    ) -> Script:
        return self.play(
            "field_goal", clock_s, team, by=by, made=made, shot_value=value, subtype=subtype,
            points=value if made else 0, **fields,
        )  # fmt: skip

    def free_throw(self, team: int, by: int, *, made: bool, subtype: str = "1_of_1", **fields: Any) -> Script:
        return self.play(
            "free_throw",
            None,
            team,
            by=by,
            made=made,
            shot_value=1,
            subtype=subtype,
            points=int(made),
            **fields,
        )

    def sub(self, clock_s: float | None, team: int, leaves: int | None, enters: int | None) -> Script:
        return self.play("substitution", clock_s, team, by=leaves, sub_in_id=enters)

    def goto(self, period: int, clock_s: float) -> Script:
        """Goes on at another period's clock, without a play."""
        self.period, self.clock_s = period, clock_s
        return self

    def lead(self, home: int, away: int) -> Script:
        """Sets the score as if it had been reached before."""
        self.score = [home, away]
        return self.play("other")

    @property
    def plays(self) -> pl.DataFrame:
        return pl.DataFrame(self.rows, schema=PLAYS)

    @property
    def games(self) -> pl.DataFrame:
        row = {
            "game_id": self.game_id,
            "season": self.season,
            "season_type": "regular",
            "tipoff_at": dt.datetime(2030, 11, 1, tzinfo=dt.UTC) + dt.timedelta(days=len(self.game_id)),
            "home_team_id": HOME,
            "away_team_id": AWAY,
        }
        return pl.DataFrame([row], schema=GAMES)

    @property
    def rosters(self) -> pl.DataFrame:
        rows = [
            {
                "game_id": self.game_id,
                "player_id": player,
                "team_id": team,
                "starter": player in five if self.starters_known else None,
            }
            for team, five, bench in ((HOME, HOME_FIVE, HOME_BENCH), (AWAY, AWAY_FIVE, AWAY_BENCH))
            for player in (*five, *bench)
        ]
        return pl.DataFrame(rows, schema=ROSTERS)


def row_of(frame: pl.DataFrame, **where: Any) -> dict[str, Any]:
    """The one row of ``frame`` with these values."""
    rows = frame.filter(**where).rows(named=True)
    assert len(rows) == 1, f"{len(rows)} rows with {where}"
    return rows[0]
