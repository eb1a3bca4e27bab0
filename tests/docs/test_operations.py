"""Every GraphQL operation in the documents is one the schema answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import graphql

from tests.docs.documents import ROOT, blocks, commands, name_of


def _operations() -> Iterator[tuple[str, str]]:
    for block in blocks("graphql"):
        yield name_of(block.document), block.text
    for block in blocks("console"):
        for line in re.findall(r"^\$ (curl .*)$", block.text, re.MULTILINE):
            for tokens in commands(line):
                yield name_of(block.document), json.loads(tokens[tokens.index("-d") + 1])["query"]


def test_every_operation_is_valid_under_the_schema() -> None:
    schema = graphql.build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
    shown = list(_operations())
    assert {"README.md", "docs/clutch.md", "docs/graphql.md"} <= {document for document, _ in shown}
    for document, text in shown:
        errors = graphql.validate(schema, graphql.parse(text))
        assert errors == [], f"{document}:\n{text}"
