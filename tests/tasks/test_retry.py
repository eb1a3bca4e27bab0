"""What becomes of failures."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poise_sdk.errors import Fatal, NeedsReauth, Retriable, Skippable
from tasks.retry import Backoff, Bury, Retry, Skip, decide

BACKOFF = Backoff(base_s=1.0, cap_s=60.0)


def judge(error: BaseException, *, attempt: int = 1, max_attempts: int = 3) -> Retry | Bury | Skip:
    return decide(error, attempt=attempt, max_attempts=max_attempts, backoff=BACKOFF, rng=random.Random(1))


@given(st.integers(1, 5_000), st.integers())
def test_a_delay_lies_between_nothing_and_the_doubled_and_capped_ceiling(attempt: int, seed: int) -> None:
    delay = BACKOFF.delay_s(attempt, random.Random(seed))
    assert 0.0 <= delay <= BACKOFF.ceiling_s(attempt) <= 60.0


def test_the_ceiling_doubles_until_it_is_capped() -> None:
    assert [BACKOFF.ceiling_s(n) for n in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_delays_are_spread_over_the_whole_range() -> None:
    rng = random.Random(7)
    delays = [BACKOFF.delay_s(6, rng) for _ in range(400)]
    assert min(delays) < 3 < 29 < max(delays)


def test_an_unknown_error_is_tried_again_until_the_last_attempt() -> None:
    assert isinstance(judge(ValueError("x"), attempt=2), Retry)
    assert judge(ValueError("x"), attempt=3) == Bury()


@pytest.mark.parametrize("error", [Fatal("x"), NeedsReauth("x")])
def test_what_cannot_be_cured_by_trying_is_dead_at_once(error: Exception) -> None:
    assert judge(error) == Bury()


def test_the_pause_a_vendor_asks_for_is_kept() -> None:
    assert judge(Retriable("x", after=123.0)) == Retry(123.0)
    assert judge(Retriable("x", after=0.0)) == Retry(0.0)
    assert judge(Retriable("x", after=123.0), attempt=3) == Bury()


def test_a_pause_nobody_asked_for_is_backoff() -> None:
    decision = judge(Retriable("x"))
    assert isinstance(decision, Retry)
    assert 0 <= decision.after_s <= 1


def test_what_can_be_skipped_is_done_with_a_note() -> None:
    assert judge(Skippable("no such game"), attempt=3) == Skip("no such game")


def test_a_group_is_as_final_as_its_most_final_member() -> None:
    assert judge(ExceptionGroup("g", [Retriable("x", after=5), Fatal("y")])) == Bury()
    assert judge(ExceptionGroup("g", [Retriable("x", after=5), Retriable("y", after=9)])) == Retry(9)
    assert judge(ExceptionGroup("g", [Skippable("a"), ExceptionGroup("h", [Skippable("b")])])) == Skip("a; b")
    assert isinstance(judge(ExceptionGroup("g", [Skippable("a"), ValueError("b")])), Retry)
