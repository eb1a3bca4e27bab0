"""Writes actions as the vendor's live play-by-play does: every field, its type, its wording.

The wording and the sets of fields were read off real documents (a test holds them against one).
Numbers and edit times are given at the end, by :mod:`.edits`: an action that was typed in late has
a higher number than its neighbours, and its place is told by ``orderNumber`` alone.
"""

from __future__ import annotations

from adapters.nba_stats.simulator.court import Man, Side
from adapters.nba_stats.simulator.pen import Action, Pen
from adapters.nba_stats.simulator.shots import Shot

__all__ = ["Scribe"]


class Scribe(Pen):
    """One method for each kind of action; what happened is in :attr:`actions`."""

    def bracket(self, kind: str, sub: str, text: str) -> None:
        """``period`` start and end, ``game`` end."""
        action = self._base(kind, sub, [])
        action |= {"side": None, "description": text, "personIdsFilter": []}
        if kind == "game":
            action["possession"] = 0

    def jump_ball(self, descriptor: str, won: Man, lost: Man, side: Side, taker: Man | None) -> None:
        """A jump ball ``won`` tips to ``taker`` (or to the team) of ``side``."""
        self.possession = side
        action = self._base("jumpball", "recovered", [], side, taker, descriptor=descriptor)
        target = taker.person.initialed if taker else f"Team ({side.tricode})"
        action["jumpBallRecoveredName"] = target
        filtered = [won.person.id, lost.person.id]
        if taker:
            action["jumpBallRecoverdPersonId"] = taker.person.id  # the vendor's own spelling
            filtered.insert(0, taker.person.id)
        action |= {
            "side": None,
            "personIdsFilter": list(dict.fromkeys(filtered)),
            "jumpBallWonPlayerName": won.person.family,
            "jumpBallWonPersonId": won.person.id,
            "description": f"Jump Ball {won.person.initialed} vs. {lost.person.initialed}: Tip to {target}",
            "jumpBallLostPlayerName": lost.person.family,
            "jumpBallLostPersonId": lost.person.id,
        }

    def shot(
        self,
        side: Side,
        man: Man,
        shot: Shot,
        qualifiers: list[str],
        *,
        made: bool,
        assist: Man | None = None,
        block: Man | None = None,
    ) -> None:
        """A field goal attempt; totals and score are moved here."""
        worth = 3 if shot.three else 2
        if made:
            man.points += worth
            self._score(side, worth)
        action = self._base(shot.kind, shot.sub, qualifiers, side, man, descriptor=shot.descriptor)
        right = side.home == (self.period <= 2)
        depth, lateral = shot.y_legacy / 10 + 5.25, shot.x_legacy / 10
        action |= {
            "x": 100 - depth / 0.94 if right else depth / 0.94,
            "y": (25 + lateral) * 2 if right else (25 - lateral) * 2,
            "side": "right" if right else "left",
            "shotDistance": shot.distance,
            "xLegacy": shot.x_legacy,
            "yLegacy": shot.y_legacy,
            "isFieldGoal": 1,
            "shotResult": "Made" if made else "Missed",
        }
        if made:
            action["pointsTotal"] = man.points
        if assist:
            assist.assists += 1
        action["description"] = shot.describe(man, made=made, assist=assist, blocked=block is not None)
        if assist:
            action["personIdsFilter"].append(assist.person.id)
            action["assistPlayerNameInitial"] = assist.person.initialed
            action["assistPersonId"] = assist.person.id
            action["assistTotal"] = assist.assists
        self.last_shot = action
        if block:
            action["personIdsFilter"].append(block.person.id)
            action["blockPlayerName"] = block.person.family
            action["blockPersonId"] = block.person.id
            block.blocks += 1
            other = self.away if side is self.home else self.home
            note = self._base("block", None, [], other, block)
            note["side"] = None
            note["description"] = f"{block.person.initialed} BLOCK ({block.blocks} BLK)"

    def rebound(self, side: Side, man: Man | None, *, offensive: bool, dead: bool = False) -> None:
        """A rebound of a player, or of the team (``man`` is ``None``) when the ball went dead."""
        if not dead:
            self.possession = side
        sub = "offensive" if offensive else "defensive"
        qualifiers = [] if man else (["deadball", "team"] if dead else ["team"])
        action = self._base("rebound", sub, qualifiers, side, man)
        action["side"] = None
        action["shotActionNumber"] = self.last_shot  # replaced by its number in ``finish``
        if man:
            if offensive:
                man.offensive += 1
            else:
                man.defensive += 1
            action["reboundTotal"] = man.offensive + man.defensive
            action["reboundDefensiveTotal"] = man.defensive
            action["reboundOffensiveTotal"] = man.offensive
            action["description"] = (
                f"{man.person.initialed} REBOUND (Off:{man.offensive} Def:{man.defensive})"
            )
        else:
            action["description"] = f"TEAM {sub} REBOUND"

    def turnover(
        self,
        side: Side,
        man: Man | None,
        sub: str,
        *,
        descriptor: str | None = None,
        thief: Man | None = None,
        called: bool = False,
    ) -> None:
        """A turnover and, as an action of its own, the steal."""
        qualifiers = [] if man else ["team"]
        action = self._base("turnover", sub, qualifiers, side, man, descriptor=descriptor)
        if called:
            action["officialId"] = self.rng.choice(self.officials)
        side.turnovers += 1
        if man:
            man.turnovers += 1
            words = f"{descriptor} {sub}" if descriptor else sub
            action["description"] = f"{man.person.initialed} {words} TURNOVER ({man.turnovers} TO)"
        else:
            action["description"] = f"{side.tricode} {sub} Team TURNOVER"
        action |= {"side": None, "turnoverTotal": man.turnovers if man else side.turnovers}
        if thief:
            thief.steals += 1
            action["personIdsFilter"].append(thief.person.id)
            action["stealPlayerName"] = thief.person.family
            action["stealPersonId"] = thief.person.id
            self.possession = self.away if side is self.home else self.home
            note = self._base("steal", None, [], self.possession, thief)
            note["side"] = None
            note["description"] = f"{thief.person.initialed} STEAL ({thief.steals} STL)"

    def foul(
        self,
        side: Side,
        man: Man,
        sub: str,
        *,
        descriptor: str | None = None,
        drawn: Man | None = None,
        throws: int = 0,
        penalty: bool = False,
    ) -> None:
        """A foul by ``man``; ``throws`` free throws follow. Personal totals count offensive fouls too."""
        qualifiers = (["inpenalty"] if penalty else []) + ([f"{throws}freethrow"] if throws else [])
        action = self._base("foul", sub, qualifiers, side, man, descriptor=descriptor)
        if sub == "technical":
            man.technicals += 1
        else:
            man.fouls += 1
        total = f"{man.technicals} Tech" if sub == "technical" else f"{man.fouls} PF"
        words = f"{descriptor} {sub}" if descriptor else sub
        text = f"{man.person.initialed} {words} FOUL ({total})"
        if drawn and throws:
            text += f" ({drawn.person.family} {throws} FT)"
        action |= {
            "side": None,
            "officialId": self.rng.choice(self.officials),
            "foulPersonalTotal": man.fouls,
            "foulTechnicalTotal": man.technicals,
            "description": text,
        }
        if drawn:
            action["personIdsFilter"].append(drawn.person.id)
            action["foulDrawnPlayerName"] = drawn.person.family
            action["foulDrawnPersonId"] = drawn.person.id

    def free_throw(
        self,
        side: Side,
        man: Man,
        number: int,
        of: int,
        qualifiers: list[str],
        *,
        made: bool,
        descriptor: str | None = None,
    ) -> None:
        """One free throw."""
        if made:
            man.points += 1
            self._score(side, 1)
        action = self._base("freethrow", f"{number} of {of}", qualifiers, side, man, descriptor=descriptor)
        words = f"{descriptor} Free Throw" if descriptor else "Free Throw"
        text = f"{man.person.initialed} {words} {number} of {of}"
        action["side"] = None
        action["shotResult"] = "Made" if made else "Missed"
        if made:
            action["pointsTotal"] = man.points
        action["description"] = f"{text} ({man.points} PTS)" if made else f"MISS {text}"
        self.last_shot = action

    def substitution(self, side: Side, out: Man, into: Man, *, at_start: bool = False) -> list[Action]:
        """A change as the vendor writes it: an ``out`` and an ``in``."""
        pair = []
        for sub, man in (("out", out), ("in", into)):
            action = self._base("substitution", sub, ["startperiod"] if at_start else [], side, man)
            action["side"] = None
            action["description"] = f"SUB {sub}: {man.person.initialed}"
            pair.append(action)
        return pair

    def timeout(self, side: Side, *, mandatory: bool) -> None:
        """A full timeout charged to ``side``."""
        action = self._base("timeout", "full", ["team", "mandatory"] if mandatory else ["team"], side)
        action |= {"side": None, "description": f"{side.tricode} Timeout"}

    def stoppage(self, sub: str) -> None:
        """Play stops without anybody's fault."""
        self._base("stoppage", sub, [])["side"] = None

    def violation(self, side: Side, man: Man, sub: str) -> None:
        """A violation that is not a turnover."""
        action = self._base("violation", sub, [], side, man)
        action |= {
            "side": None,
            "officialId": self.rng.choice(self.officials),
            "description": f"{man.person.initialed} {sub} VIOLATION",
        }

    def ejection(self, side: Side, man: Man) -> None:
        """A player is sent off for his second technical foul."""
        action = self._base("ejection", "second technical", [], side, man)
        action |= {"side": None, "description": f"{man.person.initialed} EJECTION: Second Technical"}
