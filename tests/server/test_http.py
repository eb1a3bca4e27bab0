"""GraphQL over HTTP: media types, statuses, methods; the audits of the graphql-http project as tests."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import httpx
import pytest

from server.graphql.http import GRAPHQL_JSON, JSON, negotiate
from tests.server.clients import Api

QUERY = "{ __typename }"
BOTH = pytest.mark.parametrize("media", [GRAPHQL_JSON, JSON])


async def post(
    api: Api, body: Any, *, accept: str | None = JSON, type_: str = JSON, **options: Any
) -> httpx.Response:
    headers = {"content-type": type_} | ({"accept": accept} if accept else {})
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await api.http.post("/graphql", content=content, headers=headers)


async def get(api: Api, *, accept: str = JSON, **parameters: str) -> httpx.Response:
    return await api.http.get("/graphql", params=parameters, headers={"accept": accept})


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, {JSON};q=0.9", GRAPHQL_JSON),
        (f"{JSON};q=0.5, {GRAPHQL_JSON}", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};charset=utf-8", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};charset=latin1", None),
        ("text/event-stream, multipart/mixed", None),
        ("text/html;q=x", None),
        (f"{JSON};q=0", None),
    ],
)
def test_the_media_type_is_negotiated(accept: str, expected: str | None):
    assert negotiate(accept) == expected


@pytest.mark.parametrize("path", ["/graphql", "/graphql/"])
async def test_both_paths_answer(api: Api, path: str):
    answer = await api.http.post(path, json={"query": QUERY})
    assert answer.json() == {"data": {"__typename": "Query"}}


@BOTH
async def test_the_answer_has_the_type_that_was_asked_for(api: Api, media: str):
    answer = await post(api, {"query": QUERY}, accept=media)
    assert (answer.status_code, answer.headers["content-type"]) == (200, f"{media}; charset=utf-8")


@BOTH
async def test_a_body_that_is_no_request_is_400_whatever_was_asked_for(api: Api, media: str):
    for body in (b"", b"{", b"[]", b"null", b'"x"', b"{}", b'{"query": 1}', b'{"query": null}', b"\xff"):
        answer = await post(api, body, accept=media)
        assert answer.status_code == 400, body
        assert answer.json()["errors"][0]["message"]
        assert "data" not in answer.json()


@BOTH
async def test_parameters_of_the_wrong_type_are_400(api: Api, media: str):
    for parameter in ({"variables": "x"}, {"variables": []}, {"operationName": 1}, {"extensions": [1]}):
        answer = await post(api, {"query": QUERY, **parameter}, accept=media)
        assert answer.status_code == 400, parameter


@pytest.mark.parametrize(
    "body",
    [
        {"query": "{"},
        {"query": "{ nothing }"},
        {"query": "query A { __typename } query B { __typename }"},
        {"query": QUERY, "operationName": "Unknown"},
        {"query": "query($id: ID!) { game(id: $id) { key } }"},
        {"query": "query($id: ID!) { game(id: $id) { key } }", "variables": {"id": {}}},
    ],
)
async def test_a_request_that_never_ran_is_400_in_the_new_type_and_200_in_the_old(
    api: Api, body: dict[str, Any]
):
    new, old = await post(api, body, accept=GRAPHQL_JSON), await post(api, body, accept=JSON)
    assert (new.status_code, old.status_code) == (400, 200)
    assert new.json() == old.json()
    assert "data" not in new.json()


async def test_null_parameters_are_as_good_as_none(api: Api):
    answer = await post(api, {"query": QUERY, "variables": None, "operationName": None, "extensions": None})
    assert answer.json() == {"data": {"__typename": "Query"}}


async def test_get_runs_queries(api: Api):
    query = "query($id: ID!) { game(id: $id) { key } }"
    answer = await get(api, query=query, variables='{"id": "g1"}')
    assert answer.json() == {"data": {"game": {"key": "g1"}}}
    assert (await get(api, query=query, variables="{")).status_code == 400
    assert (await get(api)).status_code == 400


@BOTH
async def test_get_refuses_mutations(api: Api, media: str):
    answer = await get(api, accept=media, query='mutation { jobCancel(id: "x") { errors { code } } }')
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(api: Api, method: str):
    answer = await api.http.request(method, "/graphql", json={"query": QUERY})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    "type_",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
        "application/json; charset=latin1",
    ],
)
async def test_a_body_a_foreign_page_could_send_unasked_is_refused(api: Api, type_: str):
    answer = await post(api, {"query": QUERY}, type_=type_)
    assert answer.status_code == 415


async def test_an_answer_nobody_can_read_is_not_written(api: Api):
    assert (await post(api, {"query": QUERY}, accept="text/event-stream")).status_code == 406


async def test_batches_are_off(api: Api):
    answer = await post(api, [{"query": QUERY}, {"query": QUERY}])
    assert answer.status_code == 400
    assert "batches" in answer.json()["errors"][0]["message"]


async def test_a_subscription_needs_a_socket(api: Api):
    answer = await post(api, {"query": 'subscription { gameUpdates(gameId: "g1") { sequence } }'})
    assert answer.status_code == 400


async def test_a_body_beyond_the_limit_is_413_even_without_a_length(api: Api):
    async def endless():
        for _ in range(600):
            yield b" " * 1024

    answer = await api.http.post("/graphql", content=endless(), headers={"content-type": JSON})
    assert answer.status_code == 413


async def test_an_error_inside_leaves_the_rest_and_is_200(api: Api):
    query = '{ good: __typename bad: node(id: "x") { id } }'
    answer = await post(api, {"query": query}, accept=GRAPHQL_JSON)
    assert answer.status_code == 200
    assert answer.json()["data"] == {"good": "Query", "bad": None}
    assert answer.json()["errors"][0]["path"] == ["bad"]


async def test_a_request_keeps_the_id_it_came_with_if_it_is_one(api: Api):
    given = await api.http.post("/graphql", json={"query": QUERY}, headers={"x-request-id": "abc-12345"})
    assert given.headers["x-request-id"] == "abc-12345"
    forged = await api.http.post(
        "/graphql", json={"query": QUERY}, headers={"x-request-id": "a b\tc;<script>"}
    )
    assert len(forged.headers["x-request-id"]) == 32


async def test_a_document_is_registered_by_its_hash_and_then_asked_for_by_it(api: Api):
    query = "{ __typename # once }\n}"
    sha = hashlib.sha256(query.encode()).hexdigest()
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": sha}}
    unknown = (await post(api, {"extensions": extensions})).json()
    assert unknown["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert unknown["errors"][0]["message"] == "PersistedQueryNotFound"
    assert (await post(api, {"query": query, "extensions": extensions})).json()["data"]
    assert (await post(api, {"extensions": extensions})).json() == {"data": {"__typename": "Query"}}
    assert (await get(api, extensions=json.dumps(extensions))).json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    "persisted",
    ["x", {"version": 2, "sha256Hash": "0"}, {"version": 1}, {"version": 1, "sha256Hash": "0" * 64}],
)
async def test_a_hash_that_is_wrong_is_refused(api: Api, persisted: Any):
    answer = await post(api, {"query": QUERY, "extensions": {"persistedQuery": persisted}})
    assert answer.json()["errors"]
