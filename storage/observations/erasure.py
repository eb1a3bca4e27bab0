"""Erasing a person: all that was observed of them, the documents it came from, and their name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from poise_sdk.records import RawDocument
from storage import archive
from storage.arrow import execute, query
from storage.connect import Connection
from storage.observations.removal import forget_athlete

__all__ = ["drop_unowned", "erase_athlete"]


# A refused row is told with its value: the lists of the athlete's jobs go too, the jobs themselves stay.
_REJECTIONS: Final = """
DELETE FROM job_rejections AS r USING jobs AS j
WHERE r.job_id = j.id AND (
  j.args ->> 'athlete_id' = $1::bigint::text
  OR j.args ->> 'connection_id' IN (SELECT id::text FROM connections WHERE athlete_id = $1)
)
"""


def erase_athlete(c: Connection, kept: archive.Archive, athlete_id: int) -> int:
    """Erase an athlete with every observation and raw document; how many records and readings those were.

    Connections, credentials, sync states, events and tokens go along. Commits. Whoever stores something of
    the athlete at this moment is waited for, whoever comes later meets
    :class:`~storage.observations.AthleteGone`: nothing of them is left behind.
    """
    gone = forget_athlete(c, athlete_id)
    execute(c, _REJECTIONS, athlete_id)
    execute(c, "DELETE FROM athletes WHERE id = $1", athlete_id)
    archive.forget(c, kept, gone.documents)
    c.commit()
    return gone.rows


def drop_unowned(c: Connection, kept: archive.Archive, documents: Sequence[RawDocument]) -> None:
    """Take documents out of the archive again that nobody's observations come from. Commits."""
    hashes = [archive.sha256(document) for document in documents]
    owned = query(
        c, "SELECT DISTINCT sha256 FROM observation_documents WHERE sha256 = ANY($1::text[])", hashes
    )
    archive.forget(c, kept, sorted({*hashes}.difference(owned["sha256"])))
    c.commit()
