"""A simulator for the invented vendor of ``poise-sdk new``: nights, tokens, webhooks, a clock."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec

from poise_sdk.simulated_oauth import SimulatedConsent, press
from poise_sdk.simulation import FaultPlan, Reply, Request, SimulatedVendor
from poise_sdk.vendors import SimulatedAccount
from poise_sdk.wearable import ClientCredentials, Secret

__all__ = ["PulseVendor"]

_CLIENT = ClientCredentials(client_id="pulse-app", client_secret=Secret("pulse-app-secret"))
_PAGE = 10


class PulseVendor:
    """See :class:`poise_sdk.vendors.WearableSimulator`: every account sleeps every night, and runs."""

    def __init__(
        self,
        *,
        athletes: int = 3,
        days: int = 30,
        seed: int = 1,
        port: int = 0,
        now: dt.datetime | None = None,
        client: ClientCredentials | None = None,
        webhook_url: str | None = None,
    ) -> None:
        self.now = now or dt.datetime.now(dt.UTC).replace(microsecond=0)
        self.client = client or _CLIENT
        self.accounts = tuple(
            SimulatedAccount(id=f"u-{n}", name=f"Athlete {n}", time_zone="UTC")
            for n in range(1, athletes + 1)
        )
        self._first = self.now.date() - dt.timedelta(days=days)
        self._webhook_url = webhook_url
        self._vendor = SimulatedVendor(port=port)
        self._consent = SimulatedConsent(
            self._vendor,
            self.client,
            self.accounts,
            authorize="/oauth/authorize",
            token="/oauth/token",
            clock=lambda: self.now,
        )
        self._vendor.route("/v1/{collection}")(self._collection)
        self._vendor.route("/v1/{collection}/{key}")(self._one)
        self._vendor.route("/v1/consent", method="DELETE")(self._end)

    @property
    def base_url(self) -> str:
        return self._vendor.base_url

    @property
    def faults(self) -> FaultPlan:
        return self._vendor.faults

    @property
    def requests(self) -> list[Request]:
        return self._vendor.requests

    async def consent(self, authorize_url: str, account: str) -> str:
        return await press(authorize_url, account)

    async def advance(self, hours: float) -> None:
        before, self.now = self.now, self.now + dt.timedelta(hours=hours)
        async with httpx.AsyncClient(trust_env=False) as sender:
            for account in self.accounts:
                if self._webhook_url is None or not self._consent.connected(account.id):
                    continue
                for night in self._records(account.id, "sleeps"):
                    if before < dt.datetime.fromisoformat(night["end"]) <= self.now:
                        body = self.body(account.id, night["id"])
                        headers = self.signed(body)
                        await sender.post(self._webhook_url, content=body, headers=headers)

    def body(self, account: str, record: str) -> bytes:
        event = {"id": f"e-{account}-{record}", "user": account, "what": "changed", "type": "sleep"}
        return msgspec.json.encode({**event, "record": record, "at": self.now.isoformat()})

    def signed(self, body: bytes) -> dict[str, str]:
        """Signed by the simulated clock, so that a replay window can be tried."""
        stamp = str(int(self.now.timestamp()))
        assert self.client.client_secret is not None
        key = self.client.client_secret.reveal().encode()
        signature = hmac.new(key, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return {"x-pulse-timestamp": stamp, "x-pulse-signature": signature}

    async def __aenter__(self) -> Self:
        await self._vendor.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._vendor.__aexit__(kind, error, traceback)

    def _collection(self, request: Request, collection: str) -> Reply:
        who = self._consent.account(request)
        if isinstance(who, Reply):
            return who
        if collection == "me":
            return Reply.json({"id": who})
        since, until = (dt.datetime.fromisoformat(request.query[name]) for name in ("since", "until"))
        items = [
            record
            for record in self._records(who, collection)
            if dt.datetime.fromisoformat(record["end"]) >= since
            and dt.datetime.fromisoformat(record["start"]) < until
        ]
        at = int(request.query.get("page", "0"))
        following = str(at + _PAGE) if at + _PAGE < len(items) else None
        return Reply.json({"items": items[at : at + _PAGE], "next": following})

    def _one(self, request: Request, collection: str, key: str) -> Reply:
        who = self._consent.account(request)
        if isinstance(who, Reply):
            return who
        found = [record for record in self._records(who, collection) if record["id"] == key]
        return Reply.json(found[0]) if found else Reply.json({"error": "not found"}, status=404)

    def _end(self, request: Request) -> Reply:
        who = self._consent.account(request)
        if isinstance(who, Reply):
            return who
        self._consent.revoke(request)
        return Reply(status=204)

    def _records(self, account: str, collection: str) -> list[dict[str, Any]]:
        records: list[dict[str, Any]] = []
        for n in range((self.now.date() - self._first).days + 1):
            day = dt.datetime.combine(self._first + dt.timedelta(days=n), dt.time(), dt.UTC)
            if collection == "sleeps":
                start, end = day - dt.timedelta(hours=1), day + dt.timedelta(hours=6, minutes=30)
                more: dict[str, Any] = {"type": "sleep", "asleep_s": 25_000, "heart_rate": 50 + n % 5}
            else:
                start, end = day + dt.timedelta(hours=15), day + dt.timedelta(hours=16)
                more = {"type": "workout", "sport": "Running", "heart_rate": 140 + n % 9}
            if end <= self.now:
                key = f"{collection[0]}-{account}-{day.date()}"
                records.append({"id": key, "start": start.isoformat(), "end": end.isoformat(), **more})
        return records
