"""``poise athletes``."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.people.keys import KEY_FILE
from tests.cli.conftest import Poise, assert_refused
from tests.cli.vendor import Armband, Browser


def test_athletes_are_added_listed_and_changed(poise: Poise) -> None:
    assert poise("athletes", "list", "--format", "json").json == []
    done = poise("athletes", "add", "Ann Lee", "--time-zone", "berlin/europe")
    assert_refused(done, "no time zone is called 'berlin/europe'")
    done = poise("athletes", "add", "Ann Lee", "--time-zone", "europe/berlin", "--player", "23")
    assert (done.code, done.out) == (0, "Ann Lee is athlete 1, in Europe/Berlin\n")
    assert poise("athletes", "add", "Bob", "--format", "json").json["id"] == 2
    assert_refused(poise("athletes", "add", "Bob"), "somebody is called 'Bob' already", "choose another name")

    listed = poise("athletes", "list", "--format", "csv")
    assert listed.header == ["id", "name", "time_zone", "player_id", "vendors", "created_at"]
    assert [(row["name"], row["time_zone"], row["player_id"]) for row in listed.table] == [
        ("Ann Lee", "Europe/Berlin", "23"),
        ("Bob", "UTC", ""),
    ]
    assert "Ann Lee" in poise("athletes", "list").out

    done = poise("athletes", "edit", "bob", "--rename", "Rob", "--time-zone", "Asia/Tokyo", "--player", "7")
    assert done.out == "Rob is athlete 2, in Asia/Tokyo\n"
    assert_refused(poise("athletes", "edit", "Rbo", "--rename", "x"), "no athlete is called 'Rbo'", "Rob?")


def test_an_athlete_is_erased_with_everything_about_them(
    poise: Poise, armband: Armband, browser: Browser, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Ann", "Bob"):
        poise("athletes", "add", name)
        browser.account = {"Ann": "u1", "Bob": "u2"}[name]
        poise("connect", "armband", "--athlete", name)
        assert poise("sync", "--athlete", name, "--wait").code == 0
    assert len(list((data / "archive").rglob("*.zst"))) == 1  # the same nights, told of two people

    monkeypatch.setattr("sys.stdin", _Says("n\n"))
    refused = poise("athletes", "remove", "Ann")
    assert refused.code == 1
    assert "Erase Ann and everything about them?" in refused.err
    assert "error nothing was erased" in refused.err
    done = poise("athletes", "remove", "Ann", "--yes")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Ann is erased: ")
    assert not armband.consent.connected("u1")
    assert armband.consent.connected("u2")
    assert [row["name"] for row in poise("athletes", "list", "--format", "csv").table] == ["Bob"]
    assert_refused(poise("athletes", "remove", "Ann", "--yes"), "no athlete is called 'Ann'")
    assert len(list((data / "archive").rglob("*.zst"))) == 1

    poise("athletes", "remove", "Bob", "--yes")
    assert list((data / "archive").rglob("*.zst")) == []
    assert not (data / KEY_FILE).exists()  # the keys were given


def test_a_vendor_that_does_not_answer_does_not_keep_an_athlete(
    poise: Poise, armband: Armband, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from poise_sdk.simulation import Fault
    from server.cli import athletes

    poise("athletes", "add", "Ann")
    poise("connect", "armband", "--athlete", "Ann")
    monkeypatch.setattr(athletes, "FAREWELL_S", 1.0)
    armband.vendor.faults.add(Fault.status(503), times=100)
    done = poise("athletes", "remove", "Ann", "--yes")
    assert done.code == 0
    assert "a vendor does not answer: end the connection in its own app" in " ".join(done.err.split())
    assert poise("athletes", "list", "--format", "json").json == []
    assert poise("jobs", "list", "--state", "queued", "--kind", "sync.revoke", "--format", "json").json == []


def test_an_app_gets_a_token_for_one_athlete_until_it_is_revoked(poise: Poise) -> None:
    poise("athletes", "add", "Ann")
    made = poise("athletes", "token", "ann")
    assert made.code == 0
    assert made.out.startswith("poise_ingest_")
    assert len(made.out.split()) == 1
    assert "POST /ingest/apple_health" in " ".join(made.err.split())
    ended = poise("athletes", "token", "Ann", "--vendor", "apple_health", "--revoke")
    assert ended.out == "1 of Ann's tokens for apple_health ended\n"
    assert_refused(poise("athletes", "token", "Ann", "--vendor", "catapult"), "has no files to import")
    assert_refused(poise("athletes", "token", "Bob"), "no athlete is called 'Bob'")


class _Says:
    """Somebody at the keyboard."""

    def __init__(self, text: str) -> None:
        self._text = text

    def readline(self, *_: object) -> str:
        said, self._text = self._text, ""
        return said

    def isatty(self) -> bool:
        return True
