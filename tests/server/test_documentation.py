"""The documentation for client developers: all of its operations run, all of its limits are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, OperationType, parse

from server.graphql import spans
from server.graphql.daily import freshness
from server.graphql.readings.types import MAX_COLUMN
from server.live.connection import CLOSE_CODES
from server.settings import Limits
from storage import ledger
from storage.people import attempts, vendor_apps
from tests.server import bodies, world
from tests.server.conftest import Settings, running
from tests.server.stranger import CLIENT, registry

PAGE = (Path(__file__).parents[2] / "docs" / "graphql.md").read_text()
EXAMPLES = re.findall(r"^```graphql\n(.+?)^```$", PAGE, re.M | re.S)
VALUES = {
    "season": world.SEASON,
    "game": "g1",
    "player": "101",
    "input": {"key": "crunch", "name": "Crunch time", "lastSeconds": 120, "margin": 3},
    "athlete": "1",
    "since": bodies.TODAY.replace(day=1).isoformat(),
    "begin": {"athlete": "1", "vendor": "tidewatch"},
    "complete": {"session": "none", "state": "none", "code": "none"},
}
#: What a document's example cannot do by itself: finish what nobody has begun.
REFUSED = {"connectionComplete": ["INVALID"]}


@pytest.fixture
def home(database_url: str) -> str:
    world.seed(database_url)
    bodies.seed(database_url, days=2)
    return database_url


def test_there_are_examples():
    assert len(EXAMPLES) == 17


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: re.split(r"[(\s]", text)[1])
async def test_an_example_runs_as_it_stands(settings: Settings, house: Path, example: str):
    [operation] = parse(example).definitions
    assert isinstance(operation, OperationDefinitionNode)
    names = [node.variable.name.value for node in operation.variable_definitions or ()]
    async with running(settings(), registry()) as server, server.socket() as socket:
        job = await ledger.enqueue("games.import", {})
        await vendor_apps.configure("tidewatch", client_id=CLIENT.client_id)
        values = {**VALUES, "job": str(job.id)}
        id = await socket.subscribe(example, **{name: values[name] for name in names if name in values})
        [(field, answer)] = (await socket.next(id)).items()
        assert answer
        if operation.operation is OperationType.MUTATION:
            assert [error["code"] for error in answer["errors"]] == REFUSED.get(field, [])


def test_the_limits_and_codes_it_names_are_the_real_ones():
    limits = Limits()
    assert f"| body, WebSocket message | {limits.body_bytes // 1024} KiB |" in PAGE
    for name, value in (
        ("tokens of a document", limits.tokens),
        ("levels of selections", limits.depth),
        ("operations at once on one connection", limits.operations),
    ):
        assert f"| {name} | {value:,} |" in PAGE
    assert limits.aliases == limits.directives
    assert f"| aliases, directives | {limits.aliases} each |" in PAGE
    assert f"| {limits.cost:,}, counted" in PAGE
    for name, size in (
        ("multipart request, its files included", f"{limits.multipart_bytes // 1024**2} MiB"),
        ("files of one", str(limits.multipart_files)),
        ("body of `/uploads/…`", f"{limits.upload_bytes // 1024**3} GiB"),
        ("body of `/ingest/…`", f"{limits.ingest_bytes // 1024**2} MiB"),
    ):
        assert f"| {name} | {size} |" in PAGE
    words = " ".join(PAGE.split())
    assert f"both included, at most {spans.MAX_DAYS:,} at once" in words
    assert f"at most {MAX_COLUMN:,} a page and {spans.MAX_READING_DAYS} days at once" in words
    assert f"A day of the last {freshness.RECENT_DAYS} that is missing" in words
    assert f"asked within the last {freshness.PATIENCE.seconds // 60} minutes" in words
    assert f"within {attempts.LIFETIME.seconds // 60} minutes" in words
    for state in freshness.FreshnessState:
        assert f"`{state.name}`" in PAGE
    for code in CLOSE_CODES.values():
        assert str(code) in PAGE
