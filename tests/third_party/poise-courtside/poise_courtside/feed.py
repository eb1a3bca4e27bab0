"""The league's server."""

import datetime as dt
from collections.abc import Callable, Mapping

from poise_sdk.adapter import Fetched, Validators
from poise_sdk.http import Answer, HttpKit
from poise_sdk.records import Normalized, RawDocument

DEFAULT_URL = "https://feed.courtside.example/v1"


class CourtsideFeed:
    def __init__(self, http: HttpKit, normalize: Callable[[RawDocument], Normalized]) -> None:
        self.http = http
        self.normalize = normalize

    async def schedule(self, day: dt.date) -> Normalized:
        return await self._games(f"days/{day.isoformat()}")

    async def live_games(self) -> Normalized:
        return await self._games("today")

    async def fetch_game(self, game_id: str, validators: Mapping[str, Validators] | None = None) -> Fetched:
        return await self.http.fetch({"game": f"games/{game_id}"}, validators)

    async def _games(self, path: str) -> Normalized:
        answer = await self.http.get(path)
        return self.normalize(answer.document(path)) if isinstance(answer, Answer) else Normalized()
