"""One invented game, told by each of the vendor's formats in its own way.

Nobody in it exists. What the formats must agree on is in :mod:`.story`; what each leaves out or spells
differently is in its renderer, as the vendor does it.
"""

from __future__ import annotations

from poise_sdk.records import RawDocument
from tests.adapters.nba_stats.invented.box_scores import v2_box_score, v2_summary, v3_box_score
from tests.adapters.nba_stats.invented.live import live_box_score, live_play_by_play, schedule, scoreboard
from tests.adapters.nba_stats.invented.others import derived_csv, mobile_play_by_play
from tests.adapters.nba_stats.invented.statistics import v2_csv, v2_play_by_play, v3_play_by_play
from tests.adapters.nba_stats.invented.story import AWAY, EVENTS, GAME_ID, HOME, PEOPLE, document, person

__all__ = [
    "AWAY",
    "EVENTS",
    "GAME_DOCUMENTS",
    "GAME_ID",
    "HOME",
    "PEOPLE",
    "PLAY_BY_PLAYS",
    "document",
    "live_box_score",
    "live_play_by_play",
    "person",
    "v2_csv",
    "v3_play_by_play",
]

#: Every document that tells the plays, by format.
PLAY_BY_PLAYS = {
    "live": document(live_play_by_play(), f"playbyplay_{GAME_ID}.json"),
    "v3": document(v3_play_by_play(), "v3.json"),
    "v2_json": document(v2_play_by_play(), "v2.json"),
    "v2_csv": RawDocument(name="v2.csv", content=v2_csv().encode()),
    "mobile": document(mobile_play_by_play(), "mobile.json"),
    "derived": RawDocument(name="derived.csv", content=derived_csv().encode()),
}
#: Every document that tells games only.
GAME_DOCUMENTS = {
    "live_box_score": document(live_box_score(), f"boxscore_{GAME_ID}.json"),
    "scoreboard": document(scoreboard(), "scoreboard.json"),
    "schedule": document(schedule(), "schedule.json"),
    "v3_box_score": document(v3_box_score(), "v3_box_score.json"),
    "v2_box_score": document(v2_box_score(), "v2_box_score.json"),
    "v2_summary": document(v2_summary(), "v2_summary.json"),
}
