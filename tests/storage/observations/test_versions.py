"""Versions, duplicates and deletions in any order come to the same end."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poise_sdk.observations import Deleted, Night, Origin, Quality, QualityFlag, WearableRecord
from poise_sdk.vocabulary import DataType
from storage.connect import Connection
from storage.observations.facts import Fact, Layer
from tests.storage.observations.invented import (
    DAY,
    at,
    counts,
    cycle,
    file_night,
    hrv_night,
    night,
    picture,
    recovery,
    rows,
    store,
)

T = dt.datetime(2031, 1, 10, 8, tzinfo=dt.UTC)


def version(n: int) -> Night | Deleted:
    """The ``n``-th thing the vendor did to the night: a version of it, or (every fourth) its deletion."""
    when = T + dt.timedelta(minutes=n)
    if n % 4 == 3:
        return Deleted(of=DataType.SLEEP, source_id="n1", vendor_updated_at=when)
    scored = n % 3 != 2
    return night(
        vendor_updated_at=when,
        start_at=at(DAY, -2 + n % 5 * 5),
        end_at=at(DAY, 6 + n % 5 * 5),  # it may move to the next day
        asleep_min=400.0 + n if scored else None,
        in_bed_min=480.0 if scored else None,
        efficiency_pct=80.0 + n if n % 2 else None,
        quality=() if scored else (Quality(flag=QualityFlag.PENDING_SCORE),),
    )


pages = st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=3), min_size=1, max_size=6)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=pages)
def test_pages_in_any_order_come_to_the_newest_version(c: Connection, told: list[list[int]]) -> None:
    c.rollback()
    for page in told:
        store(c, [version(n) for n in page])
    last = max(itertools.chain.from_iterable(told))
    nights = rows(c, "nights")
    if last % 4 == 3:
        assert nights == []
        assert rows(c, "daily_values") == []
    else:
        expected = version(last)
        assert isinstance(expected, Night)
        (stored,) = nights
        assert stored["asleep_min"] == expected.asleep_min
        assert stored["efficiency_pct"] == expected.efficiency_pct
        assert dt.datetime.fromisoformat(stored["end_at"]) == expected.end_at
        assert len(stored["quality"]) == len(expected.quality)
        assert {one["day"] for one in rows(c, "daily_values")} <= {expected.end_at.date().isoformat()}
    before = picture(c)
    for page in reversed(told):
        outcome = store(c, [version(n) for n in dict.fromkeys(page)])
        assert outcome.told.stored == 0
    assert picture(c) == before


DOCUMENTS: Sequence[Sequence[WearableRecord]] = (
    [night(vendor_updated_at=T, cycle_id="c1", start_at=at(DAY, -2, second=41))],
    [night(vendor_updated_at=T + dt.timedelta(hours=1), cycle_id="c1", asleep_min=420.0)],
    [cycle()],
    [recovery(night_id="n1", cycle_id="c1"), hrv_night(night_id="n1", source_id=None)],
    [
        file_night(row=1),
        cycle(source_id=None, origin=Origin.FILE, day=DAY, avg_hr_bpm=61.0, row=1),
        recovery(start_at=at(DAY, -2), origin=Origin.FILE, spo2_pct=96.0, row=1),
    ],
)


def test_interface_and_file_in_any_order_are_one_night_one_cycle_one_recovery(c: Connection) -> None:
    expected: dict[str, object] = {}
    for order in list(itertools.permutations(range(5)))[::11]:
        c.rollback()
        for n in order:
            store(c, DOCUMENTS[n])
        found = picture(c)
        for name in ("nights", "cycles", "recoveries", "hrv_nights"):
            assert len(found[name]) == 1, (name, order)
        assert found["recoveries"][0]["spo2_pct"] == 96.0
        assert found["cycles"][0]["avg_hr_bpm"] == 61.0
        for name, told in found.items():
            assert expected.setdefault(name, told) == told, (name, order)
        for n in order:
            assert counts(store(c, DOCUMENTS[n]))[0] == 0


values = st.dictionaries(
    st.sampled_from(["asleep_min", "need_min", "debt_min"]), st.integers(0, 9), max_size=3
)


@given(data=st.data())
def test_layers_of_known_age_do_not_depend_on_the_order_of_arrival(data: st.DataObject) -> None:
    ages = data.draw(st.lists(st.integers(0, 6), unique=True, min_size=1, max_size=5))
    layers = [
        Layer(
            origin=Origin.API,
            values={"start_at": T + dt.timedelta(minutes=data.draw(st.integers(0, 3))), **data.draw(values)},
            updated_at=T + dt.timedelta(hours=age),
        )
        for age in ages
    ]
    layers.append(Layer(origin=Origin.FILE, values={"start_at": T, **data.draw(values)}))
    layers.append(Layer(origin=Origin.DERIVED, values={"start_at": T, **data.draw(values)}))

    def told(order: Sequence[Layer]) -> tuple[object, object]:
        fact = Fact("n1")
        for layer in order:
            fact.take(layer)
        assert not any(fact.take(layer) for layer in order)
        return fact.compose().values, fact.starts()

    assert told(data.draw(st.permutations(layers))) == told(layers)
