"""The athletes of ``poise demo``: simulated vendors of wearables, and people who connect to them by consent.

``python -m server.cli.demo_athletes URL FILE`` waits until ``FILE`` tells that the server is ready, starts
a simulated vendor for every installed adapter that has one and asks for consent, registers with each, and
leads each athlete through the consent as a browser would. Then it lets the vendors' time pass, so that
webhooks keep coming. It ends with the demo; what goes wrong here is said and spoils nothing else.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
import time
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import httpx

    from poise_sdk.vendors import SimulatedAccount, WearableSimulator
    from poise_sdk.wearable import WearableAdapter

__all__ = ["live", "main"]

#: How much history the vendors have, and the same athletes every time.
DAYS: Final = 60
SEED: Final = 7
#: So far behind ours the vendors' time begins: so long it can pass quickly. Their last days are still those
#: that a first sync asks for.
BEHIND: Final = dt.timedelta(days=6)
#: Seconds in which an hour passes at the vendors, until it is as late there as here.
HOUR_S: Final = 5.0
#: Each vendor's accounts. One athlete wears nothing else, another wears everything.
ATHLETES: Final = 4

POLL_S: Final = 0.3
#: So long an athlete's first night may take before that is worth a line.
PATIENCE_S: Final = 120.0

PLAYER: Final = "{ players(first: 1) { nodes { id name } } }"
ADD: Final = """
mutation ($name: String!, $zone: String!, $player: ID) {
  athleteAdd(input: {name: $name, timeZone: $zone, playerId: $player}) {
    athlete { id } errors { code message }
  }
}
"""
FIND: Final = "query ($name: String!) { athlete(name: $name) { id } }"
BEGIN: Final = """
mutation ($athlete: ID!, $vendor: String!) {
  connectionBegin(input: {athlete: $athlete, vendor: $vendor}) { startUrl errors { message } }
}
"""
NEWEST: Final = """
query ($id: ID!, $since: Date!) {
  athlete(id: $id) { sleep(since: $since, first: 100) { nodes { day vendor asleepMin } } }
}
"""
#: What is printed to be pasted: one line, one day.
TO_PASTE: Final = (
    '{{ athlete(name: "{name}") {{ dailySummary(day: "{day}") {{ '
    "metrics {{ metric value unit vendor reason }} "
    "nights {{ vendor startAt endAt asleepMin }} recoveries {{ recoveryPct hrvRmssdMs }} "
    "workouts {{ activity startAt durationMin }} }} }} }}"
)


class DemoError(Exception):
    """Why an athlete is not connected."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """A simulated vendor that is running."""

    adapter: WearableAdapter
    simulator: WearableSimulator


@dataclass(frozen=True, slots=True)
class Person:
    """An athlete of the demo, and the accounts that are theirs."""

    name: str
    time_zone: str
    player: str | None
    accounts: tuple[tuple[Vendor, str], ...]


@dataclass(frozen=True, slots=True)
class Connected:
    """Who an athlete of the demo is here, and the vendors they are connected to."""

    athlete: str
    vendors: frozenset[str]


def main() -> None:
    """Live beside the server whose address is the first argument; the second is where it is announced."""
    url, announced = sys.argv[1], Path(sys.argv[2])
    # Nothing is loaded before the server is ready: it needs the processor more than we do.
    while not (announced.exists() and announced.read_text().startswith(f"{url}/")):
        time.sleep(POLL_S)
    with suppress(KeyboardInterrupt):
        asyncio.run(live(url))


async def live(url: str) -> None:
    """Start the vendors, connect the athletes, and let time pass until cancelled."""
    import httpx

    from adapters.host import load_registry
    from poise_sdk.vendors import SimulatesWearable
    from server.cli.session import endpoints, settings_for
    from storage.connect import database
    from storage.settings import settings_in_force

    async with AsyncExitStack() as running:
        vendors = []
        for adapter in load_registry().wearables.values():
            if isinstance(adapter, SimulatesWearable) and adapter.capabilities.oauth is not None:
                now, hook = dt.datetime.now(dt.UTC) - BEHIND, _hook(url, adapter.name)
                simulator = adapter.vendor_simulator(
                    athletes=ATHLETES, days=DAYS, seed=SEED, now=now, webhook_url=hook
                )
                vendors.append(Vendor(adapter, await running.enter_async_context(simulator)))
        with endpoints(None) as places, settings_in_force(settings_for(None)):
            async with database(places.database_url, max_size=2):
                for vendor in vendors:
                    await _register(url, vendor)
        http = await running.enter_async_context(httpx.AsyncClient(timeout=30.0, trust_env=False))
        api = _Api(http, f"{url}/graphql")
        people = await _people(api, vendors)
        connected = [await _connect(api, person) for person in people]
        async with asyncio.TaskGroup() as tasks:
            for person, found in zip(people, connected, strict=True):
                if found is not None:
                    tasks.create_task(_introduce(api, person, found))
            for vendor in vendors:
                tasks.create_task(_pass_time(vendor))


async def _register(url: str, vendor: Vendor) -> None:
    """Keep the registration; what an earlier demo on this data folder left is overwritten."""
    from server.cli.vendors import order_webhooks_of
    from storage.people import circuits, vendor_apps

    name, client = vendor.adapter.name, vendor.simulator.client
    await vendor_apps.configure(
        name,
        client_id=client.client_id,
        client_secret=client.client_secret,
        base_url=vendor.simulator.base_url,
        callback_url=_hook(url, name),
    )
    await circuits.succeeded(name)  # the vendor of an earlier demo has gone, this one is well
    if vendor.adapter.capabilities.webhooks:
        await order_webhooks_of(name)
    _say(
        f"{vendor.adapter.title} is simulated at {vendor.simulator.base_url}, "
        f"from {BEHIND.days} days ago on: an hour passes in {HOUR_S:g} s, until it is now"
    )


async def _people(api: _Api, vendors: list[Vendor]) -> list[Person]:
    """One athlete for each vendor, and a player of the league who wears all of it."""
    if not vendors:
        return []
    people = []
    for vendor in vendors:
        account = vendor.simulator.accounts[0]
        name = f"{account.name} ({vendor.adapter.title})"
        people.append(Person(name, account.time_zone, None, ((vendor, account.id),)))
    accounts = _together(vendors)
    everything = tuple((vendor, one.id) for vendor, one in zip(vendors, accounts, strict=True))
    account = accounts[0]
    players = (await api(PLAYER))["players"]["nodes"]
    name, player = (players[0]["name"], players[0]["id"]) if players else (account.name, None)
    people.append(Person(name, account.time_zone, player, everything))
    return people


def _together(vendors: list[Vendor]) -> list[SimulatedAccount]:
    """An account of each vendor that could be one person's: they live in one time zone, where any do."""
    others = [{one.time_zone: one for one in vendor.simulator.accounts[1:]} for vendor in vendors]
    shared = set.intersection(*(set(accounts) for accounts in others))
    zones = [min(shared)] * len(others) if shared else [next(iter(accounts)) for accounts in others]
    return [accounts[zone] for accounts, zone in zip(others, zones, strict=True)]


