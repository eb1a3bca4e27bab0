"""A wearable's normalize and capabilities with one defect each: the conformance suite must find it."""

from __future__ import annotations

from pathlib import Path

import pytest

from poise_sdk.testing.capability import CapabilityChecks
from poise_sdk.testing.observing import ObserveChecks
from tests.sdk.broken import Defect, failure, unproven
from tests.sdk.pulse import suite_of

DEFECTS: dict[str, Defect] = {
    "an odd name": Defect("name = 'My Pulse'", "identity", "is no name"),
    # capabilities
    "no data types": Defect(
        "capabilities = capable(data_types=frozenset(), webhooks=frozenset())",
        "what_there_is",
        "data_types is empty",
    ),
    "a data type of its own": Defect(
        "capabilities = capable(data_types=frozenset({'naps'}), webhooks=frozenset())",
        "what_there_is",
        "'naps' is no DataType",
    ),
    "webhooks of what it has not": Defect(
        "capabilities = capable(webhooks=frozenset({DataType.CYCLE}))",
        "what_there_is",
        "not among data_types",
    ),
    "no window": Defect(
        "capabilities = capable(window=datetime.timedelta(0))", "what_there_is", "window=0:00:00"
    ),
    "a history of nothing": Defect(
        "capabilities = capable(backfill_days=0)", "what_there_is", "backfill_days"
    ),
    "consent that is not claimed": Defect(
        "capabilities = capable(oauth=None)",
        "agree_with_the_methods",
        "authorize_url is written, but capabilities.oauth claims nothing",
    ),
    "webhooks that nobody verifies": Defect(
        "verify_webhook = WearableAdapter.verify_webhook",
        "agree_with_the_methods",
        "capabilities.webhooks is claimed, but verify_webhook is not written",
    ),
    "a reader that is not claimed": Defect(
        """
        capabilities = capable(file_import=False)
        def read_file(self, path, **more): return super().read_file(path, **more)
        """,
        "agree_with_the_methods",
        "read_file is written",
    ),
    "a metric nobody knows": Defect(
        "capabilities = capable(metrics=Base.capabilities.metrics | {'vigour_idx'})",
        "known_or_documented",
        "'vigour_idx' is not in poise_sdk.metrics",
    ),
    "a metric in the vendor's spelling": Defect(
        "capabilities = capable(metrics=Base.capabilities.metrics | {'HRV'})",
        "known_or_documented",
        "not in snake_case",
    ),
    # what normalize gives
    "an asynchronous normalize": Defect(
        "async def normalize(self, document): return []", "plain_function", "asynchronous"
    ),
    "a record for many": Defect(
        "def normalize(self, document): return Profile(vendor_user_id='u')",
        "samples_are_understood",
        "gave a Profile: yield the records",
    ),
    "understands nothing": Defect(
        """
        def normalize(self, document):
            yield Rejected(file=document.name, reason='x')
        """,
        "samples_are_understood",
        "nothing was understood",
    ),
    "seconds for minutes": Defect(
        "normalize = edited(Night, asleep_min=lambda night: night.asleep_min * 60)",
        "keep_their_promises",
        "the host refuses asleep_min: 25800 is outside 0 to 1440",
    ),
    "a share for a percentage": Defect(
        """
        def normalize(self, document):
            yield from super().normalize(document)
            yield Recovery(source_id='r', night_id='s-101', spo2_pct=0.97)
        """,
        "keep_their_promises",
        "the host refuses spo2_pct",
    ),
    "local time": Defect(
        """
        normalize = edited(Workout, start_at=lambda w: w.start_at.astimezone(
            datetime.timezone(datetime.timedelta(hours=-5))))
        """,
        "keep_their_promises",
        "start_at is not UTC",
    ),
    "time without a zone": Defect(
        "normalize = edited(Workout, end_at=lambda w: w.end_at.replace(tzinfo=None))",
        "keep_their_promises",
        "end_at is not UTC",
    ),
    "milliseconds for seconds": Defect(
        "normalize = edited(Workout, utc_offset_s=lambda w: w.utc_offset_s * 1000)",
        "keep_their_promises",
        "no place on earth",
    ),
    "a night that ends before it begins": Defect(
        "normalize = edited(Night, end_at=lambda n: n.start_at - datetime.timedelta(hours=1))",
        "keep_their_promises",
        "it ends before it begins",
    ),
    "stages in no order": Defect(
        "normalize = edited(Night, stages=lambda n: n.stages[::-1])",
        "keep_their_promises",
        "not in order of time",
    ),
    "stages that overlap": Defect(
        """
        normalize = edited(Night, stages=lambda n: tuple(
            msgspec.structs.replace(s, end_at=s.end_at + datetime.timedelta(minutes=1)) for s in n.stages))
        """,
        "keep_their_promises",
        "stages overlap",
    ),
    "local stages": Defect(
        """
        normalize = edited(Night, stages=lambda n: tuple(
            msgspec.structs.replace(s, start_at=s.start_at.replace(tzinfo=None)) for s in n.stages))
        """,
        "keep_their_promises",
        "a stage's time is not UTC",
    ),
    "one id for all": Defect(
        "normalize = edited(Night, source_id=lambda n: 'night')",
        "keep_their_promises",
        "two Nights have the source_id 'night'",
    ),
    "an empty id": Defect(
        "normalize = edited(Workout, source_id=lambda n: '')", "keep_their_promises", "an empty source_id"
    ),
    "rows from nought": Defect(
        "normalize = edited(Night, row=lambda n: n.row - 1)", "keep_their_promises", "rows count from 1"
    ),
    "text for a number": Defect(
        "normalize = edited(Night, avg_hr_bpm=lambda n: '51')",
        "keep_their_promises",
        "a field of a wrong type",
    ),
    "dictionaries for records": Defect(
        """
        def normalize(self, document):
            return [msgspec.to_builtins(item) for item in super().normalize(document)]
        """,
        "keep_their_promises",
        "neither a record, a table, nor a Rejected",
    ),
    "another file's name": Defect(
        """
        def normalize(self, document):
            yield from super().normalize(document)
            yield Rejected(file='other.json', reason='odd')
        """,
        "keep_their_promises",
        "names the file 'other.json'",
    ),
    "rejects a row of an intact sample": Defect(
        """
        def normalize(self, document):
            yield from super().normalize(document)
            yield Rejected(file=document.name, row=9, field='sport', reason='not liked')
        """,
        "keep_their_promises",
        "row 9, sport: rejected, though the sample is intact: not liked",
    ),
    "a table that miscounts itself": Defect(
        """
        def normalize(self, document):
            import polars
            at = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)
            frame = polars.DataFrame({'metric': ['hr_bpm'], 'start_at': [at], 'value': [60.0]})
            yield from super().normalize(document)
            yield ReadingTable(data=frame, rows=2)
        """,
        "keep_their_promises",
        "of 1 rows says that it has 2",
    ),
    "metrics it does not claim": Defect(
        "capabilities = capable(metrics=frozenset({'asleep_min'}))",
        "those_it_claims",
        "does not name: ['avg_hr_bpm', 'awake_min', 'distance_m'",
    ),
    "reads the clock": Defect(
        """
        normalize = edited(Night, vendor_updated_at=lambda n: datetime.datetime.now(datetime.UTC))
        """,
        "same_answer",
        "a second call",
    ),
    "remembers": Defect(
        """
        seen = set()
        def normalize(self, document):
            for item in super().normalize(document):
                if item.source_id not in self.seen:
                    self.seen.add(item.source_id)
                    yield item
        """,
        "same_answer",
        "another answer",
    ),
    "opens a file": Defect(
        """
        def normalize(self, document):
            open("/dev/null").close()
            yield from super().normalize(document)
        """,
        "nothing_outside",
        "inside what must be pure",
    ),
    "raises on rubbish": Defect(
        """
        def normalize(self, document):
            msgspec.json.decode(document.content)
            yield from super().normalize(document)
        """,
        "rubbish_is_rejected",
        "must never raise",
    ),
    "takes rubbish for an empty page": Defect(
        """
        def normalize(self, document):
            items = list(super().normalize(document))
            return items if any(isinstance(item, WearableRecord) for item in items) else []
        """,
        "rubbish_is_rejected",
        "is not rejected",
    ),
    "finds a body in rubbish": Defect(
        """
        def normalize(self, document):
            yield from super().normalize(document)
            yield Profile(vendor_user_id='u')
        """,
        "rubbish_is_rejected",
        "gives Profile",
    ),
    "does not miss the end": Defect(
        """
        def normalize(self, document):
            for item in super().normalize(document):
                if not (isinstance(item, Rejected) and 'in the middle' in item.reason):
                    yield item
        """,
        "cut_short",
        "is taken for the whole",
    ),
    "raises on an odd row": Defect(
        """
        def normalize(self, document):
            items = list(super().normalize(document))
            for item in items:
                yield item
                if isinstance(item, Rejected) and item.row:
                    raise KeyError('start')
        """,
        "odd_row",
        "must never raise, it raised KeyError",
    ),
    "drops odd rows in silence": Defect(
        """
        def normalize(self, document):
            items = list(super().normalize(document))
            kept = [item for item in items if not isinstance(item, Rejected)]
            return kept or items
        """,
        "odd_row",
        "disappear without a reason",
    ),
    "drops rows without a start in silence": Defect(
        """
        def normalize(self, document):
            for item in super().normalize(document):
                if not (isinstance(item, Rejected) and item.reason == 'it is missing'):
                    yield item
        """,
        "odd_row",
        "1 rows disappear without a reason",
    ),
    "gives odd types for odd rows": Defect(
        """
        def normalize(self, document):
            for item in super().normalize(document):
                if isinstance(item, Workout):
                    row = msgspec.json.decode(document.content)['items'][item.row - 1]
                    odd = [value for value in row.values() if isinstance(value, list | dict | bool)]
                    item = msgspec.structs.replace(item, source=odd[0] if odd else None)
                yield item
        """,
        "odd_row",
        "a field of a wrong type",
    ),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_the_suite_catches(defect: str, tmp_path: Path) -> None:
    wrong = DEFECTS[defect]
    said = failure(suite_of(wrong.body), wrong.check, tmp_path)
    assert said is not None, f"{defect}: {wrong.check} passes"
    assert wrong.says in said


def test_every_check_is_proven_to_fail() -> None:
    assert not unproven(CapabilityChecks, DEFECTS) | unproven(ObserveChecks, DEFECTS)
