"""Where two formats carry the same game, their plays agree."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from adapters.nba_stats.normalize import normalize
from poise_sdk.records import Normalized, Play, RawDocument
from poise_sdk.vocabulary import GameStatus, PlayKind
from tests.adapters.nba_stats import invented
from tests.adapters.nba_stats.totals import V2_COLUMNS, V3_FIELDS, totals

FIELDS = (
    "kind",
    "subtype",
    "period",
    "clock_s",
    "team_id",
    "player_id",
    "assist_id",
    "steal_id",
    "block_id",
    "foul_drawn_id",
    "sub_in_id",
    "shot_value",
    "made",
    "points",
    "score_home",
    "score_away",
)
#: What a format does not say (coverage.yaml) or says more coarsely.
SILENT = {
    "v3": {"foul_drawn_id"},
    "v2_json": {"tenths"},
    "v2_csv": {"tenths"},
    "mobile": set(),
    "derived": {"timeout kind"},
}


def _by_number(plays: Collection[Play] | None) -> dict[int, Play]:
    assert plays is not None
    return {play.number: play for play in plays}


def _differences(
    ours: Mapping[int, Play], theirs: Mapping[int, Play], silent: Iterable[str] = ()
) -> list[tuple[int, str, Any, Any]]:
    """(number, field, here, there) of the plays that both documents have."""
    silent = set(silent)
    found = []
    for number in ours.keys() & theirs.keys():
        mine, other = ours[number], theirs[number]
        for field in FIELDS:
            here, there = getattr(mine, field), getattr(other, field)
            if field in silent or here == there:
                continue
            if field == "clock_s" and "tenths" in silent and int(here) == int(there):
                continue
            if field == "subtype" and mine.kind is PlayKind.TIMEOUT and "timeout kind" in silent:
                continue
            found.append((number, field, here, there))
    return found


def _common_order(ours: Mapping[int, Play], theirs: Mapping[int, Play]) -> tuple[list[int], list[int]]:
    return [n for n in ours if n in theirs], [n for n in theirs if n in ours]


@pytest.mark.parametrize("name", sorted(SILENT))
def test_every_format_tells_the_invented_game_alike(name: str) -> None:
    live = normalize(invented.PLAY_BY_PLAYS["live"])
    other = normalize(invented.PLAY_BY_PLAYS[name])
    assert not live.rejected
    assert not other.rejected
    ours, theirs = _by_number(live.plays), _by_number(other.plays)
    assert _differences(ours, theirs, SILENT[name]) == []
    assert theirs.keys() <= ours.keys()
    mine, others = _common_order(ours, theirs)
    assert mine == others
    left_out = {ours[number].kind for number in ours.keys() - theirs.keys()}
    brackets = {PlayKind.PERIOD_START, PlayKind.PERIOD_END, PlayKind.JUMP_BALL, PlayKind.VIOLATION}
    assert left_out <= {PlayKind.GAME_END} | (brackets if name == "derived" else set())


@pytest.mark.parametrize("name", sorted(invented.PLAY_BY_PLAYS))
def test_every_format_tells_the_same_game(name: str) -> None:
    game = normalize(invented.PLAY_BY_PLAYS[name]).games[0]
    assert (game.id, game.league, game.season) == (invented.GAME_ID, "NBA", "2023-24")
    assert (game.home_team_id, game.away_team_id) == (invented.HOME, invented.AWAY)
    assert (game.home_score, game.away_score) == invented.EVENTS[-1].score
    assert game.status is (None if name == "derived" else GameStatus.FINAL)
    assert {(e.player_id, e.team_id) for e in game.roster} == {
        (p, of[0]) for p, of in invented.PEOPLE.items()
    }


@pytest.mark.parametrize("name", sorted(invented.PLAY_BY_PLAYS))
def test_positions_run_without_a_gap(name: str) -> None:
    plays = normalize(invented.PLAY_BY_PLAYS[name]).plays or ()
    assert [play.position for play in plays] == list(range(1, len(plays) + 1))


def _sample(real_data: Path, name: str) -> RawDocument:
    return RawDocument(name=name, content=(real_data / "nba" / "samples" / name).read_bytes())


def _real(real_data: Path, *names: str) -> list[dict[int, Play]]:
    return [_by_number(normalize(_sample(real_data, name)).plays) for name in names]


@pytest.mark.real_data
def test_v3_agrees_with_the_live_feed_on_a_real_overtime_game(real_data: Path) -> None:
    v3, live = _real(real_data, "stats_playbyplayv3_0022200552_OT.json", "cdn_derived_2023_22200552.csv")
    assert _differences(v3, live, {"foul_drawn_id", "timeout kind"}) == []
    mine, others = _common_order(v3, live)
    assert mine == others
    # v3 leaves out the substitutions between periods; nothing else.
    assert {live[n].kind for n in live.keys() - v3.keys()} == {PlayKind.SUBSTITUTION}
    assert all(live[n].clock_s in (300.0, 720.0) for n in live.keys() - v3.keys())


@pytest.mark.real_data
def test_v3_agrees_with_the_live_feed_but_for_one_later_correction(real_data: Path) -> None:
    v3, live = _real(real_data, "stats_playbyplayv3_nbaapi_docs.json", "cdn_derived_2025_22400001.csv")
    # The two were stored at different times; in between the league gave one rebound to another player.
    assert {number for number, *_ in _differences(v3, live, {"foul_drawn_id", "timeout kind"})} == {578}


@pytest.mark.real_data
def test_v2_agrees_with_v3_on_a_real_game_of_another_league(real_data: Path) -> None:
    v2, v3 = _real(
        real_data, "stats_playbyplayv2_WNBA_1022500283.json", "stats_playbyplayv3_WNBA_1022500283.json"
    )
    assert v2.keys() == v3.keys()
    differing = _differences(v2, v3, {"foul_drawn_id", "tenths"})
    # v2 does not tell how that review ended.
    assert differing == [(266, "subtype", "", "supported")]
    assert list(v2) == list(v3)


@pytest.mark.real_data
def test_the_mobile_feed_agrees_with_v2(real_data: Path) -> None:
    v2, mobile = _real(real_data, "stats_playbyplayv2_0021600270.json", "datanba_full_pbp_0021600270.json")
    assert _differences(v2, mobile, {"tenths"}) == []
    assert {play.kind for play in (*v2.values(), *mobile.values())} >= {PlayKind.REVIEW}
    alone = [v2[n].kind for n in v2.keys() - mobile.keys()] + [
        mobile[n].kind for n in mobile.keys() - v2.keys()
    ]
    assert set(alone) == {PlayKind.REVIEW}


@pytest.mark.real_data
def test_known_disorder_of_v2_is_put_right_as_a_person_did(real_data: Path) -> None:
    raw, corrected = _real(
        real_data, "stats_playbyplayv2_raw_0021900001.json", "stats_playbyplayv2_0021900001.json"
    )
    assert list(raw) == list(corrected)
    assert raw == corrected


def _v2_box_score(document: RawDocument) -> dict[int, dict[str, int]]:
    table = json.loads(document.content)["resultSets"][0]
    rows = [dict(zip(table["headers"], row, strict=True)) for row in table["rowSet"]]
    return {row["PLAYER_ID"]: {ours: row[column] or 0 for column, ours in V2_COLUMNS.items()} for row in rows}


def _v3_box_score(document: RawDocument) -> dict[int, dict[str, int]]:
    value = json.loads(document.content)
    game = value.get("boxScoreTraditional") or value["game"]
    players = game["homeTeam"]["players"] + game["awayTeam"]["players"]
    return {
        player["personId"]: {ours: player["statistics"][field] for field, ours in V3_FIELDS.items()}
        for player in players
    }


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("plays", "box_score"),
    [
        ("cdn_playbyplay_0022000001.json", "cdn_boxscore_0022000001.json"),
        ("cdn_derived_2023_22200552.csv", "stats_boxscoretraditionalv3_0022200552.json"),
        ("stats_playbyplayv3_0022200552_OT.json", "stats_boxscoretraditionalv3_0022200552.json"),
        ("stats_playbyplayv2_0021600270.json", "stats_boxscore_0021600270.json"),
        ("stats_playbyplayv2_technical_before_period_start.json", "stats_boxscore_0022100732.json"),
        ("datanba_full_pbp_0021600270.json", "stats_boxscore_0021600270.json"),
    ],
)
def test_plays_add_up_to_the_real_box_score_cell_by_cell(real_data: Path, plays: str, box_score: str) -> None:
    counted = totals(normalize(_sample(real_data, plays)).plays or ())
    document = _sample(real_data, box_score)
    official = _v2_box_score(document) if "stats_boxscore_" in box_score else _v3_box_score(document)
    assert len(official) >= 19
    mine = {player: {what: counted[player][what] for what in row} for player, row in official.items()}
    assert mine == official


#: Why anything at all is noted in a sample. Every other sample must be understood without a word.
_EXPECTED_NOTES = {
    "stats_home_shots_0021900001.json": "a shot chart carries no plays",
    "legacy_v2csv_scoredecrease_21301006.csv": "carry the score of another moment",
    "legacy_v2csv_scoredecrease_21700211.csv": "carry the score of another moment",
    # Players who come in late and do nothing more: v3 tells them by name only.
    "stats_playbyplayv3_WNBA_1022500234.json": "cannot tell who comes in",
    "stats_playbyplayv3_WNBA_1022500282.json": "cannot tell who comes in",
    "stats_playbyplayv3_WNBA_1022500284.json": "cannot tell who comes in",
    "stats_playbyplayv3_WNBA_1022500285.json": "cannot tell who comes in",
}


@pytest.mark.real_data
def test_every_real_sample_is_understood(real_data: Path) -> None:
    notes: dict[str, Normalized] = {}
    for path in sorted((real_data / "nba" / "samples").glob("*.[jc]s*")):
        result = normalize(RawDocument(name=path.name, content=path.read_bytes()))
        assert result.games or path.name == "stats_home_shots_0021900001.json", path.name
        for play in result.plays or ():
            assert play.kind is not PlayKind.OTHER, (path.name, play)
        if result.rejected:
            notes[path.name] = result
    assert {name: len(result.rejected) for name, result in notes.items()} == dict.fromkeys(_EXPECTED_NOTES, 1)
    for name, reason in _EXPECTED_NOTES.items():
        assert reason in notes[name].rejected[0].reason
