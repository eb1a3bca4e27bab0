"""The raw archive: what goes in comes out, and nothing else does."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import pytest
import zstandard

from poise_sdk.records import RawDocument
from storage import archive
from storage.archive import Archive, CorruptDocument, MissingDocument
from storage.arrow import query
from storage.connect import connect

DOCUMENT = RawDocument(name="game.json", content=b'{"plays": []}' * 1000)


def files(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def test_a_document_comes_back_as_it_went_in(tmp_path: Path) -> None:
    kept = Archive(str(tmp_path / "archive"))
    digest = kept.put("nba_stats", DOCUMENT)
    assert digest == archive.sha256(DOCUMENT)
    assert kept.get(digest) == DOCUMENT.content
    assert kept.get(digest, vendor="nba_stats") == DOCUMENT.content
    assert Archive((tmp_path / "archive").as_uri()).get(digest) == DOCUMENT.content


def test_putting_twice_leaves_one_file_in_its_place(tmp_path: Path) -> None:
    kept = Archive(str(tmp_path))
    first, second = kept.put("nba_stats", DOCUMENT), kept.put("nba_stats", DOCUMENT)
    assert first == second
    assert files(tmp_path) == [Path("nba_stats", first[:2], first[2:4], f"{first}.zst")]
    assert (tmp_path / files(tmp_path)[0]).stat().st_size < len(DOCUMENT.content) / 10


def test_a_forgotten_document_is_gone_from_folder_and_index(database_url: str, tmp_path: Path) -> None:
    kept = Archive(str(tmp_path))
    other = RawDocument(name="other.json", content=b"[]")
    with closing(connect(database_url)) as c:
        gone, stays = archive.keep(c, kept, "whoop", [DOCUMENT, other])
        archive.mark_seen(c, {gone: 3, stays: 1}, "1")
        c.commit()
        assert archive.forget(c, kept, [gone, "0" * 64]) == 1
        c.rollback()  # killed here: the next time finds the rest
        assert archive.forget(c, kept, [gone]) == 1
        c.commit()
        assert archive.forget(c, kept, [gone]) == 0
        assert archive.seen(c, [gone, stays], "1") == {stays: 1}
    with pytest.raises(MissingDocument):
        kept.get(gone)
    assert kept.get(stays) == b"[]"


def test_an_empty_document_is_a_document(tmp_path: Path) -> None:
    kept = Archive(str(tmp_path))
    assert kept.get(kept.put("nba_stats", RawDocument(name="empty", content=b""))) == b""


def test_a_document_nobody_put_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingDocument):
        Archive(str(tmp_path)).get("0" * 64)


def test_a_file_that_was_tampered_with_or_cut_is_refused_and_mended_by_the_next_put(tmp_path: Path) -> None:
    kept = Archive(str(tmp_path))
    digest = kept.put("nba_stats", DOCUMENT)
    path = tmp_path / archive.location("nba_stats", digest)
    whole = path.read_bytes()
    for damaged in (zstandard.compress(b"something else"), whole[:-8], b"", b"no zstd at all"):
        path.write_bytes(damaged)
        with pytest.raises(CorruptDocument):
            kept.get(digest)
    kept.put("nba_stats", DOCUMENT)
    assert kept.get(digest) == DOCUMENT.content


def test_a_document_that_would_unpack_without_bounds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Archive(str(tmp_path))
    digest = kept.put("nba_stats", DOCUMENT)
    monkeypatch.setattr(archive, "MOST_BYTES", 100)
    with pytest.raises(CorruptDocument, match="claims to hold 13000 bytes"):
        kept.get(digest)
    # a frame that does not say its size must not be unpacked further than the bound either
    silent = zstandard.ZstdCompressor(write_content_size=False).compress(DOCUMENT.content)
    (tmp_path / archive.location("nba_stats", digest)).write_bytes(silent)
    with pytest.raises(CorruptDocument):
        kept.get(digest)


@pytest.mark.parametrize("vendor", ["../up", "a/b", "", ".hidden", "NBA"])
def test_a_vendors_name_cannot_lead_out_of_the_archive(tmp_path: Path, vendor: str) -> None:
    with pytest.raises(ValueError, match="no vendor's name"):
        Archive(str(tmp_path / "archive")).put(vendor, DOCUMENT)
    assert files(tmp_path) == []


def test_a_place_that_is_neither_folder_nor_bucket_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a folder or s3://"):
        Archive("ftp://example.org/archive")


def test_the_index_keeps_the_first_entry_and_seen_tells_versions_apart(
    tmp_path: Path, database_url: str
) -> None:
    other = RawDocument(name="other.json", content=b"{}")
    with closing(connect(database_url)) as c:
        kept = Archive(str(tmp_path))
        hashes = archive.keep(c, kept, "nba_stats", [DOCUMENT, other, DOCUMENT])
        assert hashes == [archive.sha256(DOCUMENT), archive.sha256(other), archive.sha256(DOCUMENT)]
        before = query(c, "SELECT * FROM raw_documents ORDER BY name")
        assert before["name"].to_list() == ["game.json", "other.json"]
        assert before["size"].to_list() == [13000, 2]
        renamed = RawDocument(name="renamed.json", content=DOCUMENT.content)
        assert archive.index(c, "nba_stats", [renamed]) == 0
        assert query(c, "SELECT * FROM raw_documents ORDER BY name").equals(before)

        archive.mark_seen(c, {hashes[0]: 520}, "1.0")
        assert archive.seen(c, hashes, "1.0") == {hashes[0]: 520}
        assert archive.seen(c, hashes, "1.1") == {}
        assert archive.seen(c, [], "1.0") == {}


class Bucket(http.server.BaseHTTPRequestHandler):
    """As much of S3 as an archive needs: PUT and GET of objects, and the list of the top folders."""

    objects: ClassVar[dict[str, bytes]] = {}
    signed: ClassVar[list[bool]] = []

    def do_PUT(self) -> None:
        self.objects[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.signed.append("AWS4-HMAC-SHA256" in self.headers.get("Authorization", ""))
        self._answer(200, b"")

    def do_GET(self) -> None:
        if "list-type=2" in self.path:
            return self._answer(
                200,
                b"<ListBucketResult><Name>b</Name><Prefix>deep/</Prefix><KeyCount>1</KeyCount>"
                b"<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>"
                b"<CommonPrefixes><Prefix>deep/nba_stats/</Prefix></CommonPrefixes></ListBucketResult>",
            )
        content = self.objects.get(self.path)
        return self._answer(404, b"") if content is None else self._answer(200, content)

    def _answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", '"e"')
        self.send_header("Last-Modified", "Mon, 03 Nov 2031 19:30:00 GMT")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    Bucket.objects.clear()
    Bucket.signed.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bucket) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "eu-central-1",
        }.items():
            monkeypatch.setenv(name, value)
        yield "s3://bucket/deep"
        server.shutdown()
        thread.join()


def test_a_bucket_serves_as_well_as_a_folder(bucket: str) -> None:
    kept = Archive(bucket)
    documents = [RawDocument(name=f"{n}.json", content=b"x" * n) for n in range(20)]
    hashes = kept.put_many("nba_stats", documents)
    assert set(Bucket.objects) == {f"/bucket/deep/{archive.location('nba_stats', one)}" for one in hashes}
    assert Bucket.signed == [True] * 20
    assert [kept.get(one) for one in hashes] == [one.content for one in documents]
    with pytest.raises(MissingDocument):
        kept.get("0" * 64)
