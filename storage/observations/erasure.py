"""Erasing a person: all that was observed of them, the documents it came from, and their name."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
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

_FILES: Final = """
SELECT DISTINCT jsonb_array_elements_text(args -> 'paths') AS path FROM jobs
WHERE kind = 'wearables.import' AND args ->> 'athlete_id' = $1::bigint::text
"""


def erase_athlete(c: Connection, kept: archive.Archive, uploads: Path, athlete_id: int) -> int:
    """Erase an athlete with every observation and raw document; how many records and readings those were.

    Connections, credentials, sync states, events and tokens go along, and the files that were uploaded for
    them into the folder ``uploads``. Commits. Whoever stores something of
    the athlete at this moment is waited for, whoever comes later meets
    :class:`~storage.observations.AthleteGone`: nothing of them is left behind.
    """
    gone = forget_athlete(c, athlete_id)
    files = query(c, _FILES, athlete_id)["path"]
    execute(c, _REJECTIONS, athlete_id)
    execute(c, "DELETE FROM athletes WHERE id = $1", athlete_id)
    archive.forget(c, kept, gone.documents)
    c.commit()
    for home in {Path(path).parent for path in files}:
        if home.parent == uploads:  # a file that lies elsewhere is somebody's own
            shutil.rmtree(home, ignore_errors=True)
    return gone.rows


def drop_unowned(c: Connection, kept: archive.Archive, documents: Sequence[RawDocument]) -> None:
    """Take documents out of the archive again that nobody's observations come from. Commits."""
    hashes = [archive.sha256(document) for document in documents]
    owned = query(
        c, "SELECT DISTINCT sha256 FROM observation_documents WHERE sha256 = ANY($1::text[])", hashes
    )
    archive.forget(c, kept, sorted({*hashes}.difference(owned["sha256"])))
    c.commit()
