"""The consent half of a simulated vendor: a consent page, codes, tokens that expire and rotate.

::

    consent = SimulatedConsent(vendor, client, accounts, authorize="/oauth/authorize", token="/oauth/token")
    ...
    who = consent.account(request, scope="daily")    # an account's id, or the Reply that refuses
    if isinstance(who, Reply):
        return who

It keeps the rules a client can trip over: a code serves once and only for the redirect it was made for,
PKCE's verifier must fit, a rotated refresh token is dead and takes its whole family with it (RFC 9700
§4.14.2), an expired access token is a 401.
"""

from __future__ import annotations

import datetime as dt
import html
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlencode

import httpx

from poise_sdk.oauth import challenge
from poise_sdk.simulation import Reply, Request, SimulatedVendor
from poise_sdk.vendors import SimulatedAccount
from poise_sdk.wearable import ClientCredentials, Secret

__all__ = ["SimulatedConsent", "press"]

#: Seconds that a code waits to be exchanged (RFC 6749 §4.1.2 recommends at most ten minutes).
CODE_S: Final = 600.0
_TIMEOUT_S: Final = 10.0


@dataclass(slots=True)
class _Grant:
    """One athlete's consent: its tokens live and die together."""

    account: str
    scopes: frozenset[str]
    redirect_uri: str
    verifier_challenge: str | None
    issued_at: dt.datetime
    access: dict[str, dt.datetime] = field(default_factory=dict)
    """Access tokens and when they end."""
    refresh: str | None = None
    spent: set[str] = field(default_factory=set)
    """Refresh tokens that were rotated away."""
    revoked: bool = False


