"""Files on their way in: bounded, streamed, in a place of their own, and gone if nobody wants them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from server.settings import Limits
from server.uploads import proper_name
from storage import ledger
from tests.server.clients import Api
from tests.server.conftest import Settings, running, serving
from tests.server.stranger import registry

UPLOAD = """
mutation($input: ExportUploadInput!) {
  exportUpload(input: $input) { job { kind state } errors { code message field } }
}
"""
PREFLIGHT = {"graphql-require-preflight": "1"}
LIMITS = Limits(upload_bytes=3_000_000, multipart_bytes=200_000, multipart_files=2, ingest_bytes=1_000)


@pytest.fixture
def home(ward: str) -> str:
    return ward


@pytest.fixture
async def api(settings: Settings, house: Path) -> AsyncIterator[Api]:
    async with serving(settings(limits=LIMITS), registry()) as made:
        yield made


def kept(house: Path) -> list[Path]:
    """What lies in the folder of uploads."""
    return sorted(path for path in (house / "uploads").glob("*/*"))


def left(house: Path) -> list[Path]:
    """What lies there at all."""
    return sorted((house / "uploads").glob("*"))


async def upload(api: Api, body: Any, *, athlete: str = "1", name: str = "export.zip", **headers: str) -> Any:
    return await api.http.post(
        f"/uploads/tidewatch?athlete={athlete}&name={name}", content=body, headers=headers
    )


async def test_a_file_is_streamed_to_disk_and_imported_by_a_job(api: Api, house: Path):
    async def body() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"PK" + b"x" * 99_998

    answer = await upload(api, body())
    assert answer.status_code == 202, answer.text
    told = answer.json()
    [path] = kept(house)
    assert (path.name, path.stat().st_size, told["bytes"]) == ("export.zip", 2_000_000, 2_000_000)
    assert path.parent.stat().st_mode & 0o077 == 0
    [job] = (await ledger.list_jobs()).jobs
    assert job.kind == "wearables.import"
    assert job.args == {"vendor": "tidewatch", "paths": [str(path)], "athlete_id": 1}
    followed = await api.data(told["follow"]["query"], id=told["job"]["id"])
    assert followed["job"]["state"] == "QUEUED"


@pytest.mark.parametrize(
    ("body", "ending"),
    [
        (b"PK\x03\x04", ".zip"),
        (b"\xef\xbb\xbf{}", ".json"),
        (b"<?xml?>", ".xml"),
        (b"a,b\n1,2", ".csv"),
        (b"?", ".bin"),
    ],
)
async def test_a_file_without_a_name_gets_the_ending_of_what_it_is(
    api: Api, house: Path, body: bytes, ending: str
):
    answer = await api.http.post("/uploads/tidewatch?athlete=1", content=body)
    assert answer.status_code == 202
    assert [path.name for path in kept(house)] == [f"upload{ending}"]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("a.zip", "a.zip"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\my export.zip", "my export.zip"),
        ("..", None),
        ("", None),
        (None, None),
        (".part", "part"),
        ("a\x00\x1bb\n.zip", "a__b_.zip"),
        ("Füße 👟.zip", "Füße _.zip"),
        ("x" * 500 + ".zip", "x" * 116 + ".zip"),
    ],
)
def test_a_name_is_a_name_and_no_path(given: str | None, name: str | None):
    assert proper_name(given) == name


@pytest.mark.parametrize("announced", [True, False])
async def test_a_file_that_is_too_large_is_refused_and_leaves_nothing(api: Api, house: Path, announced: bool):
    async def body() -> AsyncIterator[bytes]:
        for _ in range(31):
            yield b"x" * 100_000

    answer = await upload(api, b"x" * 3_000_001 if announced else body())
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "LIMIT_EXCEEDED")
    assert left(house) == []
    assert (await ledger.list_jobs()).jobs == ()


async def test_a_file_for_nobody_is_refused(api: Api, house: Path):
    for path, status in [
        ("/uploads/nobody?athlete=1", 404),
        ("/uploads/harbour?athlete=1", 400),
        ("/uploads/tidewatch", 400),
        ("/uploads/tidewatch?athlete=x", 400),
        ("/uploads/tidewatch?athlete=999", 404),
        ("/uploads/tidewatch?athlete=0", 403),
    ]:
        answer = await api.http.post(path, content=b"PK")
        assert answer.status_code == status
        assert left(house) == []


async def test_what_another_pages_form_could_send_is_refused(api: Api, house: Path):
    for kind in ("text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"):
        assert (await upload(api, b"PK", **{"content-type": kind})).status_code == 415
    foreign = await upload(api, b"PK", origin="https://evil.example")
    assert foreign.status_code == 403
    packed = await upload(api, b"PK", **{"content-encoding": "gzip"})
    assert packed.status_code == 415
    assert (await upload(api, b"")).status_code == 400
    assert left(house) == []


@contextlib.contextmanager
def disk_of(size: int) -> Iterator[None]:
    """Files of this process cannot grow beyond ``size``, as if the disk were full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_is_said_to_be_one_and_nothing_is_left(api: Api, house: Path):
    with disk_of(500_000):
        answer = await upload(api, b"x" * 2_000_000)
        form = await post_form(api, b"y" * 150_000)
    assert answer.status_code == 507
    assert form.status_code == 200, "a smaller file still fits"
    assert len(left(house)) == 1


