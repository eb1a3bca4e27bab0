"""When the invented league plays: a round robin, home and away, with days of rest, in eastern evenings."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from adapters.nba_stats.simulator.names import FIRST_GAME_NUMBER
from adapters.nba_stats.simulator.people import Team

__all__ = ["Fixture", "eastern", "fixtures", "game_times", "game_zone"]

#: A season opens on the 21st of October; a round every other day.
OPENING = (10, 21)
DAYS_BETWEEN = 2
#: Tip-offs of one evening, eastern time.
EVENING = (dt.time(19, 0), dt.time(19, 30), dt.time(20, 0), dt.time(21, 30), dt.time(22, 0))
STANDARD, SUMMER = dt.timedelta(hours=-5), dt.timedelta(hours=-4)


class Fixture(NamedTuple):
    """A game to be played."""

    game_id: str
    home: Team
    away: Team
    tipoff: dt.datetime
    """UTC."""
    sequence: int
    """Place among the day's games, 1 first."""

    @property
    def day(self) -> dt.date:
        """The day in the league's own calendar."""
        return eastern(self.tipoff).date()

    @property
    def code(self) -> str:
        """``20251021/BRHALM``: day, visitors, hosts."""
        return f"{self.day:%Y%m%d}/{self.away.club.tricode}{self.home.club.tricode}"


def _sunday(year: int, month: int, which: int) -> dt.date:
    first = dt.date(year, month, 1)
    return first + dt.timedelta(days=(6 - first.weekday()) % 7 + 7 * (which - 1))


def game_zone(day: dt.date) -> dt.timezone:
    """Eastern time on ``day``: summer time from March's second to November's first Sunday (since 2007).

    Written out so that no machine needs a time-zone database.
    """
    summer = _sunday(day.year, 3, 2) <= day < _sunday(day.year, 11, 1)
    return dt.timezone(SUMMER if summer else STANDARD)


def eastern(moment: dt.datetime) -> dt.datetime:
    """``moment`` in eastern time."""
    return moment.astimezone(game_zone((moment + STANDARD).date()))


def game_times(tipoff: dt.datetime) -> dict[str, str]:
    """The vendor's five spellings of a tip-off; all of the invented league is eastern."""
    local = eastern(tipoff).isoformat()
    return {
        "gameTimeLocal": local,
        "gameTimeUTC": f"{tipoff:%Y-%m-%dT%H:%M:%SZ}",
        "gameTimeHome": local,
        "gameTimeAway": local,
        "gameEt": local,
    }


def _rounds(count: int) -> list[list[tuple[int, int]]]:
    """A round robin by the circle method: everybody meets everybody once."""
    ring = list(range(count)) + ([-1] if count % 2 else [])
    rounds = []
    for turn in range(len(ring) - 1):
        pairs = [(ring[i], ring[-1 - i]) for i in range(len(ring) // 2)]
        pairs = [(b, a) if (turn + a) % 2 else (a, b) for a, b in pairs if a >= 0 and b >= 0]
        rounds.append(pairs)
        ring = [ring[0], ring[-1], *ring[1:-1]]
    return rounds


def fixtures(teams: list[Team], season: str, games: int) -> list[Fixture]:
    """The first ``games`` games of the season (``2025-26``), in order of time."""
    year = int(season[:4])
    day = dt.date(year, *OPENING)
    single = _rounds(len(teams))
    made: list[Fixture] = []
    lap = 0
    while len(made) < games:
        for pairs in single:
            for slot, (one, other) in enumerate(pairs[: games - len(made)]):
                home, away = (one, other) if lap % 2 == 0 else (other, one)
                local = dt.datetime.combine(day, EVENING[slot % len(EVENING)], game_zone(day))
                number = FIRST_GAME_NUMBER + len(made)
                game_id = f"002{year % 100:02}{number:05}"
                tipoff = local.astimezone(dt.UTC)
                made.append(Fixture(game_id, teams[home], teams[away], tipoff, slot + 1))
            day += dt.timedelta(days=DAYS_BETWEEN)
            if len(made) >= games:
                break
        lap += 1
    return made
