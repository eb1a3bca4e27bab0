"""The raw archive: every vendor document as it arrived, under the hash of its bytes.

Layout ``<vendor>/aa/bb/<sha256>.zst`` in a local folder or an S3-compatible bucket (credentials,
region and endpoint from the usual ``AWS_…`` variables). A file is written under another name and
renamed, so a killed process leaves whole files or none. It is not forced to the disk one by one:
thousands are written in an import, and a document lost with the machine's power is found out on
reading (the hash is always verified) and written again when it next arrives.

The index (``raw_documents``) and the note of what has been normalised by which version of an
adapter (``normalised_documents``) are rows of the database and belong to the caller's transaction.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
import polars as pl
import zstandard
from obstore.store import LocalStore, ObjectStore, from_url

from poise_sdk.records import RawDocument
from storage.arrow import execute, query
from storage.bulk import upsert
from storage.connect import Connection

__all__ = [
    "Archive",
    "CorruptDocument",
    "MissingDocument",
    "forget",
    "index",
    "keep",
    "location",
    "mark_seen",
    "seen",
    "sha256",
]

#: No document may unpack to more: a season's schedule has 4 MB, the largest archive CSV 60 MB.
MOST_BYTES = 512 * 1024 * 1024
#: zstd's default: on play-by-play JSON within a few per cent of the higher levels at their speed's multiple.
_LEVEL = 3
#: A bucket answers in tens of milliseconds, mostly waiting: so many requests at once.
_REMOTE_WRITERS = 16

_VENDOR = re.compile(r"[a-z0-9][a-z0-9_-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class MissingDocument(LookupError):
    """The archive has no document of that hash."""


class CorruptDocument(ValueError):
    """What lies under a hash is not what was put there."""


def sha256(document: RawDocument) -> str:
    """The hash under which ``document`` is archived."""
    return hashlib.sha256(document.content).hexdigest()


class Archive:
    """An archive at ``url``: a folder (path or ``file://``, made if absent) or ``s3://bucket/prefix``.

    Safe for several threads and processes at once; two that put one document write the same bytes.
    """

    def __init__(self, url: str) -> None:
        self._store, self._local = _open(url)

    def put(self, vendor: str, document: RawDocument) -> str:
        """Archive one document and return its hash; a second time changes nothing."""
        return self.put_many(vendor, [document])[0]

    def put_many(self, vendor: str, documents: Sequence[RawDocument]) -> list[str]:
        """Archive documents and return their hashes in order. Raises obstore's errors."""
        hashes = [sha256(document) for document in documents]
        unique = dict(zip(hashes, documents, strict=True))
        if self._local or len(unique) < 2:
            for digest, document in unique.items():
                self._write(vendor, digest, document)
        else:
            with ThreadPoolExecutor(_REMOTE_WRITERS) as threads:
                list(threads.map(lambda item: self._write(vendor, *item), unique.items()))
        return hashes

    def get(self, digest: str, *, vendor: str | None = None) -> bytes:
        """Return the bytes archived under ``digest``; looks through all vendors unless told which.

        Raises :class:`MissingDocument` or :class:`CorruptDocument`.
        """
        for one in [vendor] if vendor else self._vendors():
            try:
                packed = bytes(obstore.get(self._store, location(one, digest)).bytes())
            except FileNotFoundError:
                continue
            return _unpacked(packed, digest)
        raise MissingDocument(f"the archive has no document {digest}")

    def remove(self, vendor: str, digest: str) -> None:
        """Erase a document; one that is not there is as good."""
        with suppress(FileNotFoundError):
            obstore.delete(self._store, location(vendor, digest))

    def _write(self, vendor: str, digest: str, document: RawDocument) -> None:
        packed = zstandard.ZstdCompressor(level=_LEVEL).compress(document.content)
        obstore.put(self._store, location(vendor, digest), packed, use_multipart=False)

    def _vendors(self) -> list[str]:
        return sorted(obstore.list_with_delimiter(self._store)["common_prefixes"])


def location(vendor: str, digest: str) -> str:
    """Where a document lies, relative to the archive. Raises ``ValueError`` for what is no name or hash."""
    if not _VENDOR.fullmatch(vendor):
        raise ValueError(f"{vendor!r} is no vendor's name")
    if not _SHA256.fullmatch(digest):
        raise ValueError(f"{digest!r} is no SHA-256")
    return f"{vendor}/{digest[:2]}/{digest[2:4]}/{digest}.zst"


def keep(c: Connection, archive: Archive, vendor: str, documents: Sequence[RawDocument]) -> list[str]:
    """Archive documents and enter them into the index; return their hashes in order."""
    hashes = archive.put_many(vendor, documents)
    index(c, vendor, documents)
    return hashes


def index(c: Connection, vendor: str, documents: Sequence[RawDocument]) -> int:
    """Enter archived documents into ``raw_documents``; return how many were not there before."""
    hashes = [sha256(document) for document in documents]
    frame = pl.DataFrame(
        {
            "sha256": hashes,
            "vendor": [vendor] * len(hashes),
            "name": [document.name.replace("\0", "") for document in documents],
            "size": [len(document.content) for document in documents],
            "location": [location(vendor, digest) for digest in hashes],
            "stored_at": [dt.datetime.now(dt.UTC)] * len(hashes),
        },
        schema={
            "sha256": pl.String(),
            "vendor": pl.String(),
            "name": pl.String(),
            "size": pl.Int64(),
            "location": pl.String(),
            "stored_at": pl.Datetime("us", "UTC"),
        },
    )
    first = {name: f"t.{name}" for name in ("vendor", "name", "location", "stored_at")}
    return upsert(c, "raw_documents", frame, key=("sha256",), merge=first).inserted


def forget(c: Connection, archive: Archive, hashes: Sequence[str]) -> int:
    """Erase documents, then their entries in the index and what was noted of them; how many there were.

    In this order: whoever is killed in between finds the entries again, and what is left of the documents.
    """
    found = query(c, "SELECT vendor, sha256 FROM raw_documents WHERE sha256 = ANY($1::text[])", list(hashes))
    for vendor, digest in found.iter_rows():
        archive.remove(vendor, digest)
    for table in ("normalised_documents", "raw_documents"):
        execute(c, f"DELETE FROM {table} WHERE sha256 = ANY($1::text[])", list(hashes))  # noqa: S608 - constants
    return found.height


def seen(c: Connection, hashes: Sequence[str], adapter_version: str) -> dict[str, int]:
    """Which of ``hashes`` this version of an adapter has stored the rows of, and how many those were."""
    found = query(
        c,
        "SELECT sha256, rows FROM normalised_documents "
        "WHERE sha256 = ANY($1::text[]) AND adapter_version = $2",
        list(hashes),
        adapter_version,
    )
    return dict(found.iter_rows())


def mark_seen(c: Connection, rows: Mapping[str, int], adapter_version: str) -> None:
    """Note that documents (hash → rows held) are stored, in the transaction that stores them."""
    frame = pl.DataFrame(
        {"sha256": list(rows), "rows": list(rows.values())},
        schema={"sha256": pl.String(), "rows": pl.Int32()},
    ).with_columns(adapter_version=pl.lit(adapter_version))
    upsert(c, "normalised_documents", frame, key=("sha256", "adapter_version"))


def _open(url: str) -> tuple[ObjectStore, bool]:
    parts = urlsplit(url)
    if parts.scheme in ("", "file"):
        folder = Path(unquote(parts.path) if parts.scheme else url)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return LocalStore(folder.resolve()), True
    if parts.scheme in ("s3", "s3a"):
        return from_url(url), False
    raise ValueError(f"an archive is a folder or s3://…, not {parts.scheme}://…")


def _unpacked(packed: bytes, digest: str) -> bytes:
    try:
        # The frame says its size, and the decompressor allots no more than that.
        size = zstandard.get_frame_parameters(packed).content_size
        if size > MOST_BYTES:
            raise CorruptDocument(f"document {digest} claims to hold {size} bytes")
        content = zstandard.ZstdDecompressor().decompress(packed, max_output_size=MOST_BYTES)
    except zstandard.ZstdError as error:
        raise CorruptDocument(f"document {digest} cannot be unpacked: {error}") from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise CorruptDocument(f"what is archived as {digest} has another hash")
    return content
