from __future__ import annotations

import datetime as dt
import pickle
from email.utils import format_datetime

import pytest

from poise_sdk.errors import (
    DEFAULT_RATE_LIMIT_PAUSE_S,
    FIREWALL_PAUSE_S,
    MAX_RETRY_AFTER_S,
    STATUS_TABLE,
    Fatal,
    NeedsReauth,
    PoiseError,
    Retriable,
    Skippable,
    from_status,
    looks_like_html,
    retry_after,
)

NOW = dt.datetime(2025, 1, 5, 12, 0, tzinfo=dt.UTC)
HTML = b"\xef\xbb\xbf\n<!DOCTYPE html><html><body>Access Denied</body></html>"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Skippable),
        (401, NeedsReauth),
        (403, NeedsReauth),
        (404, Skippable),
        (408, Retriable),
        (410, Skippable),
        (418, Skippable),
        (429, Retriable),
        (500, Retriable),
        (501, Fatal),
        (502, Retriable),
        (503, Retriable),
        (504, Retriable),
        (520, Retriable),
        (301, Fatal),
        (307, Fatal),
        (600, Fatal),
    ],
)
def test_every_status_says_how_to_recover(status: int, kind: type[PoiseError]) -> None:
    error = from_status(status, what="GET games/17")
    assert type(error) is kind
    assert "GET games/17" in str(error)
    assert str(status) in str(error)


def test_the_table_lists_errors_only() -> None:
    assert all(400 <= status < 600 for status in STATUS_TABLE)


def test_a_403_web_page_is_a_firewall_that_may_open_again() -> None:
    error = from_status(403, body=HTML)
    assert isinstance(error, Retriable)
    assert error.after == FIREWALL_PAUSE_S


def test_a_403_of_an_object_store_means_that_there_is_no_such_document() -> None:
    body = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>'
    assert isinstance(from_status(403, body=body), Skippable)


def test_a_403_of_the_vendor_itself_needs_new_consent() -> None:
    assert isinstance(from_status(403, body=b'{"detail": "membership lapsed"}'), NeedsReauth)


def test_a_429_without_a_pause_gets_the_usual_one() -> None:
    error = from_status(429)
    assert isinstance(error, Retriable)
    assert error.after == DEFAULT_RATE_LIMIT_PAUSE_S


def test_a_503_carries_the_pause_it_asks_for() -> None:
    error = from_status(503, {"Retry-After": "120"})
    assert isinstance(error, Retriable)
    assert error.after == 120


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"retry-after": " 0 "}, 0),
        ({"Retry-After": "-5"}, 0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "999999999"}, MAX_RETRY_AFTER_S),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": ""}, None),
        ({"X-RateLimit-Reset": "41"}, 41),
        ({"X-RateLimit-Reset": "1736078400"}, None),
        ({"Retry-After": "3", "X-RateLimit-Reset": "41"}, 3),
        ({}, None),
    ],
)
def test_the_pause_is_read_from_what_vendors_really_send(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers, now=NOW) == seconds


def test_a_date_is_compared_with_the_vendors_own_clock() -> None:
    until = format_datetime(NOW + dt.timedelta(seconds=90), usegmt=True)
    wrong_clock = NOW + dt.timedelta(days=3)
    headers = {"Retry-After": until, "Date": format_datetime(NOW, usegmt=True)}
    assert retry_after(headers, now=wrong_clock) == 90
    assert retry_after({"Retry-After": until}, now=NOW) == 90


def test_a_date_gone_by_means_at_once() -> None:
    assert retry_after({"Retry-After": "Sun, 05 Jan 2025 11:00:00 GMT"}, now=NOW) == 0


def test_the_hint_is_part_of_the_message() -> None:
    assert str(Skippable("game 17: empty", hint="download it again")) == "game 17: empty (download it again)"
    assert str(Skippable("game 17: empty")) == "game 17: empty"


def test_errors_cross_process_boundaries_whole() -> None:
    error = pickle.loads(pickle.dumps(Retriable("slow down", after=3.0, hint="be patient")))
    assert (type(error), error.message, error.after, error.hint) == (
        Retriable,
        "slow down",
        3.0,
        "be patient",
    )


@pytest.mark.parametrize(
    ("body", "html"),
    [
        (HTML, True),
        (b"<HTML>", True),
        (b"{}", False),
        (b"", False),
        (b"<?xml version='1.0'?><Error/>", False),
    ],
)
def test_a_web_page_is_known_by_its_beginning(body: bytes, html: bool) -> None:
    assert looks_like_html(body) is html
