"""Athletes and what their devices told, as clients ask for it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from poise_sdk.metrics import METRICS
from storage.observations.measures import MEASURES
from tests.server import bodies
from tests.server.bodies import ADA, TODAY
from tests.server.clients import Api


@pytest.fixture
def home(clinic: str) -> str:
    return clinic


@pytest.fixture
def api(clinic_api: Api) -> Api:
    return clinic_api


YESTERDAY = (TODAY - dt.timedelta(days=1)).isoformat()


async def ada(api: Api, selection: str, **variables: Any) -> Any:
    data = await api.data(f'{{ athlete(name: "{ADA}") {{ {selection} }} }}', **variables)
    return data["athlete"]


async def test_athletes_are_listed_and_found_by_name_number_and_id(api: Api):
    page = (
        await api.data("{ athletes(first: 1) { nodes { id key name timeZone } pageInfo { endCursor } } }")
    )["athletes"]
    [first] = page["nodes"]
    assert (first["name"], first["timeZone"]) == (ADA, "Europe/Berlin")
    after = page["pageInfo"]["endCursor"]
    rest = await api.data("query($after: String) { athletes(after: $after) { nodes { name } } }", after=after)
    assert rest["athletes"]["nodes"] == [{"name": bodies.BEN}]
    for argument in (f'id: "{first["id"]}"', f'id: "{first["key"]}"', f'name: "{ADA.upper()}"'):
        assert (await api.data(f"{{ athlete({argument}) {{ key }} }}"))["athlete"] == {"key": first["key"]}
    found = await api.data("query($id: ID!) { node(id: $id) { ... on Athlete { name } } }", id=first["id"])
    assert found["node"] == {"name": ADA}


@pytest.mark.parametrize("argument", ['id: "999999"', 'id: "-1"', 'name: "Nobody"'])
async def test_somebody_who_is_not_here_is_null(api: Api, argument: str):
    assert (await api.data(f"{{ athlete({argument}) {{ key }} }}"))["athlete"] is None


@pytest.mark.parametrize("arguments", ["", '(id: "1", name: "x")', '(id: "x")'])
async def test_an_athlete_is_asked_for_by_one_thing(api: Api, arguments: str):
    [error] = await api.errors(f"{{ athlete{arguments} {{ key }} }}")
    assert error["extensions"]["code"] == "BAD_REQUEST"


async def test_a_night_says_where_it_comes_from(api: Api):
    found = await ada(
        api,
        "sleep(first: 1) { nodes { id key vendor source origin day startAt endAt nap utcOffsetS asleepMin"
        " remMin vendorUpdatedAt updatedAt adapterVersion quality { flag } document { name sha256 }"
        " stages { stage startAt } } }",
    )
    [night] = found["sleep"]["nodes"]
    assert night["day"] == YESTERDAY
    assert (night["vendor"], night["origin"], night["source"]) == ("tidewatch", "API", None)
    assert (night["asleepMin"], night["remMin"], night["utcOffsetS"]) == (400.5, None, 7_200)
    assert night["document"] == {"name": "data/sleep", "sha256": "ab" * 32}
    assert [one["stage"] for one in night["stages"]] == ["LIGHT", "DEEP", "REM"]
    again = await api.data(
        "query($id: ID!) { node(id: $id) { id ... on Night { asleepMin stages { stage } } } }", id=night["id"]
    )
    assert again["node"]["asleepMin"] == 400.5
    assert len(again["node"]["stages"]) == 3


async def test_naps_are_listed_only_if_asked_for(api: Api):
    found = await ada(
        api,
        "without: sleep(first: 100) { nodes { nap } }"
        " with: sleep(first: 100, includeNaps: true) { nodes { nap } }",
    )
    assert [one["nap"] for one in found["without"]["nodes"]] == [False] * 12
    assert sum(one["nap"] for one in found["with"]["nodes"]) == 12
    assert len(found["with"]["nodes"]) == 24


@pytest.mark.parametrize("field", ["sleep", "hrv", "recovery", "strain", "workouts", "bodyMeasurements"])
async def test_pages_join_without_gap_or_overlap(api: Api, field: str):
    days: list[str] = []
    after = None
    while True:
        page = (
            await api.data(
                f'query($after: String) {{ athlete(name: "{ADA}") {{ page: {field}(first: 5, after: $after,'
                ' vendor: "tidewatch") { nodes { day } pageInfo { hasNextPage endCursor } } } }',
                after=after,
            )
        )["athlete"]["page"]
        days += [one["day"] for one in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert days == [(TODAY - dt.timedelta(days=n)).isoformat() for n in range(1, 13)]


async def test_a_span_includes_both_its_days(api: Api):
    since, until = (TODAY - dt.timedelta(days=4)).isoformat(), (TODAY - dt.timedelta(days=2)).isoformat()
    found = await ada(api, f'sleep(since: "{since}", until: "{until}") {{ nodes {{ day }} }}')
    assert [one["day"] for one in found["sleep"]["nodes"]] == [
        (TODAY - dt.timedelta(days=n)).isoformat() for n in (2, 3, 4)
    ]


async def test_too_much_or_nonsense_is_refused_with_words(api: Api):
    for arguments in [
        'since: "2020-01-01", until: "2026-01-01"',
        'since: "2026-01-02", until: "2026-01-01"',
        "first: 0",
        "first: 101",
        'after: "x"',
    ]:
        [error] = await api.errors(
            f'{{ athlete(name: "{ADA}") {{ sleep({arguments}) {{ nodes {{ day }} }} }} }}'
        )
        assert error["extensions"]["code"] == "BAD_REQUEST"


async def test_recoveries_tell_their_parts_and_what_is_wrong_with_them(api: Api):
    found = await ada(
        api,
        f'recovery(since: "{YESTERDAY}") {{ nodes {{ vendor recoveryPct hrvRmssdMs hrvSdnnMs'
        " contributors { name value } quality { flag field detail } } }",
    )
    by_vendor = {one["vendor"]: one for one in found["recovery"]["nodes"]}
    assert by_vendor["tidewatch"]["recoveryPct"] == 66.0
    assert by_vendor["tidewatch"]["contributors"] == [{"name": "sleep_balance", "value": 81.0}]
    assert by_vendor["tidewatch"]["quality"] == []
    assert by_vendor["other"]["recoveryPct"] is None
    assert by_vendor["other"]["quality"] == [{"flag": "PENDING_SCORE", "field": "recovery_pct", "detail": ""}]


async def test_every_kind_of_record_is_found_again_by_its_id(api: Api):
    kinds = {
        "sleep": "Night",
        "hrv": "HrvNight",
        "recovery": "Recovery",
        "strain": "Cycle",
        "workouts": "Workout",
        "bodyMeasurements": "BodyMeasurement",
        "journal": "JournalEntry",
        "vendorSummaries": "VendorSummary",
    }
    found = await ada(api, " ".join(f"{name}(first: 1) {{ nodes {{ id key vendor }} }}" for name in kinds))
    for field, kind in kinds.items():
        [one] = found[field]["nodes"]
        again = (
            await api.data(
                "query($id: ID!) {"
                " node(id: $id) { __typename ... on Observation { key vendor athleteDay: day } } }",
                id=one["id"],
            )
        )["node"]
        assert (again["__typename"], again["key"], again["vendor"]) == (kind, one["key"], one["vendor"])
        assert again["athleteDay"] == YESTERDAY


async def test_readings_come_as_objects_and_as_columns(api: Api):
    since = bodies.at(TODAY, -2).isoformat()
    found = await ada(
        api,
        f'readings(metric: "hr_bpm", since: "{since}", vendor: "other", first: 2)'
        " { nodes { at endAt value vendor source utcOffsetS } pageInfo { hasNextPage endCursor } }"
        f' columns: readingColumns(metric: "hr_bpm", since: "{since}", first: 100)'
        " { metric unit at endAt values vendors sources utcOffsetsS pageInfo { hasNextPage endCursor } }",
    )
    [first, second] = found["readings"]["nodes"]
    assert (first["value"], second["value"]) == (50.0, 51.0)
    assert (first["vendor"], first["source"], first["utcOffsetS"]) == ("other", "a watch", 7_200)
    columns = found["columns"]
    assert {
        len(columns[name]) for name in ("at", "endAt", "values", "vendors", "sources", "utcOffsetsS")
    } == {100}
    assert columns["unit"] == "bpm"
    assert columns["pageInfo"]["hasNextPage"]
    rest = await ada(
        api,
        f'columns: readingColumns(metric: "hr_bpm", since: "{since}", first: 100,'
        f' after: "{columns["pageInfo"]["endCursor"]}") {{ at values sources pageInfo {{ hasNextPage }} }}',
    )
    assert len(rest["columns"]["values"]) == 20
    assert not rest["columns"]["pageInfo"]["hasNextPage"]
    every = list(zip(columns["at"], columns["sources"], strict=True)) + list(
        zip(rest["columns"]["at"], rest["columns"]["sources"], strict=True)
    )
    assert len(set(every)) == 120, "each reading once"
    assert [at for at, _ in every] == sorted(at for at, _ in every)


@pytest.mark.parametrize("first", [0, 10_001])
async def test_columns_have_a_bound_of_their_own(api: Api, first: int):
    [error] = await api.errors(
        f'{{ athlete(name: "{ADA}") {{ readingColumns(metric: "hr_bpm", first: {first}) {{ values }} }} }}'
    )
    assert "between 1 and 10,000" in error["message"]


async def test_a_year_and_a_day_of_readings_is_too_much(api: Api):
    [error] = await api.errors(
        f'{{ athlete(name: "{ADA}") {{ readings(metric: "hr_bpm", since: "2024-01-01T00:00:00Z",'
        ' until: "2025-01-02T00:00:01Z") { nodes { value } } } }'
    )
    assert "366 days" in error["message"]


async def test_sources_say_who_told_what_and_since_when(api: Api):
    found = await ada(
        api, "sources { vendor source rows firstDay lastDay kinds { kind rows firstDay lastDay } }"
    )
    sources = {(one["vendor"], one["source"]): one for one in found["sources"]}
    assert set(sources) == {("tidewatch", None), ("other", None), ("other", "a watch")}
    told = {one["kind"]: one["rows"] for one in sources["tidewatch", None]["kinds"]}
    assert told == {
        "body": 12, "cycle": 12, "hr_bpm": None, "hrv": 12, "journal": 12, "recovery": 12, "sleep": 24,
        "workout": 12,
    }  # fmt: skip
    assert sources["other", None]["lastDay"] == YESTERDAY
    [watch] = sources["other", "a watch"]["kinds"]
    assert (watch["kind"], watch["rows"]) == ("hr_bpm", None)
    assert watch["firstDay"] is not None


async def test_a_series_has_an_entry_for_every_day_of_the_calendar(api: Api):
    since = (TODAY - dt.timedelta(days=14)).isoformat()
    found = await ada(
        api,
        f'dailySeries(metrics: ["strain", "asleep_min", "strain"], since: "{since}", until: "{TODAY}")'
        " { days columns { metric unit values vendors } freshness { state reason } }",
    )
    series = found["dailySeries"]
    assert len(series["days"]) == 15
    assert [one["metric"] for one in series["columns"]] == ["strain", "asleep_min"]
    strain, asleep = series["columns"]
    assert strain["values"] == [None, None] + [12.25] * 12 + [None]
    assert strain["vendors"][3] == "tidewatch"
    assert asleep["values"] == [None] * 15
    assert series["freshness"]["state"] == "NOT_CONNECTED"


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ('dailySeries(metrics: ["strain", "hrvRmssdMs"]) { days }', "did you mean hrv_rmssd_ms?"),
        ('dailySeries(metrics: ["zone2Min"]) { days }', "did you mean zone_2_min?"),
        ('readingColumns(metric: "hr_bmp") { values }', "did you mean hr_bpm?"),
        ('readings(metric: "tidewatchDrift") { nodes { value } }', "did you mean tidewatch_drift?"),
        ('readings(metric: "nope") { nodes { value } }', "no metric is called 'nope'"),
        ('readings(metric: "hr_bpm", vendor: "nope") { nodes { value } }', "no vendor is called 'nope'"),
        ('sleep(vendor: "tidewach") { nodes { day } }', "did you mean tidewatch?"),
        ('journal(vendor: "Harbour") { nodes { day } }', "did you mean harbour?"),
    ],
)
async def test_a_name_that_nobody_knows_is_refused_with_the_one_that_is_meant(
    api: Api, selection: str, message: str
):
    [error] = await api.errors(f'{{ athlete(name: "{ADA}") {{ {selection} }} }}')
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert message in error["message"]


async def test_names_of_the_vocabulary_of_adapters_and_of_the_store_are_known(api: Api):
    found = await ada(
        api,
        'dailySeries(metrics: ["nap_min", "workouts", "sleep_avg_hr_bpm", "tidewatch_drift"]) { days }'
        ' sleep(vendor: "other") { nodes { day } } strain(vendor: "harbour") { nodes { day } }'
        ' readings(metric: "strain", vendor: "other") { nodes { value } }',
    )
    assert found["dailySeries"]["days"]
    assert found["sleep"]["nodes"] == []


def test_every_figure_of_a_day_is_in_the_vocabulary():
    figures = {one.metric for measures in MEASURES.values() for one in measures}
    assert figures <= METRICS.keys()


async def test_an_id_of_another_thing_is_told_with_the_right_article(api: Api):
    [error] = await api.errors('{ athlete(id: "x") { key } }')
    assert error["message"] == "'x' is not the id of an Athlete"


async def test_vendors_say_what_they_can(api: Api):
    found = await api.data(
        "{ vendors { id name title dataTypes metrics { name unit title } oauth { scopes pkce } teamToken"
        " webhooks fileImport backfillDays configured } }"
    )
    by_name = {one["name"]: one for one in found["vendors"]}
    tide = by_name["tidewatch"]
    assert tide["oauth"] == {"scopes": ["sleep", "recovery", "strain"], "pkce": True}
    assert tide["dataTypes"] == ["CYCLE", "RECOVERY", "SLEEP"]
    assert {"name": "tidewatch_drift", "unit": None, "title": None} in tide["metrics"]
    assert (tide["fileImport"], tide["configured"], tide["webhooks"]) == (True, False, ["SLEEP"])
    assert (by_name["harbour"]["oauth"], by_name["harbour"]["teamToken"]) == (None, True)
    node = await api.data(
        "query($id: ID!) { node(id: $id) { ... on WearableVendor { title } } }", id=tide["id"]
    )
    assert node["node"] == {"title": "Tidewatch"}


@pytest.mark.parametrize("id", ["TmlnaHQ6eA", "TmlnaHQ6MS94", "TmlnaHQ6eC95L3o", "VmVuZG9yQ29ubmVjdGlvbjp4"])
async def test_a_malformed_id_of_a_record_is_refused(api: Api, id: str):
    [error] = await api.errors("query($id: ID!) { node(id: $id) { id } }", id=id)
    assert error["extensions"]["code"] == "BAD_REQUEST"
