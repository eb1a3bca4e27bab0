"""Taking pages in, as the child process does it."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import closing
from pathlib import Path

from poise_sdk.records import RawDocument
from poise_sdk.vocabulary import DataType
from storage.arrow import query
from storage.connect import connect
from tasks.sync.intake import Order, take_in
from tests.tasks.sync.conftest import STRANGER

NOW = dt.datetime(2031, 1, 10, tzinfo=dt.UTC)


def test_a_page_of_somebody_erased_meanwhile_is_not_kept(
    stranger: None, database_url: str, tmp_path: Path
) -> None:
    order = Order(
        database_url=database_url,
        archive_url=str(tmp_path),
        vendor=STRANGER,
        athlete_id=1,
        connection_id=1,
        data_type=DataType.SLEEP,
    )
    pages = [RawDocument(name=name, content=json.dumps({"page": name}).encode()) for name in ("one", "two")]
    taken = take_in(order, pages, NOW)
    assert (taken.stored, taken.failure) == (0, "the athlete has been erased: nothing more is stored")
    with closing(connect(database_url)) as c:
        assert query(c, "SELECT 1 FROM raw_documents").is_empty()
    assert list(tmp_path.rglob("*.zst")) == []
