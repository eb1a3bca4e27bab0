"""WHOOP's consent page and tokens: a state of eight characters, ``offline`` at consent and at refresh."""

from __future__ import annotations

from typing import Final

import msgspec

from adapters.whoop.payloads import OFFLINE
from poise_sdk.simulated_oauth import SimulatedConsent
from poise_sdk.simulation import Reply, Request

__all__ = ["Consent"]

_SHORTEST_STATE: Final = 8


class Consent(SimulatedConsent):
    """The SDK's simulated consent, with WHOOP's own conditions."""

    def _page(self, request: Request) -> Reply:
        """WHOOP refuses a state that could be guessed."""
        if len(request.query.get("state", "")) < _SHORTEST_STATE:
            words = f"state must be at least {_SHORTEST_STATE} characters long"
            return Reply(status=400, headers={"content-type": "text/plain"}, body=words.encode())
        return super()._page(request)

    def _refresh(self, form: dict[str, str]) -> Reply:
        """Without ``scope=offline`` there is an access token and no further refresh token."""
        reply = super()._refresh(form)
        if reply.status >= 400 or OFFLINE in form.get("scope", "").split():
            return reply
        tokens = msgspec.json.decode(reply.body)
        del tokens["refresh_token"]
        return Reply.json(tokens)
