"""The replay's clock: speed, gaps, where to begin, and the state of a game at any moment."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest

from adapters.nba_stats.simulator.recording import Recording, load
from adapters.nba_stats.simulator.replay import Replay
from adapters.nba_stats.simulator.revisions import moment_of
from tests.leagues import Season


class Watch:
    """A clock in our hand."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def moment(recording: Recording, place: int) -> dt.datetime:
    return moment_of(recording.actions[place]["timeActual"])


def box(replay: Replay) -> dict[str, Any]:
    game = replay.first
    found: dict[str, Any] = game.box(game.version(replay.elapsed()))["game"]
    return found


def test_time_runs_with_the_clock_times_speed(recording: Recording) -> None:
    watch = Watch()
    replay = Replay([recording], speed=20, now=watch)
    assert replay.elapsed() == 0
    replay.start()
    watch.time += 3
    assert replay.elapsed() == 60
    replay.start()
    assert replay.elapsed() == 60
    begin = moment(recording, 0)
    assert replay.first.moment(60) == begin + dt.timedelta(seconds=60)


def test_the_first_action_is_served_at_once(recording: Recording) -> None:
    replay = Replay([recording], manual=True)
    assert replay.first.version(replay.elapsed()) >= 1


def test_a_manual_clock_stands_until_it_is_moved(recording: Recording) -> None:
    watch = Watch()
    replay = Replay([recording], manual=True, now=watch)
    replay.start()
    watch.time += 100
    assert replay.elapsed() == 0
    replay.advance(5)
    assert replay.elapsed() == 5
    replay.advance_to(moment(recording, 50))
    assert replay.first.moment(replay.elapsed()) == moment(recording, 50)
    replay.advance(-replay.elapsed())
    assert replay.elapsed() == 0


def test_the_state_goes_forwards_and_backwards(recording: Recording) -> None:
    replay = Replay([recording], manual=True)
    game = replay.first
    replay.advance_to(moment(recording, 200))
    middle = game.version(replay.elapsed())
    forwards = game.play_by_play(middle)
    replay.advance_to_end()
    assert replay.finished
    game.play_by_play(game.version(replay.elapsed()))
    assert game.play_by_play(middle) == forwards


def test_pauses_are_cut_and_play_is_not(recording: Recording) -> None:
    real, short = Replay([recording], manual=True), Replay([recording], manual=True, max_gap_s=5)
    assert short.lasts < real.lasts / 2
    for place in (0, 10, 100, 300, len(recording.actions) - 1):
        at = moment(recording, place)
        for replay in (real, short):
            assert abs((replay.first.moment(replay.first.elapsed(at)) - at).total_seconds()) < 1e-3
            replay.advance_to(at)
        assert real.first.version(real.elapsed()) == short.first.version(short.elapsed())


def test_a_replay_may_begin_in_the_middle(recording: Recording) -> None:
    replay = Replay([recording], manual=True)
    start = replay.moment_of(4, 300.0)
    later = Replay([recording], manual=True, start_at=start)
    shown = box(later)
    assert shown["gameStatus"] == 2
    assert shown["period"] == 4
    assert "PT04M30" < shown["gameClock"] <= "PT05M00.00S"


def test_games_of_different_days_play_at_once_or_one_after_the_other(season: Season) -> None:
    recordings = [load(season.games[0].path), load(season.games[-1].path)]
    together = Replay(recordings, manual=True)
    assert all(game.version(0.0) for game in together.games.values())
    staggered = Replay(recordings, manual=True, stagger_s=600)
    first, second = staggered.games.values()
    assert first.version(599)
    assert not second.version(599)
    assert second.version(600)


def test_a_game_is_scheduled_then_live_then_final(recording: Recording) -> None:
    replay = Replay([recording], manual=True, lead_s=60)
    before = box(replay)
    assert (before["gameStatus"], before["gameStatusText"], before["period"]) == (1, "7:00 pm ET", 0)
    replay.advance(61)
    live = box(replay)
    assert (live["gameStatus"], live["gameStatusText"], live["gameClock"]) == (2, "Q1 12:00", "PT12M00.00S")
    replay.advance_to(moment(recording, -1))
    final = box(replay)
    assert final["gameStatus"] == 3
    assert final["gameStatusText"].startswith("Final")


def test_between_periods_the_status_says_so(recording: Recording) -> None:
    replay = Replay([recording], manual=True)
    told = []
    for action in recording.actions:
        if action["actionType"] == "period" and action["subType"] == "end":
            replay.advance_to(moment_of(action["timeActual"]))
            told.append(box(replay)["gameStatusText"])
    assert told[:4] == ["End Q1", "Half", "End Q3", "End Q4"]


def test_in_the_last_minute_the_status_shows_tenths(recording: Recording) -> None:
    replay = Replay([recording], manual=True)
    replay.advance_to(replay.moment_of(1, 59.0))
    assert box(replay)["gameStatusText"].startswith("Q1 :5")


def test_a_live_box_score_counts_what_has_happened(recording: Recording) -> None:
    replay = Replay([recording], manual=True)
    replay.advance_to(replay.moment_of(3, 300.0))
    game = replay.first
    version = game.version(replay.elapsed())
    last = game.history.actions(version)[-1]
    shown = box(replay)
    assert (shown["homeTeam"]["score"], shown["awayTeam"]["score"]) == (
        int(last["scoreHome"]),
        int(last["scoreAway"]),
    )
    for side in ("homeTeam", "awayTeam"):
        assert sum(one["oncourt"] == "1" for one in shown[side]["players"]) == 5
        assert len(shown[side]["periods"]) == 3


def test_the_counted_box_score_ends_as_the_recorded_one(recording: Recording) -> None:
    replay = Replay([recording], manual=True)
    replay.advance_to_end()
    game = replay.first
    assert game.box(len(game.history)) == recording.box
    assert game.box_body(len(game.history)) == recording.box_body


def test_the_last_document_is_the_recorded_one(any_game: Recording) -> None:
    """Byte for byte if it was the vendor's; a simulated one without its history."""
    replay = Replay([any_game], manual=True)
    replay.advance_to_end()
    body = replay.first.play_by_play(replay.first.version(replay.elapsed()))
    assert body == any_game.body
    assert msgspec.json.decode(body) == any_game.document


def test_an_endless_game_stays_live(recording: Recording) -> None:
    replay = Replay([recording], manual=True, endless=True)
    replay.advance(10 * replay.lasts)
    assert replay.finished
    assert box(replay)["gameStatus"] == 2


@pytest.mark.parametrize(
    ("games", "options", "reason"),
    [
        (0, {}, "no game to replay"),
        (2, {}, "given twice"),
        (1, {"speed": 0}, "speed must be positive"),
    ],
)
def test_an_impossible_replay_is_refused(
    recording: Recording, games: int, options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        Replay([recording] * games, **options)
