import json
from typing import Any

import polars as pl
import pytest

from analytics.clutch import LEAGUE, ArtefactError, load, loads, shipped, shots
from analytics.clutch.expected_points import Weights
from analytics.clutch.window import flag
from tests.analytics.invented import AWAY, COIN, HOME, Script


def attempts(script: Script) -> pl.DataFrame:
    return shots.attempts(flag(script.plays, LEAGUE), pl.lit(True))


def levels(script: Script, feature: shots.Feature) -> list[str]:
    return attempts(script).select(level=feature())["level"].to_list()


def test_the_shipped_artefact_is_whole_and_says_where_it_comes_from() -> None:
    model = shipped()
    assert loads(model.dumps()) == model
    assert set(model.provenance["trained_on"]).isdisjoint(model.provenance["tested_on"])
    assert max(model.provenance["trained_on"]) < min(model.provenance["tested_on"])
    assert len(model.provenance["data_sha256"]) == 64
    assert len(model.version) == 12


def test_the_shipped_artefact_beats_the_mean_of_each_shot_value_out_of_sample() -> None:
    for scores in shipped().provenance["quality"].values():
        assert scores["model"]["brier"] < scores["by_value"]["brier"]
        assert scores["model"]["log_loss"] < scores["by_value"]["log_loss"]
        assert scores["model"]["ece"] < 0.015


def test_the_shipped_artefact_won_nothing_from_knowing_a_distance() -> None:
    assert abs(shipped().provenance["known_gain"]) < 1e-4


def test_the_shipped_artefact_knows_every_feature_and_only_levels_that_exist() -> None:
    model = shipped()
    assert list(model.field_goal.levels) == list(shots.FIELD_GOAL_FEATURES)
    assert list(model.free_throw.levels) == list(shots.FREE_THROW_FEATURES)
    assert set(model.field_goal.levels["situation"]) == {"clutch", "other"}


def test_an_artefact_that_was_touched_is_refused() -> None:
    touched = json.loads(shipped().dumps())
    touched["field_goal"]["intercept"] += 0.1
    with pytest.raises(ArtefactError, match="does not match its SHA-256"):
        loads(json.dumps(touched))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 99}', '"text"'])
def test_what_is_no_artefact_is_refused(text: str) -> None:
    with pytest.raises(ArtefactError, match="expected points: not"):
        loads(text)


def test_a_feature_that_this_version_does_not_have_is_refused() -> None:
    strange = Weights(0.0, {"moon": {"full": 1.0}})
    with pytest.raises(ArtefactError, match="unknown features moon"):
        loads(type(COIN)(strange, strange, {}).dumps())


def test_an_artefact_can_be_kept_in_a_file(tmp_path: Any) -> None:
    (tmp_path / "model.json").write_text(COIN.dumps(), encoding="utf-8")
    assert load(tmp_path / "model.json") == COIN


def test_expected_points_are_the_chance_times_the_value() -> None:
    script = Script().shot(200, HOME, 11, made=True, value=3).shot(190, HOME, 11, made=False)
    script.free_throw(HOME, 11, made=True)
    assert COIN.expected(attempts(script)).to_list() == pytest.approx([1.5, 1.0, 0.75])


def test_a_level_the_training_never_saw_weighs_nothing() -> None:
    model = type(COIN)(Weights(0.0, {"reach": {"2 dunk near": 2.0}}), COIN.free_throw, {})
    script = Script().shot(200, HOME, 11, made=False).shot(190, HOME, 11, made=True, subtype="dunk")
    assert model.probability(attempts(script)).to_list() == pytest.approx([0.5, 0.8808], abs=1e-4)


