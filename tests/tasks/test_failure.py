"""The text of a failure shows the defect and no secret."""

from __future__ import annotations

import pytest

from tasks.failure import MAX_ERROR_CHARS, describe, redact, secrets_in


def caught(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as same:
        return same


def test_a_traceback_has_type_message_place_and_cause() -> None:
    local_variable = "value-of-a-variable"
    try:
        try:
            int("x" if local_variable else "1")
        except ValueError as cause:
            raise RuntimeError("the outer") from cause
    except RuntimeError as error:
        text = describe(error)
    assert text.rstrip().endswith("RuntimeError: the outer")
    assert "ValueError: invalid literal for int()" in text
    assert "in test_a_traceback_has_type_message_place_and_cause" in text
    assert local_variable not in text


@pytest.mark.parametrize(
    "message",
    [
        "cannot connect to postgresql://poise:S3CRET/x@127.0.0.1:5432/poise",
        "cannot connect to redis://:S3CRET@127.0.0.1/0",
        "GET https://api.example.com/v2/sleep?limit=25&access_token=S3CRET&start=1 failed",
        "headers were {'Authorization': 'Bearer S3CRETS3CRET', 'Accept': '*/*'}",
        "Authorization: Basic S3CRETS3CRET==",
        "sent Bearer S3CRETS3CRET",
        'body {"client_secret": "S3CRET", "grant_type": "refresh_token"}',
        "connect(password='S3CRET', host='h')",
        "api_key=S3CRET",
        "Set-Cookie: sid=S3CRET; HttpOnly",
        "X-Api-Key: S3CRET",
        "token eyJhbGciOiJIUzI1NiJ9S3CRET.eyJzdWIiOiJTM0NSRVQ.S3CRET",
        "known by value: hunterS3CRET",
    ],
)
def test_no_secret_survives_in_a_message(message: str) -> None:
    text = describe(caught(ValueError(message)), secrets=["hunterS3CRET"])
    assert "S3CRET" not in text
    assert "•••" in text
    assert "ValueError" in text


def test_what_is_no_secret_is_left_alone() -> None:
    message = "game 0022400001, play 17: clock 'PT05M61.00S' is no duration; see https://h:80/a?b=1#c"
    assert redact(message) == message


def test_a_secret_in_a_cause_is_hidden_too() -> None:
    outer = RuntimeError("outer")
    outer.__cause__ = caught(ValueError("password=S3CRET"))
    text = describe(caught(outer))
    assert "ValueError: password=•••" in text
    assert "S3CRET" not in text


def test_a_long_traceback_keeps_both_ends() -> None:
    text = describe(caught(ValueError("begin " + "x" * 100_000 + " end")))
    assert len(text) <= MAX_ERROR_CHARS
    assert text.startswith("Traceback")
    assert "… shortened …" in text
    assert text.rstrip().endswith(" end")


def test_passwords_are_known_as_written_and_as_decoded() -> None:
    assert secrets_in(["postgresql://u:p%40ss@h/d", "redis://h/0"]) == {"p%40ss", "p@ss"}


def test_a_secret_too_short_to_be_one_blackens_nothing() -> None:
    assert redact("a message", secrets=["", "a"]) == "a message"