class SimulatedConsent:
    """Adds the consent page and the token endpoint to ``vendor``.

    ``clock`` is the simulated instant; ``lifetime_s`` the life of an access token in its seconds.
    """

    def __init__(
        self,
        vendor: SimulatedVendor,
        client: ClientCredentials,
        accounts: Sequence[SimulatedAccount],
        *,
        authorize: str,
        token: str,
        clock: Callable[[], dt.datetime],
        lifetime_s: float = 3600.0,
        offline_scope: str | None = None,
    ) -> None:
        self.client = client
        self.accounts = {account.id: account for account in accounts}
        self.lifetime_s = lifetime_s
        self.refreshes = 0
        """How many refreshes were granted."""
        self._clock = clock
        self._offline = offline_scope
        self._codes: dict[str, _Grant] = {}
        self._grants: list[_Grant] = []
        vendor.route(authorize)(self._page)
        vendor.route(authorize, method="POST")(self._decide)
        vendor.route(token, method="POST")(self._token)

    def account(self, request: Request, scope: str | None = None) -> str | Reply:
        """Whose access token the request carries: an account's id, or the 401 or 403 that refuses it."""
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        for grant in self._grants:
            ends = grant.access.get(value)
            if kind.lower() == "bearer" and ends is not None and not grant.revoked and ends > self._clock():
                if scope is not None and scope not in grant.scopes:
                    return Reply.json({"error": "insufficient_scope", "scope": scope}, status=403)
                return grant.account
        return Reply.json({"error": "invalid_token"}, status=401)

    def revoke(self, request: Request) -> None:
        """End the grant whose access token the request carries."""
        value = request.headers.get("authorization", "").partition(" ")[2]
        for grant in self._grants:
            if value in grant.access:
                grant.revoked = True

    def expire(self, account: str) -> None:
        """Let the access tokens of ``account`` end now; refresh tokens live on."""
        for grant in self._grants:
            if grant.account == account:
                grant.access = dict.fromkeys(grant.access, self._clock())

    def withdraw(self, account: str) -> None:
        """The athlete ends every consent at the vendor."""
        for grant in self._grants:
            grant.revoked = grant.revoked or grant.account == account

    def connected(self, account: str) -> bool:
        """Whether a consent of ``account`` stands."""
        return any(grant.account == account and not grant.revoked for grant in self._grants)

    def _page(self, request: Request) -> Reply:
        query = request.query
        if query.get("client_id") != self.client.client_id or query.get("response_type") != "code":
            return Reply(status=400, body=b"unknown application")
        if not query.get("redirect_uri") or not query.get("state"):
            return Reply(status=400, body=b"redirect_uri and state are needed")
        hidden = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in query.items()
        )
        buttons = "".join(
            f'<button name="account" value="{html.escape(account.id)}">{html.escape(account.name)}</button> '
            for account in self.accounts.values()
        )
        page = (
            "<!doctype html><meta charset=utf-8><title>Consent</title><h1>Share your data?</h1>"
            f"<p>Asked for: {html.escape(query.get('scope', ''))}</p>"
            f'<form method="post">{hidden}{buttons}<button name="account" value="">Refuse</button></form>'
        )
        return Reply(headers={"content-type": "text/html; charset=utf-8"}, body=page.encode())

    def _decide(self, request: Request) -> Reply:
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        redirect, state = form.get("redirect_uri", ""), form.get("state", "")
        account = form.get("account", "")
        if account not in self.accounts:
            return _back(redirect, {"error": "access_denied", "state": state})
        code = secrets.token_urlsafe(16)
        asked = frozenset(form.get("scope", "").split())
        self._codes[code] = _Grant(
            account=account,
            scopes=asked & frozenset(form["granted"].split()) if form.get("granted") else asked,
            redirect_uri=redirect,
            verifier_challenge=form.get("code_challenge"),
            issued_at=self._clock(),
        )
        return _back(redirect, {"code": code, "state": state, "scope": " ".join(sorted(asked))})

    def _token(self, request: Request) -> Reply:
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        secret = self.client.client_secret
        known = form.get("client_id") == self.client.client_id and (
            secret is None or secrets.compare_digest(form.get("client_secret", ""), secret.reveal())
        )
        if not known:
            return Reply.json({"error": "invalid_client"}, status=401)
        if form.get("grant_type") == "authorization_code":
            return self._exchange(form)
        if form.get("grant_type") == "refresh_token":
            return self._refresh(form)
        return Reply.json({"error": "unsupported_grant_type"}, status=400)

    def _exchange(self, form: dict[str, str]) -> Reply:
        grant = self._codes.pop(form.get("code", ""), None)
        verifier = form.get("code_verifier")
        if (
            grant is None
            or form.get("redirect_uri") != grant.redirect_uri
            or (self._clock() - grant.issued_at).total_seconds() > CODE_S
            or (
                grant.verifier_challenge is not None
                and (not verifier or challenge(Secret(verifier)) != grant.verifier_challenge)
            )
        ):
            return Reply.json({"error": "invalid_grant"}, status=400)
        self._grants.append(grant)
        return self._issue(grant)

    def _refresh(self, form: dict[str, str]) -> Reply:
        token = form.get("refresh_token", "")
        for family in self._grants:
            if token in family.spent:
                family.revoked = True  # somebody has a copy of it
        grant = next((g for g in self._grants if g.refresh == token and token and not g.revoked), None)
        if grant is None:
            return Reply.json({"error": "invalid_grant"}, status=400)
        grant.spent.add(token)
        self.refreshes += 1
        return self._issue(grant)

    def _issue(self, grant: _Grant) -> Reply:
        access = secrets.token_urlsafe(24)
        # The last token dies with the new one; a page loop that holds it meets a 401 in its middle.
        grant.access = {access: self._clock() + dt.timedelta(seconds=self.lifetime_s)}
        offline = self._offline is None or self._offline in grant.scopes
        grant.refresh = secrets.token_urlsafe(24) if offline else None
        return Reply.json(
            {
                "access_token": access,
                "token_type": "bearer",
                "expires_in": int(self.lifetime_s),
                "scope": " ".join(sorted(grant.scopes)),
                **({"refresh_token": grant.refresh} if grant.refresh else {}),
            }
        )


async def press(authorize_url: str, account: str, *, granted: Sequence[str] | None = None) -> str:
    """Open a simulated consent page and press the button of ``account``; the address it sends back to.

    ``account`` "" refuses; ``granted`` are the scopes left ticked, all where it is ``None``. Raises
    :class:`ValueError` with the page's words where it refuses to be opened.
    """
    page = httpx.URL(authorize_url)
    async with httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False) as browser:
        opened = await browser.get(page)
        if opened.status_code != httpx.codes.OK:
            raise ValueError(f"the consent page answers {opened.status_code}: {opened.text[:200]}")
        form = {**dict(page.params), "account": account}
        if granted is not None:
            form["granted"] = " ".join(granted)
        answer = await browser.post(page.copy_with(query=None), data=form)
    return answer.headers["location"]


def _back(redirect: str, query: dict[str, str]) -> Reply:
    separator = "&" if "?" in redirect else "?"
    return Reply(status=302, headers={"location": f"{redirect}{separator}{urlencode(query)}"})
