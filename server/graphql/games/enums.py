"""The vocabulary's words as enums of the graph, described. A test holds them against the SDK."""

from __future__ import annotations

from enum import Enum

import strawberry

from server.graphql.described import value

__all__ = ["GameStatus", "PlayKind", "SeasonType"]


@strawberry.enum(description="Where a game stands.")
class GameStatus(Enum):
    """`poise_sdk.vocabulary.GameStatus`."""

    SCHEDULED = value("scheduled", "It has not begun.")
    LIVE = value("live", "It is being played.")
    FINAL = value("final", "It is over; corrections may still come.")


@strawberry.enum(description="The part of a season a game belongs to.")
class SeasonType(Enum):
    """`poise_sdk.vocabulary.SeasonType`."""

    PRESEASON = value("preseason", "Before the season.")
    REGULAR = value("regular", "The regular season.")
    PLAY_IN = value("play_in", "Between the regular season and the playoffs.")
    PLAYOFFS = value("playoffs", "The playoffs.")
    CUP_FINAL = value("cup_final", "The final of the cup, which counts for no table.")
    ALL_STAR = value("all_star", "All-star games.")


@strawberry.enum(
    description="What happened in one play. Steals and blocks belong to the turnover and the miss."
)
class PlayKind(Enum):
    """`poise_sdk.vocabulary.PlayKind`."""

    FIELD_GOAL = value("field_goal", "A shot from the field, made or missed.")
    FREE_THROW = value("free_throw", "One free throw, made or missed.")
    REBOUND = value("rebound", "A rebound, a player's or a team's.")
    TURNOVER = value("turnover", "The ball is lost; `stealer` if it was stolen.")
    FOUL = value("foul", "A foul; `subtype` says which.")
    VIOLATION = value("violation", "A violation, e.g. a lane violation.")
    SUBSTITUTION = value("substitution", "`player` leaves, `subIn` comes in.")
    TIMEOUT = value("timeout", "A timeout.")
    JUMP_BALL = value("jump_ball", "A jump ball.")
    EJECTION = value("ejection", "Somebody is sent off.")
    REVIEW = value("review", "The officials look at a replay, or a coach challenges.")
    STOPPAGE = value("stoppage", "Play is stopped for another reason.")
    PERIOD_START = value("period_start", "A period begins.")
    PERIOD_END = value("period_end", "A period ends.")
    GAME_END = value("game_end", "The game ends.")
    OTHER = value("other", "Something the vocabulary has no word for; the description says what.")
