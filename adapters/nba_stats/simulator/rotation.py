"""Who comes in for whom: minutes as planned, foul trouble, closers in a close game, the bench in a rout."""

from __future__ import annotations

from random import Random

from adapters.nba_stats.simulator.court import FOULS_ALLOWED, QUARTER, SECOND, Man, Side
from adapters.nba_stats.simulator.scribe import Scribe

__all__ = ["foul_out", "opening_five", "rotate"]

MINUTE = 60 * SECOND
#: A coach looks at his bench at a dead ball, but not more often than this.
PATIENCE = 35 * SECOND
SHORTEST_STINT = 4 * MINUTE
SHORTEST_REST = 2 * MINUTE + MINUTE // 2
#: Minutes by which a man on the bench must lag behind one on the floor, to be sent in for him.
IMBALANCE = 3.2 * MINUTE
GAME = 4 * QUARTER
ROUT = 22


def _played(man: Man, side: Side, now: int) -> int:
    return man.played + (now - man.since if man in side.on else 0)


def _sits(man: Man, period: int) -> bool:
    """Foul trouble: as many fouls as the period plus one, and never more than four before the end."""
    return man.fouls >= (period + 1 if period <= 3 else FOULS_ALLOWED)


def _swap(scribe: Scribe, side: Side, out: Man, into: Man) -> None:
    now = scribe.elapsed
    out.played += now - out.since
    out.since = into.since = now
    side.on[side.on.index(out)] = into


def _write(scribe: Scribe, side: Side, pairs: list[tuple[Man, Man]], *, at_start: bool = False) -> None:
    """All who leave, then all who come, as the vendor lists them."""
    outs, ins = [], []
    for out, into in pairs:
        gone, come = scribe.substitution(side, out, into, at_start=at_start)
        outs.append(gone)
        ins.append(come)
    if pairs:
        scribe.actions[-2 * len(pairs) :] = outs + ins


def _fits(out: Man, into: Man, slack: int) -> bool:
    return abs(out.person.size - into.person.size) <= slack


def foul_out(scribe: Scribe, side: Side, man: Man) -> None:
    """``man`` may not play on: the nearest in size and order takes his place."""
    man.gone = True
    if man not in side.on:
        return
    bench = side.bench()
    into = min(bench, key=lambda other: (abs(other.person.size - man.person.size), other.person.rank))
    _swap(scribe, side, man, into)
    _write(scribe, side, [(man, into)])


def rotate(rng: Random, scribe: Scribe, side: Side, *, stays: Man | None = None) -> bool:
    """One look of the coach at a dead ball; whether he changed anybody. ``stays``: who is shooting."""
    now = scribe.elapsed
    if now - side.looked_at < PATIENCE:
        return False
    side.looked_at = now
    margin = abs(scribe.home.score - scribe.away.score)
    final = scribe.period >= 4
    if final and scribe.clock < 6 * MINUTE and margin >= ROUT:
        wanted = sorted(side.bench() + side.on, key=lambda man: -man.person.rank)[:5]
        pairs = _towards(side, wanted)
    elif final and scribe.clock < 5 * MINUTE + MINUTE // 2 and margin <= 12:
        wanted = [man for man in side.men if not man.gone][:7]
        pairs = _towards(side, _closers(wanted))
    else:
        pairs = _by_plan(rng, side, now, scribe.period)
    pairs = [pair for pair in pairs if pair[0] is not stays]
    for out, into in pairs:
        _swap(scribe, side, out, into)
    _write(scribe, side, pairs)
    return bool(pairs)


def _closers(men: list[Man]) -> list[Man]:
    """The best five that have a big man and a guard."""
    five = men[:5]
    if not any(man.person.size >= 4 for man in five):
        five[-1] = next((man for man in men[5:] if man.person.size >= 4), five[-1])
    return five


def _towards(side: Side, wanted: list[Man], most: int = 3) -> list[tuple[Man, Man]]:
    """The changes that bring ``wanted`` on, small for small and big for big."""
    ins = sorted((man for man in wanted if man not in side.on), key=lambda man: man.person.size)
    outs = sorted((man for man in side.on if man not in wanted), key=lambda man: man.person.size)
    return list(zip(outs, ins, strict=False))[:most]


def _by_plan(rng: Random, side: Side, now: int, period: int) -> list[tuple[Man, Man]]:
    """The man furthest above his share of the minutes makes way for the one furthest below."""
    stint = SHORTEST_STINT * (1.3 if now < QUARTER // 2 else 1.0)
    if not any(now - man.since >= stint or _sits(man, period) for man in side.on):
        return []
    share = min(now / GAME, 1.0) * MINUTE
    ahead = {id(man): _played(man, side, now) - man.goal * share for man in side.men}
    pairs: list[tuple[Man, Man]] = []
    bench = [man for man in side.bench() if (man.goal > 0 and now - man.since >= SHORTEST_REST) or now == 0]
    bench = [man for man in bench if not _sits(man, period)]
    for out in sorted(side.on, key=lambda man: (not _sits(man, period), -ahead[id(man)])):
        trouble = _sits(out, period)
        if not trouble and now - out.since < stint:
            continue
        choices = [man for man in bench if _fits(out, man, 2 if trouble else 1)]
        if trouble and not choices:
            choices = [man for man in side.bench() if _fits(out, man, 3) and not _sits(man, period)]
        if not choices:
            continue
        into = min(choices, key=lambda man: ahead[id(man)])
        if not trouble and ahead[id(out)] - ahead[id(into)] < IMBALANCE * (0.8 + 0.4 * rng.random()):
            continue
        pairs.append((out, into))
        if into in bench:
            bench.remove(into)
        if len(pairs) == 3:
            break
    return pairs


def opening_five(rng: Random, scribe: Scribe, side: Side, starters: list[Man]) -> None:
    """Set the five for a new period: the starters after half-time, the plan otherwise."""
    now = scribe.elapsed
    if scribe.period == 3:
        wanted = [man for man in starters if not man.gone and not _sits(man, 2)]
        pairs = _towards(side, wanted, most=5)
    elif scribe.period > 4:
        pairs = _towards(side, _closers([man for man in side.men if not man.gone][:7]))
    else:
        pairs = _by_plan(rng, side, now, scribe.period)
    for out, into in pairs:
        _swap(scribe, side, out, into)
    _write(scribe, side, pairs, at_start=True)
