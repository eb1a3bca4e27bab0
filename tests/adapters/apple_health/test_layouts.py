"""The quick reading by lines and the general one by elements mean the same."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.apple_health.lines import read_lines
from adapters.apple_health.markup import body_of, without_controls
from adapters.apple_health.normalize import items_of
from adapters.apple_health.trees import read_trees
from poise_sdk.observations import BodyMeasurement, Night
from tests.adapters.apple_health.invented import (
    at,
    beat_times,
    beats,
    blood_pressure,
    everything,
    export,
    new_workout,
    old_workout,
    readings_of,
    record,
    rejected_of,
    sleep,
    stamp,
    summary,
    told,
    zone,
)

_HOURS = st.floats(0, 200).map(lambda hours: round(hours, 3))
_NAMES = st.sampled_from(["Sam’s Watch", "A &amp; B", "Ring &#x1F48D;", "&quot;Band&quot;", " x  y "])
_INSIDE = st.sampled_from(["", zone("Europe/Paris"), '  <MetadataEntry key="HKWasUserEntered" value="1"/>\n'])


@st.composite
def _elements(draw: st.DrawFn) -> str:
    start = draw(_HOURS)
    end = start + draw(st.floats(0, 3))
    more = {
        "start": at(start),
        "end": at(end),
        "source": draw(_NAMES),
        "device": draw(st.sampled_from([None, "&lt;&lt;HKDevice: 0x1&gt;, name:Apple Watch&gt;"])),
    }
    kind = draw(st.integers(0, 8))
    if kind <= 2:
        name, unit = draw(
            st.sampled_from(
                [
                    ("HeartRate", "count/min"),
                    ("BodyMass", "lb"),
                    ("StepCount", "count"),
                    ("UVExposure", "count"),
                ]
            )
        )
        value = draw(st.sampled_from(["1", "71.5", "-3", "1e2", "", "many", "inf"]))
        return record(name, value, unit, inside=draw(_INSIDE), **more)
    if kind == 3:
        return record("OxygenSaturation", draw(st.sampled_from(["0.97", None])), None, **more)
    if kind == 4:
        stage = draw(st.sampled_from(["InBed", "AsleepCore", "AsleepREM", "Awake", "Dreaming"]))
        return sleep(
            stage, at(start), at(end), source=more["source"], device=more["device"], inside=draw(_INSIDE)
        )
    if kind == 5:
        return beats(beat_times(draw(st.lists(st.integers(250, 2200), max_size=30))), **more)
    if kind == 6:
        return record("HeartRate", 70, "count/min", start=draw(st.sampled_from(["", "soon", stamp(at(1))])))
    return draw(
        st.sampled_from([new_workout(), old_workout(), blood_pressure(), summary(), summary("never")])
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(_elements(), max_size=12))
def test_both_ways_give_equal_records(elements: list[str]) -> None:
    body = without_controls(body_of(export(*elements))[0])
    quick = read_lines(body, "x")
    assert quick is not None
    assert _told(quick) == _told(read_trees(body, "x"))


def _told(raw: object) -> list[object]:
    items: list[object] = []
    for item in items_of(raw, "x"):  # type: ignore[arg-type]  # mypy does not look into tests
        items.extend(item.data.rows() if hasattr(item, "data") else [item])
    return items


@pytest.mark.parametrize(
    "layout",
    [
        lambda text: text.replace("\n", " "),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: re.sub(r">\s+<", "><", text),
        lambda text: re.sub(r"\n +", "\n", text),
        lambda text: re.sub(r'" (\w+=)', r'"\n    \1', text),
        lambda text: re.sub(r'="([^"\']*)"', r"='\1'", text),
        lambda text: re.sub(r"(<Record[^\n]*)/>\n", r"\1></Record >\n", text),
        lambda text: re.sub(r'(<Record)( type="[^"]*")(.*?)(/?>)', r"\1\3\2\4", text),
        lambda text: text.replace("\n <Record", "\n <!-- a remark -->\n <Record"),
    ],
    ids=["one line", "Windows", "no blanks", "no indent", "an attribute a line", "apostrophes",
         "no empty tags", "type last", "remarks"],
)  # fmt: skip
def test_another_layout_says_the_same(layout: object) -> None:
    assert callable(layout)
    records = [
        record("HeartRate", 71, "count/min", inside=zone("America/New_York")),
        record("StepCount", 5, "count", end=at(1)),
        sleep("AsleepCore", at(), at(7)),
        beats(beat_times([800, 850] * 8)),
    ]
    text = export(*records).decode()
    start = text.index("<HealthData")
    changed = text[:start] + layout(text[start:])
    assert changed != text
    got = told(changed)
    assert not rejected_of(got)
    assert got == told(text)


def test_the_layout_of_the_health_app_goes_the_quick_way() -> None:
    assert read_lines(body_of(everything())[0], "x") is not None


@pytest.mark.parametrize(
    "broken",
    [
        record("HeartRate", 1, "count/min").replace("/>", ">"),
        record("HeartRate", 1, "count/min").replace('value="', "value="),
        record("HeartRate", 1, "count/min", source="A & B"),
        record("HeartRate", 1, "count/min", source="A &nbsp; B"),
        record("HeartRate", 1, "count/min", source="A < B"),
        record("HeartRate", 1, "count/min").replace(' unit="count/min"', ' unit="count/min" unit="bpm"'),
        record("HeartRate", 1, "count/min", inside=zone("Europe/Paris")).replace("</Record>", "</Recrod>"),
        " </Record>\n",
    ],
)
def test_an_element_that_is_not_well_formed_costs_nothing_but_itself(broken: str) -> None:
    before, after = record("StepCount", 5, "count"), record("StepCount", 6, "count", start=at(1))
    items = told(export(before, broken, after, new_workout()))
    assert [reading.value for reading in readings_of(items)] == [5.0, 6.0]
    (rejected,) = rejected_of(items)
    assert rejected.row == 4
    assert "not well-formed" in rejected.reason
    assert any(type(item).__name__ == "Workout" for item in items)


def test_every_broken_element_is_told() -> None:
    broken = [record("HeartRate", n, "count/min").replace('value="', "value=") for n in range(5)]
    items = told(export(*broken, record("StepCount", 6, "count")))
    assert [rejected.row for rejected in rejected_of(items)] == [3, 4, 5, 6, 7]
    assert [reading.row for reading in readings_of(items)] == [8]


@pytest.mark.parametrize("indent", [" ", ""])
def test_an_export_of_the_first_versions_is_read(indent: str) -> None:
    """Other names and times, and metadata as attributes, whose names are none of XML's."""
    when = 'creationDate="20150616071916-0700" startDate="20150616071820-0700" endDate="20150616071820-0700"'
    steps = f'<Record type="HKQuantityTypeIdentifierStepCount" source="Sam’s iPhone" unit="count" {when}'
    fat = f'<Record type="HKQuantityTypeIdentifierBodyFatPercentage" source="Scale" unit="%" {when}'
    more = (
        'Scale App Version="2.6.0" Serial="1" Scale User Identifier="7" Link (of it)="scale://a?b=1&amp;c=2"'
    )
    night = (
        '<Record type="HKCategoryTypeIdentifierSleepAnalysis" source="Band" startDate="20150615230000-0700"'
    )
    items = told(
        export(
            f'{indent}{steps} value="31"/>\n',
            f'{indent}{fat} {more} HKWasUserEntered="0" value="0.21"/>\n',
            f'{indent}{night} endDate="20150616063000-0700" value="HKCategoryValueSleepAnalysisAsleep"/>\n',
        )
    )
    assert not rejected_of(items)
    (reading,) = readings_of(items)
    assert (reading.value, reading.source, reading.utc_offset_s) == (31, "Sam’s iPhone", -7 * 3600)
    (body,) = [item for item in items if isinstance(item, BodyMeasurement)]
    assert (body.row, body.body_fat_pct, body.source) == (4, 21, "Scale")
    (one,) = [item for item in items if isinstance(item, Night)]
    assert (one.asleep_min, one.source) == (450, "Band")


def test_the_first_versions_go_the_quick_way_too() -> None:
    line = record("StepCount", 3, "count").replace("sourceName=", "source=")
    raw = read_lines(line.encode(), "export.xml")
    assert raw is not None
    assert raw.records["source"].to_list() == ["Sam’s Apple\u00a0Watch"]
