"""Paths of the Google Health API, served from invented data points, two pages each."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from adapters.google_health.payloads import COLLECTIONS, IDENTITY, ROOT, Collection
from poise_sdk.simulation import Reply, Request
from tests.adapters.google_health.invented import POINTS

__all__ = ["ROUTES", "Handler"]

Handler = Callable[..., Reply]

_SECOND: Final = "token-of-the-second-page"


def _pages(collection: Collection) -> Handler:
    """What Google would refuse is refused: a wrong member in the filter, a page that is too large."""
    member = re.escape(collection.in_filter)
    condition = re.compile(rf'{member} >= "[\dT:Z-]+" AND {member} < "[\dT:Z-]+"')

    def handle(request: Request) -> Reply:
        query = request.query
        if not condition.fullmatch(query.get("filter", "")):
            return Reply.json({"error": {"code": 400, "status": "INVALID_ARGUMENT"}}, status=400)
        if int(query.get("pageSize", 0)) > collection.page_size:
            return Reply.json({"error": {"code": 400, "status": "INVALID_ARGUMENT"}}, status=400)
        if query.get("pageToken") == _SECOND:
            return Reply.json({})  # as Google says "nothing more"
        answer: dict[str, Any] = {"dataPoints": POINTS[collection.name], "nextPageToken": _SECOND}
        return Reply.json(answer)

    return handle


ROUTES: Final[dict[str, Handler]] = {
    **{
        f"/{ROOT}/{collection.name}/dataPoints": _pages(collection)
        for collections in COLLECTIONS.values()
        for collection in collections
    },
    f"/{IDENTITY}": lambda request: Reply.json({"name": "users/me/identity", "healthUserId": "4711"}),
}