async def _connect(api: _Api, person: Person) -> Connected | None:
    """Add an athlete (or find them) and connect their accounts; ``None`` if nothing could be."""
    athlete = None
    worn: list[WearableAdapter] = []
    try:
        added = await api(ADD, name=person.name, zone=person.time_zone, player=person.player)
        athlete = added["athleteAdd"]["athlete"] or (await api(FIND, name=person.name))["athlete"]
        if athlete is None:
            raise DemoError(_reason(added["athleteAdd"]))
        for vendor, account in person.accounts:
            await _consent(api, athlete["id"], vendor, account)
            worn.append(vendor.adapter)
    except Exception as error:  # the demo is more than this
        _say(f"{person.name} could not be connected: {type(error).__name__}: {error}")
    if athlete is None or not worn:
        return None
    titles = " and ".join(one.title for one in worn)
    whose = ", a player of the league," if person.player else ""
    _say(f"{person.name}{whose} is connected to {titles}; history is being fetched")
    return Connected(athlete["id"], frozenset(one.name for one in worn))


async def _consent(api: _Api, athlete: str, vendor: Vendor, account: str) -> None:
    """The whole way of a browser: our link, the vendor's page, and back with the cookie."""
    begun = (await api(BEGIN, athlete=athlete, vendor=vendor.adapter.name))["connectionBegin"]
    if begun["startUrl"] is None:
        raise DemoError(_reason(begun))
    async with api.browser() as browser:
        page = await browser.get(begun["startUrl"])
        if page.has_redirect_location:
            back = await vendor.simulator.consent(page.headers["location"], account)
            page = await browser.get(back)
        if not page.is_success:
            raise DemoError(f"{vendor.adapter.title}: {page.status_code} {page.text[-200:]}")


async def _introduce(api: _Api, person: Person, found: Connected) -> None:
    """Say what to ask about an athlete, as soon as there is a day of which every vendor tells."""
    days: list[str] = []
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not days:
                await asyncio.sleep(POLL_S)
                days = await _whole_days(api, found)
    except Exception as error:
        _say(f"nothing of {person.name} is here yet ({type(error).__name__}): poise sync status tells why")
        return
    query = TO_PASTE.format(name=person.name.replace('"', ""), day=max(days))
    _say(f"ask {api.address} about {person.name}'s day: {query}")


async def _whole_days(api: _Api, found: Connected) -> list[str]:
    """The last days with a night of every vendor."""
    since = (dt.datetime.now(dt.UTC) - BEHIND - dt.timedelta(days=7)).date().isoformat()
    told: dict[str, set[str]] = {}
    for night in (await api(NEWEST, id=found.athlete, since=since))["athlete"]["sleep"]["nodes"]:
        if night["day"] and night["asleepMin"] is not None:
            told.setdefault(night["day"], set()).add(night["vendor"])
    return [day for day, vendors in told.items() if vendors >= found.vendors]


async def _pass_time(vendor: Vendor) -> None:
    """An hour every few seconds, then as time passes here."""
    while True:
        await asyncio.sleep(HOUR_S)
        late = (dt.datetime.now(dt.UTC) - vendor.simulator.now) / dt.timedelta(hours=1)
        try:
            await vendor.simulator.advance(min(1.0, max(0.0, late)))
        except Exception as error:  # a vendor that stands still is still there to be asked
            _say(f"{vendor.adapter.title}'s time stands still: {type(error).__name__}: {error}")
            return


class _Api:
    """GraphQL over HTTP, and browsers for the rest."""

    def __init__(self, http: httpx.AsyncClient, address: str) -> None:
        self.address = address
        self._http = http

    async def __call__(self, query: str, **variables: Any) -> Any:
        answer = await self._http.post(self.address, json={"query": query, "variables": variables})
        said = answer.json()
        if said.get("errors"):
            raise DemoError(said["errors"][0]["message"])
        return said["data"]

    def browser(self) -> httpx.AsyncClient:
        """One with cookies of its own."""
        import httpx

        return httpx.AsyncClient(timeout=30.0, trust_env=False)


def _reason(payload: dict[str, Any]) -> str:
    return "; ".join(error["message"] for error in payload["errors"]) or "no reason is known"


def _hook(url: str, vendor: str) -> str:
    return f"{url}/webhooks/{vendor}"


def _say(line: str) -> None:
    """A line for whoever runs the demo."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
