"""The simulated Oura keeps to the vendor's description and to what a body can do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from openapi_schema_validator import OAS30Validator, oas30_format_checker

from adapters.oura.payloads import SCOPE_OF
from adapters.oura.simulator import OuraSimulator
from adapters.oura.simulator.life import Life
from poise_sdk.observations import Night, WearableRecord
from poise_sdk.plausibility import admit
from poise_sdk.simulation import Fault, Reply, SimulatedVendor
from poise_sdk.vendors import SimulatesWearable
from poise_sdk.wearable import verification_token
from tests.adapters.oura.connecting import ADAPTER, bearer
from tests.adapters.oura.invented import page

NOW = dt.datetime(2025, 11, 20, 12, 0, tzinfo=dt.UTC)
DAYS = {"start_date": "2025-11-01", "end_date": "2025-11-21"}
INSTANTS = {"start_datetime": "2025-11-15T00:00:00Z", "end_datetime": "2025-11-20T12:00:00Z"}
LISTS = sorted(set(SCOPE_OF) - {"personal_info", "heartrate"})
ROOT = "/v2/usercollection"


def simulator(**changes: Any) -> OuraSimulator:
    return OuraSimulator(**{"athletes": 2, "days": 45, "now": NOW} | changes)


async def all_pages(http: httpx.AsyncClient, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
    """Every page of an answer."""
    pages = []
    token: str | None = None
    while token or not pages:
        answer = await http.get(path, params=query | ({"next_token": token} if token else {}))
        assert answer.status_code == 200, answer.text
        pages.append(answer.json())
        token = pages[-1]["next_token"]
    return pages


@pytest.fixture(scope="module")
def description(real_data: Path) -> dict[str, Any]:
    path = real_data / "vendors" / "oura" / "openapi.yml"
    if not path.is_file():
        pytest.skip(f"no description of Oura at {path}")
    told: dict[str, Any] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    return told


def validator(description: dict[str, Any], path: str, status: int, method: str = "get") -> OAS30Validator:
    """Of the answer to ``path`` with ``status``; a failure if the description has no such answer."""
    answers = description["paths"][path][method]["responses"]
    assert str(status) in answers, f"{method} {path} may not answer {status}"
    schema = answers[str(status)].get("content", {}).get("application/json", {}).get("schema", {})
    # Of the two shapes of a list the second, for an answer cut down to some fields, allows anything.
    schema = schema["anyOf"][0] if "anyOf" in schema else schema
    return OAS30Validator(
        {**schema, "components": description["components"]}, format_checker=oas30_format_checker
    )


def undescribed(
    value: object, schema: dict[str, Any], schemas: dict[str, Any], at: str = ""
) -> Iterator[str]:
    """Fields of an answer that the description does not know: it does not forbid them, we do."""
    schema = schemas[schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in schema.get("properties", {}):
                yield f"{at}.{name}"
            else:
                yield from undescribed(inner, schema["properties"][name], schemas, f"{at}.{name}")
    elif isinstance(value, list):
        for inner in value[:3]:
            yield from undescribed(inner, schema["items"], schemas, f"{at}[]")


@pytest.mark.real_data
async def test_every_answer_is_as_the_vendor_describes_it(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]

    def check(path: str, body: object) -> None:
        told = validator(description, path, 200)
        told.validate(body)
        assert not [*undescribed(body, told.schema, schemas)]

    async with simulator() as vendor, await bearer(vendor, 1) as http:
        await vendor.delete_sleep(vendor.accounts[1].id)
        for collection in LISTS:
            pages = await all_pages(http, collection, DAYS)
            for body in pages:
                check(f"{ROOT}/{collection}", body)
            key = pages[-1]["data"][-1]["id"]
            single = (await http.get(f"{collection}/{key}")).json()
            assert single == pages[-1]["data"][-1]
            check(f"{ROOT}/{collection}/{{document_id}}", single)
        check(f"{ROOT}/personal_info", (await http.get("personal_info")).json())
        vendor.heart_rate_page = 100
        beats = (await http.get("heartrate", params=INSTANTS)).json()
        assert beats["next_token"]
        check(f"{ROOT}/heartrate", beats)


@pytest.mark.real_data
async def test_every_refusal_is_one_that_the_vendor_describes(description: dict[str, Any]) -> None:
    async with simulator() as vendor, await bearer(vendor, granted=("daily", "heartrate")) as http:
        for path, template, status in (
            ("sleep/no-such", "sleep/{document_id}", 404),
            ("sleep?start_date=soon", "sleep", 422),
            ("sleep?start_date=2025-02-02&end_date=2025-02-01", "sleep", 400),
            ("sleep?next_token=rubbish", "sleep", 400),
            ("heartrate?start_datetime=2025-01-01T00:00:00Z", "heartrate", 400),
            ("heartrate?end_datetime=now", "heartrate", 422),
            ("workout", "workout", 403),
        ):
            answer = await http.get(path)
            assert answer.status_code == status, path
            validator(description, f"{ROOT}/{template}", status).validate(answer.json())
        vendor.lapsed.add(vendor.accounts[0].id)
        assert (await http.get("sleep")).status_code == 403
        vendor.tokens.expire(vendor.accounts[0].id)
        assert (await http.get("sleep")).status_code == 401


@pytest.mark.real_data
async def test_the_order_desk_is_as_the_vendor_describes_it(description: dict[str, Any]) -> None:
    token = verification_token(simulator().client, "oura")
    assert token is not None
    async with SimulatedVendor() as server, simulator() as vendor:
        server.route("/hook")(
            lambda request: Reply(body=ADAPTER.answer_challenge(request.query, vendor.client) or b"")
        )
        assert vendor.client.client_secret is not None
        headers = {
            "x-client-id": vendor.client.client_id,
            "x-client-secret": vendor.client.client_secret.reveal(),
        }
        order = {
            "callback_url": f"{server.base_url}/hook",
            "verification_token": token.reveal(),
            "event_type": "create",
            "data_type": "vo2_max",
        }
        desk = "/v2/webhook/subscription"
        async with httpx.AsyncClient(base_url=vendor.base_url, headers=headers, trust_env=False) as http:

            async def ask(method: str, path: str, template: str, status: int, **options: Any) -> Any:
                answer = await http.request(method, desk + path, **options)
                assert answer.status_code == status, answer.text
                if answer.content:
                    validator(description, desk + template, status, method.lower()).validate(answer.json())
                return answer.json() if answer.content else None

            made = await ask("POST", "", "", 201, json=order)
            for wrong in (
                {"data_type": "vO2_max"},
                {"event_type": "erase"},
                {"callback_url": f"{server.base_url}/nowhere"},
                {"verification_token": "another"},
                {"verification_token": None},
            ):
                await ask("POST", "", "", 422, json=order | wrong)
            one, same = f"/{made['id']}", "/{id}"
            assert await ask("GET", "", "", 200) == [made]
            assert await ask("GET", one, same, 200) == made
            changed = {"verification_token": token.reveal(), "event_type": "delete"}
            assert (await ask("PUT", one, same, 200, json=changed))["event_type"] == "delete"
            await vendor.advance(24)
            renewed = await ask("PUT", f"/renew{one}", "/renew/{id}", 200)
            assert renewed["expiration_time"] > made["expiration_time"]
            await ask("DELETE", one, same, 204)
            for method, path, template in (
                ("GET", one, same),
                ("DELETE", one, same),
                ("PUT", f"/renew{one}", "/renew/{id}"),
            ):
                await ask(method, path, template, 403)
            assert (await http.get(desk, headers={"x-client-secret": "wrong"})).status_code == 401


async def test_a_seed_gives_the_same_athletes_and_another_gives_others() -> None:
    first, again, other = simulator(), simulator(), simulator(seed=2)
    for one, two in ((first, again),):
        assert one.accounts == two.accounts
        account = one.accounts[0].id
        assert all(one.documents(account, name) == two.documents(account, name) for name in LISTS)
    assert {account.id for account in first.accounts}.isdisjoint(account.id for account in other.accounts)


def test_no_figure_is_beyond_what_a_body_can_do() -> None:
    vendor = simulator(athletes=4)
    naps = gaps = 0
    for account in vendor.accounts:
        nights: list[Night] = []
        for collection in LISTS:
            found = page(collection, *vendor.documents(account.id, collection))
            for item in ADAPTER.normalize(found):
                assert isinstance(item, WearableRecord)
                assert admit(item, file=found.name, received_at=NOW) == (item, ())
                nights += [item] if isinstance(item, Night) else []
        nights.sort(key=lambda night: night.start_at)
        ends = [night.end_at for night in nights]
        assert all(two.start_at >= one for one, two in zip(ends, nights[1:], strict=False) if one)
        naps += sum(night.nap for night in nights)
        whole = [night for night in nights if not night.nap]
        gaps += sum((two.start_at - one.start_at).days > 1 for one, two in pairwise(whole))
    assert naps
    assert gaps


def test_an_athlete_who_travels_sleeps_elsewhere() -> None:
    life = Life(1, 1)
    zones = {life.zone_on(dt.date(2025, 1, 1) + dt.timedelta(days=n)).key for n in range(40)}
    assert zones == {"Europe/Berlin", "Asia/Tokyo"}


async def test_a_night_is_known_after_it_was_analysed_and_not_before() -> None:
    async with simulator(athletes=1) as vendor:
        account = vendor.accounts[0].id
        for _ in range(30):
            newest = vendor.documents(account, "sleep")[-1]
            assert dt.datetime.fromisoformat(newest["bedtime_end"]) + dt.timedelta(minutes=20) <= vendor.now
            await vendor.advance(1)


async def test_the_activity_of_a_day_grows_until_it_is_scored() -> None:
    async with simulator(athletes=1) as vendor:
        account, steps, scored = vendor.accounts[0].id, [], False
        day = vendor.documents(account, "daily_activity")[-1]["day"]
        for _ in range(24):
            (row,) = [d for d in vendor.documents(account, "daily_activity") if d["day"] == day]
            steps.append(row["steps"])
            scored = row["score"] is not None
            await vendor.advance(1)
        assert steps == sorted(steps)
        assert steps[0] < steps[-1]
        assert scored


async def test_an_edit_makes_a_night_longer_and_a_deletion_leaves_its_mark() -> None:
    async with simulator() as vendor:
        account = vendor.accounts[0].id
        before = {one["id"]: one for one in vendor.documents(account, "sleep")}
        key = await vendor.edit_sleep(account, minutes=30)
        after = {one["id"]: one for one in vendor.documents(account, "sleep")}
        assert {name for name in before if before[name] != after[name]} == {key}
        assert after[key]["total_sleep_duration"] - before[key]["total_sleep_duration"] == 1800
        assert await vendor.delete_sleep(account, key) == key
        (gone,) = [one for one in vendor.documents(account, "sleep") if one["id"] == key]
        assert gone["type"] == "deleted"
        assert gone["day"] not in {one["day"] for one in vendor.documents(account, "daily_readiness")}
        workout = await vendor.edit_workout(account, sport="yoga")
        assert vendor.documents(account, "workout")[-1]["activity"] == "yoga"
        await vendor.delete_workout(account, workout)
        assert workout not in {one["id"] for one in vendor.documents(account, "workout")}
        with pytest.raises(LookupError):
            await vendor.delete_sleep(account, key)


async def test_heart_rate_comes_in_pages_while_the_ring_is_worn() -> None:
    async with simulator() as vendor, await bearer(vendor) as http:
        vendor.heart_rate_page = 200
        rows = [row for found in await all_pages(http, "heartrate", INSTANTS) for row in found["data"]]
        times = [row["timestamp"] for row in rows]
        assert times == sorted(set(times))
        assert {row["source"] for row in rows} >= {"awake", "sleep"}
        assert all(INSTANTS["start_datetime"] <= at <= INSTANTS["end_datetime"] for at in times)


async def test_the_limit_is_told_in_headers_and_ends_in_429() -> None:
    now = [0.0]
    async with simulator() as vendor, await bearer(vendor) as http:
        vendor.limit.clock = lambda: now[0]
        vendor.limit.count, vendor.limit.window_s = 2, 300
        first = await http.get("personal_info")
        assert first.headers["x-ratelimit-remaining"] == "1"
        await http.get("personal_info")
        now[0] = 12.5
        refused = await http.get("sleep")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "288")
        now[0] = 300
        assert (await http.get("sleep")).status_code == 200
        vendor.limit.enabled = False
        assert "x-ratelimit-limit" not in (await http.get("sleep")).headers


async def test_a_revoked_token_is_dead_and_faults_come_when_they_are_ordered() -> None:
    async with simulator() as vendor, await bearer(vendor) as http:
        vendor.faults.add(Fault.status(503), path="*/sleep", times=1)
        assert (await http.get("sleep")).status_code == 503
        assert (await http.get("sleep")).status_code == 200
        token = http.headers["authorization"].removeprefix("Bearer ")
        revoke = f"{vendor.base_url}/oauth/revoke"
        assert (await http.post(revoke, params={"access_token": token})).status_code == 200
        assert (await http.post(revoke, params={"access_token": token})).status_code == 401
        assert (await http.get("sleep")).status_code == 401


def test_the_adapter_offers_it() -> None:
    assert isinstance(ADAPTER, SimulatesWearable)
