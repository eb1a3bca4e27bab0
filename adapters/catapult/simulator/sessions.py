"""A team's sessions and what each athlete did in them, drawn from a seed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from random import Random
from typing import Final
from uuid import UUID

from poise_sdk.vendors import SimulatedAccount

__all__ = ["Session", "make_accounts", "make_sessions"]

_NAMES: Final = ("Ada Arnholt", "Bela Brisk", "Caro Cordes", "Dario Dunmore", "Edda Ekelund", "Falk Farris")
_KINDS: Final = ("Practice", "Shootaround", "Game", "Conditioning")
#: Hours (UTC) at which a day's sessions begin; every seventh day is free.
_HOURS: Final = (15, 21)
_WEEK: Final = 7
#: Shares of a distance in the bands from the first to the eighth.
_SHARES: Final = (0.48, 0.27, 0.13, 0.07, 0.03, 0.015, 0.004, 0.001)


@dataclass(slots=True)
class Session:
    """One activity; ``figures`` by athlete."""

    id: str
    name: str
    start: dt.datetime
    end: dt.datetime
    modified_at: dt.datetime
    deleted: bool = False
    figures: dict[str, dict[str, float]] = field(default_factory=dict)

    def listed(self) -> dict[str, object]:
        """As ``GET /activities`` tells it."""
        return {
            "id": self.id,
            "name": self.name,
            "start_time": int(self.start.timestamp()),
            "end_time": int(self.end.timestamp()),
            "modified_at": self.modified_at.strftime("%Y-%m-%d %H:%M:%S"),
            "is_deleted": int(self.deleted),
            "athlete_count": len(self.figures),
            "tags": [],
        }


def make_accounts(seed: int, count: int) -> tuple[SimulatedAccount, ...]:
    """``count`` athletes; more of them do not change the first ones."""
    accounts = []
    for index in range(count):
        again, position = divmod(index, len(_NAMES))
        name = f"{_NAMES[position]} {again + 1}" if again else _NAMES[position]
        accounts.append(SimulatedAccount(id=_uuid(f"{seed}/athlete/{index}"), name=name, time_zone="UTC"))
    return tuple(accounts)


def make_sessions(
    seed: int, accounts: tuple[SimulatedAccount, ...], first: dt.date, until: dt.datetime
) -> list[Session]:
    """All sessions that ended by ``until``, oldest first."""
    sessions = []
    day = first
    while day <= until.date():
        for hour in _HOURS if day.toordinal() % _WEEK else ():
            session = _session(seed, accounts, day, hour)
            if session.end <= until:
                sessions.append(session)
        day += dt.timedelta(days=1)
    return sessions


def _session(seed: int, accounts: tuple[SimulatedAccount, ...], day: dt.date, hour: int) -> Session:
    key = f"{seed}/{day.isoformat()}/{hour}"
    rng = Random(key)  # noqa: S311 — invented sessions, not secrets
    start = dt.datetime.combine(day, dt.time(hour, rng.randrange(30)), dt.UTC)
    end = start + dt.timedelta(minutes=rng.randint(45, 110))
    session = Session(_uuid(key), rng.choice(_KINDS), start, end, end + dt.timedelta(minutes=40))
    for account in accounts:
        own = Random(f"{key}/{account.id}")  # noqa: S311 — as above
        metres = own.uniform(2_500, 6_500)
        pulse = own.uniform(118, 152)
        session.figures[account.id] = {
            "start_time": int(start.timestamp()),
            "end_time": int(end.timestamp()),
            "total_duration": (end - start).total_seconds(),
            "total_distance": round(metres, 2),
            "total_player_load": round(metres / own.uniform(9.0, 12.0), 2),
            "max_vel": round(own.uniform(6.2, 8.6), 3),
            "mean_heart_rate": round(pulse, 1),
            "max_heart_rate": round(pulse + own.uniform(30, 48), 1),
            **{
                f"velocity_band{number}_total_distance": round(metres * share, 2)
                for number, share in enumerate(_SHARES, 1)
            },
        }
    return session


def _uuid(text: str) -> str:
    return str(UUID(int=Random(text).getrandbits(128), version=4))  # noqa: S311 — an id, not a secret
