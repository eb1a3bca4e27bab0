"""Queries over HTTP against the invented league."""

from __future__ import annotations

import pytest

from server.graphql.ids import global_id, parse
from tests.server import world
from tests.server.clients import Api


async def test_games_are_paged_newest_first_without_loss_or_repetition(api: Api):
    query = (
        "query($after: String) { games(first: 2, after: $after)"
        " { nodes { key } pageInfo { hasNextPage endCursor } } }"
    )
    first = (await api.data(query))["games"]
    rest = (await api.data(query, after=first["pageInfo"]["endCursor"]))["games"]
    assert [node["key"] for node in first["nodes"] + rest["nodes"]] == ["g3", "g2", "g1"]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("status: LIVE", ["g3"]),
        ('season: "1999-00"', []),
        (f'teamId: "{world.HOME}"', ["g3", "g2", "g1"]),
        ('from: "2031-11-02T00:00:00Z", to: "2031-11-03T00:00:00Z"', ["g2"]),
        (f'seasonType: REGULAR, season: "{world.SEASON}"', ["g3", "g2", "g1"]),
    ],
)
async def test_games_can_be_filtered(api: Api, arguments: str, expected: list[str]):
    found = await api.data(f"{{ games({arguments}) {{ nodes {{ key }} }} }}")
    assert [node["key"] for node in found["games"]["nodes"]] == expected


async def test_a_game_is_found_by_the_vendors_id_and_by_its_global_id(api: Api):
    query = "query($id: ID!) { game(id: $id) { id key homeTeam { name } awayTeam { city } } }"
    plain = (await api.data(query, id="g1"))["game"]
    assert plain == {
        "id": global_id("Game", "g1"),
        "key": "g1",
        "homeTeam": {"name": "Herons"},
        "awayTeam": {"city": "Lynhurst"},
    }
    assert (await api.data(query, id=plain["id"]))["game"] == plain
    assert (await api.data(query, id="nothing"))["game"] is None


async def test_an_id_of_another_type_is_refused(api: Api):
    [error] = await api.errors("query($id: ID!) { game(id: $id) { key } }", id=global_id("Player", 101))
    assert error["message"] == "expected the id of a Game, got one of a Player"


async def test_edges_and_nodes_say_the_same(api: Api):
    found = await api.data(
        '{ game(id: "g1") { plays(first: 5) { nodes { number } edges { cursor node { number } }'
        " pageInfo { startCursor endCursor hasPreviousPage } } } }"
    )
    plays = found["game"]["plays"]
    assert [edge["node"] for edge in plays["edges"]] == plays["nodes"]
    assert plays["pageInfo"]["startCursor"] == plays["edges"][0]["cursor"]
    assert plays["pageInfo"]["endCursor"] == plays["edges"][-1]["cursor"]
    assert not plays["pageInfo"]["hasPreviousPage"]


