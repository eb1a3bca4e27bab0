"""Oura on loopback: invented athletes behind the vendor's own paths, tokens, orders and webhooks.

::

    async with OuraSimulator(athletes=2, days=30) as vendor:
        athlete = vendor.accounts[0].id
        address = await vendor.consent(adapter.authorize_url(vendor.client, authorization), athlete)
        ...                       # exchange the code, order webhooks, fetch, normalize
        await vendor.advance(8)   # a night passes: it is analysed and announced to who ordered it
        await vendor.delete_sleep(athlete)
"""

from __future__ import annotations

from adapters.oura.simulator.server import OuraSimulator

__all__ = ["OuraSimulator"]
