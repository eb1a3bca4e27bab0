"""Shots: what kind, from where, how likely to fall, to be blocked, to draw a foul, to come from a pass.

The shares and chances are league averages of recent seasons, rounded (about 42 % of attempts from
three at 36 %, twos at 54–55 %); the vendor's words for kinds of shots were counted in its documents.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from adapters.nba_stats.simulator.court import Man

__all__ = ["Shot", "choose_shot", "long_heave", "putback"]

#: Feet the vendor's texts leave out: a two under six feet, a three under 24.
SHORTEST_TOLD = {False: 6.0, True: 24.0}
#: Half the width of the lane and its depth from the basket, in tenths of feet.
LANE_HALF, LANE_DEPTH = 80, 138
CORNER_LATERAL = 220
ARC = 237.5


@dataclass(frozen=True, slots=True)
class Shot:
    """An attempt before it is decided."""

    kind: str
    sub: str
    descriptor: str | None
    distance: float
    """Feet from the basket."""
    x_legacy: int
    y_legacy: int
    """Tenths of feet from the basket: along the baseline, and away from it."""
    chance: float
    foul: float
    """The chance that the defence fouls the shooter."""
    block: float
    """The chance that a miss was a block."""
    assist: float
    """The chance that a made one came from a pass."""

    @property
    def three(self) -> bool:
        """Worth three."""
        return self.kind == "3pt"

    @property
    def in_paint(self) -> bool:
        """Inside the lane."""
        return not self.three and abs(self.x_legacy) <= LANE_HALF and self.y_legacy <= LANE_DEPTH

    def describe(self, man: Man, *, made: bool, assist: Man | None, blocked: bool) -> str:
        """The vendor's sentence; it has its own word order for threes, and two spaces for plain ones."""
        feet = f"{int(self.distance)}' " if self.distance >= SHORTEST_TOLD[self.three] else ""
        how = f"{self.descriptor} " if self.descriptor else ""
        name = man.person.initialed
        if not made:
            what = "3PT" if self.three else self.sub
            if what == "Jump Shot" and self.descriptor:
                what = "Shot"
            return f"MISS {name} {feet}{how}{what}" + (" - blocked" if blocked else "")
        if self.three:
            text = f"{name} {feet}3PT {self.descriptor or ''} ({man.points} PTS)"
        else:
            text = f"{name} {feet}{how}{self.sub} ({man.points} PTS)"
        if assist:
            text += f" ({assist.person.initialed} {assist.assists} AST)"
        return text


# (share, subType, descriptor, shortest, longest, chance, foul, block, assist)
Kind = tuple[float, str, str | None, float, float, float, float, float, float]

AT_RIM: tuple[Kind, ...] = (
    (29, "Layup", "driving", 0.8, 6.5, 0.495, 0.335, 0.33, 0.40),
    (10, "Layup", "driving finger roll", 0.8, 4.0, 0.56, 0.24, 0.24, 0.40),
    (10, "Layup", "cutting", 0.5, 3.5, 0.65, 0.26, 0.27, 0.96),
    (9, "Layup", None, 0.5, 3.5, 0.55, 0.29, 0.32, 0.75),
    (5, "Layup", "driving reverse", 0.8, 3.5, 0.53, 0.18, 0.24, 0.45),
    (2, "Layup", "alley-oop", 0.5, 2.5, 0.72, 0.12, 0.08, 1.0),
    (5, "DUNK", "cutting", 0.2, 1.6, 0.90, 0.18, 0.40, 0.97),
    (3, "DUNK", "driving", 0.2, 1.6, 0.88, 0.20, 0.45, 0.40),
    (3, "DUNK", "alley-oop", 0.2, 1.6, 0.91, 0.08, 0.20, 1.0),
    (3, "DUNK", None, 0.2, 1.6, 0.89, 0.18, 0.40, 0.70),
    (4, "Hook", None, 3.0, 7.5, 0.47, 0.12, 0.14, 0.45),
)
IN_BREAK: tuple[Kind, ...] = (
    (40, "Layup", "running", 0.5, 6.5, 0.61, 0.26, 0.30, 0.55),
    (9, "Layup", "running finger roll", 0.8, 4.0, 0.63, 0.18, 0.22, 0.50),
    (20, "DUNK", "running", 0.2, 1.6, 0.94, 0.10, 0.40, 0.70),
    (6, "Layup", "running reverse", 0.8, 3.5, 0.57, 0.14, 0.16, 0.50),
    (4, "DUNK", "running alley-oop", 0.2, 1.6, 0.94, 0.05, 0.20, 1.0),
)
BETWEEN: tuple[Kind, ...] = (
    (24, "Jump Shot", "driving floating", 4.5, 13.5, 0.430, 0.095, 0.13, 0.42),
    (7, "Jump Shot", "floating", 5.0, 13.5, 0.440, 0.07, 0.09, 0.55),
    (4, "Jump Shot", "driving floating bank", 4.5, 12.0, 0.43, 0.08, 0.10, 0.35),
    (7, "Hook", "turnaround", 4.0, 12.0, 0.46, 0.09, 0.10, 0.45),
    (27, "Jump Shot", "pullup", 7.0, 21.5, 0.425, 0.045, 0.04, 0.38),
    (9, "Jump Shot", "step back", 10.0, 21.5, 0.41, 0.045, 0.04, 0.10),
    (9, "Jump Shot", "fadeaway", 8.0, 20.0, 0.415, 0.05, 0.04, 0.40),
    (10, "Jump Shot", "turnaround fadeaway", 6.0, 19.0, 0.42, 0.06, 0.05, 0.35),
    (5, "Jump Shot", "turnaround", 6.0, 16.0, 0.43, 0.06, 0.06, 0.40),
    (11, "Jump Shot", None, 8.0, 21.5, 0.42, 0.035, 0.04, 0.85),
)
FROM_THREE: tuple[Kind, ...] = (
    (62, "Jump Shot", None, 22.3, 28.5, 0.380, 0.008, 0.012, 0.985),
    (18, "Jump Shot", "pullup", 23.9, 29.5, 0.341, 0.013, 0.016, 0.42),
    (9, "Jump Shot", "step back", 23.9, 28.5, 0.347, 0.018, 0.018, 0.33),
    (7, "Jump Shot", "running", 23.8, 28.0, 0.368, 0.005, 0.012, 0.97),
    (3, "Jump Shot", "running pullup", 23.9, 28.5, 0.335, 0.007, 0.012, 0.50),
    (1, "Jump Shot", "fadeaway", 24.0, 29.0, 0.30, 0.02, 0.02, 0.70),
)
PUTBACKS: tuple[Kind, ...] = (
    (38, "Layup", "putback", 0.2, 3.0, 0.615, 0.22, 0.20, 0.0),
    (42, "Layup", "tip", 0.2, 2.5, 0.50, 0.03, 0.05, 0.0),
    (9, "DUNK", "putback", 0.2, 1.4, 0.93, 0.10, 0.20, 0.0),
    (8, "DUNK", "tip", 0.2, 1.4, 0.93, 0.02, 0.05, 0.0),
)


