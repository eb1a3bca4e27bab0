"""Development tells everything, production only what it must."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path

import httpx
import pytest
from graphql import get_introspection_query

from server.graphql.persisted import PersistedQueries, PersistedQueryError
from server.settings import Profile
from storage.reads import graph
from tests.server.conftest import Settings, serving


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch):
    async def fail(**_: object) -> None:
        raise RuntimeError("the password is 12345")

    monkeypatch.setattr(graph, "teams_page", fail)


async def test_development_shows_the_schema_and_production_does_not(settings: Settings):
    async with serving(settings()) as api:
        assert (await api.data(get_introspection_query()))["__schema"]["types"]
    async with serving(settings(profile=Profile.PRODUCTION)) as api:
        for query in (get_introspection_query(), '{ __type(name: "Game") { name } }'):
            assert "introspection" in (await api.errors(query))[0]["message"]
        assert await api.data("{ __typename }")


async def test_production_gives_no_hints_about_names(settings: Settings):
    async with serving(settings()) as api:
        assert "Did you mean" in (await api.errors("{ gamez { nodes { key } } }"))[0]["message"]
    async with serving(settings(profile=Profile.PRODUCTION)) as api:
        assert "Did you mean" not in (await api.errors("{ gamez { nodes { key } } }"))[0]["message"]


@pytest.mark.usefixtures("broken")
async def test_an_unexpected_error_is_masked_and_logged_with_the_request_id(
    settings: Settings, caplog: pytest.LogCaptureFixture
):
    async with serving(settings(profile=Profile.PRODUCTION)) as api:
        with caplog.at_level(logging.ERROR, "poise.graphql"):
            answer = await api.http.post("/graphql", json={"query": "{ teams { nodes { key } } }"})
    [error] = answer.json()["errors"]
    request_id = answer.headers["x-request-id"]
    assert error["extensions"] == {"code": "INTERNAL", "requestId": request_id}
    assert "12345" not in answer.text
    assert request_id in caplog.text
    assert "12345" in caplog.text


@pytest.mark.usefixtures("broken")
async def test_development_shows_what_went_wrong(settings: Settings):
    async with serving(settings()) as api:
        [error] = await api.errors("{ teams { nodes { key } } }")
    assert error["message"] == "the password is 12345"


async def test_production_can_be_held_to_a_list_of_operations(settings: Settings, tmp_path: Path):
    known = "{ __typename }"
    sha = hashlib.sha256(known.encode()).hexdigest()
    listed = tmp_path / "operations.json"
    listed.write_text(json.dumps({sha: known}))
    production = settings(profile=Profile.PRODUCTION, persisted_queries=listed, persisted_only=True)
    async with serving(production) as api:
        extensions = {"persistedQuery": {"version": 1, "sha256Hash": sha}}
        by_hash = await api.http.post("/graphql", json={"extensions": extensions})
        assert by_hash.json() == {"data": {"__typename": "Query"}}
        assert await api.data(known)
        [error] = await api.errors("{ teams { nodes { key } } }")
        assert error["extensions"]["code"] == "PERSISTED_QUERY_REQUIRED"


@pytest.mark.parametrize("text", ["", "[]", '{"abc": "{ __typename }"}', '{"abc": 1}'])
def test_a_wrong_list_of_operations_is_refused_at_start(tmp_path: Path, text: str):
    listed = tmp_path / "operations.json"
    listed.write_text(text)
    with pytest.raises(PersistedQueryError):
        PersistedQueries.load(listed, only=True)


def test_only_persisted_operations_need_a_list():
    with pytest.raises(PersistedQueryError, match="no file"):
        PersistedQueries.load(None, only=True)


def browser(accept: str = "text/html,application/xhtml+xml,*/*;q=0.8") -> httpx.Headers:
    return httpx.Headers({"accept": accept})


async def test_a_browser_gets_graphiql_in_development_only(settings: Settings):
    async with serving(settings()) as api:
        page = await api.http.get("/graphql", headers=browser())
        assert page.headers["content-type"].startswith("text/html")
        assert "default-src 'self'" in page.headers["content-security-policy"]
        script = await api.http.get("/static/graphiql/boot.js")
        assert script.status_code == 200
        climbing = await api.http.get("/static/..%2f..%2fsettings.py")
        assert climbing.status_code == 404
    async with serving(settings(profile=Profile.PRODUCTION)) as api:
        assert (await api.http.get("/graphql", headers=browser())).status_code == 400
        assert (await api.http.get("/static/graphiql/boot.js")).status_code == 404


async def test_a_query_in_the_address_is_answered_even_to_a_browser(settings: Settings):
    async with serving(settings()) as api:
        answer = await api.http.get("/graphql", params={"query": "{ __typename }"}, headers=browser())
    assert answer.json() == {"data": {"__typename": "Query"}}
