"""The adapter of Catapult: identity and capabilities; the work is done next door."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from adapters.catapult.client import CatapultClient, http_for
from adapters.catapult.normalize import normalize
from adapters.catapult.payloads import TeamOptions
from adapters.catapult.simulator import CatapultSimulator
from poise_sdk.errors import Fatal
from poise_sdk.records import RawDocument
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Capabilities, ClientCredentials, Item, WearableAdapter, WearableConfig

__all__ = ["CatapultAdapter"]


class CatapultAdapter(WearableAdapter):
    """Catapult's vests: player load, distances and speeds of a team's sessions.

    Written from the public description of the OpenField Connect API, v6, and from what its public users
    show of its answers; it was not exercised against the vendor. A team's token stands for consent, and a
    connection names the athlete by the vendor's id.

    Options (``poise vendors configure catapult --option region=eu``): ``region`` (``us``, ``eu``, ``au``;
    default ``us``), ``high_speed_bands`` and ``sprint_bands``
    (velocity bands of the team's settings; default ``5,6,7,8`` and ``6,7,8``), ``speed_unit`` (``m/s`` or
    ``km/h``, as the team's OpenField shows a speed; default ``m/s``).
    """

    name = "catapult"
    title = "Catapult"
    version = "1"
    capabilities = Capabilities(
        data_types=frozenset({DataType.WORKOUT}),
        metrics=frozenset(
            {
                "player_load",
                "distance_m",
                "high_speed_distance_m",
                "sprint_distance_m",
                "max_speed_m_s",
                "avg_hr_bpm",
                "max_hr_bpm",
                "duration_min",
            }
        ),
        team_token=True,
        # Catapult publishes no figures; its 429 tells how long to wait.
        limits=(),
        # Vests are emptied, sessions cut and corrected days after they were worn.
        overlap=dt.timedelta(days=7),
        window=dt.timedelta(days=60),
    )

    @asynccontextmanager
    async def connect(self, config: WearableConfig) -> AsyncIterator[CatapultClient]:
        """Open a client; it needs the team's token."""
        if config.credentials is None:
            raise Fatal("Catapult needs the team's API token", hint="poise connect catapult --athlete NAME")
        options = TeamOptions.of(config.options)
        async with http_for(config) as http:
            yield CatapultClient(http, config.credentials, options)

    def normalize(self, document: RawDocument) -> Iterator[Item]:
        """See :mod:`adapters.catapult.normalize`."""
        return normalize(document)

    def vendor_simulator(
        self,
        *,
        athletes: int = 3,
        days: int = 30,
        seed: int = 1,
        port: int = 0,
        now: dt.datetime | None = None,
        client: ClientCredentials | None = None,
        webhook_url: str | None = None,
    ) -> CatapultSimulator:
        """See :class:`adapters.catapult.simulator.CatapultSimulator`; Catapult sends no webhooks."""
        return CatapultSimulator(athletes=athletes, days=days, seed=seed, port=port, now=now, client=client)
