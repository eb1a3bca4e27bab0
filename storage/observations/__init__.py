"""Observations of the body in the store: records of wearables, readings, and the days made of them.

Everything here is blocking and works on an ADBC connection in the caller's transaction: the caller
commits. One athlete has one writer at a time (an advisory lock until the transaction ends), so a
transaction should not store for several athletes.
"""

from storage.observations.daily import recompute_days, set_source_order
from storage.observations.documents import AthleteGone, keep_document, known_document
from storage.observations.erasure import drop_unowned, erase_athlete
from storage.observations.export import export
from storage.observations.outcome import Forgotten, Outcome, Sourced, Told
from storage.observations.removal import delete_record, forget_athlete
from storage.observations.store import store_document

__all__ = [
    "AthleteGone",
    "Forgotten",
    "Outcome",
    "Sourced",
    "Told",
    "delete_record",
    "drop_unowned",
    "erase_athlete",
    "export",
    "forget_athlete",
    "keep_document",
    "known_document",
    "recompute_days",
    "set_source_order",
    "store_document",
]
