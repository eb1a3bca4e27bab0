"""The schema as a document: complete, described, true to the vocabulary."""

from __future__ import annotations

from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    is_specified_scalar_type,
)

from poise_sdk import vocabulary
from server.graphql.games import enums
from server.graphql.schema import core_schema, print_sdl
from server.live.feed import Feed

ROOT = Path(__file__).parents[2]


def test_the_committed_sdl_is_what_the_code_prints():
    assert (ROOT / "schema.graphql").read_text() == print_sdl(), "run `make schema`"


def test_every_type_field_argument_and_value_is_described():
    missing = []
    for name, type_ in core_schema().type_map.items():
        if name.startswith("__") or is_specified_scalar_type(type_):
            continue
        if not type_.description:
            missing.append(name)
        if isinstance(type_, GraphQLEnumType):
            missing += [f"{name}.{key}" for key, value in type_.values.items() if not value.description]
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for key, field in type_.fields.items():
                if not field.description:
                    missing.append(f"{name}.{key}")
                for argument, definition in getattr(field, "args", {}).items():
                    if not definition.description:
                        missing.append(f"{name}.{key}({argument})")
    assert missing == []


def test_the_graphs_enums_have_exactly_the_words_of_the_vocabulary():
    for ours, theirs in (
        (enums.GameStatus, vocabulary.GameStatus),
        (enums.SeasonType, vocabulary.SeasonType),
        (enums.PlayKind, vocabulary.PlayKind),
    ):
        assert {(one.name, one.value) for one in ours} == {(one.name, one.value) for one in theirs}


def test_every_list_that_can_be_paged_is_limited_and_resumable():
    for type_ in core_schema().type_map.values():
        for field in type_.fields.values() if isinstance(type_, GraphQLObjectType) else ():
            if str(field.type).endswith("Connection!"):
                assert {"first", "after"} <= field.args.keys(), field


def test_every_mutation_has_a_nullable_payload_with_typed_errors():
    mutation = core_schema().mutation_type
    assert mutation is not None
    for name, field in mutation.fields.items():
        assert isinstance(field.type, GraphQLObjectType), f"{name} must be nullable"
        assert str(field.type.fields["errors"].type) == "[MutationError!]!"


def test_every_subscription_returns_a_feed_that_can_be_shared():
    subscription = core_schema().subscription_type
    assert subscription is not None
    assert set(subscription.fields) == {"gameUpdates", "clutchUpdates", "jobProgress"}
    assert hasattr(Feed, "__aiter__")
