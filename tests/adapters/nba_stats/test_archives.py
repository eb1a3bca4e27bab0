"""Whole seasons, as people have them on disk."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from adapters.nba_stats.adapter import NbaStats
from poise_sdk.records import RawDocument
from poise_sdk.vocabulary import GameStatus, PlayKind, SeasonType

#: Games of the archive that are read here; the whole archive takes a quarter of a minute.
SHARE = 12


@pytest.mark.real_data
def test_the_v2_archive_of_a_season_is_read_whole(real_data: Path) -> None:
    adapter = NbaStats()
    games = 0
    reasons: Counter[str] = Counter()
    types: Counter[SeasonType | None] = Counter()
    documents = adapter.read_file(real_data / "nba" / "seasons" / "playbyplayv2_2018-19.tar.zst")
    for n, document in enumerate(documents):
        assert isinstance(document, RawDocument)
        if n % SHARE:
            continue
        result = adapter.normalize(document)
        (game,) = result.games
        last = (result.plays or ())[-1]
        games += 1
        types[game.season_type] += 1
        assert (game.league, game.season, game.status) == ("NBA", "2018-19", GameStatus.FINAL)
        assert (game.home_score, game.away_score) == (last.score_home, last.score_away)
        assert game.home_score != game.away_score
        assert sum(play.points for play in result.plays or ()) == last.score_home + last.score_away
        assert not any(play.kind is PlayKind.OTHER for play in result.plays or ())
        reasons.update(re.sub(r"\d+", "#", note.reason) for note in result.rejected)
    assert games > 100
    assert set(types) == {SeasonType.REGULAR, SeasonType.PLAYOFFS}
    # Nothing but rows that the archive holds twice and scores that stand at the wrong row.
    assert all(
        reason.startswith(("action # stands there twice", "# plays carry the score of another moment"))
        for reason in reasons
    )
