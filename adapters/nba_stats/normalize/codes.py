"""The event codes of ``playbyplayv2`` and of the mobile ``full_pbp``, in canonical words.

The vendor documents none of them. The tables were read off the descriptions beside the codes: each
pair of message type and action type of a whole season (2018-19) and of single games from 2013 to 2025.
"""

from __future__ import annotations

from typing import Final

from adapters.nba_stats.normalize import words
from poise_sdk.vocabulary import PlayKind

__all__ = ["KINDS", "MADE", "MISSED", "subtype"]

#: Message type of a made and of a missed field goal.
MADE: Final = 1
MISSED: Final = 2

KINDS: Final = {
    MADE: PlayKind.FIELD_GOAL,
    MISSED: PlayKind.FIELD_GOAL,
    3: PlayKind.FREE_THROW,
    4: PlayKind.REBOUND,
    5: PlayKind.TURNOVER,
    6: PlayKind.FOUL,
    7: PlayKind.VIOLATION,
    8: PlayKind.SUBSTITUTION,
    9: PlayKind.TIMEOUT,
    10: PlayKind.JUMP_BALL,
    11: PlayKind.EJECTION,
    12: PlayKind.PERIOD_START,
    13: PlayKind.PERIOD_END,
    18: PlayKind.REVIEW,
    20: PlayKind.STOPPAGE,
}

_DUNKS: Final = (7, 8, 9, 48, 49, 50, 51, 52, 64, 87, 88, 89, 90, 91, 92, 106, 107, 108, 109, 110)
_HOOKS: Final = (3, 55, 56, 57, 58, 65, 67, 93, 94, 95, 96)
_LAYUPS: Final = (5, 6, 40, 41, 42, 43, 44, 59, 60, 61, 62, 71, 72, 73, 74, 75, 76, 98, 99, 100)
_FLOATERS: Final = (78, 101, 102)
_TIPS: Final = (4, 53, 54, 97)
_JUMP_SHOTS: Final = (1, 2, 45, 46, 47, 63, 66, 77, 79, 80, 81, 82, 83, 84, 85, 86, 103, 104, 105)
_SHOTS: Final = {
    code: family
    for family, codes in (
        ("dunk", _DUNKS),
        ("hook", _HOOKS),
        ("layup", _LAYUPS),
        ("floater", _FLOATERS),
        ("tip_in", _TIPS),
        ("jump_shot", _JUMP_SHOTS),
    )
    for code in codes
}
_FREE_THROWS: Final = {
    10: "1_of_1",
    11: "1_of_2",
    12: "2_of_2",
    13: "1_of_3",
    14: "2_of_3",
    15: "3_of_3",
    16: "technical",
    18: "flagrant_1_of_2",
    19: "flagrant_2_of_2",
    20: "flagrant_1_of_1",
    21: "technical_1_of_2",
    22: "technical_2_of_2",
    25: "clear_path_1_of_2",
    26: "clear_path_2_of_2",
    27: "flagrant_1_of_3",
    28: "flagrant_2_of_3",
    29: "flagrant_3_of_3",
    30: "for_1",
    31: "for_2",
    32: "for_3",
    38: "technical",
}
_TURNOVERS: Final = {
    # "No Turnover": the player's and the team's totals do count it, only its kind was never told.
    0: "unspecified",
    1: "bad_pass",
    2: "lost_ball",
    4: "traveling",
    5: "offensive_foul",
    6: "double_dribble",
    7: "discontinued_dribble",
    8: "3_seconds",
    9: "5_seconds",
    10: "8_seconds",
    11: "shot_clock",
    12: "inbound",
    13: "backcourt",
    15: "offensive_goaltending",
    17: "lane_violation",
    18: "jump_ball_violation",
    19: "kicked_ball",
    20: "illegal_assist",
    21: "palming",
    33: "punched_ball",
    35: "basket_from_below",
    36: "illegal_screen",
    37: "offensive_foul",
    38: "5_seconds",
    39: "step_out_of_bounds",
    40: "out_of_bounds_lost_ball",
    41: "lost_ball",
    42: "excess_timeout",
    44: "too_many_players",
    45: "out_of_bounds_bad_pass",
}
_FOULS: Final = {
    1: "personal",
    2: "shooting",
    3: "loose_ball",
    4: "offensive",
    5: "inbound",
    6: "away_from_play",
    8: "punching",
    9: "clear_path",
    10: "double",
    11: "technical",
    12: "technical",
    13: "technical",
    14: "flagrant_1",
    15: "flagrant_2",
    16: "double_technical",
    17: "defensive_3_seconds",
    18: "technical",
    19: "technical",
    25: "technical",
    26: "offensive",
    27: "personal",
    28: "take",
    29: "shooting",
    30: "technical",
    31: "transition_take",
}
_VIOLATIONS: Final = {
    1: "delay_of_game",
    2: "defensive_goaltending",
    3: "lane",
    4: "jump_ball",
    5: "kicked_ball",
    6: "double_lane",
}
_TIMEOUTS: Final = {1: "full", 2: "short", 4: "official", 7: "coach_challenge"}
_REVIEWS: Final = {
    0: "",
    1: "supported",
    2: "overturned",
    3: "stands",
    4: "supported",
    5: "overturned",
    6: "stands",
}
_TABLES: Final = {
    PlayKind.FIELD_GOAL: (_SHOTS, words.shot),
    PlayKind.FREE_THROW: (_FREE_THROWS, words.free_throw),
    PlayKind.TURNOVER: (_TURNOVERS, words.turnover),
    PlayKind.FOUL: (_FOULS, words.foul),
    PlayKind.VIOLATION: (_VIOLATIONS, words.violation),
    PlayKind.TIMEOUT: (_TIMEOUTS, words.timeout),
    PlayKind.REVIEW: (_REVIEWS, words.review),
}


def subtype(kind: PlayKind, action_type: int, description: str) -> str:
    """The canonical refinement of ``kind``; a code that no table knows is told by its description."""
    if kind not in _TABLES:
        return ""
    table, by_words = _TABLES[kind]
    known = table.get(action_type)
    return by_words(description) if known is None else known
