"""Why there is no value."""

from __future__ import annotations

import datetime as dt
from contextlib import closing

import pytest

from poise_sdk.observations import Quality, QualityFlag
from poise_sdk.records import RawDocument
from storage.arrow import execute, query
from storage.connect import connect, database
from storage.observations import store_document
from storage.reads.observations import Missing, missing
from tests.storage.observations.invented import ATHLETE, DAY, RECEIVED, night, people, recovery, sourced

NEXT = DAY + dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], Missing(QualityFlag.VENDOR_SILENT, "the vendor has not been asked yet")),
        (
            [("not_shared", None, None)],
            Missing(QualityFlag.NOT_SHARED, "the athlete does not share this with us"),
        ),
        ([("error", "HTTP 500", None)], Missing(None, "the last sync failed: HTTP 500")),
        (
            [("ok", None, dt.datetime(2031, 1, 10, 9, tzinfo=dt.UTC))],
            Missing(QualityFlag.VENDOR_SILENT, "nothing has come since 2031-01-10 09:00 UTC"),
        ),
        (
            [("ok", None, RECEIVED)],
            Missing(QualityFlag.VENDOR_SILENT, "the vendor has no record of this day"),
        ),
    ],
)
async def test_without_a_record_the_sync_says_why(
    database_url: str, states: list[tuple[str, str | None, dt.datetime | None]], expected: Missing
) -> None:
    with closing(connect(database_url)) as c:
        athlete = query(c, "INSERT INTO athletes (name) VALUES ('A') RETURNING id")["id"][0]
        connection = query(
            c, "INSERT INTO connections (athlete_id, vendor) VALUES ($1, 'band') RETURNING id", athlete
        )["id"][0]
        for status, error, last in states:
            execute(
                c,
                "INSERT INTO sync_states (connection_id, data_type, status, error, last_success_at) "
                "VALUES ($1, 'recovery', $2, $3, $4)",
                *(connection, status, error, last),
            )
        c.commit()
    async with database(database_url):
        assert await missing(athlete, DAY, "recovery_pct", "band") == expected
        assert await missing(athlete, DAY, "recovery_pct", "ring") == Missing(
            None, "the vendor is not connected"
        )


async def test_a_record_says_why_itself(database_url: str) -> None:
    nothing = {"recovery_pct": None, "hrv_rmssd_ms": None, "resting_hr_bpm": None}
    unscored = Quality(flag=QualityFlag.UNSCORABLE, detail="too little data")
    with closing(connect(database_url)) as c:
        items = [
            night(sleep_score=300.0),
            recovery("r1", day=DAY, quality=(unscored,), **nothing),
            recovery("r2", day=NEXT, recovery_pct=400.0),
        ]
        people(c, ATHLETE)
        store_document(c, sourced(), RawDocument(name="page", content=b"page"), items)
        c.commit()
    async with database(database_url):
        assert await missing(7, DAY, "recovery_pct", "band") == Missing(
            QualityFlag.UNSCORABLE, "unscorable: too little data"
        )
        assert await missing(7, DAY, "spo2_pct", "band") == Missing(
            QualityFlag.UNSCORABLE, "unscorable: too little data"
        )
        assert await missing(7, NEXT, "recovery_pct", "band") == Missing(
            QualityFlag.IMPLAUSIBLE, "implausible: 400"
        )
        assert await missing(7, DAY, "sleep_score", "band") == Missing(
            QualityFlag.IMPLAUSIBLE, "implausible: 300"
        )
        assert await missing(7, DAY, "asleep_min", "band") is None