async def test_plays_can_be_walked_to_the_end(api: Api):
    query = (
        'query($after: String) { game(id: "g1") { plays(first: 17, after: $after)'
        " { nodes { number } pageInfo { hasNextPage endCursor } } } }"
    )
    numbers, after = [], None
    while True:
        page = (await api.data(query, after=after))["game"]["plays"]
        numbers += [node["number"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert numbers == list(range(1, 41))


async def test_plays_can_be_narrowed_to_a_period_and_to_clutch_situations(api: Api):
    found = await api.data(
        '{ game(id: "g1") { first: plays(period: 1) { nodes { number } }'
        " clutch: plays(clutchOnly: true, first: 100) { nodes { number clockS } } } }"
    )
    assert found["game"]["first"]["nodes"] == []
    assert [node["clockS"] for node in found["game"]["clutch"]["nodes"]] == [
        290.0 - second for second in range(11)
    ]


async def test_a_play_names_everybody_in_it(api: Api):
    found = await api.data(
        '{ game(id: "g1") { plays(first: 1) { nodes'
        " { kind player { name } assist { name } team { abbreviation } } } } }"
    )
    [play] = found["game"]["plays"]["nodes"]
    assert play == {
        "kind": "FIELD_GOAL",
        "player": {"name": "Player 102"},
        "assist": None,
        "team": {"abbreviation": "HRN"},
    }


async def test_the_clutch_table_has_the_leagues_figures_by_team_and_by_player(api: Api):
    query = (
        "query($by: TableBy!, $season: String!) { clutchTable(season: $season, by: $by) { rows {"
        " gp minutes fgm fga fg3m fg3a ftm fta oreb dreb reb ast tov stl blk pf pts plusMinus"
        " team { abbreviation } player { name } } } }"
    )
    teams = (await api.data(query, by="TEAM", season=world.SEASON))["clutchTable"]["rows"]
    assert [row["team"]["abbreviation"] for row in teams] == ["HRN", "LYN"]
    assert all(row["player"] is None and row["gp"] == 2 for row in teams)
    players = (await api.data(query, by="PLAYER", season=world.SEASON))["clutchTable"]["rows"]
    assert [row["player"]["name"] for row in players] == [f"Player {id_}" for id_ in world.PLAYERS]
    first = world.line("g1", 101)
    assert players[0]["pts"] == 2 * first["pts"]
    assert players[0]["reb"] == 2 * (first["oreb"] + first["dreb"])
    assert players[0]["minutes"] == pytest.approx(2 * first["seconds"] / 60)


async def test_the_leaderboard_is_paged_by_rank(api: Api):
    query = (
        "query($after: String, $season: String!)"
        " { clutchLeaderboard(season: $season, first: 4, after: $after)"
        " { nodes { rank player { name } scoreMean } pageInfo { endCursor } } }"
    )
    first = (await api.data(query, season=world.SEASON))["clutchLeaderboard"]
    second = (await api.data(query, season=world.SEASON, after=first["pageInfo"]["endCursor"]))[
        "clutchLeaderboard"
    ]
    assert [node["rank"] for node in first["nodes"] + second["nodes"]] == list(range(1, 9))


async def test_a_timeline_says_the_same_as_objects_and_as_columns(api: Api):
    found = await api.data(
        '{ playerTimeline(playerId: "101") { player { name } definition { key }'
        " games { nodes { game { id } tipoffAt pts plusMinus minutes poe score } }"
        " columns { gameIds tipoffs points plusMinus minutes poe scores adjustedScores } } }"
    )
    timeline = found["playerTimeline"]
    objects, columns = timeline["games"]["nodes"][::-1], timeline["columns"]
    assert timeline["player"] == {"name": "Player 101"}
    assert timeline["definition"] == {"key": "league"}
    assert columns["gameIds"] == [one["game"]["id"] for one in objects]
    for column, field in (
        ("tipoffs", "tipoffAt"),
        ("points", "pts"),
        ("plusMinus", "plusMinus"),
        ("minutes", "minutes"),
        ("poe", "poe"),
        ("scores", "score"),
    ):
        assert columns[column] == [one[field] for one in objects], column
    assert columns["adjustedScores"] == [None, None]


async def test_clutch_scores_can_be_filtered_and_walked(api: Api):
    query = (
        f'query($after: String) {{ clutchScores(gameId: "g1", teamId: "{world.HOME}",'
        " first: 3, after: $after)"
        " { nodes { player { key } game { key } } pageInfo { hasNextPage endCursor } } }"
    )
    first = (await api.data(query))["clutchScores"]
    second = (await api.data(query, after=first["pageInfo"]["endCursor"]))["clutchScores"]
    keys = [node["player"]["key"] for node in first["nodes"] + second["nodes"]]
    assert sorted(keys) == ["101", "103", "105", "107", "109"]


async def test_situations_lead_to_their_game_and_definition(api: Api):
    found = await api.data(
        "{ clutchSituations { nodes"
        " { number startClockS endMargin game { key } definition { lastSeconds margin } } } }"
    )
    nodes = found["clutchSituations"]["nodes"]
    assert [node["game"]["key"] for node in nodes] == ["g1", "g2"]
    assert nodes[0]["definition"] == {"lastSeconds": 300, "margin": 5}


async def test_everything_with_an_id_is_found_again_by_it(api: Api):
    found = await api.data(
        '{ game(id: "g1") { id homeTeam { id } plays(first: 1) { nodes { id } } clutchSituations { id }'
        " clutchScores { id player { id } } } clutchDefinitions { nodes { id } } }"
    )
    game = found["game"]
    ids = [
        game["id"],
        game["homeTeam"]["id"],
        game["plays"]["nodes"][0]["id"],
        game["clutchSituations"][0]["id"],
        game["clutchScores"][0]["id"],
        game["clutchScores"][0]["player"]["id"],
        found["clutchDefinitions"]["nodes"][0]["id"],
    ]
    for id_ in ids:
        node = (await api.data("query($id: ID!) { node(id: $id) { __typename id } }", id=id_))["node"]
        assert node == {"__typename": parse(id_)[0], "id": id_}
    for gone in (
        global_id("Game", "x"),
        global_id("Play", "g1/999"),
        global_id("ClutchScore", "league/g1/1"),
    ):
        assert (await api.data("query($id: ID!) { node(id: $id) { id } }", id=gone))["node"] is None


@pytest.mark.parametrize(
    "id_",
    [
        "",
        "x",
        "R2FtZQ",
        global_id("Secret", 1),
        global_id("Team", "x"),
        global_id("Job", 1),
        global_id("Play", "x"),
    ],
)
async def test_an_id_that_is_none_of_ours_is_refused(api: Api, id_: str):
    [error] = await api.errors("query($id: ID!) { node(id: $id) { id } }", id=id_)
    assert "id" in error["message"]
    assert error["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("first", [0, -1, 101])
async def test_a_page_has_one_to_a_hundred_items(api: Api, first: int):
    [error] = await api.errors("query($n: Int!) { games(first: $n) { nodes { key } } }", n=first)
    assert error["message"] == f"`first` must be between 1 and 100, not {first}"


@pytest.mark.parametrize("after", ["x", "", "WzFd", "bnVsbA", "WyJhIiwiYiIsImMiXQ", "8J+YgA"])
async def test_a_cursor_of_another_list_is_refused(api: Api, after: str):
    [error] = await api.errors("query($c: String) { games(after: $c) { nodes { key } } }", c=after)
    assert error["message"] == "`after` is not a cursor of this list"


async def test_players_are_searched_by_part_of_a_name_and_wildcards_mean_themselves(api: Api):
    query = "query($s: String) { players(search: $s, first: 100) { nodes { name } } }"
    assert len((await api.data(query, s="player 10"))["players"]["nodes"]) == 9
    assert (await api.data(query, s="%"))["players"]["nodes"] == []
    assert (await api.data(query, s="_"))["players"]["nodes"] == []


async def test_a_vendor_of_files_alone_needs_no_registration(api: Api):
    found = (await api.data("{ vendors { name oauth { pkce } teamToken fileImport configured } }"))["vendors"]
    files = [one for one in found if one["oauth"] is None and not one["teamToken"]]
    assert files
    assert all(one["fileImport"] and one["configured"] for one in files)
    assert not any(one["configured"] for one in found if one not in files)
