"""The simulated WHOOP keeps to the vendor's description and to what a body can do."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import yaml
from openapi_schema_validator import OAS30Validator, oas30_format_checker

from adapters.whoop.payloads import Kind
from adapters.whoop.simulator import WhoopSimulator
from poise_sdk.days import local_day
from poise_sdk.observations import Cycle, Night, QualityFlag, Workout
from poise_sdk.plausibility import admit
from poise_sdk.simulation import Fault
from poise_sdk.vendors import SimulatesWearable
from tests.adapters.whoop.connecting import ADAPTER, connect, consented
from tests.adapters.whoop.invented import document

NOW = dt.datetime(2025, 11, 20, 12, 0, tzinfo=dt.UTC)
LISTS = {
    Kind.SLEEP: "v2/activity/sleep",
    Kind.RECOVERY: "v2/recovery",
    Kind.CYCLE: "v2/cycle",
    Kind.WORKOUT: "v2/activity/workout",
}


def simulator(**changes: Any) -> WhoopSimulator:
    return WhoopSimulator(**{"athletes": 2, "days": 60, "now": NOW} | changes)


async def bearer(vendor: WhoopSimulator, athlete: int = 0) -> httpx.AsyncClient:
    config = await consented(vendor, athlete)
    assert config.credentials is not None
    return httpx.AsyncClient(
        base_url=f"{vendor.base_url}/developer/",
        headers={"authorization": f"Bearer {config.credentials.access_token.reveal()}"},
        trust_env=False,
    )


@pytest.fixture(scope="module")
def description(real_data: Path) -> dict[str, Any]:
    path = real_data / "vendors" / "whoop" / "openapi.yml"
    if not path.is_file():
        pytest.skip(f"no description of WHOOP at {path}")
    told: dict[str, Any] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    return told


def validator(description: dict[str, Any], path: str, status: int, method: str = "get") -> OAS30Validator:
    """Of the answer to ``path`` with ``status``; a failure if the description has no such answer."""
    answers = description["paths"][path][method]["responses"]
    assert str(status) in answers, f"{method} {path} may not answer {status}"
    content = answers[str(status)].get("content", {}).get("application/json", {})
    schema = {**content.get("schema", {}), "components": description["components"]}
    return OAS30Validator(schema, format_checker=oas30_format_checker)


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
        for inner in value:
            yield from undescribed(inner, schema["items"], schemas, f"{at}[]")


@pytest.mark.real_data
async def test_every_answer_is_as_the_vendor_describes_it(description: dict[str, Any]) -> None:
    checked = 0
    async with simulator() as vendor:
        for athlete in range(2):
            async with await bearer(vendor, athlete) as http:
                account = vendor.accounts[athlete].id
                cycle = vendor.records(account, Kind.RECOVERY)[0]["cycle_id"]
                sleep = vendor.records(account, Kind.SLEEP)[0]["id"]
                workout = vendor.records(account, Kind.WORKOUT)[0]["id"]
                for path, template in (
                    *((f"{path}?limit=25", f"/{path}") for path in LISTS.values()),
                    (f"v2/cycle/{cycle}", "/v2/cycle/{cycleId}"),
                    (f"v2/cycle/{cycle}/sleep", "/v2/cycle/{cycleId}/sleep"),
                    (f"v2/cycle/{cycle}/recovery", "/v2/cycle/{cycleId}/recovery"),
                    (f"v2/activity/sleep/{sleep}", "/v2/activity/sleep/{sleepId}"),
                    (f"v2/activity/workout/{workout}", "/v2/activity/workout/{workoutId}"),
                    ("v2/user/measurement/body", "/v2/user/measurement/body"),
                    ("v2/user/profile/basic", "/v2/user/profile/basic"),
                ):
                    while True:
                        answer = await http.get(path)
                        told, body = validator(description, template, answer.status_code), answer.json()
                        assert answer.status_code == 200
                        told.validate(body)
                        assert not [*undescribed(body, told.schema, description["components"]["schemas"])]
                        checked += 1
                        if "next_token" not in body:
                            break
                        path = f"{template[1:]}?limit=25&nextToken={body['next_token']}"
    assert checked > 2 * 11


@pytest.mark.real_data
async def test_every_refusal_is_one_that_the_vendor_describes(description: dict[str, Any]) -> None:
    async with simulator() as vendor, await bearer(vendor) as http:
        for path, template, status in (
            ("v2/cycle/1", "/v2/cycle/{cycleId}", 404),
            ("v2/cycle/1/recovery", "/v2/cycle/{cycleId}/recovery", 404),
            ("v2/activity/sleep/none", "/v2/activity/sleep/{sleepId}", 404),
            ("v2/activity/sleep?limit=26", "/v2/activity/sleep", 400),
            ("v2/recovery?limit=0", "/v2/recovery", 400),
            ("v2/cycle?start=yesterday", "/v2/cycle", 400),
            ("v2/cycle?end=2025-01-01T00:00:00", "/v2/cycle", 400),
            ("v2/activity/workout?nextToken=none", "/v2/activity/workout", 400),
        ):
            answer = await http.get(path)
            assert answer.status_code == status, path
            validator(description, template, status)
        http.headers["authorization"] = "Bearer nobody"
        assert (await http.get("v2/cycle")).status_code == 401
        validator(description, "/v2/cycle", 401)
        assert (await http.delete("v2/user/access")).status_code == 401
        validator(description, "/v2/user/access", 401, "delete")


async def test_a_scope_that_was_not_granted_is_answered_as_a_dead_token() -> None:
    async with simulator() as vendor:
        config = await consented(vendor, granted=["read:profile"])
        assert config.credentials is not None
        header = {"authorization": f"Bearer {config.credentials.access_token.reveal()}"}
        async with httpx.AsyncClient(trust_env=False, headers=header) as http:
            assert (await http.get(f"{vendor.base_url}/developer/v2/cycle")).status_code == 401
            assert (await http.get(f"{vendor.base_url}/developer/v2/user/profile/basic")).status_code == 200


def everything(vendor: WhoopSimulator, account: str, kind: Kind) -> list[Any]:
    page = document(LISTS[kind], {"records": vendor.records(account, kind)})
    return list(ADAPTER.normalize(page))


def test_the_same_seed_gives_the_same_figures_and_a_longer_history_the_same_days() -> None:
    first, again, other = simulator(), simulator(), simulator(seed=2)
    longer = simulator(days=90, athletes=4)
    assert first.accounts == again.accounts == longer.accounts[:2]
    for kind in LISTS:
        account = first.accounts[0].id
        told = first.records(account, kind)
        assert told == again.records(account, kind)
        assert told != other.records(other.accounts[0].id, kind)
        # A body is calibrated by the first mornings of its history.
        recent = len(told) - 10
        assert told[:recent] == longer.records(account, kind)[:recent]


def test_every_athlete_has_a_name_of_their_own() -> None:
    accounts = simulator(athletes=200, days=1).accounts
    assert len({account.name for account in accounts}) == len({account.id for account in accounts}) == 200


def test_what_it_invents_is_believed_by_the_host() -> None:
    vendor = simulator(athletes=6, days=120)
    for account, kind in itertools.product(vendor.accounts, LISTS):
        for record in everything(vendor, account.id, kind):
            kept, refused = admit(record, file=kind.value, received_at=NOW)
            assert (kept, refused) == (record, ())


def test_nights_follow_each_other_and_fill_their_cycles() -> None:
    vendor = simulator(athletes=6, days=120)
    for account in vendor.accounts:
        nights = [n for n in everything(vendor, account.id, Kind.SLEEP) if not n.nap][::-1]
        cycles = [c for c in everything(vendor, account.id, Kind.CYCLE) if isinstance(c, Cycle)][::-1]
        assert all(a.end_at < b.start_at for a, b in itertools.pairwise(nights))
        assert all(a.end_at == b.start_at for a, b in itertools.pairwise(cycles))
        assert [cycle.end_at is None for cycle in cycles] == [False] * (len(cycles) - 1) + [True]
        starts = {cycle.source_id: cycle.start_at for cycle in cycles}
        assert all(starts[night.cycle_id] == night.start_at for night in nights)
        days = [local_day(night.end_at, night.utc_offset_s) for night in nights]
        assert len(set(days)) == len(days)


def test_there_are_naps_gaps_journeys_late_and_unscorable_ones() -> None:
    vendor = simulator(athletes=6, days=120)
    nights: list[Night] = []
    for account in vendor.accounts:
        sleeps = everything(vendor, account.id, Kind.SLEEP)
        nights += sleeps
        cycles = everything(vendor, account.id, Kind.CYCLE)
        assert len({night.cycle_id for night in sleeps}) < len(cycles)
        unworn = {c.source_id for c in cycles} - {n.cycle_id for n in sleeps}
        flagged = {
            cycle.source_id
            for cycle in cycles
            if QualityFlag.UNSCORABLE in {remark.flag for remark in cycle.quality}
        }
        assert flagged == unworn
    assert any(night.nap for night in nights)
    assert any(night.quality and night.quality[0].flag is QualityFlag.UNSCORABLE for night in nights)
    offsets = [{n.utc_offset_s for n in everything(vendor, a.id, Kind.SLEEP)} for a in vendor.accounts]
    assert max(len(found) for found in offsets) > 2
    workouts = [w for a in vendor.accounts for w in everything(vendor, a.id, Kind.WORKOUT)]
    assert all(isinstance(workout, Workout) for workout in workouts)
    assert any(workout.distance_m for workout in workouts)
    assert any(workout.distance_m is None and workout.strain for workout in workouts)


async def test_a_late_score_is_pending_first_and_its_record_grows_newer() -> None:
    async with simulator(athletes=4, days=20) as vendor:
        seen: dict[str, list[tuple[str, str]]] = {}
        for _ in range(48):
            for account in vendor.accounts:
                for record in vendor.records(account.id, Kind.SLEEP):
                    told = (record["updated_at"], record["score_state"])
                    known = seen.setdefault(record["id"], [])
                    if told not in known:
                        known.append(told)
            await vendor.advance(0.5)
    late = [states for states in seen.values() if len(states) > 1]
    assert late
    for (before, first), (after, then) in late:
        assert before < after
        assert (first, then[:2]) == ("PENDING_SCORE", then[:2])
        assert then in ("SCORED", "UNSCORABLE")


async def test_the_strain_of_the_day_grows_until_the_next_night_ends_it() -> None:
    async with simulator(athletes=1) as vendor:
        account = vendor.accounts[0].id
        strains: list[tuple[str, float]] = []
        for _ in range(30):
            newest = vendor.records(account, Kind.CYCLE)[0]
            assert "end" not in newest
            if "score" in newest:
                strains.append((newest["id"], newest["score"]["strain"]))
            await vendor.advance(1)
        assert len({cycle for cycle, _ in strains}) >= 2
        for _, group in itertools.groupby(strains, key=lambda pair: pair[0]):
            values = [strain for _, strain in group]
            assert values == sorted(values)
        assert "end" in vendor.records(account, Kind.CYCLE)[1]


async def test_an_edited_sleep_is_newer_and_its_recovery_too() -> None:
    async with simulator() as vendor:
        account = vendor.accounts[0].id
        before = {one["id"]: one for one in vendor.records(account, Kind.SLEEP)}
        key = await vendor.edit_sleep(account, minutes=20)
        after = {one["id"]: one for one in vendor.records(account, Kind.SLEEP)}
        assert {name for name in before if before[name] != after[name]} == {key}
        assert after[key]["end"] > before[key]["end"]
        assert after[key]["updated_at"] > before[key]["updated_at"]
        (recovery,) = [r for r in vendor.records(account, Kind.RECOVERY) if r["sleep_id"] == key]
        assert recovery["updated_at"] == after[key]["updated_at"]
        again = await vendor.edit_sleep(account, key, minutes=-10)
        (newest,) = [s for s in vendor.records(account, Kind.SLEEP) if s["id"] == again]
        assert newest["updated_at"] > after[key]["updated_at"]


async def test_a_deleted_sleep_takes_its_recovery_with_it() -> None:
    async with simulator() as vendor, connect(vendor):
        account = vendor.accounts[0].id
        key = await vendor.delete_sleep(account)
        assert key not in {one["id"] for one in vendor.records(account, Kind.SLEEP)}
        assert key not in {one["sleep_id"] for one in vendor.records(account, Kind.RECOVERY)}
        assert key in {one["id"] for one in simulator().records(account, Kind.SLEEP)}
        with pytest.raises(LookupError):
            await vendor.delete_sleep(account, key)


async def test_the_limits_are_told_in_headers_and_end_in_429() -> None:
    now = [0.0]
    async with simulator() as vendor, await bearer(vendor) as http:
        vendor.limits.clock = lambda: now[0]
        first = await http.get("v2/cycle?limit=1")
        assert first.headers["x-ratelimit-limit"] == "100, 100;window=60, 10000;window=86400"
        assert (first.headers["x-ratelimit-remaining"], first.headers["x-ratelimit-reset"]) == ("99", "60")
        now[0] = 12.5
        for _ in range(99):
            assert vendor.limits.take()[0]
        refused = await http.get("v2/cycle?limit=1")
        assert (refused.status_code, refused.headers["x-ratelimit-reset"]) == (429, "48")
        assert (await http.delete("v2/user/access")).status_code == 429
        now[0] = 60.0
        assert (await http.get("v2/cycle?limit=1")).status_code == 200
        vendor.limits.windows = ((1, 60), (10_000, 86_400))
        assert (await http.get("v2/cycle?limit=1")).status_code == 429
        vendor.limits.enabled = False
        assert (await http.get("v2/cycle?limit=1")).status_code == 200


async def test_the_limit_of_the_day_holds_when_the_minute_is_free() -> None:
    now = [0.0]
    async with simulator() as vendor:
        vendor.limits.clock = lambda: now[0]
        for minute in range(100):
            now[0] = 60.0 * minute
            assert all(vendor.limits.take()[0] for _ in range(100))
        now[0] = 60.0 * 100
        allowed, headers = vendor.limits.take()
        assert not allowed
        assert headers["x-ratelimit-reset"] == str(86_400 - 6_000)


async def test_what_is_added_at_the_top_moves_no_page() -> None:
    async with simulator() as vendor, await bearer(vendor) as http:
        first = (await http.get("v2/activity/sleep?limit=25")).json()
        vendor.tokens.lifetime_s = 7 * 86_400
        await vendor.advance(0.9)
        await vendor.delete_sleep(vendor.accounts[0].id, first["records"][-1]["id"])
        second = (await http.get("v2/activity/sleep", params={"nextToken": first["next_token"]})).json()
        old = simulator().records(vendor.accounts[0].id, Kind.SLEEP)
        assert [one["id"] for one in second["records"]] == [one["id"] for one in old[25:35]]
        refused = await http.get("v2/recovery", params={"nextToken": first["next_token"]})
        assert refused.status_code == 400


async def test_the_consent_page_wants_an_application_and_a_long_state() -> None:
    async with simulator() as vendor, httpx.AsyncClient(trust_env=False) as http:
        page = f"{vendor.base_url}/oauth/oauth2/auth"
        query = {
            "client_id": vendor.client.client_id,
            "response_type": "code",
            "redirect_uri": "https://poise.example/cb",
            "scope": "offline",
            "state": "eight-88",
        }
        opened = await http.get(page, params=query)
        assert opened.status_code == 200
        assert all(account.name in opened.text for account in vendor.accounts)
        for changed in ({"state": "seven-7"}, {"client_id": "nobody"}, {"redirect_uri": ""}):
            assert (await http.get(page, params=query | changed)).status_code == 400
        refused = await vendor.consent(f"{page}?{httpx.QueryParams(query)}", "")
        assert parse_qs(urlsplit(refused).query)["error"] == ["access_denied"]


async def test_a_code_serves_once_and_a_refresh_without_offline_is_the_last() -> None:
    async with simulator() as vendor, httpx.AsyncClient(trust_env=False) as http:
        config = await consented(vendor)
        assert config.credentials is not None
        assert config.credentials.refresh_token is not None
        assert vendor.client.client_secret is not None
        form = {
            "grant_type": "refresh_token",
            "refresh_token": config.credentials.refresh_token.reveal(),
            "client_id": vendor.client.client_id,
            "client_secret": vendor.client.client_secret.reveal(),
        }
        tokens = (await http.post(f"{vendor.base_url}/oauth/oauth2/token", data=form)).json()
        assert "access_token" in tokens
        assert "refresh_token" not in tokens
        spent = next(r for r in vendor.requests if b"authorization_code" in r.body)
        again = await http.post(f"{vendor.base_url}/oauth/oauth2/token", content=spent.body)
        assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})


async def test_faults_come_when_they_are_ordered() -> None:
    async with simulator() as vendor, await bearer(vendor) as http:
        for code in (401, 403, 429, 500):
            vendor.faults.add(Fault.status(code, {"retry-after": "1"}), path="*/v2/cycle", times=1)
            assert (await http.get("v2/cycle")).status_code == code
        vendor.faults.add(Fault.truncate(), times=1)
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get("v2/cycle")
        assert (await http.get("v2/cycle")).status_code == 200


def test_the_adapter_offers_it() -> None:
    assert isinstance(ADAPTER, SimulatesWearable)
