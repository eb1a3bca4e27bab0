"""OpenField's words: paths, parameters of ``/stats``, and what a team must say of its own account.

A team's token (made in OpenField, *Settings → API Tokens*) reads every athlete of the account. Distances are
metres, durations seconds, times Unix seconds. Which velocity band is *high speed* and which is a *sprint*
is the team's own setting, and so is the unit in which OpenField shows a speed: the options below say both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from poise_sdk.errors import Fatal

__all__ = [
    "ACTIVITIES",
    "ATHLETES",
    "KMH_PER_M_S",
    "PAGE_SIZE",
    "PREFIX",
    "REGIONS",
    "STATS",
    "TeamOptions",
    "api",
    "band",
]

#: Where the accounts live: America, Europe with Africa, Asia with the Pacific.
REGIONS: Final = ("us", "eu", "au")
PREFIX: Final = "api/v6"
ATHLETES: Final = f"{PREFIX}/athletes"
ACTIVITIES: Final = f"{PREFIX}/activities"
STATS: Final = f"{PREFIX}/stats"

#: Activities asked for at once: a fortnight of two sessions a day and more.
PAGE_SIZE: Final = 50
KMH_PER_M_S: Final = 3.6

#: OpenField has eight velocity bands; by its defaults the fifth begins at 19.8 km/h, the sixth at 25.2.
_BANDS: Final = range(1, 9)
_HIGH_SPEED: Final = "5,6,7,8"
_SPRINT: Final = "6,7,8"
_UNITS: Final = ("m/s", "km/h")


def band(number: int) -> str:
    """The parameter with the distance in velocity band ``number``."""
    return f"velocity_band{number}_total_distance"


def api(options: Mapping[str, str]) -> str:
    """The address of the team's region (option ``region``, ``us`` unless told otherwise)."""
    region = options.get("region", "us").lower()
    if region not in REGIONS:
        raise Fatal(
            f"Catapult has no region {region!r}",
            hint="the option region of the vendor's configuration is one of " + ", ".join(REGIONS),
        )
    return f"https://connect-{region}.catapultsports.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamOptions:
    """What the team's account is set to."""

    high_speed_bands: tuple[int, ...]
    sprint_bands: tuple[int, ...]
    speed_unit: str

    @classmethod
    def of(cls, options: Mapping[str, str]) -> TeamOptions:
        """From ``high_speed_bands`` and ``sprint_bands`` (``5,6``), ``speed_unit``; ``Fatal`` if nonsense."""
        unit = options.get("speed_unit", "m/s")
        if unit not in _UNITS:
            raise Fatal(f"speed_unit is {unit!r}", hint="say m/s or km/h, as OpenField shows a speed")
        return cls(
            high_speed_bands=_numbers(options, "high_speed_bands", _HIGH_SPEED),
            sprint_bands=_numbers(options, "sprint_bands", _SPRINT),
            speed_unit=unit,
        )

    @property
    def parameters(self) -> tuple[str, ...]:
        """What ``/stats`` is asked for."""
        bands = sorted({*self.high_speed_bands, *self.sprint_bands})
        return (
            "start_time",
            "end_time",
            "total_duration",
            "total_distance",
            "total_player_load",
            "max_vel",
            "mean_heart_rate",
            "max_heart_rate",
            *(band(number) for number in bands),
        )


def _numbers(options: Mapping[str, str], name: str, default: str) -> tuple[int, ...]:
    words = [word.strip() for word in options.get(name, default).split(",")]
    if not all(word.isdecimal() and int(word) in _BANDS for word in words):
        raise Fatal(f"{name} is {options.get(name)!r}", hint="give numbers of velocity bands, as 5,6")
    return tuple(sorted({int(word) for word in words}))
