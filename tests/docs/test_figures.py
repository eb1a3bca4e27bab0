"""The figures in the documents are those of the code and of what was measured."""

from __future__ import annotations

import polars as pl

from analytics.clutch import LEAGUE, shipped
from analytics.clutch.leaders import MINIMUM_SHARE, SKILL_SD
from analytics.clutch.score import ACTIONS, SUCCESSES, scored
from scripts.coverage import between, render
from storage.embedded.accounts import _SERVER_ID
from tasks.housekeeping import KEEP_DAYS
from tasks.live.discover import EVERY_S
from tasks.live.follow import SHIFT_S
from tasks.live.pace import CALM_S, CLUTCH_S, CORRECTIONS_S, LONGEST_S
from tasks.options import WorkerOptions
from tasks.train import FEWEST_GAMES
from tests.docs.documents import ROOT, flat, read

CLUTCH = read(ROOT / "docs" / "clutch.md")
OPERATIONS = flat(read(ROOT / "docs" / "operations.md"))
DECISIONS = flat(read(ROOT / "DECISIONS.md"))


def test_the_coverage_tables_are_what_the_adapters_say() -> None:
    assert between(read(ROOT / "README.md")) == render()


def test_the_quality_of_expected_points_is_what_the_model_was_judged_to_have() -> None:
    provenance = shipped().provenance
    for name, part in (
        ("field goals", "field_goal"),
        ("field goals in the clutch", "field_goal_clutch"),
        ("free throws", "free_throw"),
    ):
        model, means = provenance["quality"][part]["model"], provenance["quality"][part]["by_value"]
        figures = (model["brier"], means["brier"], model["ece"], model["bias"])
        cells = " | ".join(f"{figure:z.4f}" for figure in figures)
        assert f"| {name} | {model['n']:,} | {cells} |" in CLUTCH
    trained, tested = " and ".join(provenance["trained_on"]), provenance["tested_on"][0]
    games = f"{provenance['train_games']:,} games of {trained} and judged on the {provenance['test_games']:,}"
    assert f"{games} of {tested}" in flat(CLUTCH)


def test_an_assist_alone_scores_what_the_guide_says() -> None:
    nothing = dict.fromkeys({*ACTIONS, *SUCCESSES, "pts"}, 0)
    line = pl.DataFrame([{**nothing, "ast": 1, "expected_points": 0.0}])
    assert f"whose only action is one assist scores {scored(line)['score'].item():.0f}" in CLUTCH


def test_the_definition_and_the_board_are_the_codes() -> None:
    words = {4: "fourth", 5: "five", 0.25: "a quarter"}
    period, minutes, margin = (
        words[n] for n in (LEAGUE.min_period, LEAGUE.last_seconds // 60, LEAGUE.margin)
    )
    rule = (
        f"the {period} period or overtime, {minutes} minutes or less to play, {margin} points or less apart"
    )
    assert rule in flat(CLUTCH)
    assert f"**{words[MINIMUM_SHARE]} as many games" in flat(CLUTCH)
    assert f"really differ ({SKILL_SD} points an attempt)" in flat(CLUTCH)
    assert f"(at least {FEWEST_GAMES} games)" in flat(CLUTCH)


def test_the_times_are_the_codes() -> None:
    assert f"reads the scoreboard every {EVERY_S:g} seconds" in OPERATIONS
    assert f"every {CLUTCH_S:g} seconds while it is clutch, every {CALM_S:g} otherwise" in OPERATIONS
    assert (LONGEST_S, CORRECTIONS_S) == (60, 3600), "docs/operations.md says a minute and an hour"
    assert f"lease of {WorkerOptions().lease_s:g} s" in OPERATIONS
    assert f"forgotten after {KEEP_DAYS} days" in OPERATIONS
    assert f"user id {_SERVER_ID}" in OPERATIONS
    assert f"runs as {_SERVER_ID}" in DECISIONS
    assert SHIFT_S == 300, "DECISIONS.md says that a poller's shift is five minutes"