def _kind(rng: Random, kinds: tuple[Kind, ...]) -> Kind:
    left = rng.random() * sum(kind[0] for kind in kinds)
    for kind in kinds:
        left -= kind[0]
        if left <= 0:
            return kind
    return kinds[-1]


def _place(rng: Random, distance: float, *, three: bool) -> tuple[int, int]:
    """Where on the floor, at ``distance`` feet: a corner three is the short one."""
    tenths = distance * 10
    if three and tenths < ARC:
        lateral = CORNER_LATERAL + rng.random() * min(12.0, tenths - CORNER_LATERAL)
    elif three:
        lateral = tenths * rng.random() * 0.9
    else:
        lateral = min(tenths * rng.random(), CORNER_LATERAL - 3)
    depth = (max(tenths * tenths - lateral * lateral, 0.0)) ** 0.5
    if tenths < 40 and rng.random() < 0.25:
        depth = -min(depth, 25.0)
    side = -1 if rng.random() < 0.5 else 1
    return round(side * lateral), round(depth)


def _make(rng: Random, kind: Kind, man: Man, skill: float, *, three: bool) -> Shot:
    _, sub, descriptor, shortest, longest, chance, foul, block, assist = kind
    x, y = _place(rng, shortest + (longest - shortest) * rng.random(), three=three)
    distance = round(((x * x + y * y) ** 0.5) / 10, 2)
    return Shot(
        kind="3pt" if three else "2pt",
        sub=sub,
        descriptor=descriptor,
        distance=distance,
        x_legacy=x,
        y_legacy=y,
        chance=chance + skill + man.form,
        foul=foul,
        block=min(block * 1.3, 0.6),
        assist=assist,
    )


def choose_shot(rng: Random, man: Man, *, fast: bool, threes: float) -> Shot:
    """A shot to this man's taste; ``fast``: in a break; ``threes`` multiplies his taste for three."""
    person = man.person
    rim = person.rim * (2.0 if fast else 1.0)
    three = person.three * threes
    middle = person.middle * (0.4 if fast else 1.0)
    where = rng.random() * (rim + three + middle)
    if where < rim:
        return _make(rng, _kind(rng, IN_BREAK if fast else AT_RIM), man, person.finishing, three=False)
    if where < rim + three:
        return _make(rng, _kind(rng, FROM_THREE), man, person.range, three=True)
    return _make(rng, _kind(rng, BETWEEN), man, person.touch, three=False)


def putback(rng: Random, man: Man) -> Shot:
    """The rebounder goes straight up."""
    return _make(rng, _kind(rng, PUTBACKS), man, man.person.finishing, three=False)


def long_heave(rng: Random, man: Man) -> Shot:
    """From far away as the horn sounds: one in thirty falls."""
    kind: Kind = (
        1,
        "Jump Shot",
        rng.choice(("running", "pullup", "bank")),
        33.0,
        62.0,
        0.033,
        0.0,
        0.01,
        0.2,
    )
    return _make(rng, kind, man, -man.form, three=True)
