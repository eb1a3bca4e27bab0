"""What one document may ask for."""

from __future__ import annotations

import time

import pytest
from graphql import OperationDefinitionNode, parse

from server.graphql.documents import CACHED_DOCUMENTS, Documents
from server.graphql.limits import LIST_SIZE, measure_cost
from server.graphql.schema import core_schema
from server.settings import Limits
from tests.server.clients import Api

LIMITS = Limits()


def documents() -> Documents:
    return Documents(core_schema(), LIMITS, introspection=True)


def limit_of(source: str) -> list[str]:
    return [str((error.extensions or {}).get("limit")) for error in documents().get(source).errors]


def cost(source: str, **variables: int) -> int:
    ast = parse(source)
    operation = next(node for node in ast.definitions if isinstance(node, OperationDefinitionNode))
    return measure_cost(core_schema(), ast, operation).of(variables)


def nested(levels: int) -> str:
    return (
        "{ clutchScores { nodes " + "{ game { clutchScores " * levels + "{ score }" + " } }" * levels + " } }"
    )


def test_depth_is_limited():
    assert limit_of(nested(2)) == []
    assert limit_of(nested(20)) == ["depth"]


def test_depth_counts_through_fragments():
    fragments = "".join(
        f" fragment F{n} on Game {{ clutchScores {{ game {{ ...F{n + 1} }} }} }}" for n in range(20)
    )
    source = '{ game(id: "x") { ...F0 } }' + fragments + " fragment F20 on Game { key }"
    assert limit_of(source) == ["depth"]


def test_aliases_are_limited():
    assert limit_of("{" + " ".join(f"a{n}: __typename" for n in range(31)) + "}") == ["aliases"]


def test_aliases_in_a_fragment_count_each_time_it_is_used():
    fragment = " fragment F on Game {" + " ".join(f"a{n}: key" for n in range(10)) + "}"
    uses = " ".join(f'g{n}: game(id: "{n}") {{ ...F }}' for n in range(3))
    assert limit_of("{" + uses + "}" + fragment) == ["aliases"]


def test_directives_are_limited():
    assert limit_of("{ __typename" + " @include(if: true)" * 31 + " }") == ["directives"]


def test_tokens_are_limited():
    [error] = documents().get("{" + " __typename" * 2_000 + "}").errors
    assert "tokens" in error.message


def test_a_bomb_of_fragments_is_measured_in_no_time():
    bomb = "".join(f" fragment F{n} on Game {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60))
    source = '{ game(id: "x") { ...F0 } }' + bomb + " fragment F60 on Game { homeTeam { name } }"
    begun = time.process_time()
    document = documents().get(source)
    [operation] = document.operations.values()
    assert operation.cost.of({}) > 10**9
    assert time.process_time() - begun < 5, "measuring must not follow every path"


def test_a_circle_of_fragments_is_an_error_and_no_loop():
    source = '{ game(id: "x") { ...A } } fragment A on Game { ...B } fragment B on Game { ...A }'
    assert "itself" in documents().get(source).errors[0].message


def test_deep_nesting_is_an_error_and_no_crash():
    document = Documents(core_schema(), Limits(tokens=10**6), introspection=True).get("{a" * 20_000)
    assert document.errors


def test_many_fields_of_one_name_are_validated_in_bearable_time():
    repeated = "{ games { nodes { " + "homeTeam { name } " * 390 + "} } }"
    begun = time.process_time()
    documents().get(repeated)
    assert time.process_time() - begun < 5


def test_introspection_is_not_counted_as_depth():
    from graphql import get_introspection_query

    assert not documents().get(get_introspection_query()).errors


def test_cost_counts_the_objects_a_document_can_produce():
    assert cost('{ game(id: "x") { key } }') == 1
    assert cost('{ game(id: "x") { homeTeam { name } awayTeam { name } } }') == 3
    assert cost("{ games(first: 50) { nodes { key } } }") == 1 + 50
    assert cost("{ games(first: 50) { nodes { homeTeam { name } } pageInfo { endCursor } } }") == 1 + 100 + 1
    assert cost("{ games(first: 5) { edges { node { key } } } }") == 1 + 5 * 2
    assert cost('{ game(id: "x") { clutchSituations { number } } }') == 1 + LIST_SIZE
    assert cost('{ clutchTable(season: "x") { rows { player { name } } } }') == 1 + 600 * 2
    assert cost("{ games { nodes { key } } }") == 1 + 20


def test_cost_knows_variables_and_fragments():
    source = "query($n: Int) { games(first: $n) { ...G } } fragment G on GameConnection { nodes { key } }"
    assert cost(source, n=7) == 8
    assert cost(source) == 21
    assert cost(source, n=-5) == 1


async def test_an_operation_that_costs_too_much_does_not_run(api: Api):
    query = (
        "query($n: Int!) { games(first: $n) { nodes { plays(first: $n) { nodes { player { name } } } } } }"
    )
    [error] = await api.errors(query, n=100)
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED", "limit": "cost"}
    assert await api.data(query, n=3)


def test_a_document_is_prepared_once_and_the_oldest_is_forgotten():
    kept = documents()
    first = kept.get("{ __typename }")
    assert kept.get("{ __typename }") is first
    for number in range(CACHED_DOCUMENTS):
        kept.get(f"{{ a{number}: __typename }}")
    assert kept.get("{ __typename }") is not first


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("subscription($a: String) { gameUpdates(gameId: 1, after: $a) { sequence } }", {"a"}),
        ("subscription($g: ID!, $a: String) { gameUpdates(gameId: $g, after: $a) { sequence } }", {"a"}),
        ("subscription { gameUpdates(gameId: 1) { sequence } }", set()),
        (
            "subscription($a: String) { gameUpdates(gameId: 1, after: $a)"
            " { game { plays(after: $a) { nodes { number } } } } }",
            set(),
        ),
    ],
)
def test_variables_that_only_say_where_to_begin_are_known(source: str, expected: set[str]):
    [operation] = documents().get(source).operations.values()
    assert operation.position_variables == expected
