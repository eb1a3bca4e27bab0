"""What must hold of everything that ``normalize`` gives, whatever went in."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import msgspec

from poise_sdk.records import Game, Normalized, Play, RawDocument
from poise_sdk.vocabulary import PlayKind

__all__ = ["sums", "violations"]

#: The longest period of any basketball: a college half.
LONGEST_PERIOD_S: Final = 1200.0
#: Periods of the longest game on record: four and six overtimes (1951); with room to spare.
MOST_PERIODS: Final = 30
#: Ids of teams and players are stored in 64 bits.
_INT64: Final = 2**63
_SHOTS: Final = frozenset({PlayKind.FIELD_GOAL, PlayKind.FREE_THROW})


def violations(document: RawDocument, result: object) -> list[str]:
    """What is wrong with ``result`` as an answer to ``document``; empty if nothing is."""
    if not isinstance(result, Normalized):
        return [f"normalize gave a {type(result).__name__}, not a Normalized"]
    try:  # the records do not check their types themselves: that would cost every import
        msgspec.convert(msgspec.to_builtins(result, builtin_types=(dt.datetime,)), Normalized)
    except (msgspec.ValidationError, TypeError) as error:
        return [f"a field of a wrong type: {error}"]
    return [*_rejections(document, result), *_games(result), *_people(result), *_plays(result)]


def sums(result: Normalized) -> list[str]:
    """Games whose plays' points do not add up to the score after their last play.

    Not part of :func:`violations`: a document that lost a row to rejection cannot add up.
    """
    wrong: list[str] = []
    for game_id, plays in _by_game(result).items():
        last = plays[-1]
        points = sum(play.points for play in plays)
        if points != last.score_home + last.score_away:
            wrong.append(
                f"game {game_id}: its plays score {points} points, its last play says "
                f"{last.score_home}:{last.score_away}"
            )
    return wrong


def _rejections(document: RawDocument, result: Normalized) -> Iterator[str]:
    for rejected in result.rejected:
        if rejected.file != document.name:
            yield f"a rejection names the file {rejected.file!r}, the document is {document.name!r}"
        if not rejected.reason.strip():
            yield f"a rejection without a reason: {rejected}"
        if rejected.row is not None and rejected.row < 1:
            yield f"rows count from 1: {rejected}"


def _games(result: Normalized) -> Iterator[str]:
    ids = [game.id for game in result.games]
    if len(set(ids)) < len(ids):
        yield f"a game stands twice among games: {ids}"
    for game in result.games:
        yield from (f"game {game.id}: {text}" for text in _game(game))


def _game(game: Game) -> Iterator[str]:
    if not game.id:
        yield "an empty id"
    if game.period is not None and not 0 <= game.period <= MOST_PERIODS:
        yield f"period {game.period}"
    if game.clock_s is not None and not _clock(game.clock_s):
        yield f"{game.clock_s} s on the clock"
    for score in (game.home_score, game.away_score):
        if score is not None and score < 0:
            yield f"a negative score: {score}"
    if game.tipoff_at is not None and not _utc(game.tipoff_at):
        yield f"tipoff_at is not UTC: {game.tipoff_at!r}"
    if game.home_team_id is not None and game.home_team_id == game.away_team_id:
        yield "a team plays against itself"
    players = [entry.player_id for entry in game.roster]
    if len(set(players)) < len(players):
        yield "a player stands twice on the roster"


def _people(result: Normalized) -> Iterator[str]:
    ids = {"team": [team.id for team in result.teams], "player": [player.id for player in result.players]}
    for what, numbers in ids.items():
        if len(set(numbers)) < len(numbers):
            yield f"a {what} stands twice among {what}s"
        for number in numbers:
            if not 0 < number < _INT64:
                yield f"{what} id {number}"


def _plays(result: Normalized) -> Iterator[str]:
    known = {game.id for game in result.games}
    for game_id, plays in _by_game(result).items():
        where = f"game {game_id}"
        if game_id not in known:
            yield f"{where}: it has plays but is not among games"
        numbers = [play.number for play in plays]
        if len(set(numbers)) < len(numbers):
            twice = sorted(n for n in set(numbers) if numbers.count(n) > 1)
            yield f"{where}: two plays have the number {twice[0]}"
        if [play.position for play in plays] != list(range(1, len(plays) + 1)):
            yield f"{where}: positions do not run 1, 2, 3, … in the order of the plays"
        for play in plays:
            yield from (f"{where}, play {play.number}: {text}" for text in _play(play))


def _play(play: Play) -> Iterator[str]:
    if not 1 <= play.period <= MOST_PERIODS:
        yield f"period {play.period}"
    if not _clock(play.clock_s):
        yield f"{play.clock_s} s on the clock"
    if play.score_home < 0 or play.score_away < 0:
        yield f"a negative score: {play.score_home}:{play.score_away}"
    if (play.kind in _SHOTS) != (play.shot_value is not None):
        yield f"shot_value {play.shot_value} of a {play.kind}"
    if play.shot_value is not None:
        if play.shot_value not in ((1,) if play.kind is PlayKind.FREE_THROW else (2, 3)):
            yield f"a {play.kind} worth {play.shot_value}"
        if play.made is None or play.points != (play.shot_value if play.made else 0):
            yield f"made={play.made} and {play.points} points for a shot worth {play.shot_value}"
    elif play.points:
        yield f"{play.points} points for a {play.kind}"
    for field in ("team_id", "player_id", "assist_id", "steal_id", "block_id", "foul_drawn_id", "sub_in_id"):
        number = getattr(play, field)
        if number is not None and not 0 < number < _INT64:
            yield f"{field} is {number}"
    for field in ("distance_ft", "x_ft", "y_ft"):
        number = getattr(play, field)
        if number is not None and not math.isfinite(number):
            yield f"{field} is {number}"
    for field in ("occurred_at", "edited_at"):
        moment = getattr(play, field)
        if moment is not None and not _utc(moment):
            yield f"{field} is not UTC: {moment!r}"


def _by_game(result: Normalized) -> dict[str, list[Play]]:
    games: dict[str, list[Play]] = defaultdict(list)
    for play in result.plays or ():
        games[play.game_id].append(play)
    return games


def _clock(seconds: float) -> bool:
    return math.isfinite(seconds) and 0 <= seconds <= LONGEST_PERIOD_S


def _utc(moment: dt.datetime) -> bool:
    return moment.utcoffset() == dt.timedelta(0)
