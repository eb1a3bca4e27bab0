"""Who takes part in the story of a wearable: a browser, a client of the API, a vendor that lives on."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import urljoin

import httpx
from websockets.asyncio.client import connect

from poise_sdk.simulation import Request
from poise_sdk.vendors import WearableSimulator
from poise_sdk.wearable import ClientCredentials
from tests.end_to_end.site import PROJECT, WITHIN_S, Site, environment, poise, until

__all__ = ["Api", "Follower", "Teller", "Wearable", "configure", "consent", "once_more"]

_FOLLOW: Final = """
subscription Follow($athlete: ID!) {
  syncProgress(athleteId: $athlete) { syncing states { vendor dataType status records error } }
}
"""


class Teller(Protocol):
    """What a simulated vendor can be told to do, of one of its accounts."""

    def nights(self) -> dict[str, str]:
        """Its sleeps: the end of each, by id."""

    async def edit(self) -> str:
        """Move the end of the newest night; its id."""

    async def delete(self) -> str:
        """Delete the newest night; its id."""

    def webhook(self) -> bytes:
        """The body of a webhook that was sent."""


@dataclass(frozen=True, slots=True)
class Wearable:
    """What the story has to know of a vendor."""

    name: str
    simulator: Callable[[dt.datetime, str], WearableSimulator]
    """From the simulated instant and the address for webhooks, which some vendors are told by hand."""
    teller: Callable[[Any, str], Teller]
    """From the simulator and an account of it."""
    sign: Callable[[ClientCredentials, dt.datetime, bytes], dict[str, str]]
    """The headers of a webhook that is sent at an instant."""


class Api:
    """GraphQL over HTTP."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.http = httpx.AsyncClient(timeout=30, trust_env=False)

    async def __aenter__(self) -> Api:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def __call__(self, query: str, **variables: Any) -> Any:
        """The data of an operation that has no errors."""
        answer = await self.http.post(self.address, json={"query": query, "variables": variables})
        said = answer.json()
        assert "errors" not in said, said
        return said["data"]

    def url(self, path: str) -> str:
        """The address of a path of this server."""
        return urljoin(self.address, path)

    async def follower(self, athlete: str) -> Follower:
        """Somebody who follows an athlete's syncs from here on."""
        follower = Follower(self.address.replace("http://", "ws://"), athlete)
        await follower.begin()
        return follower


class Follower:
    """Keeps every ``syncProgress`` it is told; ``async with`` ends it."""

    def __init__(self, address: str, athlete: str) -> None:
        self._address = address
        self._athlete = athlete
        self._task: asyncio.Task[None] | None = None
        self._begun = asyncio.Event()
        self.told: list[dict[str, Any]] = []

    async def begin(self) -> None:
        """Follow, and return when the first state is here."""
        self._task = asyncio.create_task(self._follow())
        await asyncio.wait_for(self._begun.wait(), WITHIN_S)

    async def __aenter__(self) -> Follower:
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _follow(self) -> None:
        payload = {"query": _FOLLOW, "variables": {"athlete": self._athlete}}
        async with connect(self._address, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]  # a NewType
            await socket.send(json.dumps({"type": "connection_init"}))
            async for text in socket:
                said = json.loads(text)
                if said["type"] == "connection_ack":
                    await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
                elif said["type"] == "next":
                    assert "errors" not in said["payload"], said
                    self.told.append(said["payload"]["data"]["syncProgress"])
                    self._begun.set()
                elif said["type"] == "ping":
                    await socket.send('{"type":"pong"}')


async def configure(site: Site, vendor: str, simulator: WearableSimulator, callback: str) -> None:
    """The operator registers with the vendor, on the command line; the secret comes on standard input."""
    client = simulator.client
    assert client.client_secret is not None
    command = poise("vendors", "configure", vendor, "--data", site.data, "--client-id", client.client_id)
    command += ["--base-url", simulator.base_url, "--callback-url", callback]
    done = await asyncio.to_thread(
        subprocess.run,
        command,
        cwd=PROJECT,
        env=environment(),
        input=client.client_secret.reveal(),
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN_S,
    )
    assert done.returncode == 0, done.stderr

    async def listening() -> bool:
        sql = "SELECT state, error FROM jobs WHERE key = $1"
        [job] = await site.rows(sql, f"subscriptions:{vendor}")
        assert not job["error"]
        return bool(job["state"] == "succeeded")

    await until(listening, "webhooks are ordered, where the vendor wants that")


async def consent(start_url: str, simulator: WearableSimulator, account: str) -> httpx.Response:
    """A browser opens the link, agrees at the vendor, and is sent back; what it is shown at last.

    Before that another browser, without the cookie, tries the same address, and gets nowhere.
    """
    async with (
        httpx.AsyncClient(timeout=30, trust_env=False) as browser,
        httpx.AsyncClient(trust_env=False) as other,
    ):
        started = await browser.get(start_url)
        assert started.status_code == 303, started.text
        back = await simulator.consent(started.headers["location"], account)
        assert (await other.get(back)).status_code == 400
        return await browser.get(back)


async def once_more(simulator: WearableSimulator, request: Request) -> int:
    """The status that the vendor answers to a request it had before, by whoever kept its token."""
    headers: Mapping[str, str] = {"authorization": request.headers["authorization"]}
    async with httpx.AsyncClient(trust_env=False) as thief:
        url = simulator.base_url + request.path
        return (await thief.get(url, params=dict(request.query), headers=headers)).status_code
