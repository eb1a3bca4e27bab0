"""Importing files of games: read, archived, translated, stored; then scored.

The job's own process only reads; children translate and store, a batch a transaction. A batch that
was stored is skipped when the import is begun again (its documents are known by their hash), so an
import may be killed anywhere and repeated at will.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from adapters.host import load_registry
from poise_sdk.adapter import GameFeedAdapter
from poise_sdk.records import Normalized, RawDocument, Rejected
from storage import archive
from storage.arrow import query
from storage.connect import Connection, connect
from storage.games import Stored, store
from tasks.connections import kept_connection
from tasks.context import JobContext
from tasks.registry import job
from tasks.score import score_all
from tasks.threads import in_thread

__all__ = ["FileReport", "archive_url", "import_games", "named", "store_batch", "translate"]

#: One transaction's worth: enough rows that their number costs nothing, few enough to hold in memory.
BATCH_DOCUMENTS: Final = 48
BATCH_BYTES: Final = 24 * 2**20
BATCH_REFUSED: Final = 1_000

#: Files listed by name in a job's result; a folder of more is summed up under one entry.
LISTED_FILES: Final = 5_000
REST: Final = "(further files)"


class FileReport(msgspec.Struct, kw_only=True):
    """What became of one file's rows; ``rows`` is the sum of the other three.

    A row is a play; in a document without plays (a box score, a schedule) a game.
    """

    rows: int = 0
    stored: int = 0
    """New, or changed something."""
    unchanged: int = 0
    rejected: int = 0

    def add(self, other: FileReport) -> None:
        """Add the counts of ``other`` to these."""
        self.rows += other.rows
        self.stored += other.stored
        self.unchanged += other.unchanged
        self.rejected += other.rejected


class BatchReport(msgspec.Struct, kw_only=True):
    """What became of one batch."""

    files: dict[str, FileReport]
    rejected: list[Rejected]


@job("games.import", timeout_s=3600, max_attempts=8)
async def import_games(context: JobContext, args: dict[str, Any]) -> dict[str, Any]:
    """Import the files, folders and archives ``paths`` with the adapter ``vendor``, then score what is due.

    The result is ``{"files": {name: {"rows", "stored", "unchanged", "rejected"}}, "scored": …}``; the
    rejected rows are in the ledger's list.
    """
    vendor, paths = str(args["vendor"]), [Path(path) for path in args["paths"]]
    adapter = load_registry().game_feed(vendor)
    url = context.endpoints.database_url
    files: dict[str, FileReport] = {}
    done = 0
    # Two batches wait while two are stored: reading stays ahead, memory stays flat.
    places = asyncio.Semaphore(2 * context.pool.size)

    async def take(report: BatchReport, documents: int) -> None:
        nonlocal done
        for name, counts in report.files.items():
            _list(files, name).add(counts)
        await context.reject(report.rejected)
        done += documents
        context.progress(done, total, "importing")

    async def one(fresh: Sequence[RawDocument]) -> None:
        try:
            report = await context.pool.run(store_batch, url, archive_url(context), vendor, fresh)
        finally:
            places.release()
        await take(report, len(fresh))

    total = await in_thread(_count, paths, adapter.accepts)
    reader = _Reader(url, adapter, paths)
    try:
        async with asyncio.TaskGroup() as group:
            while (batch := await in_thread(reader.next_batch)) is not None:
                await take(batch.known, batch.skipped)
                if batch.fresh:
                    await places.acquire()
                    group.create_task(one(batch.fresh))
    finally:
        await in_thread(reader.close)
    return {
        "files": {name: msgspec.to_builtins(files[name]) for name in sorted(files)},
        "scored": await score_all(context),
    }


class _Batch(NamedTuple):
    """Some documents as they were read: those to store, and what is said of the others."""

    fresh: list[RawDocument]
    known: BatchReport
    """Of documents whose rows are stored already, and of what could not be read."""
    skipped: int


class _Reader:
    """Reads documents, a batch at a time, and leaves out those whose rows are stored already.

    That is told here, by hash, because a document that is not new need not travel to a child.
    """

    def __init__(self, database_url: str, adapter: GameFeedAdapter, paths: Sequence[Path]) -> None:
        self._c = connect(database_url)
        self._version = _version(adapter)
        self._items = (item for path in paths for item in adapter.read_file(path))

    def next_batch(self) -> _Batch | None:
        """The next batch, ``None`` after the last."""
        documents: list[RawDocument] = []
        refused: list[Rejected] = []
        size = 0
        for item in self._items:
            if isinstance(item, Rejected):
                refused.append(item)
            else:
                documents.append(item)
                size += len(item.content)
            if len(documents) >= BATCH_DOCUMENTS or size >= BATCH_BYTES or len(refused) >= BATCH_REFUSED:
                break
        if not documents and not refused:
            return None
        hashes = [archive.sha256(document) for document in documents]
        seen = archive.seen(self._c, hashes, self._version)
        self._c.rollback()
        files: dict[str, FileReport] = {}
        for document, sha in zip(documents, hashes, strict=True):
            if sha in seen:
                files.setdefault(document.name, FileReport()).add(
                    FileReport(rows=seen[sha], unchanged=seen[sha])
                )
        for rejection in refused:
            files.setdefault(rejection.file, FileReport()).add(FileReport(rows=1, rejected=1))
        fresh = [document for document, sha in zip(documents, hashes, strict=True) if sha not in seen]
        return _Batch(fresh, BatchReport(files=files, rejected=refused), len(documents) - len(fresh))

    def close(self) -> None:
        """Close the database connection."""
        self._c.close()


def store_batch(
    database_url: str, archive_url: str, vendor: str, documents: Sequence[RawDocument]
) -> BatchReport:
    """Archive, translate and store some documents in one transaction; runs in a child process."""
    adapter = load_registry().game_feed(vendor)
    normalized = [(document, translate(adapter, document)) for document in documents]
    hashes = archive.Archive(archive_url).put_many(vendor, documents)
    with kept_connection(database_url) as c:
        stored = store(c, vendor, [one for _, one in normalized], received_at=dt.datetime.now(dt.UTC))
        archive.index(c, vendor, documents)
        written = _rows_written(c, stored)
        reports = [_report(one, stored, written) for _, one in normalized]
        # What was rejected in part is read again next time, so that its rejections are told again.
        whole = {sha: report.rows for sha, report in zip(hashes, reports, strict=True) if not report.rejected}
        archive.mark_seen(c, whole, _version(adapter))
        c.commit()
    files: dict[str, FileReport] = {}
    for (document, _), report in zip(normalized, reports, strict=True):
        files.setdefault(document.name, FileReport()).add(report)
    rejected = [row for _, one in normalized for row in one.rejected]
    for row in named(stored.rejected, normalized):
        if not _of_a_row(row):
            files[row.file].add(FileReport(rows=1, rejected=1))
        rejected.append(row)
    return BatchReport(files=files, rejected=rejected)


def named(
    refused: Iterable[Rejected], normalized: Sequence[tuple[RawDocument, Normalized]]
) -> list[Rejected]:
    """What the tables refused, under the names of the documents it came from."""
    return [msgspec.structs.replace(row, file=_source(row, normalized)) for row in refused]


def translate(adapter: GameFeedAdapter, document: RawDocument) -> Normalized:
    """What ``document`` says. An adapter that fails on it, which none should, rejects it as a whole."""
    try:
        return adapter.normalize(document)
    except Exception as error:
        reason = f"the adapter {adapter.name} failed: {type(error).__name__}: {error}"
        return Normalized(rejected=(Rejected(file=document.name, reason=reason),))


def archive_url(context: JobContext) -> str:
    """Where raw documents go: as configured, else into the data folder."""
    return context.settings.archive_url or str(context.settings.data / "archive")


def _rows_written(c: Connection, stored: Stored) -> dict[str, int]:
    """How many plays are new or changed, by game: without retractions, which are rows of no document."""
    written = dict(stored.written)
    if stored.plays_retracted:
        retracted = query(
            c,
            "SELECT r.game_id, count(*) AS n FROM play_revisions r JOIN games g ON g.id = r.game_id "
            "WHERE g.id = ANY($1::text[]) AND r.sequence = g.sequence AND r.kind = 'retracted' GROUP BY 1",
            list(written),
        )
        for game_id, n in retracted.iter_rows():
            written[game_id] -= n
    return written


def _report(one: Normalized, stored: Stored, written: Mapping[str, int]) -> FileReport:
    """The rows of one stored document."""
    lost = len(one.rejected)
    foreign = {row.game_id for row in stored.rejected if _is_foreign(row)}
    if one.plays is None:
        refused = sum(game.id in foreign for game in one.games)
        changed = set(stored.changed_games).intersection(game.id for game in one.games)
        return _sum(rows=len(one.games), written=len(changed), refused=refused, lost=lost)
    games = {play.game_id for play in one.plays}
    misfits = sum(row.play is not None and row.game_id in games for row in stored.rejected)
    refused = misfits + sum(play.game_id in foreign for play in one.plays)
    ours = sum(written.get(game, 0) for game in games)
    return _sum(rows=len(one.plays), written=ours, refused=refused, lost=lost)


def _sum(*, rows: int, written: int, refused: int, lost: int) -> FileReport:
    """``rows`` were read, of which the tables ``refused`` some; ``lost`` could not be read."""
    stored = min(written, rows - refused)  # of two documents of one game only the last was written
    return FileReport(
        rows=rows + lost, stored=stored, unchanged=rows - refused - stored, rejected=refused + lost
    )


def _is_foreign(row: Rejected) -> bool:
    """Whether a whole game was refused, because another vendor brought it."""
    return row.game_id is not None and row.play is None and row.field is None


def _of_a_row(row: Rejected) -> bool:
    """Whether what the tables refused is counted among a document's rows; names and rosters are not."""
    return row.play is not None or _is_foreign(row)


