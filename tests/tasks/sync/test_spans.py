from __future__ import annotations

import datetime as dt

from poise_sdk.vocabulary import DataType
from tasks.sync.spans import EMPTY, FIRST, History, Span, has_history, spans_of_sync, window_before

NOW = dt.datetime(2025, 6, 1, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
MONTH = 30 * DAY


def spans(synced_until: dt.datetime | None, interrupted: Span | None = None) -> list[tuple[float, float]]:
    found = spans_of_sync(
        NOW, synced_until=synced_until, interrupted=interrupted, overlap=2 * DAY, window=MONTH
    )
    return [((NOW - one.since) / DAY, (NOW - one.until) / DAY) for one in found]


def test_the_first_sync_asks_for_the_last_days() -> None:
    assert spans(None) == [(FIRST / DAY, 0)]


def test_a_sync_begins_an_overlap_before_the_last_one() -> None:
    assert spans(NOW - DAY) == [(3, 0)]


def test_a_clock_that_was_ahead_costs_nothing() -> None:
    assert spans(NOW + DAY) == [(2, 0)]


def test_a_long_absence_is_made_up_for_in_windows_oldest_first() -> None:
    assert spans(NOW - 70 * DAY) == [(72, 42), (42, 12), (12, 0)]


def test_an_interrupted_span_comes_first_and_the_rest_follows_it() -> None:
    interrupted = Span(since=NOW - 9 * DAY, until=NOW - 3 * DAY, cursor="page 3")
    assert spans(NOW - 9 * DAY, interrupted) == [(9, 3), (5, 0)]
    just_now = Span(since=NOW - 9 * DAY, until=NOW - dt.timedelta(minutes=1), cursor="page 3")
    assert len(spans(None, just_now)) == 1


def windows(history: History, backfill_days: int | None, *, holds: float = 0) -> tuple[list[float], History]:
    """The ages at which all windows begin, where the vendor has ``holds`` days of data."""
    begins = []
    while window := window_before(history, now=NOW, backfill_days=backfill_days, window=MONTH):
        begins.append((NOW - window.since) / DAY)
        history = history.after(window, empty=window.until <= NOW - holds * DAY)
    return begins, history


def test_history_is_asked_for_back_to_what_the_vendor_keeps() -> None:
    begins, _ = windows(History(asked_to=NOW, found_to=NOW), 100)
    assert begins == [30, 60, 90, 100]


def test_history_without_a_bound_ends_at_the_first_empty_year() -> None:
    begins, history = windows(History(asked_to=NOW, found_to=NOW), None, holds=50)
    # found something in the second window, then nothing in the thirteen that make a year
    assert begins == [30 * n for n in range(1, 16)]
    assert history.found_to == NOW - 60 * DAY
    assert history.found_to - history.asked_to >= EMPTY


def test_a_break_of_less_than_a_year_does_not_end_history() -> None:
    history = History(asked_to=NOW - 330 * DAY, found_to=NOW)
    assert window_before(history, now=NOW, backfill_days=None, window=MONTH) is not None


def test_history_never_ends_before_wearables_existed() -> None:
    begins, _ = windows(History(asked_to=NOW, found_to=NOW), None, holds=100_000)
    assert NOW - begins[-1] * DAY == dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def test_a_profile_has_no_history() -> None:
    assert not has_history(DataType.PROFILE)
    assert has_history(DataType.SLEEP)
