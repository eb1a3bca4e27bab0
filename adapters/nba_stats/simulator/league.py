"""``simulate_league``: an invented season on disk, in the vendor's own documents.

::

    OUT/playbyplay_<id>.json     a recording each (see :mod:`.revisions`)
    OUT/boxscore_<id>.json
    OUT/scheduleLeagueV2.json
    OUT/todaysScoreboard_00.json the last evening's games
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from adapters.nba_stats.simulator.court import SECOND, make_side
from adapters.nba_stats.simulator.documents import Document, box_of, final_box, play_by_play
from adapters.nba_stats.simulator.edits import number_and_date
from adapters.nba_stats.simulator.fixtures import Fixture, fixtures
from adapters.nba_stats.simulator.match import play
from adapters.nba_stats.simulator.names import CLUBS
from adapters.nba_stats.simulator.people import Official, make_officials, make_teams
from adapters.nba_stats.simulator.revisions import derive
from adapters.nba_stats.simulator.scribe import Scribe
from adapters.nba_stats.simulator.season import Entry, entry_of, schedule, scoreboard

__all__ = ["DEFAULT_GAMES", "simulate_game", "simulate_league"]

#: Eight teams, everybody twice against everybody.
DEFAULT_GAMES = 56
#: How many of the quick edits a recording remembers: enough to be lively, and small files.
REMEMBERED = 0.3
#: The ball goes up a few minutes after the announced time (tenths of a second).
CEREMONY = (6 * 60 * SECOND, 12 * 60 * SECOND)


def simulate_game(rng: Random, fixture: Fixture, officials: list[Official]) -> tuple[Document, Document]:
    """Play one game: its recording and its final box score."""
    home, away = make_side(rng, fixture.home, home=True), make_side(rng, fixture.away, home=False)
    starters = {side.home: [man.person for man in side.on] for side in (home, away)}
    called = rng.sample(officials, 3)
    scribe = Scribe(rng, home, away, fixture.tipoff, [one.id for one in called])
    scribe.wait(int(rng.triangular(*CEREMONY)))
    began = scribe.wall
    play(rng, scribe)
    actions = scribe.actions
    number_and_date(rng, actions, fixture.tipoff)
    over = fixture.tipoff + dt.timedelta(seconds=scribe.wall // SECOND + 150)
    box = box_of(fixture, home, away, starters, called, over)
    minutes = (scribe.wall - began) // (60 * SECOND)
    recording = play_by_play(fixture, actions, derive(fixture.game_id, actions, share=REMEMBERED), over)
    return recording, final_box(box, actions, minutes)


def simulate_league(
    out: Path,
    *,
    seed: int = 7,
    season: str = "2025-26",
    teams: int = 8,
    games: int = DEFAULT_GAMES,
    on_progress: Callable[[int, int], Any] | None = None,
) -> list[Path]:
    """Invent a league of ``teams`` (2–30) and play ``games`` of its ``season`` into the folder ``out``.

    The same arguments write the same bytes. ``on_progress(done, total)`` is called after each game.
    Returns the recordings in order of time. Raises :class:`ValueError` for a number of teams out of
    range, for less than one game, and for a season that is not written ``2025-26``.
    """
    if not 2 <= teams <= len(CLUBS):
        raise ValueError(f"a league has 2 to {len(CLUBS)} teams, not {teams}")
    if games < 1:
        raise ValueError("a season has at least one game")
    if len(season) != 7 or season[4] != "-" or not season[:4].isdigit():
        raise ValueError(f"a season is written like 2025-26, not {season!r}")
    rng = Random(f"league {seed} {season} {teams}")  # noqa: S311  (a reproducible league, not a secret)
    clubs = make_teams(rng, teams)
    officials = make_officials(rng)
    calendar = fixtures(clubs, season, games)
    out.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    entries: list[Entry] = []
    evening: list[Document] = []
    for done, fixture in enumerate(calendar, 1):
        own = Random(f"game {seed} {season} {fixture.game_id}")  # noqa: S311  (as above)
        recording, box = simulate_game(own, fixture, officials)
        path = out / f"playbyplay_{fixture.game_id}.json"
        path.write_bytes(msgspec.json.encode(recording))
        (out / f"boxscore_{fixture.game_id}.json").write_bytes(msgspec.json.encode(box))
        written.append(path)
        entries.append(entry_of(box))
        if fixture.day == calendar[-1].day:
            evening.append(box)
        if on_progress:
            on_progress(done, games)
    closing = calendar[-1].tipoff + dt.timedelta(hours=3)
    played = schedule(season, entries, closing)
    (out / "scheduleLeagueV2.json").write_bytes(msgspec.json.encode(played))
    board = scoreboard(evening, calendar[-1].day, closing)
    (out / "todaysScoreboard_00.json").write_bytes(msgspec.json.encode(board))
    return written
