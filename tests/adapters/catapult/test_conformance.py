"""The conformance suite over the built-in adapter, against its own simulator."""

from __future__ import annotations

from adapters.catapult.adapter import CatapultAdapter
from adapters.catapult.simulator import CatapultSimulator
from poise_sdk.testing.suite import adapter_suite
from poise_sdk.vendors import WearableSimulator
from poise_sdk.wearable import Credentials
from tests.adapters.catapult import invented


def _token(simulator: WearableSimulator) -> Credentials:
    assert isinstance(simulator, CatapultSimulator)
    return simulator.credentials()


TestCatapult = adapter_suite(CatapultAdapter, samples=invented.DOCUMENTS, credentials=_token)
