"""The index of raw documents that observations come from."""

from __future__ import annotations

from typing import Final

import adbc_driver_manager.dbapi as adbc

from poise_sdk.errors import Fatal
from poise_sdk.records import RawDocument
from poise_sdk.vocabulary import DataType
from storage import archive
from storage.arrow import execute, query
from storage.connect import Connection
from storage.observations.outcome import Sourced, Told

__all__ = ["AthleteGone", "begin_document", "finish_document", "keep_document", "known_document"]


_FOREIGN_KEY: Final = "23503"


class AthleteGone(Fatal):
    """Whose observations were to be stored has been erased; the transaction can only be rolled back."""


def known_document(
    c: Connection, athlete_id: int, vendor: str, sha256: str, adapter_version: str
) -> int | None:
    """How many rows a document held whose every row this version of the adapter has stored, else ``None``."""
    found = query(
        c,
        "SELECT rows FROM observation_documents WHERE athlete_id = $1 AND vendor = $2 AND sha256 = $3 "
        "AND adapter_version = $4 AND complete",
        athlete_id,
        vendor,
        sha256,
        adapter_version,
    )
    return None if found.is_empty() else int(found["rows"][0])


def keep_document(c: Connection, where: archive.Archive, vendor: str, document: RawDocument) -> str:
    """Archive a document's bytes and enter it into the archive's index; return its hash."""
    return archive.keep(c, where, vendor, [document])[0]


def begin_document(
    c: Connection, sourced: Sourced, document: RawDocument, data_type: DataType | None
) -> tuple[int, bool]:
    """Enter a document; return its id and whether another version of the adapter has read it before.

    Raises :class:`AthleteGone`.
    """
    try:
        return _entered(c, sourced, document, data_type)
    except adbc.IntegrityError as error:
        if error.sqlstate != _FOREIGN_KEY:
            raise
        raise AthleteGone("the athlete has been erased: nothing more is stored") from error


def _entered(
    c: Connection, sourced: Sourced, document: RawDocument, data_type: DataType | None
) -> tuple[int, bool]:
    found = query(
        c,
        "WITH former AS (SELECT id, adapter_version FROM observation_documents "
        "  WHERE athlete_id = $1 AND vendor = $2 AND sha256 = $4), "
        "entered AS (INSERT INTO observation_documents AS t "
        "  (athlete_id, vendor, connection_id, sha256, name, data_type, adapter_version, received_at) "
        "  VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (athlete_id, vendor, sha256) DO UPDATE SET "
        "  connection_id = coalesce(excluded.connection_id, t.connection_id), "
        "  adapter_version = excluded.adapter_version, complete = false RETURNING id) "
        "SELECT e.id, f.adapter_version FROM entered e LEFT JOIN former f ON f.id = e.id",
        sourced.athlete_id,
        sourced.vendor,
        sourced.connection_id,
        archive.sha256(document),
        document.name.replace("\0", ""),
        data_type,
        sourced.adapter_version,
        sourced.received_at,
    )
    former = found["adapter_version"][0]
    return int(found["id"][0]), former is not None and former != sourced.adapter_version


def finish_document(c: Connection, document: int, told: Told, *, complete: bool) -> None:
    """Note how many rows it held, and whether it need not be read again."""
    execute(
        c,
        "UPDATE observation_documents SET rows = $2, complete = $3 WHERE id = $1",
        document,
        told.rows,
        complete,
    )
