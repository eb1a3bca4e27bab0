"""The layout of the database, and how it comes about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from typing import Any

import msgspec
import pytest
from adbc_driver_postgresql import dbapi
from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model

from poise_sdk.records import Play
from storage import migrate as migrations
from storage import models
from storage.arrow import query
from storage.columns import GAME_COLUMNS, PLAY_COLUMNS
from storage.connect import connect
from storage.embedded.runtime import Endpoints
from storage.migrate import MigrationError, Step, migrate

_numbers = count(1)

_KNOWN_TYPES: dict[type[Any], str] = {
    ArrayField: "_text",
    fields.BigIntField: "int8",
    fields.BooleanField: "bool",
    fields.CharField: "text",  # the limit is Tortoise's own; the column needs none
    fields.DatetimeField: "timestamptz",
    fields.FloatField: "float8",
    fields.IntField: "int4",
    fields.JSONField: "jsonb",
    fields.TextField: "text",
    fields.UUIDField: "uuid",
}


@pytest.fixture
def empty_url(endpoints: Endpoints, worker_name: str) -> Iterator[str]:
    """A database without a table."""
    name = f"bare_{worker_name}_{next(_numbers)}"
    with closing(dbapi.connect(endpoints.database_url, autocommit=True)) as c, c.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield endpoints.database_url.rsplit("/", 1)[0] + f"/{name}"
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def columns_of(url: str, table: str) -> dict[str, tuple[str, bool]]:
    with closing(connect(url)) as c:
        found = query(
            c,
            "SELECT a.attname::text, t.typname::text, a.attnotnull FROM pg_attribute a "
            "JOIN pg_type t ON t.oid = a.atttypid "
            "WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped",
            table,
        )
    return {name: (kind, not_null) for name, kind, not_null in found.iter_rows()}


def test_a_second_migration_has_nothing_to_do(empty_url: str) -> None:
    applied = migrate(empty_url)
    assert applied == sorted(applied)
    assert applied[:3] == ["0001_games", "0002_clutch", "0003_jobs"]
    assert migrate(empty_url) == []


def test_of_callers_at_the_same_time_one_migrates_and_the_others_wait(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(migrate, [empty_url] * 4))
    assert sorted(done, key=len)[:3] == [[], [], []]
    assert len(max(done, key=len)) == len(migrations.steps())


def test_a_step_that_fails_leaves_no_trace_and_can_be_taken_later(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = Step("0001_good", "CREATE TABLE good (id int)", "a")
    bad = Step("0002_bad", "CREATE TABLE half (id int); SELECT 1 / 0", "b")
    monkeypatch.setattr(migrations, "steps", lambda: [good, bad])
    with pytest.raises(Exception, match="division by zero"):
        migrate(empty_url)
    assert columns_of(empty_url, "good")
    assert not columns_of(empty_url, "half")

    monkeypatch.setattr(migrations, "steps", lambda: [good, bad._replace(sql="CREATE TABLE half (id int)")])
    assert migrate(empty_url) == ["0002_bad"]


def test_a_step_edited_after_it_was_applied_is_refused(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *rest = migrations.steps()
    monkeypatch.setattr(migrations, "steps", lambda: [first._replace(sha256="another"), *rest])
    with pytest.raises(MigrationError, match="edited afterwards: 0001_games"):
        migrate(database_url)


def test_a_database_of_a_newer_version_is_refused(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    older = migrations.steps()[:1]
    monkeypatch.setattr(migrations, "steps", lambda: older)
    with pytest.raises(MigrationError, match="newer version"):
        migrate(database_url)


@pytest.mark.parametrize("name", models.__all__)
def test_a_model_says_what_the_database_has(database_url: str, name: str) -> None:
    model: type[Model] = getattr(models, name)
    said = {
        field.source_field or field_name: (_KNOWN_TYPES[type(field)], not field.null)
        for field_name, field in model._meta.fields_map.items()
    }
    assert said == columns_of(database_url, str(model._meta.db_table))


def test_the_columns_of_plays_are_the_fields_of_a_play(database_url: str) -> None:
    fields_of_play = [field.name for field in msgspec.structs.fields(Play)]
    assert list(PLAY_COLUMNS) == fields_of_play
    assert list(columns_of(database_url, "plays")) == fields_of_play
    assert set(GAME_COLUMNS) < set(columns_of(database_url, "games"))


def test_every_table_has_its_key_and_every_rule_its_constraint(database_url: str) -> None:
    with closing(connect(database_url)) as c:
        found = query(
            c,
            "SELECT conrelid::regclass::text, contype::text, pg_get_constraintdef(oid) "
            "FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'f', 'c')",
        )
        tables = set(
            query(c, "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")["tablename"]
        )
        indexes = set(
            query(c, "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'public'")["indexname"]
        )
    keys = {
        table: rule.removeprefix("PRIMARY KEY ") for table, kind, rule in found.iter_rows() if kind == "p"
    }
    assert keys.keys() >= tables
    assert (
        keys.items()
        >= {
            "teams": "(id)",
            "players": "(id)",
            "games": "(id)",
            "game_players": "(game_id, player_id)",
            "plays": "(game_id, number)",
            "play_revisions": "(game_id, sequence, number)",
            "live_events": "(game_id, topic, sequence)",
            "raw_documents": "(sha256)",
            "normalised_documents": "(sha256, adapter_version)",
            "clutch_definitions": "(id)",
            "clutch_situations": "(definition_id, game_id, number)",
            "clutch_player_games": "(definition_id, game_id, player_id)",
            "clutch_team_games": "(definition_id, game_id, team_id)",
            "clutch_leaders": "(definition_id, season, season_type, player_id)",
            "jobs": "(id)",
            "job_rejections": "(job_id, n)",
        }.items()
    )
    checked = {rule for _, kind, rule in found.iter_rows() if kind == "c"}
    assert any("'queued'" in rule and "'dead'" in rule for rule in checked)
    assert any("'inserted'" in rule for rule in checked)
    assert any("'scheduled'" in rule for rule in checked)
    cascades = {
        table for table, kind, rule in found.iter_rows() if kind == "f" and "ON DELETE CASCADE" in rule
    }
    assert {"clutch_situations", "clutch_player_games", "clutch_leaders", "job_rejections"} <= cascades
    assert {"plays_position", "games_season", "clutch_player_games_timeline", "jobs_due"} <= indexes
    assert "jobs_one_open_per_key" in indexes


def test_the_leagues_definition_is_there_from_the_start(database_url: str) -> None:
    with closing(connect(database_url)) as c:
        found = query(c, "SELECT * FROM clutch_definitions").to_dicts()
    assert [{**row, "created_at": None, "name": None} for row in found] == [
        {
            "id": "league",
            "name": None,
            "last_seconds": 300,
            "margin": 5,
            "min_period": 4,
            "built_in": True,
            "created_at": None,
        }
    ]
    assert found[0]["created_at"] < dt.datetime.now(dt.UTC)
