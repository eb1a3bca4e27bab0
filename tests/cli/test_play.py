"""``poise replay``, ``watch`` and ``server`` by themselves; ``up`` and ``demo`` are tested end to end."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Poise, assert_refused
from tests.leagues import Season


def test_a_replay_without_a_worker_does_the_work_itself(poise: Poise, season: Season) -> None:
    game = season.close[0]
    done = poise("replay", game.path, "--speed", "1000", "--from", "4 1:00")
    assert done.code == 0, done.err
    assert "no worker is running: this command does the work too" in done.err
    assert f"replaying game {game.id} at 1000 times its speed" in done.err
    assert f"game {game.id} is over" in done.err
    situations = poise("clutch", "situations", game.id, "--format", "json").json
    assert situations
    # the boards follow when the game is over
    assert poise("clutch", "leaders", "--format", "json").json
    report = poise("import", "nba", game.path, "--format", "json").json
    assert report["files"][game.name]["unchanged"] == game.plays


def test_what_cannot_be_played_watched_or_served_is_told_in_a_sentence(
    poise: Poise, alone: Poise, tmp_path: Path
) -> None:
    assert_refused(poise("replay", tmp_path / "nowhere.json"), "nowhere.json: no such file")
    assert_refused(poise("watch"), "no server is running on this data folder", "poise up")
    assert_refused(poise("watch", "--url", "http://127.0.0.1:1/graphql"), "does not answer")
    assert_refused(alone("server", "--host", "0.0.0.0"), "--allow-anonymous")
    wrong = poise("replay", tmp_path, "--from", "4th")
    assert wrong.code != 0
