"""What a wearable may offer beside its contract: a simulated vendor with athletes of its own.

An adapter that can do this has a method ``vendor_simulator``; who wants it asks::

    if isinstance(adapter, SimulatesWearable):
        async with adapter.vendor_simulator(athletes=3, days=30) as vendor:
            config = WearableConfig(base_url=vendor.base_url, client=vendor.client)
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from poise_sdk.simulation import FaultPlan, Request
from poise_sdk.wearable import ClientCredentials

__all__ = ["SimulatedAccount", "SimulatesWearable", "WearableSimulator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedAccount:
    """An athlete's account at the simulated vendor."""

    id: str
    """The vendor's id of the account, as webhooks name it."""
    name: str
    time_zone: str


class WearableSimulator(Protocol):
    """A local server that speaks the vendor's protocol; an async context manager.

    The same arguments give the same athletes and figures, up to the simulated instant :attr:`now`. Its
    consent page (the address that ``adapter.authorize_url`` gives) is a form with a button for each
    account; :meth:`consent` presses one.
    """

    @property
    def base_url(self) -> str:
        """What to give to ``WearableConfig.base_url``, once the server runs."""

    @property
    def client(self) -> ClientCredentials:
        """The application that the simulated vendor knows."""

    @property
    def accounts(self) -> tuple[SimulatedAccount, ...]:
        """Its athletes."""

    @property
    def now(self) -> dt.datetime:
        """The simulated instant: figures exist up to here. It stands still unless moved."""

    @property
    def faults(self) -> FaultPlan:
        """What goes wrong, and when."""

    @property
    def requests(self) -> list[Request]:
        """What was asked, oldest first."""

    async def consent(self, authorize_url: str, account: str) -> str:
        """Answer the consent page as ``account``; the address the athlete's browser is sent back to."""

    async def advance(self, hours: float) -> None:
        """Move the simulated instant on; what became known meanwhile is announced by webhook."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


@runtime_checkable
class SimulatesWearable(Protocol):
    """An adapter that has a simulated vendor."""

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
    ) -> WearableSimulator:
        """A vendor of ``athletes`` accounts with ``days`` days of history before ``now``.

        ``webhook_url``: where webhooks go, for vendors that have it set up by hand; ``None``: nowhere.
        """
