"""The character NUL, which no database keeps: refused with words, wherever it stands in a request."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.server.bodies import ADA
from tests.server.clients import Api
from tests.server.conftest import Settings, running
from tests.server.stranger import registry

NUL = "\\u0000"
#: Fields, with ``%s`` for a string.
FIELDS = (
    "athlete(name: %s) { key }",
    "games(season: %s) { nodes { key } }",
    "game(id: %s) { key }",
    "players(search: %s) { nodes { key } }",
    "jobs(kind: %s) { nodes { id } }",
    "clutchTable(season: %s, by: PLAYER) { rows { gp } }",
    "athlete(id: 1) { sleep(vendor: %s) { nodes { day } } }",
    "athlete(id: 1) { readings(metric: %s) { nodes { value } } }",
    "athlete(id: 1) { dailySeries(metrics: [%s]) { days } }",
)
ATTACH = """
mutation($input: ConnectionAttachInput!) {
  connectionAttach(input: $input) { errors { code message field } }
}
"""


@pytest.fixture
def home(clinic: str) -> str:
    return clinic


@pytest.fixture
def api(clinic_api: Api) -> Api:
    return clinic_api


@pytest.mark.parametrize("field", FIELDS)
async def test_a_nul_in_a_literal_is_refused_with_words(api: Api, field: str):
    [error] = await api.errors("{ " + field % f'"a{NUL}b"' + " }")
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert "NUL" in error["message"]
    assert error["locations"]


@pytest.mark.parametrize("field", FIELDS)
async def test_a_nul_in_a_variable_is_refused_with_words(api: Api, field: str):
    type_ = "ID!" if field.startswith("game(") else "String!"
    [error] = await api.errors(f"query($text: {type_}) {{ {field % '$text'} }}", text="a\x00b")
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert "NUL" in error["message"]


async def test_a_nul_within_lists_inputs_and_default_values_is_found(api: Api):
    for query, variables in [
        (
            "query($m: [String!]!) { athlete(id: 1) { dailySeries(metrics: $m) { days } } }",
            {"m": ["a", "\x00"]},
        ),
        (
            "mutation($i: AthleteAddInput!) { athleteAdd(input: $i) { errors { code } } }",
            {"i": {"name": "\x00"}},
        ),
        (f'mutation {{ athleteAdd(input: {{name: "{NUL}"}}) {{ errors {{ code }} }} }}', {}),
        (f'query($n: String = "{NUL}") {{ athlete(name: $n) {{ key }} }}', {}),
        ("query($path: String) { athlete(name: $path) { key } }", {"path": "\x00"}),
    ]:
        [error] = await api.errors(query, **variables)
        assert error["extensions"]["code"] == "BAD_REQUEST", query


async def test_a_nul_within_an_id_or_a_cursor_reaches_no_database(api: Api):
    hidden = base64.urlsafe_b64encode(b"Game:a\x00b").decode().rstrip("=")
    assert await api.data("query($id: ID!) { game(id: $id) { key } }", id=hidden) == {"game": None}
    [error] = await api.errors("query($id: ID!) { node(id: $id) { id } }", id=hidden)
    assert error["extensions"]["code"] == "BAD_REQUEST"
    key = b'["2031-01-01","2031-01-01T00:00:00Z","\\u0000","x"]'
    after = base64.urlsafe_b64encode(key).decode().rstrip("=")
    query = f'query($a: String) {{ athlete(name: "{ADA}") {{ sleep(after: $a) {{ nodes {{ day }} }} }} }}'
    [error] = await api.errors(query, a=after)
    assert error["message"] == "`after` is not a cursor of this list"


async def test_a_nul_ends_no_socket(settings: Settings, house: Path):
    async with running(settings(), registry()) as server, server.socket() as socket:
        id = await socket.subscribe("subscription($g: ID!) { gameUpdates(gameId: $g) { cursor } }", g="\x00")
        message = await socket.message(id)
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("member", ["", "  ", "a\x00b", "a\nb", "x" * 201])
async def test_an_id_that_no_vendor_gives_is_an_error_of_its_field(api: Api, member: str):
    given = {"athlete": "1", "vendor": "harbour", "vendorAthleteId": member, "token": "the team's"}
    [error] = (await api.data(ATTACH, input=given))["connectionAttach"]["errors"]
    assert (error["code"], error["field"]) == ("INVALID", "vendorAthleteId")
