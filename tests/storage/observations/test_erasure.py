"""Erasing an athlete while somebody is at storing what was observed of them."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from poise_sdk.records import RawDocument
from storage import archive
from storage.arrow import execute, query
from storage.connect import Connection, connect
from storage.observations import AthleteGone, drop_unowned, erase_athlete, keep_document, store_document
from tests.storage.observations.invented import ATHLETE, night, sourced, store


def names(c: Connection) -> list[int]:
    return sorted(query(c, "SELECT id FROM athletes")["id"])


def test_whoever_stores_is_waited_for_and_whoever_comes_later_is_told(
    c: Connection, observations_url: str, tmp_path: Path
) -> None:
    kept = archive.Archive(str(tmp_path))
    mine, late = RawDocument(name="a", content=b"mine"), RawDocument(name="b", content=b"late")
    keep_document(c, kept, "band", mine)
    c.commit()
    with closing(connect(observations_url)) as other, ThreadPoolExecutor(1) as threads:
        store_document(c, sourced(), mine, [night()])
        erased = threads.submit(erase_athlete, other, kept, tmp_path / "uploads", ATHLETE)
        waiting = (
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        with closing(connect(observations_url)) as looking:
            while query(looking, waiting).is_empty() and not erased.done():
                looking.rollback()
        c.commit()
        assert erased.result() == 1
    assert names(c) == [ATHLETE + 1]
    for table in ("nights", "daily_values", "observation_documents", "raw_documents"):
        assert query(c, f"SELECT 1 FROM {table}").is_empty(), table
    assert not list(tmp_path.rglob("*.zst"))
    keep_document(c, kept, "band", late)
    c.commit()
    with pytest.raises(AthleteGone, match="the athlete has been erased: nothing more is stored"):
        store(c, [night()], name="late")
    c.rollback()
    assert query(c, "SELECT 1 FROM nights").is_empty()
    drop_unowned(c, kept, [late])
    assert not list(tmp_path.rglob("*.zst"))


def test_what_was_uploaded_and_refused_of_them_goes_and_the_jobs_stay(c: Connection, tmp_path: Path) -> None:
    connection = query(
        c, "INSERT INTO connections (athlete_id, vendor) VALUES ($1, 'band') RETURNING id", ATHLETE
    )["id"][0]
    uploads, own = tmp_path / "uploads" / "a1", tmp_path / "own" / "b2"
    for home in (uploads, own):
        home.mkdir(parents=True)
        (home / "export.zip").touch()
    paths = [str(home / "export.zip") for home in (uploads, own)]
    told = [
        {"athlete_id": ATHLETE, "paths": paths},
        {"connection_id": connection},
        {"athlete_id": ATHLETE + 1},
        {},
    ]
    jobs = [str(uuid.uuid4()) for _ in told]
    for job, args in zip(jobs, told, strict=True):
        execute(
            c,
            "INSERT INTO jobs (id, kind, args, max_attempts, timeout_s) "
            "VALUES ($1::text::uuid, 'wearables.import', $2::text::jsonb, 1, 1)",
            job,
            json.dumps(args),
        )
        execute(
            c,
            "INSERT INTO job_rejections (job_id, n, file, reason) VALUES ($1::text::uuid, 1, 'f', 'HR 400')",
            job,
        )
    erase_athlete(c, archive.Archive(str(tmp_path)), tmp_path / "uploads", ATHLETE)
    assert not uploads.exists(), "what was uploaded here goes"
    assert (own / "export.zip").exists(), "a file that lies elsewhere does not"
    left = query(c, "SELECT job_id::text AS job FROM job_rejections")["job"]
    assert sorted(left) == sorted(jobs[2:])
    assert query(c, "SELECT count(*) AS n FROM jobs")["n"][0] == len(jobs)
    execute(c, "DELETE FROM jobs")
    c.commit()


def test_a_document_of_somebody_erased_goes_unless_it_is_anothers_too(c: Connection, tmp_path: Path) -> None:
    kept = archive.Archive(str(tmp_path))
    lost, shared = RawDocument(name="a", content=b"lost"), RawDocument(name="b", content=b"shared")
    for document in (lost, shared):
        keep_document(c, kept, "band", document)
    store_document(c, sourced(athlete_id=ATHLETE + 1), shared, [night()])
    drop_unowned(c, kept, [lost, shared])
    assert query(c, "SELECT sha256 FROM raw_documents")["sha256"].to_list() == [archive.sha256(shared)]
    assert len(list(tmp_path.rglob("*.zst"))) == 1