async def test_a_client_that_leaves_in_the_middle_leaves_nothing(settings: Settings, house: Path):
    async with running(settings(limits=LIMITS), registry()) as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(
            b"POST /uploads/tidewatch?athlete=1&name=a.zip HTTP/1.1\r\nhost: 127.0.0.1\r\n"
            b"content-length: 2000000\r\n\r\n" + b"x" * 1_100_000
        )
        await writer.drain()
        await until(lambda: len(kept(house)) == 1)
        writer.close()
        await until(lambda: left(house) == [])
        assert (await ledger.list_jobs()).jobs == ()


async def until(holds: Any) -> None:
    """Wait for it, but not for ever."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - the file system is polled
            await asyncio.sleep(0.01)


async def test_a_server_can_be_told_to_take_no_files(settings: Settings, house: Path):
    async with serving(settings(uploads=False), registry()) as api:
        assert (await upload(api, b"PK")).status_code == 403
        assert (await post_form(api, b"PK")).status_code == 415
        [error] = (await token(api))["errors"]
        assert error["code"] == "DISABLED"


async def post_form(
    api: Api,
    content: bytes = b"PK",
    *,
    operations: Any = None,
    mapping: Any = None,
    headers: dict[str, str] | None = PREFLIGHT,
    name: str = "export.zip",
) -> Any:
    given = {"input": {"athlete": "1", "vendor": "tidewatch", "file": None}}
    operations = {"query": UPLOAD, "variables": given} if operations is None else operations
    mapping = {"0": ["variables.input.file"]} if mapping is None else mapping
    files = {
        "operations": (None, operations if isinstance(operations, str) else json.dumps(operations)),
        "map": (None, mapping if isinstance(mapping, str) else json.dumps(mapping)),
        "0": (name, content),
    }
    return await api.http.post("/graphql", files=files, headers=headers or {})


async def test_a_file_comes_along_with_a_mutation(api: Api, house: Path):
    answer = await post_form(api, b"PK" + b"x" * 100_000)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["exportUpload"] == {
        "job": {"kind": "wearables.import", "state": "QUEUED"},
        "errors": [],
    }
    [path] = kept(house)
    assert (path.name, path.stat().st_size) == ("export.zip", 100_002)
    [job] = (await ledger.list_jobs()).jobs
    assert job.args["paths"] == [str(path)]


async def test_a_form_that_any_page_could_send_is_refused(api: Api, house: Path):
    answer = await post_form(api, headers=None)
    assert answer.status_code == 415
    assert "graphql-require-preflight" in answer.text
    for name in ("apollo-require-preflight", "x-apollo-operation-name"):
        assert (await post_form(api, headers={name: "x"})).status_code == 200
    assert len(left(house)) == 2


async def test_a_malformed_form_is_refused_and_leaves_nothing(api: Api, house: Path):
    for form, status in [
        ({"operations": "{"}, 400),
        ({"operations": "[]"}, 400),
        ({"operations": [{"query": UPLOAD}]}, 400),
        ({"operations": {"query": UPLOAD, "variables": {"input": {"file": "x"}}}}, 400),
        ({"mapping": "{"}, 400),
        ({"mapping": {"0": "variables.input.file"}}, 400),
        ({"mapping": {"0": ["query"]}}, 400),
        ({"mapping": {"0": ["variables.file"]}}, 400),
        ({"mapping": {"0": ["variables.input.file.name"]}}, 400),
        ({"mapping": {"0": ["variables.input.file"] * 2}}, 400),
        ({"mapping": {"1": ["variables.input.file"]}}, 400),
        ({"mapping": {"0": ["variables.input.file"], "1": ["variables.input.vendor"]}}, 400),
        ({"mapping": {"0": [f"variables.{n}" for n in range(50)]}}, 400),
        ({"content": b"x" * 200_001}, 413),
    ]:
        answer = await post_form(api, **form)
        assert answer.status_code == status, answer.text
        assert answer.json()["errors"][0]["message"]
        assert left(house) == []


async def test_what_is_no_form_is_refused(api: Api, house: Path):
    for body in [
        b"",
        b"--b\r\n",
        b"--b\r\ncontent-disposition: form-data\r\n\r\nx\r\n--b--\r\n",
        b'--b\r\ncontent-disposition: form-data; name="0"\r\n\r\nx\r\n--b--\r\n',
        b'--b\r\ncontent-disposition: form-data; name="map"\r\n\r\n{}\r\n--b--\r\n',
        b'--b\r\ncontent-disposition: form-data; name="operations"\r\n\r\n{}\r\n--b--\r\n',
        b"--b\r\n" + b"x" * 9_000 + b": y\r\n",
        b"rubbish",
    ]:
        headers = {**PREFLIGHT, "content-type": "multipart/form-data; boundary=b"}
        answer = await api.http.post("/graphql", content=body, headers=headers)
        assert answer.status_code == 400, answer.text
        assert left(house) == []


async def test_a_form_without_a_boundary_is_refused(api: Api):
    headers = {**PREFLIGHT, "content-type": "multipart/form-data"}
    assert (await api.http.post("/graphql", content=b"x", headers=headers)).status_code == 400


async def test_a_file_that_no_mutation_takes_is_removed(api: Api, house: Path):
    given = {"input": {"athlete": "999", "vendor": "tidewatch", "file": None}}
    answer = await post_form(api, operations={"query": UPLOAD, "variables": given})
    [error] = answer.json()["data"]["exportUpload"]["errors"]
    assert (error["code"], error["field"]) == ("NOT_FOUND", "athlete")
    invalid = await post_form(
        api, operations={"query": "{ nothing }", "variables": {"input": {"file": None}}}
    )
    assert "errors" in invalid.json()
    empty = await post_form(api, b"")
    assert [one["field"] for one in empty.json()["data"]["exportUpload"]["errors"]] == ["file"]
    assert left(house) == []


async def test_more_files_than_may_are_refused(api: Api, house: Path):
    query = "query($a: [Upload!]) { __typename }"
    operations = {"query": query, "variables": {"a": [None, None, None]}}
    mapping = {str(n): [f"variables.a.{n}"] for n in range(3)}
    files: dict[str, Any] = {
        "operations": (None, json.dumps(operations)),
        "map": (None, json.dumps(mapping)),
        **{str(n): (f"{n}.zip", b"PK") for n in range(3)},
    }
    answer = await api.http.post("/graphql", files=files, headers=PREFLIGHT)
    assert answer.status_code == 413
    assert left(house) == []


async def test_a_file_without_a_form_is_a_wrong_variable(api: Api):
    given = {"athlete": "1", "vendor": "tidewatch", "file": "x"}
    [error] = await api.errors(UPLOAD, input=given)
    assert "multipart" in error["message"]


TOKEN = """
mutation($input: IngestTokenCreateInput!) {
  ingestTokenCreate(input: $input) { token url errors { code field } }
}
"""


REVOKE = """
mutation($input: IngestTokenRevokeInput!) {
  ingestTokenRevoke(input: $input) { revoked errors { code field } }
}
"""


async def token(api: Api, athlete: str = "1", vendor: str = "tidewatch") -> Any:
    made = await api.data(TOKEN, input={"athlete": athlete, "vendor": vendor})
    return made["ingestTokenCreate"]


async def test_an_app_posts_with_a_token_of_its_own(api: Api, house: Path):
    made = await token(api)
    assert made["url"] == "http://127.0.0.1:8000/ingest/tidewatch"
    bearer = {"authorization": f"Bearer {made['token']}"}
    answer = await api.http.post("/ingest/tidewatch", json={"data": {"metrics": []}}, headers=bearer)
    assert answer.status_code == 202, answer.text
    [path] = kept(house)
    assert (path.name, json.loads(path.read_bytes())) == ("ingest.json", {"data": {"metrics": []}})
    [job] = (await ledger.list_jobs()).jobs
    assert (job.kind, job.args["athlete_id"]) == ("wearables.import", 1)


async def test_a_token_is_needed_and_is_for_one_vendor_and_may_end(api: Api, house: Path):
    made = await token(api)
    good = f"Bearer {made['token']}"
    for given, vendor in (
        (None, "tidewatch"),
        ("Bearer x", "tidewatch"),
        (f"Basic {made['token']}", "tidewatch"),
        (good, "rude"),
    ):
        headers = {"authorization": given} if given else {}
        answer = await api.http.post(f"/ingest/{vendor}", content=b"{}", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    large = await api.http.post("/ingest/tidewatch", content=b"x" * 1_001, headers={"authorization": good})
    assert large.status_code == 413
    for revoked in (1, 0):
        done = await api.data(REVOKE, input={"athlete": "1", "vendor": "tidewatch"})
        assert done["ingestTokenRevoke"] == {"revoked": revoked, "errors": []}
    ended = await api.http.post("/ingest/tidewatch", content=b"{}", headers={"authorization": good})
    assert ended.status_code == 401
    assert left(house) == []


async def test_a_token_is_for_somebody_and_a_vendor_with_files(api: Api):
    for change, code in (({"athlete": "999"}, "NOT_FOUND"), ({"vendor": "harbour"}, "DISABLED")):
        [error] = (await token(api, **change))["errors"]
        assert error["code"] == code
    done = await api.data(REVOKE, input={"athlete": "999", "vendor": "tidewatch"})
    assert done["ingestTokenRevoke"] == {"revoked": 0, "errors": [{"code": "NOT_FOUND", "field": "athlete"}]}
