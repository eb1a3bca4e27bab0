"""The invented game in the box scores of the statistics endpoints."""

from __future__ import annotations

from typing import Any

from tests.adapters.nba_stats.invented.story import (
    AWAY,
    CITIES,
    EVENTS,
    GAME_ID,
    HOME,
    NICKNAMES,
    PEOPLE,
    TRICODES,
    initial,
)


def _table(name: str, headers: str, rows: list[list[Any]]) -> dict[str, Any]:
    return {"name": name, "headers": headers.split(), "rowSet": rows}


def v3_box_score() -> dict[str, Any]:
    """``boxscoretraditionalv3``."""

    def side(team: int) -> dict[str, Any]:
        players = [
            {
                "personId": player,
                "firstName": first,
                "familyName": family,
                "nameI": initial(player),
                "position": "" if player == 9101 else "F",
            }
            for player, (of, first, family, _) in PEOPLE.items()
            if of == team
        ]
        return {
            "teamId": team,
            "teamCity": CITIES[team],
            "teamName": NICKNAMES[team],
            "teamTricode": TRICODES[team],
            "players": players,
            "statistics": {"points": EVENTS[-1].score[team == AWAY]},
        }

    return {
        "meta": {},
        "boxScoreTraditional": {"gameId": GAME_ID, "homeTeam": side(HOME), "awayTeam": side(AWAY)},
    }


def v2_box_score() -> dict[str, Any]:
    """``boxscoretraditionalv2``."""
    players = [
        [
            GAME_ID,
            team,
            TRICODES[team],
            CITIES[team],
            player,
            f"{first} {family}",
            "" if player == 9101 else "F",
        ]
        for player, (team, first, family, _) in PEOPLE.items()
    ]
    teams = [[GAME_ID, team, NICKNAMES[team], TRICODES[team], CITIES[team]] for team in (AWAY, HOME)]
    return {
        "resource": "boxscore",
        "resultSets": [
            _table(
                "PlayerStats",
                "GAME_ID TEAM_ID TEAM_ABBREVIATION TEAM_CITY PLAYER_ID PLAYER_NAME START_POSITION",
                players,
            ),
            _table("TeamStats", "GAME_ID TEAM_ID TEAM_NAME TEAM_ABBREVIATION TEAM_CITY", teams),
        ],
    }


def v2_summary() -> dict[str, Any]:
    """``boxscoresummaryv2``."""
    lines = [
        [GAME_ID, team, TRICODES[team], CITIES[team], NICKNAMES[team], EVENTS[-1].score[team == AWAY]]
        for team in (HOME, AWAY)
    ]
    return {
        "resource": "boxscoresummary",
        "resultSets": [
            _table(
                "GameSummary",
                "GAME_DATE_EST GAME_ID GAME_STATUS_ID HOME_TEAM_ID VISITOR_TEAM_ID LIVE_PERIOD",
                [["2024-01-14T00:00:00", GAME_ID, 3, HOME, AWAY, 4]],
            ),
            _table(
                "LineScore",
                "GAME_ID TEAM_ID TEAM_ABBREVIATION TEAM_CITY_NAME TEAM_NICKNAME PTS",
                lines,
            ),
        ],
    }