def _source(row: Rejected, normalized: Sequence[tuple[RawDocument, Normalized]]) -> str:
    """The document that a record the tables refused came from: the last that speaks of its game."""
    names = [
        document.name
        for document, one in normalized
        if any(game.id == row.game_id for game in one.games)
        or any(play.game_id == row.game_id for play in one.plays or ())
    ]
    return (names or [document.name for document, _ in normalized])[-1]


def _version(adapter: GameFeedAdapter) -> str:
    return f"{adapter.name} {adapter.version}"


def _list(files: dict[str, FileReport], name: str) -> FileReport:
    """The entry for a file; beyond so many files, one entry for all the rest."""
    if name not in files and len(files) >= LISTED_FILES:
        name = REST
    return files.setdefault(name, FileReport())


def _count(paths: Sequence[Path], accepts: Callable[[str], bool]) -> int:
    """How many documents there are, for the progress bar; 0 where only reading an archive would tell."""
    files = [path for path in paths if path.is_file()]
    if any(accepts(path.name) is False or path.suffix.lower() not in (".json", ".csv") for path in files):
        return 0
    folders = [path for path in paths if path.is_dir()]
    inside = sum(accepts(found.name) for folder in folders for found in folder.rglob("*") if found.is_file())
    return len(files) + inside
