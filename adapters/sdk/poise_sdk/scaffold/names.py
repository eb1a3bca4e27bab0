"""Names of a new package: what may be one, and how it is written in each place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from poise_sdk.errors import Fatal

__all__ = ["Names"]

#: Letters and digits in words, as the name of an adapter and of a package can be.
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
#: What an adapter's name may have, in characters, less what stands around it in file names.
_LONGEST: Final = 40
#: ``poise_sdk`` is taken.
_TAKEN: Final = frozenset({"sdk"})


@dataclass(frozen=True, slots=True)
class Names:
    """A name in its forms: ``my-ring``, ``my_ring``, ``MyRing``, ``My Ring``."""

    given: str

    @classmethod
    def of(cls, given: str) -> Names:
        """The forms of ``given``; raises :class:`~poise_sdk.errors.Fatal` for what is no name."""
        if re.match(r"poise[-_]", given):
            raise Fatal(
                f"{given!r} begins with 'poise'",
                hint=f"leave that out: {given[6:]!r} becomes {given!r} itself",
            )
        if not _NAME.fullmatch(given):
            raise Fatal(
                f"{given!r} is no name for an adapter",
                hint="lower-case letters and digits, words joined by - or _, such as 'my-ring'",
            )
        if len(given) > _LONGEST:
            raise Fatal(f"{given!r} is too long", hint=f"at most {_LONGEST} characters")
        if given in _TAKEN:
            raise Fatal(f"{given!r} is taken: poise_{given} is what you are using", hint="take another name")
        return cls(given)

    @property
    def words(self) -> list[str]:
        """Its words."""
        return re.split("[-_]", self.given)

    def put(self, text: str) -> str:
        """``text`` of a template, with this name in the place of the template's."""
        forms = {
            "newvendor": "_".join(self.words),
            "new-vendor": "-".join(self.words),
            "NewVendor": "".join(word.capitalize() for word in self.words),
            "New Vendor": " ".join(word.capitalize() for word in self.words),
        }
        for ours, theirs in forms.items():
            text = text.replace(ours, theirs)
        return text
