"""``poise export`` and ``poise simulate``."""

from __future__ import annotations

import asyncio
import csv
import datetime as dt
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx
import polars as pl
import pytest

from server.cli import simulate
from tests.cli.armband import RingAdapter, RingVendor
from tests.cli.conftest import Poise, assert_refused
from tests.cli.vendor import NIGHTS, Armband, Browser, site


def test_an_export_holds_the_numbers_that_came_in(
    poise: Poise, armband: Armband, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    poise("athletes", "add", "Ann Lee")
    poise("connect", "armband", "--athlete", "Ann Lee", "--wait")
    done = poise("export", "--athlete", "ann lee", "--format", "csv", "--print", "json")
    assert done.code == 0
    written = {row["table"]: row for row in done.json}
    assert written["nights"]["rows"] == NIGHTS
    assert written["nights"]["file"] == "poise-ann-lee/nights.csv"
    assert "rows of Ann Lee are in poise-ann-lee" in done.err
    with (tmp_path / "poise-ann-lee" / "nights.csv").open() as file:
        nights = list(csv.DictReader(file))
    assert len(nights) == NIGHTS
    assert {row["vendor"] for row in nights} == {"armband"}
    assert all(float(row["asleep_min"]) == 400 + int(row["source_id"][-2:]) for row in nights)

    assert_refused(poise("export", "--athlete", "Ann Lee"), "poise-ann-lee is not empty", "--force")
    assert poise("export", "--athlete", "Ann Lee", "--force").code == 0
    assert poise("export", "--athlete", "Ann Lee", "--format", "parquet", "--out", "there").code == 0
    frame = pl.read_parquet(tmp_path / "there" / "nights.parquet")
    assert sorted(frame["source_id"]) == sorted(row["source_id"] for row in nights)


def test_somebody_unknown_is_not_exported(
    poise: Poise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(poise("export", "--athlete", "Ann"), "no athlete is called 'Ann'")
    assert list(tmp_path.iterdir()) == []


def test_a_vendor_is_simulated_until_it_is_told_to_stop(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "server.cli", "simulate", "ring", "--athletes", "2", "--speed", "0"]
    environment = {**os.environ, "PYTHONPATH": str(site(tmp_path))}
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as simulating:
        try:
            assert simulating.stdout is not None
            first = simulating.stdout.readline()
            assert first.startswith("Ring is simulated at http://127.0.0.1:"), first
            assert "with 2 athletes; Ctrl-C ends it" in first
            url = first.split()[4]
            assert httpx.get(f"{url}/clock", trust_env=False).json() == 0
            simulating.send_signal(signal.SIGINT)
            said, _ = simulating.communicate(timeout=60)
            assert simulating.returncode == 0
            assert said.splitlines() == [
                "client id ring-app",
                "client secret ring-secret",
                f"echo ring-secret | poise vendors configure ring --client-id ring-app --base-url {url}",
                "poise connect ring --athlete NAME",
            ]
        finally:
            simulating.kill()


async def test_a_simulated_vendor_s_clock_runs_as_fast_as_it_was_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(simulate, "TICK_S", 0.01)
    begun = dt.datetime(2031, 5, 1, tzinfo=dt.UTC)
    vendor = RingVendor(0, 1, begun)
    running = asyncio.create_task(simulate.run_vendor(RingAdapter(), vendor, 3600.0))
    async with asyncio.timeout(30):
        while vendor.now - begun < dt.timedelta(minutes=2):  # noqa: ASYNC110  # a clock tells nobody
            await asyncio.sleep(0.01)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def test_only_vendors_that_can_be_simulated_are_offered(poise: Poise, stranger_vendors: None) -> None:
    helped = poise("simulate", "--help")
    assert "Be Ring, on loopback" in helped.out
    assert "league" in helped.out
    assert "armband" not in helped.out
    assert poise("simulate", "armband").code == 2
