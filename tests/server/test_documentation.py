"""The documentation for client developers: all of its operations run, all of its limits are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, OperationType, parse

from server.live.connection import CLOSE_CODES
from server.settings import Limits
from storage import ledger
from tests.server import world
from tests.server.conftest import Running, own_home

home = pytest.fixture(own_home)

PAGE = (Path(__file__).parents[2] / "docs" / "graphql.md").read_text()
EXAMPLES = re.findall(r"^```graphql\n(.+?)^```$", PAGE, re.M | re.S)
VALUES = {
    "season": world.SEASON,
    "game": "g1",
    "player": "101",
    "input": {"key": "crunch", "name": "Crunch time", "lastSeconds": 120, "margin": 3},
}


def test_there_are_examples():
    assert len(EXAMPLES) == 9


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: re.split(r"[(\s]", text)[1])
async def test_an_example_runs_as_it_stands(server: Running, example: str):
    [operation] = parse(example).definitions
    assert isinstance(operation, OperationDefinitionNode)
    job = await ledger.enqueue("games.import", {})
    values = {**VALUES, "job": str(job.id)}
    names = [node.variable.name.value for node in operation.variable_definitions]
    async with server.socket() as socket:
        id = await socket.subscribe(example, **{name: values[name] for name in names if name in values})
        [answer] = (await socket.next(id)).values()
        assert answer
        if operation.operation is OperationType.MUTATION:
            assert answer["errors"] == []


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
    for code in CLOSE_CODES.values():
        assert str(code) in PAGE
