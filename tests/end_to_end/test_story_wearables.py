"""A wearable's whole story: connected, fetched, lived with, edited, deleted, forged, and ended."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import httpx
import pytest

from adapters.oura import webhooks as oura
from adapters.oura.simulator import OuraSimulator
from adapters.whoop import webhooks as whoop
from adapters.whoop.payloads import Kind
from adapters.whoop.simulator import WhoopSimulator
from poise_sdk.wearable import ClientCredentials, Secret
from tests.end_to_end.site import Site, until
from tests.end_to_end.story import Api, Wearable, configure, consent, once_more

#: History enough for more than the last days, which a first sync asks for.
DAYS: Final = 20
#: The vendor's clock is so far behind ours that it can move on and still tell of the past.
BEHIND: Final = dt.timedelta(hours=30)
#: What must be known before the story goes on.
TYPES: Final = {"SLEEP", "RECOVERY"}

ADD: Final = """
mutation Add($name: String!, $zone: String!) {
  athleteAdd(input: {name: $name, timeZone: $zone}) { athlete { id } errors { message } }
}
"""
BEGIN: Final = """
mutation Begin($athlete: ID!, $vendor: String!) {
  connectionBegin(input: {athlete: $athlete, vendor: $vendor}) { startUrl errors { message } }
}
"""
REMOVE: Final = """
mutation Remove($id: ID!) {
  connectionRemove(id: $id) { connection { status } job { id } errors { message } }
}
"""
JOB: Final = "query ($id: ID!) { job(id: $id) { state result error } }"
ATHLETE: Final = """
query Athlete($id: ID!) {
  athlete(id: $id) {
    connections { id vendor status subscribed webhookAt }
    syncStatus { vendor dataType status backfillFrom lastSuccessAt records error }
    sleep(includeNaps: true, first: 100) { edges { node { key day endAt asleepMin } } }
  }
}
"""
DAY: Final = """
query Day($id: ID!, $day: Date!) {
  athlete(id: $id) {
    dailySummary(day: $day) {
      day
      freshness { state reason }
      metrics { metric value unit vendor reason }
      nights { key endAt asleepMin stages { stage startAt endAt } }
      recoveries { key }
    }
  }
}
"""


class WhoopTeller:
    """An account of the simulated WHOOP."""

    def __init__(self, vendor: WhoopSimulator, account: str) -> None:
        self._vendor = vendor
        self._account = account

    def nights(self) -> dict[str, str]:
        """See :class:`tests.end_to_end.story.Teller`."""
        found = self._vendor.records(self._account, Kind.SLEEP)
        return {str(one["id"]): str(one["end"]) for one in found}

    async def edit(self) -> str:
        """See :class:`tests.end_to_end.story.Teller`."""
        return await self._vendor.edit_sleep(self._account)

    async def delete(self) -> str:
        """See :class:`tests.end_to_end.story.Teller`."""
        return await self._vendor.delete_sleep(self._account)

    def webhook(self) -> bytes:
        """See :class:`tests.end_to_end.story.Teller`."""
        return self._vendor.webhooks.sent[-1].body


class OuraTeller:
    """An account of the simulated Oura."""

    def __init__(self, vendor: OuraSimulator, account: str) -> None:
        self._vendor = vendor
        self._account = account

    def nights(self) -> dict[str, str]:
        """See :class:`tests.end_to_end.story.Teller`."""
        found = self._vendor.documents(self._account, "sleep")
        return {str(one["id"]): str(one["bedtime_end"]) for one in found if one["type"] != "deleted"}

    async def edit(self) -> str:
        """See :class:`tests.end_to_end.story.Teller`."""
        return await self._vendor.edit_sleep(self._account)

    async def delete(self) -> str:
        """See :class:`tests.end_to_end.story.Teller`."""
        return await self._vendor.delete_sleep(self._account)

    def webhook(self) -> bytes:
        """See :class:`tests.end_to_end.story.Teller`."""
        return self._vendor.webhooks.sent[-1].body


def whoop_signed(client: ClientCredentials, at: dt.datetime, body: bytes) -> dict[str, str]:
    assert client.client_secret is not None
    stamp = str(int(at.timestamp() * 1000))
    signed = whoop.signature(client.client_secret.reveal(), stamp, body)
    return {whoop.SIGNATURE: signed, whoop.TIMESTAMP: stamp}


def oura_signed(client: ClientCredentials, at: dt.datetime, body: bytes) -> dict[str, str]:
    assert client.client_secret is not None
    stamp = str(int(at.timestamp()))
    signed = oura.signature(client.client_secret.reveal(), stamp, body)
    return {oura.SIGNATURE: signed, oura.TIMESTAMP: stamp}


WEARABLES: Final = (
    Wearable(
        name="whoop",
        simulator=lambda now, url: WhoopSimulator(athletes=2, days=DAYS, now=now, webhook_url=url),
        teller=WhoopTeller,
        sign=whoop_signed,
    ),
    # Oura is asked for its webhooks by ourselves, and proves our address before it sends any.
    Wearable(
        name="oura",
        simulator=lambda now, url: OuraSimulator(athletes=2, days=DAYS, now=now),
        teller=OuraTeller,
        sign=oura_signed,
    ),
)


def instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(microsecond=0)


class Ada:
    """The athlete, as the API tells of her."""

    def __init__(self, api: Api, id: str) -> None:
        self._api = api
        self.id = id

    async def now(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self._api(ATHLETE, id=self.id))["athlete"]
        return found

    async def nights(self) -> dict[str, dict[str, Any]]:
        return {edge["node"]["key"]: edge["node"] for edge in (await self.now())["sleep"]["edges"]}

    async def day(self, day: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self._api(DAY, id=self.id, day=day))["athlete"]["dailySummary"]
        return found


@pytest.mark.parametrize("wearable", WEARABLES, ids=lambda one: one.name)
async def test_a_wearable_is_connected_lived_with_and_ended(site: Site, wearable: Wearable) -> None:
    async with Api(site.address) as api:
        hook = api.url(f"/webhooks/{wearable.name}")
        behind = dt.datetime.now(dt.UTC) - BEHIND
        async with wearable.simulator(behind, hook) as vendor:
            await configure(site, wearable.name, vendor, hook)
            account = vendor.accounts[0]
            teller = wearable.teller(vendor, account.id)

            # She is added, begins, agrees at the vendor, and comes back connected.
            added = (await api(ADD, name="Ada", zone=account.time_zone))["athleteAdd"]
            assert added["errors"] == []
            ada = Ada(api, added["athlete"]["id"])
            async with await api.follower(ada.id) as follower:
                begun = (await api(BEGIN, athlete=ada.id, vendor=wearable.name))["connectionBegin"]
                assert begun["errors"] == []
                page = await consent(begun["startUrl"], vendor, account.id)
                assert page.status_code == 200, page.text
                [connection] = (await ada.now())["connections"]
                assert (connection["vendor"], connection["status"]) == (wearable.name, "CONNECTED")

                # The last days come, then all history, and she can watch it come.
                async def fetched() -> bool:
                    return (await ada.nights()).keys() == teller.nights().keys()

                await until(fetched, "all nights are fetched back")

                async def settled() -> bool:
                    states = {one["dataType"]: one for one in (await ada.now())["syncStatus"]}
                    assert not [one["error"] for one in states.values() if one["error"]]
                    return {name for name, one in states.items() if one["status"] == "OK"} >= TYPES

                await until(settled, "the last days are synced")
                assert any(one["syncing"] for one in follower.told)
                assert any(
                    state["dataType"] == "SLEEP" and state["status"] == "OK"
                    for one in follower.told
                    for state in one["states"]
                )
            await shows_a_whole_day(ada)

            # A day passes at the vendor, which announces it: a new night is here, nobody asked for it.
            before = await ada.nights()
            await vendor.advance(24)
            await until(fetched, "the new night is here")
            known = await ada.nights()
            assert known.keys() - before.keys()

            # She corrects it in the vendor's app.
            edited = await teller.edit()

            async def corrected() -> bool:
                return instant((await ada.nights())[edited]["endAt"]) == instant(teller.nights()[edited])

            await until(corrected, "the night ends when she says")
            summary = await ada.day((await ada.nights())[edited]["day"])
            [night] = [one for one in summary["nights"] if one["key"] == edited]
            assert instant(night["endAt"]) != instant(known[edited]["endAt"])

            # She deletes it, and it is gone from its day, too.
            deleted = await teller.delete()

            async def gone() -> bool:
                return deleted not in await ada.nights()

            await until(gone, "the night is deleted")
            summary = await ada.day(known[deleted]["day"])
            assert deleted not in {night["key"] for night in summary["nights"]}

            await takes_no_forgeries(site, api.http, hook, wearable, vendor.client, teller.webhook())

            # She leaves. The tokens are dead at the vendor; what was fetched stays hers.
            kept = await ada.nights()
            asked = [
                one
                for one in vendor.requests
                if one.method == "GET"
                and one.query
                and one.headers.get("authorization", "").startswith("Bearer ")
            ][-1]
            assert await once_more(vendor, asked) == 200
            removed = (await api(REMOVE, id=connection["id"]))["connectionRemove"]
            assert removed["errors"] == []
            assert removed["connection"]["status"] == "REMOVED"

            async def told() -> Any:
                job = (await api(JOB, id=removed["job"]["id"]))["job"]
                assert job["error"] is None
                return job["state"] == "SUCCEEDED" and job["result"]

            assert await until(told, "the vendor is told") == {"revoked": "ended"}
            assert await once_more(vendor, asked) == 401
            assert (await ada.nights()).keys() == kept.keys()


async def shows_a_whole_day(ada: Ada) -> None:
    """The day of the newest night that has a score shows that night, its recovery and its metrics."""
    nights = [night for night in (await ada.nights()).values() if night["asleepMin"] is not None]
    newest = max(nights, key=lambda night: str(night["endAt"]))

    async def shown() -> Any:
        summary = await ada.day(newest["day"])
        return summary["recoveries"] and summary

    summary = await until(shown, "the day has its recovery")
    assert newest["key"] in {night["key"] for night in summary["nights"]}
    night = next(one for one in summary["nights"] if one["key"] == newest["key"])
    assert night["asleepMin"] == newest["asleepMin"]
    values = {one["metric"]: one for one in summary["metrics"]}
    assert values["asleep_min"]["value"] == pytest.approx(newest["asleepMin"])
    assert values["asleep_min"]["reason"]


async def takes_no_forgeries(
    site: Site, http: httpx.AsyncClient, hook: str, wearable: Wearable, client: ClientCredentials, body: bytes
) -> None:
    """A webhook that somebody else signed, or that is old, or another's, is refused; a copy does nothing."""
    counted = "SELECT count(*) AS n FROM webhook_events"
    before = await site.rows(counted)
    now = dt.datetime.now(dt.UTC)
    stranger = ClientCredentials(client_id=client.client_id, client_secret=Secret("somebody else's"))
    genuine = wearable.sign(client, now, body)
    forged = {
        "of a stranger": (wearable.sign(stranger, now, body), body),
        "an hour old": (wearable.sign(client, now - dt.timedelta(hours=1), body), body),
        "on other words": (genuine, body + b" "),
        "without a signature": ({}, body),
    }
    for what, (headers, said) in forged.items():
        answer = await http.post(hook, content=said, headers=headers)
        assert answer.status_code == 401, what
    # The very same event again, as a vendor sends it that heard no answer: taken, and known already.
    assert (await http.post(hook, content=body, headers=genuine)).status_code == 200
    assert await site.rows(counted) == before
