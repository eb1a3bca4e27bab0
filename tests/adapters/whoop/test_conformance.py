"""The conformance suite over the built-in adapter, against its own simulator."""

from __future__ import annotations

from adapters.whoop.adapter import WhoopAdapter
from poise_sdk.records import RawDocument
from poise_sdk.testing.suite import adapter_suite
from tests.adapters.whoop import exports, invented

EXPORT = {
    "physiological_cycles.csv": exports.CYCLES,
    "sleeps.csv": exports.SLEEPS,
    "workouts.csv": exports.WORKOUTS,
    "journal_entries.csv": exports.JOURNAL,
}

TestWhoop = adapter_suite(
    WhoopAdapter,
    samples=[
        *invented.DOCUMENTS,
        *(
            RawDocument(name=name, content=exports.csv_of(header, exports.cells(header)))
            for name, header in EXPORT.items()
        ),
    ],
)
