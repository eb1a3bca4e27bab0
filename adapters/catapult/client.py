"""OpenField's API: a page of a team's activities, and one athlete's statistics of them.

Two answers belong together: ``GET /activities`` tells when something took place, when it was changed last
and whether it was deleted; ``POST /stats`` tells what an athlete did in it. A page's document is both, as
the vendor wrote them, beside what the team's settings make of them::

    {"athlete_id": …, "speed_unit": "m/s", "high_speed_bands": […], "sprint_bands": […],
     "activities": […], "stats": […]}

Which athlete: ``Credentials.vendor_user_id``, one of the ids that :meth:`CatapultClient.athletes` lists.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgspec

from adapters.catapult.payloads import ACTIVITIES, ATHLETES, PAGE_SIZE, STATS, TeamOptions, api
from poise_sdk.adapter import FeedConfig
from poise_sdk.errors import Fatal, Skippable
from poise_sdk.http import Answer, HttpKit, parse_json
from poise_sdk.records import RawDocument
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Credentials, Page, VendorAthlete, WearableClient, WearableConfig

__all__ = ["CatapultClient", "http_for"]

#: Pages of one span: far beyond a season's activities.
MAX_PAGES: Final = 200
#: A span is asked for by when activities begin; none goes on longer than this.
_LONGEST: Final = dt.timedelta(days=1)


def http_for(config: WearableConfig) -> HttpKit:
    """The HTTP kit for the team's region, or for a simulated vendor."""
    feed = FeedConfig(
        base_url=config.base_url, budget=config.budget, timeout_s=config.timeout_s, urgent=config.urgent
    )
    return HttpKit(config.base_url or api(config.options), config=feed)


class CatapultClient(WearableClient):
    """A team's account, seen for one athlete."""

    def __init__(self, http: HttpKit, credentials: Credentials, options: TeamOptions) -> None:
        self._http = http
        self._credentials = credentials
        self._options = options

    async def fetch(
        self, data_type: DataType, since: dt.datetime, until: dt.datetime, *, cursor: str | None = None
    ) -> AsyncIterator[Page]:
        """See :meth:`poise_sdk.wearable.WearableClient.fetch`; the cursor is the number of a page."""
        if data_type is not DataType.WORKOUT:
            raise Fatal(f"Catapult has no {data_type.value}")
        if since >= min(until, dt.datetime.now(dt.UTC)):
            return
        if cursor is not None and not cursor.isdecimal():
            raise Fatal(f"{cursor!r} is no page of Catapult's activities")
        first = int(cursor or 1)
        seen: set[str] = set()
        for number in range(first, first + MAX_PAGES):
            activities = await self._activities(since - _LONGEST, until, number)
            ids = {
                row["id"] for row in activities if isinstance(row, dict) and isinstance(row.get("id"), str)
            }
            if ids and ids <= seen:
                return  # a server that does not page gives the same once more: all of it has come
            seen |= ids
            # More than was asked for: this server does not page either.
            more = len(activities) == PAGE_SIZE
            yield await self._page(activities, str(number + 1) if more else None)
            if not more:
                return
        raise Skippable(f"Catapult's activities do not end after {MAX_PAGES} pages")

    async def athletes(self) -> tuple[VendorAthlete, ...]:
        """The team's athletes, by id and name: whom a connection can be for."""
        document = (await self._get(ATHLETES, {})).document(ATHLETES)
        found = []
        for row in _rows(document):
            key = row.get("id") if isinstance(row, dict) else None
            if not isinstance(key, str) or not key:
                continue
            names = (row.get("first_name"), row.get("last_name"))
            name = " ".join(part.strip() for part in names if isinstance(part, str) and part.strip())
            found.append(VendorAthlete(id=key, name=name or key))
        return tuple(found)

    async def user_id(self) -> str | None:
        """The athlete of this connection, as the mapping chose, if the team still lists them."""
        listed = {athlete.id for athlete in await self.athletes()}
        athlete = self._credentials.vendor_user_id
        return athlete if athlete in listed else None

    async def _activities(self, since: dt.datetime, until: dt.datetime, page: int) -> list[Any]:
        params = {
            "start_time": str(int(since.timestamp())),
            "end_time": str(int(until.timestamp())),
            "page": str(page),
            "page_size": str(PAGE_SIZE),
        }
        return _rows((await self._get(ACTIVITIES, params)).document(ACTIVITIES))

    async def _page(self, activities: list[Any], next_cursor: str | None) -> Page:
        athlete = self._credentials.vendor_user_id
        if not athlete:
            raise Fatal(
                "this connection names no athlete of the team's account",
                hint="connect again and choose one of the team's athletes",
            )
        stats, received_at = await self._stats(athlete, activities)
        document = {
            "athlete_id": athlete,
            "speed_unit": self._options.speed_unit,
            "high_speed_bands": self._options.high_speed_bands,
            "sprint_bands": self._options.sprint_bands,
            "activities": activities,
            "stats": stats,
        }
        return Page(
            documents=(RawDocument(name=STATS, content=msgspec.json.encode(document)),),
            next_cursor=next_cursor,
            received_at=received_at,
        )

    async def _stats(self, athlete: str, activities: Sequence[Any]) -> tuple[list[Any], dt.datetime]:
        keys = [row["id"] for row in activities if isinstance(row, dict) and isinstance(row.get("id"), str)]
        if not keys:
            return [], dt.datetime.now(dt.UTC)
        answer = await self._http.request(
            "POST",
            STATS,
            json={
                "filters": [
                    {"name": "activity_id", "comparison": "=", "values": keys},
                    {"name": "athlete_id", "comparison": "=", "values": [athlete]},
                ],
                "parameters": self._options.parameters,
                "group_by": ["activity", "athlete"],
            },
            headers=self._authorized(),
        )
        return _rows(answer.document(STATS)), answer.received_at

    async def _get(self, path: str, params: dict[str, str]) -> Answer:
        answer = await self._http.get(path, params=params, headers=self._authorized())
        assert isinstance(answer, Answer), "no condition was sent"
        return answer

    def _authorized(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._credentials.access_token.reveal()}"}


def _rows(document: RawDocument) -> list[Any]:
    value = parse_json(document)
    if not isinstance(value, list):
        raise Skippable(f"{document.name}: not a list", hint="is it another vendor's address?")
    return value
