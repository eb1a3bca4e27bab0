"""The conformance suite as a whole: what it asks of authors, and that right adapters pass."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio.lowlevel
import httpcore
import msgspec
import polars
import pyarrow
import pytest

from poise_sdk.adapter import Adapter, GameFeedAdapter
from poise_sdk.observations import Origin, Reading, ReadingTable
from poise_sdk.records import Normalized, RawDocument
from poise_sdk.testing.guard import Impure, pure
from poise_sdk.testing.mutations import Loss, damaged_rows, rubbish, truncated
from poise_sdk.testing.samples import load_samples
from poise_sdk.testing.suite import adapter_suite
from poise_sdk.testing.tables import told
from tests.sdk.courtside import GAME, PACKAGE

pytest_plugins = ["pytester"]

#: httpx imports these at its first request. A run inside this run forgets what it imported, and two
#: copies of one exception class would not know each other.
IMPORTED_BEFORE = (httpcore, anyio.lowlevel)


def test_a_right_adapter_passes_everything(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Our plugin and no other: quicker, and as a plain author's run would be.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.syspathinsert(PACKAGE)
    shutil.copytree(PACKAGE / "tests", pytester.path / "tests")  # here no configuration of ours applies
    options = ("-p", "poise_sdk.testing.plugin", "-p", "no:cacheprovider")
    pytester.runpytest_inprocess(*options).assert_outcomes(passed=19)


def test_a_feed_without_routes_cannot_be_tried() -> None:
    class Feed(GameFeedAdapter):
        name, title, version = "feed", "Feed", "1"

        def normalize(self, document: RawDocument) -> Normalized:
            return Normalized()

        def connect(self, config: object) -> None:  # type: ignore[override]  # only that it is there
            raise NotImplementedError

    with pytest.raises(ValueError, match="has a feed: give game_id= and routes="):
        adapter_suite(Feed, samples=[GAME])


def test_only_adapters_have_a_suite() -> None:
    with pytest.raises(ValueError, match="neither a GameFeedAdapter nor a WearableAdapter"):
        adapter_suite(Adapter, samples=[GAME])  # type: ignore[arg-type]  # that it is refused is what is tested


def test_a_suite_without_samples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no samples"):
        load_samples(tmp_path)
    with pytest.raises(ValueError, match="two samples of one name"):
        load_samples([GAME, GAME])


def test_the_damage_is_the_same_in_every_run_and_always_damage() -> None:
    table = RawDocument(name="t.csv", content=b"id,points\n1,2\n2,3\n3,0\n")
    flat = RawDocument(name="body.json", content=b'{"id": "b", "kg": 81, "cm": 191, "at": "2025-01-01"}')
    markup = RawDocument(
        name="x.xml", content=b'<all>\n<r type="hr" value="61"/>\n<r type="kg" value="81"/></all>'
    )
    binary = RawDocument(name="a.fit", content=bytes(range(7, 200)))
    for sample in (GAME, table, flat, markup, binary):
        first, second = list(damaged_rows(sample, 64)), list(damaged_rows(sample, 64))
        assert first == second
        assert len(first) == 64
        assert len({damage.document.content for damage in first}) > 20
        assert list(rubbish(sample)) == list(rubbish(sample))
        broken = [*rubbish(sample), *truncated(sample)]
        assert all(damage.document.content != sample.content for damage in broken)


def test_absent_values_and_whole_rows_are_told_apart() -> None:
    damages = list(damaged_rows(GAME, 64))
    assert {damage.loss for damage in damages if damage.what.startswith("no field")} == {Loss.ROW}
    assert {damage.loss for damage in damages if damage.what.startswith("-1 as field")} == {Loss.RECORD}
    markup = RawDocument(name="x.xml", content=b'<r type="hr" value="61"/>')
    assert {damage.loss for damage in damaged_rows(markup, 8)} == {Loss.ANY}


@pytest.mark.parametrize("make", [polars.DataFrame, pyarrow.table])
def test_a_table_means_its_readings(make: Callable[[dict[str, list[object]]], Any]) -> None:
    at = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    columns: dict[str, list[object]] = {"metric": ["hr_bpm"] * 2, "start_at": [at] * 2, "value": [61.0, 62.0]}
    reading = Reading(start_at=at, metric="hr_bpm", value=61.0, origin=Origin.FILE)
    readings = told([reading, ReadingTable(data=make(columns), rows=2)])
    assert readings == [reading, reading, msgspec.structs.replace(reading, value=62.0)]
    odd = ReadingTable(data=make({**columns, "bpm": [1, 2]}), rows=2)
    with pytest.raises(ValueError, match=r"odd columns .*'bpm'"):
        told([odd])


def test_the_guard_lets_pure_work_pass_and_stops_the_rest(tmp_path: Path) -> None:
    with pure():
        assert sorted([2, 1]) == [1, 2]
    with pytest.raises(Impure), pure():
        (tmp_path / "x").write_text("x")
    (tmp_path / "x").write_text("outside the guard everything is allowed")
