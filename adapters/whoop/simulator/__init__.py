"""WHOOP on loopback: invented athletes behind the vendor's own paths, tokens, limits and webhooks.

::

    async with WhoopSimulator(athletes=2, days=30, webhook_url=url) as vendor:
        athlete = vendor.accounts[0].id
        address = await vendor.consent(adapter.authorize_url(vendor.client, authorization), athlete)
        ...                       # exchange the code, fetch, normalize
        await vendor.advance(8)   # a night passes: it is recorded, scored, announced
        await vendor.delete_sleep(athlete)
"""

from __future__ import annotations

from adapters.whoop.simulator.server import WhoopSimulator

__all__ = ["WhoopSimulator"]
