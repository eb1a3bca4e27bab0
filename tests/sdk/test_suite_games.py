"""A game feed's normalize with one defect each: the conformance suite must find it."""

from __future__ import annotations

from pathlib import Path

import pytest

from poise_sdk.testing.normalizing import NormalizeChecks
from tests.sdk.broken import Defect, failure, unproven
from tests.sdk.courtside import suite_of

DEFECTS: dict[str, Defect] = {
    "an odd name": Defect(
        "name = 'Court-Side'",
        "identity",
        "is no name",
    ),
    "no title": Defect(
        "title = ''",
        "identity",
        "title is empty",
    ),
    "a name that changes": Defect(
        """
        def __init__(self):
            self.name = f"courtside{random.randrange(10**9)}"
        """,
        "identity",
        "differs between two instances",
    ),
    "an asynchronous normalize": Defect(
        "async def normalize(self, document): return super().normalize(document)",
        "plain_function",
        "asynchronous",
    ),
    "another type": Defect(
        "def normalize(self, document): return []",
        "samples_are_understood",
        "gave a list",
    ),
    "understands nothing": Defect(
        """
        def normalize(self, document):
            return Normalized(rejected=(Rejected(file=document.name, reason='x'),))
        """,
        "samples_are_understood",
        "nothing was understood",
    ),
    "reads the clock": Defect(
        """
        def normalize(self, document):
            now = datetime.datetime.now(datetime.UTC)
            return each(super().normalize(document), lambda p: change(p, edited_at=now))
        """,
        "same_answer",
        "a second call",
    ),
    "remembers": Defect(
        """
        seen = set()
        def normalize(self, document):
            result = super().normalize(document)
            fresh = tuple(t for t in result.teams if t.id not in self.seen)
            self.seen.update(t.id for t in fresh)
            return change(result, teams=fresh)
        """,
        "same_answer",
        "another answer",
    ),
    "opens a file": Defect(
        """
        def normalize(self, document):
            open("/dev/null").close()
            return super().normalize(document)
        """,
        "nothing_outside",
        "inside what must be pure",
    ),
    "opens a socket and hides it": Defect(
        """
        def normalize(self, document):
            try:
                socket.socket().close()
            except BaseException:
                pass
            return super().normalize(document)
        """,
        "nothing_outside",
        "inside what must be pure",
    ),
    "raises on rubbish": Defect(
        """
        def normalize(self, document):
            msgspec.json.decode(document.content)
            return super().normalize(document)
        """,
        "rubbish",
        "must never raise",
    ),
    "takes rubbish for an empty day": Defect(
        """
        def normalize(self, document):
            result = super().normalize(document)
            return result if result.games else Normalized()
        """,
        "rubbish",
        "is not rejected",
    ),
    "raises on an odd row": Defect(
        """
        def normalize(self, document):
            result = super().normalize(document)
            if result.rejected and result.games:
                raise KeyError("clock")
            return result
        """,
        "odd_row",
        "must never raise, it raised KeyError",
    ),
    "drops odd rows in silence": Defect(
        """
        def normalize(self, document):
            result = super().normalize(document)
            return change(result, rejected=()) if result.games else result
        """,
        "odd_row",
        "disappear without a reason",
    ),
    "positions with gaps": Defect(
        """
        def normalize(self, d):
            return each(super().normalize(d), lambda p: change(p, position=p.position * 10))
        """,
        "keep_their_promises",
        "positions do not run",
    ),
    "a negative score": Defect(
        "def normalize(self, d): return each(super().normalize(d), lambda p: change(p, score_home=-1))",
        "keep_their_promises",
        "a negative score",
    ),
    "points that do not add up": Defect(
        """
        def normalize(self, d):
            return each(super().normalize(d), lambda p: change(p, score_away=p.score_away + 1))
        """,
        "keep_their_promises",
        "its plays score",
    ),
    "minutes for seconds, the wrong way": Defect(
        """
        def normalize(self, d):
            return each(super().normalize(d), lambda p: change(p, clock_s=p.clock_s * 60))
        """,
        "keep_their_promises",
        "s on the clock",
    ),
    "numbers twice": Defect(
        "def normalize(self, d): return each(super().normalize(d), lambda p: change(p, number=1))",
        "keep_their_promises",
        "have the number 1",
    ),
    "text for a number": Defect(
        "def normalize(self, d): return each(super().normalize(d), lambda p: change(p, clock_s='12:00'))",
        "keep_their_promises",
        "a field of a wrong type",
    ),
    "plays of a game nobody announced": Defect(
        "def normalize(self, d): return change(super().normalize(d), games=())",
        "keep_their_promises",
        "is not among games",
    ),
    "local time": Defect(
        """
        def normalize(self, d):
            zone = datetime.timezone(datetime.timedelta(hours=1))
            result = super().normalize(d)
            games = (change(g, tipoff_at=g.tipoff_at.astimezone(zone)) for g in result.games)
            return change(result, games=tuple(games))
        """,
        "keep_their_promises",
        "is not UTC",
    ),
    "a miss that scores": Defect(
        """
        def normalize(self, d):
            return each(super().normalize(d), lambda p: change(p, points=1) if p.made is False else p)
        """,
        "keep_their_promises",
        "points for a shot",
    ),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_the_suite_catches(defect: str, tmp_path: Path) -> None:
    wrong = DEFECTS[defect]
    said = failure(suite_of(wrong.body), wrong.check, tmp_path)
    assert said is not None, f"{defect}: {wrong.check} passes"
    assert wrong.says in said


def test_every_check_is_proven_to_fail() -> None:
    assert not unproven(NormalizeChecks, DEFECTS)
