"""What storage writes is what the stream tells: the two rooms agree on the payload."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from typing import Any

import pytest

from poise_sdk.records import Game, Normalized, Play
from poise_sdk.vocabulary import GameStatus, PlayKind
from storage.connect import connect
from storage.games import store
from tests.server import world
from tests.server.conftest import Running, own_home
from tests.server.test_live import update

home = pytest.fixture(own_home)

GAME = "from-a-feed"
WHEN = dt.datetime(2031, 11, 5, 20, 15, 30, 250_000, tzinfo=dt.UTC)
EVERYTHING = """
subscription($game: ID!) {
  gameUpdates(gameId: $game) {
    sequence snapshot status period clockS homeScore awayScore receivedAt sourceLagMs ownLagMs
    game { key homeTeam { name } }
    plays {
      kind
      play {
        id number position period clockS kind subtype shotValue made points distanceFt xFt yFt scoreHome
        scoreAway description occurredAt editedAt team { name } player { name } assist { name }
      }
    }
  }
}
"""


def ingest(url: str, *plays: Play, status: GameStatus = GameStatus.LIVE) -> int:
    game = Game(
        id=GAME,
        league="NBA",
        season=world.SEASON,
        status=status,
        period=4,
        clock_s=61.5,
        home_team_id=world.HOME,
        away_team_id=world.AWAY,
        home_score=90,
        away_score=88,
    )
    with closing(connect(url)) as c:
        batch = [Normalized(games=(game,), plays=plays)]
        stored = store(c, "invented", batch, received_at=WHEN + dt.timedelta(seconds=2))
        c.commit()
    return stored.revisions.get(GAME, 0)


def shot(number: int, **more: Any) -> Play:
    return Play(
        **{
            "game_id": GAME,
            "number": number,
            "position": number,
            "period": 4,
            "clock_s": 61.5,
            "kind": PlayKind.FIELD_GOAL,
            "subtype": "layup",
            "team_id": world.HOME,
            "player_id": 101,
            "assist_id": 102,
            "shot_value": 2,
            "made": True,
            "points": 2,
            "distance_ft": 2.5,
            "score_home": 90,
            "score_away": 88,
            "description": "a “layup”",
            "occurred_at": WHEN,
            **more,
        }
    )


async def test_a_stored_document_arrives_as_it_was_stored(server: Running, feed: world.Feed, home: str):
    ingest(home, shot(1))
    async with server.socket() as socket:
        id = await socket.subscribe(EVERYTHING, game=GAME)
        state = await update(socket, id)
        assert (state["snapshot"], state["sequence"], len(state["plays"])) == (True, 1, 1)

        feed.tell(GAME, "game", ingest(home, shot(1, points=3, shot_value=3), shot(2)))
        event = await update(socket, id)
        kinds = [(change["kind"], change["play"]["number"]) for change in event["plays"]]
        assert kinds == [("CHANGED", 1), ("INSERTED", 2)]
        play = event["plays"][1]["play"]
        assert play["occurredAt"] == WHEN.isoformat()
        assert (play["kind"], play["xFt"], play["distanceFt"]) == ("FIELD_GOAL", None, 2.5)
        assert (play["player"], play["assist"]) == ({"name": "Player 101"}, {"name": "Player 102"})
        assert play["description"] == "a “layup”"
        assert event["sourceLagMs"] == 2_000
        assert (event["status"], event["clockS"], event["homeScore"]) == ("LIVE", 61.5, 90)
        assert event["game"] == {"key": GAME, "homeTeam": {"name": "Herons"}}

        feed.tell(GAME, "game", ingest(home, shot(2), status=GameStatus.FINAL))
        event = await update(socket, id)
        kinds = [(change["kind"], change["play"]["number"]) for change in event["plays"]]
        assert (event["status"], kinds) == ("FINAL", [("RETRACTED", 1)])

        again = await socket.subscribe(EVERYTHING, game=GAME)
        assert (await update(socket, again))["plays"][0]["play"] == play
