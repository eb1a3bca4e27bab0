"""Tokens for apps that post data by themselves."""

from __future__ import annotations

from storage.connect import rows
from storage.people import athletes, ingest_tokens
from storage.people.ingest_tokens import IngestGrant


async def test_a_token_stands_for_one_athlete_and_vendor_until_it_is_revoked(db: str) -> None:
    ann = await athletes.add("Ann")
    token = await ingest_tokens.create(ann.id, "apple_health")
    other = await ingest_tokens.create(ann.id, "garmin")
    assert token != other
    assert await ingest_tokens.verify(token.reveal()) == IngestGrant(ann.id, "apple_health")
    assert await ingest_tokens.verify(other.reveal()) == IngestGrant(ann.id, "garmin")
    for wrong in ("", token.reveal()[:-1], token.reveal() + "x", repr(token)):
        assert await ingest_tokens.verify(wrong) is None
    assert await ingest_tokens.revoke(ann.id, "apple_health") == 1
    assert await ingest_tokens.verify(token.reveal()) is None
    assert await ingest_tokens.verify(other.reveal()) is not None


async def test_only_the_hash_of_a_token_is_kept_and_when_it_was_used(db: str) -> None:
    ann = await athletes.add("Ann")
    token = await ingest_tokens.create(ann.id, "apple_health")
    (row,) = await rows("SELECT * FROM ingest_tokens")
    assert row["last_used_at"] is None
    assert token.reveal() not in str(row)
    await ingest_tokens.verify(token.reveal())
    used = (await rows("SELECT last_used_at FROM ingest_tokens"))[0]["last_used_at"]
    assert used is not None
    await ingest_tokens.verify(token.reveal())
    assert (await rows("SELECT last_used_at FROM ingest_tokens"))[0]["last_used_at"] == used