def test_a_shot_is_told_by_value_family_and_reach() -> None:
    script = Script()
    for value, subtype, feet in [
        (2, "dunk", None), (2, "layup", 2.0), (2, "layup", 7.0), (2, "jump_shot", 5.9), (2, "jump_shot", 6.0),
        (2, "floater", 11.0), (2, "", 21.0), (2, None, None),
        (3, "jump_shot", 23.9), (3, "floater", 26.0), (3, "", 71.0),
    ]:  # fmt: skip
        script.shot(200, HOME, 11, made=False, value=value, subtype=subtype, distance_ft=feet)
    assert levels(script, shots.reach) == [
        "2 dunk near", "2 layup near", "2 layup away", "2 jump_shot near", "2 jump_shot 6-10",
        "2 floater 10-16", "2 jump_shot 20+", "2 jump_shot near", "3 jump_shot near", "3 jump_shot 25-27",
        "3 jump_shot 40+",
    ]  # fmt: skip


@pytest.mark.parametrize(("value", "below"), [(2, 5.99), (3, 23.99)])
def test_an_unknown_distance_is_the_same_as_one_too_short_to_be_printed(value: int, below: float) -> None:
    script = Script()
    for feet in (None, 0.0, below):
        script.shot(200, HOME, 11, made=False, value=value, distance_ft=feet)
    assert len(set(levels(script, shots.reach))) == 1


def test_what_a_make_alone_brings_with_it_changes_nothing() -> None:
    script = Script().shot(200, HOME, 11, made=True, assist_id=12, description="Jump Shot (2 PTS)")
    script.play("timeout").shot(190, HOME, 11, made=False, block_id=21, description="MISS Shot - blocked")
    model = shipped()
    first, second = model.probability(attempts(script))
    assert first == second


def test_how_the_ball_was_won_and_how_fast_the_shot_followed() -> None:
    script = Script().play("rebound", 280, HOME, by=11, subtype="offensive").shot(278, HOME, 11, made=False)
    script.play("rebound", 270, HOME, by=11, subtype="offensive").shot(265, HOME, 11, made=False)
    script.play("turnover", 260, AWAY, by=21, steal_id=12).sub(260, AWAY, 21, 26).shot(
        256, HOME, 11, made=False
    )
    script.play("turnover", 250, AWAY, by=22, steal_id=12).shot(243, HOME, 11, made=False)
    script.play("turnover", 240, AWAY, by=22).shot(238, HOME, 11, made=False)
    script.play("rebound", 230, AWAY, by=21, subtype="defensive").shot(227, AWAY, 21, made=False)
    script.play("rebound", 220, AWAY, by=21, subtype="defensive").shot(213, AWAY, 21, made=False)
    script.play("rebound", 210, AWAY, subtype="defensive").shot(188, AWAY, 21, made=False)
    script.play("rebound", 180, AWAY, subtype="offensive").shot(179, HOME, 11, made=False)
    assert levels(script, shots.origin) == [
        "putback", "second chance", "steal, fast", "steal, early", "set", "rebound, fast", "rebound, early",
        "late clock", "set",
    ]  # fmt: skip


def test_the_first_shot_of_a_period_has_no_origin() -> None:
    script = Script(period=1).play("rebound", 0, HOME, by=11, subtype="offensive").goto(2, 720)
    assert levels(script.shot(720, HOME, 11, made=False), shots.origin) == ["set"]


def test_the_buzzer_and_the_game_situation() -> None:
    script = Script(period=3).shot(1, HOME, 11, made=False).shot(3, HOME, 11, made=False)
    script.goto(4, 720).shot(6, HOME, 11, made=False).lead(9, 0).shot(400, HOME, 11, made=False)
    assert levels(script, shots.time_left) == ["<=1 s", "<=3 s", "<=6 s", "enough"]
    assert levels(script, shots.situation) == ["other", "other", "clutch", "other"]


def test_free_throws_are_told_by_their_turn() -> None:
    script = Script()
    for subtype in ("1_of_2", "flagrant_2_of_2", "technical", "technical_1_of_2", "for_2", "", None):
        script.free_throw(HOME, 11, made=True, subtype=subtype)  # type: ignore[arg-type]  # a blank one too
    assert levels(script, shots.throw) == [
        "1 of 2",
        "2 of 2",
        "technical",
        "technical",
        "other",
        "other",
        "other",
    ]
