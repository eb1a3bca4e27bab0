"""The schema as a document: complete, described, true to the vocabulary."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    is_specified_scalar_type,
)
from strawberry.utils.str_converters import to_camel_case

from poise_sdk import observations, vocabulary
from server.graphql import observed
from server.graphql.connections.types import ConnectionStatus, SyncStatus
from server.graphql.games import enums
from server.graphql.schema import core_schema, print_sdl
from server.graphql.sleep.types import SleepStage
from server.live.feed import Feed
from storage.people import sync_states as store
from storage.people.connections import STATUSES

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
        (observed.DataType, vocabulary.DataType),
        (observed.Origin, observations.Origin),
        (observed.QualityFlag, observations.QualityFlag),
        (SleepStage, observations.SleepStage),
    ):
        assert {(one.name, one.value) for one in ours} == {(one.name, one.value) for one in theirs}


def test_the_graphs_statuses_are_those_of_the_store():
    assert {one.value for one in ConnectionStatus} == set(STATUSES)
    assert {one.value for one in SyncStatus} == set(get_args(store.SyncStatus))


@pytest.mark.parametrize(
    ("kind", "left_out"),
    [
        ("Night", {"cycleId"}),
        ("HrvNight", {"nightId"}),
        ("Recovery", {"nightId", "cycleId"}),
        ("Cycle", set()),
        ("Workout", set()),
        ("BodyMeasurement", set()),
        ("JournalEntry", set()),
    ],
)
def test_the_graph_has_every_field_of_a_canonical_record(kind: str, left_out: set[str]):
    """``sourceId`` is `key`; rows of files and ids of other records are the store's own."""
    fields = {to_camel_case(name) for name in observations.RECORD_TYPES[kind].__struct_fields__}
    type_ = core_schema().type_map[kind]
    assert isinstance(type_, GraphQLObjectType)
    assert fields - set(type_.fields) == {"sourceId", "row"} | left_out


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
    assert set(subscription.fields) == {"gameUpdates", "clutchUpdates", "jobProgress", "syncProgress"}
    assert hasattr(Feed, "__aiter__")
