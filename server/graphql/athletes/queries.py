"""Queries of athletes."""

from __future__ import annotations

from typing import Annotated

import strawberry

from server.graphql.athletes.types import Athlete
from server.graphql.context import PoiseInfo
from server.graphql.daily.reading import begin_days
from server.graphql.errors import Refused
from server.graphql.ids import number_of
from server.graphql.pagination import DEFAULT_PAGE, After, Connection, First, checked, page, position
from server.graphql.policy import may_see
from server.graphql.references import athlete as find_athlete
from storage.people import athletes

__all__ = ["AthleteId", "AthleteQueries", "made"]

AthleteId = Annotated[strawberry.ID, strawberry.argument(description="The athlete's global id or number.")]


@strawberry.type(description="Queries of athletes.")
class AthleteQueries:
    """Part of the root query."""

    @strawberry.field(description="Athletes, in the order in which they were added.")
    async def athletes(
        self, info: PoiseInfo, first: First = DEFAULT_PAGE, after: After = None
    ) -> Connection[Athlete]:
        """A page of athletes."""
        checked(first)
        seen = position(after, int)

        async def fetch(limit: int) -> list[athletes.Athlete]:
            found = await athletes.page(seen[0] if seen else 0, limit)
            return [one for one in found if may_see(info.context.viewer, "Athlete", of=one.id)]

        return await page(first, seen, fetch, made, lambda one: (one.id,))

    @strawberry.field(description="One athlete, by id or by name; null if there is no such athlete.")
    async def athlete(
        self,
        info: PoiseInfo,
        id: Annotated[
            strawberry.ID | None, strawberry.argument(description="The global id or number.")
        ] = None,
        name: Annotated[
            str | None, strawberry.argument(description="The name, if no id is given; in any case.")
        ] = None,
    ) -> Athlete | None:
        """An athlete by id or name."""
        if (id is None) == (name is None):
            raise Refused("either `id` or `name` says which athlete")
        if id is not None:
            key = number_of("Athlete", id)
            begin_days(info, key)
            return await find_athlete(info, key)
        found = await athletes.find(name or "")
        if found is None or not may_see(info.context.viewer, "Athlete", of=found.id):
            return None
        return made(found)


def made(one: athletes.Athlete) -> Athlete:
    """The object of an athlete as `storage.people` gives it."""
    return Athlete.of({name: getattr(one, name) for name in one.__dataclass_fields__})
