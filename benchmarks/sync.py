"""Sync of 500 simulated athletes × 7 days: who is the limit, the vendor's budget or we?

The vendor is WHOOP's simulator in a process of its own, its limits and our budget switched off; one worker
syncs every type of every athlete. What we could send is held against what the vendor would allow.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import multiprocessing
import os
import pathlib
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection as Pipe
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import psutil

from adapters.host import load_registry
from benchmarks.harness import Row
from poise_sdk import oauth
from poise_sdk.simulated_oauth import press
from poise_sdk.vendors import SimulatesWearable, WearableSimulator
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import ClientCredentials, WearableAdapter, WearableConfig
from storage.connect import rows
from storage.embedded.runtime import Endpoints, runtime
from storage.people import athletes, connections, orders, vendor_apps
from storage.settings import Settings
from tasks.context import Services, open_services
from tasks.options import WorkerOptions
from tasks.registry import Registry
from tasks.sync.intake import installed
from tasks.sync.run import run as sync_run
from tasks.worker import work

__all__ = ["run"]

VENDOR = "whoop"
ATHLETES = 500
DAYS = 7
TYPES = (DataType.SLEEP, DataType.RECOVERY, DataType.CYCLE, DataType.WORKOUT)


def run() -> list[Row]:
    """Measure; about three minutes."""
    limits = load_registry().wearable(VENDOR).capabilities.limits
    with tempfile.TemporaryDirectory(prefix="poise-bench-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o711)  # the database's own user must be able to come in; the folder is ours
        settings = Settings(data=folder / "data")
        with runtime(settings) as endpoints, _vendor() as (url, client, accounts):
            measured = asyncio.run(_measure(settings, endpoints, url, client, accounts))
    allowed = min(limit.count / limit.per_s for limit in limits)
    burst = max(limit.count / limit.per_s for limit in limits)
    records, requests, wall, cpu = (measured[name] for name in ("records", "requests", "wall", "cpu"))
    label = f"{ATHLETES} athletes × {DAYS} days: {records:,.0f} records, {requests:,.0f} requests"
    return [
        Row(
            group="sync",
            what=label,
            ours=f"{requests / wall:.1f} requests/s",
            against=f"the vendor's minute allows {burst:.2f} requests/s, its day {allowed:.2f}",
            ratio=requests / wall / burst,
            at_least=1,
        ),
        Row(
            group="sync",
            what="processor time of a sync (ours; database and vendor apart)",
            ours=f"{cpu / records * 1000:.2f} s per 1,000 records",
            against="",
            ratio=cpu / records * 1000,
            unit="s",
        ),
    ]


async def _measure(
    settings: Settings, endpoints: Endpoints, url: str, client: ClientCredentials, accounts: list[str]
) -> dict[str, float]:
    async with open_services(settings, endpoints) as services:
        adapter = installed().wearable(VENDOR)
        # Our own budget off: what is asked is how fast we could be.
        type(adapter).capabilities = dataclasses.replace(adapter.capabilities, limits=())
        await vendor_apps.configure(
            VENDOR, client_id=client.client_id, client_secret=client.client_secret, base_url=url
        )
        ids = [await _connect(adapter, url, client, account) for account in accounts]
        await services.pool.warm()
        for connection_id in ids:
            for data_type in TYPES:
                await orders.order_sync(connection_id, data_type)
        begun, before = time.perf_counter(), _processor_s(services)
        await _work_off(services)
        wall, cpu = time.perf_counter() - begun, _processor_s(services) - before
        found = await rows(
            "SELECT sum(records)::bigint AS records, count(*) FILTER (WHERE status <> 'ok') AS bad "
            "FROM sync_states"
        )
        pages = await rows("SELECT sum((result->>'pages')::int) AS n FROM jobs WHERE kind = 'sync.run'")
        if found[0]["bad"]:
            raise RuntimeError(f"{found[0]['bad']} types were not synchronised")
    return {"records": found[0]["records"], "requests": pages[0]["n"], "wall": wall, "cpu": cpu}


async def _connect(adapter: WearableAdapter, url: str, client: ClientCredentials, account: str) -> int:
    """One athlete, connected by the real dance."""
    assert adapter.capabilities.oauth is not None
    authorization = oauth.begin("http://127.0.0.1/callback", adapter.capabilities.oauth.scopes, pkce=False)
    page = urlsplit(adapter.authorize_url(client, authorization))
    back = await press(f"{url}{page.path}?{page.query}", account)
    code = dict(parse_qsl(urlsplit(back).query))["code"]
    config = WearableConfig(client=client, base_url=url)
    credentials = await adapter.exchange(config, authorization, code)
    athlete = await athletes.add(f"athlete {account}")
    return (await connections.connect(athlete.id, VENDOR, credentials, account)).id


async def _work_off(services: Services) -> None:
    """One worker, which knows this kind of job only, until nothing of it is open."""
    stop = asyncio.Event()
    registry = Registry()
    registry.job("sync.run", timeout_s=600)(sync_run)
    worker = asyncio.create_task(work(services, stop, registry=registry, options=WorkerOptions()))
    while await rows("SELECT 1 FROM jobs WHERE kind = 'sync.run' AND state IN ('queued', 'running') LIMIT 1"):
        if worker.done():
            break
        await asyncio.sleep(0.25)
    stop.set()
    await worker


def _processor_s(services: Services) -> float:
    """Processor time of this process and of its children that store, so far; all others are left out."""
    total = 0.0
    for pid in (os.getpid(), *services.pool.pids()):
        times = psutil.Process(pid).cpu_times()
        total += times.user + times.system
    return total


@contextlib.contextmanager
def _vendor() -> Iterator[tuple[str, ClientCredentials, list[str]]]:
    """The simulated vendor in a process of its own; its address, its application, its accounts."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()  # so that the end of the process is the end of the pipe
    try:
        yield ours.recv()
    finally:
        process.kill()
        process.join()


def _serve(pipe: Pipe) -> None:
    asyncio.run(_serving(pipe))


async def _serving(pipe: Pipe) -> None:
    adapter = load_registry().wearable(VENDOR)
    if not isinstance(adapter, SimulatesWearable):
        raise RuntimeError(f"{VENDOR} has no simulator")
    vendor: WearableSimulator = adapter.vendor_simulator(athletes=ATHLETES, days=DAYS)
    limits: Any = getattr(vendor, "limits", None)
    if limits is not None:
        limits.enabled = False
    async with vendor:
        pipe.send((vendor.base_url, vendor.client, [account.id for account in vendor.accounts]))
        await asyncio.Event().wait()
