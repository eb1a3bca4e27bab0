"""The stranger's vendor: records of one account, pages, tokens that rotate, and whatever goes wrong."""

from __future__ import annotations

import datetime as dt
from typing import Any

from poise_sdk.simulation import Reply, Request, SimulatedVendor
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Credentials, Secret

PAGE = 5
DAY = dt.timedelta(days=1)


class Vendor(SimulatedVendor):
    """One account's data, newest first, five records a page; ``refreshes`` counts renewals of tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.now = dt.datetime.now(dt.UTC).replace(microsecond=0)
        self.records: dict[tuple[str, str], dict[str, Any]] = {}
        self.tokens = {"access": "a1", "refresh": "r1"}
        self.refreshes = 0
        self.generation = 1
        self.forbidden: set[str] = set()
        self.revoked = False
        self.subscriptions: list[dict[str, Any]] = []
        self.token_dies_after: int | None = None
        self.route("/v1/me")(self._me)
        self.route("/v1/{kind}")(self._list)
        self.route("/v1/{kind}/{key}")(self._single)
        self.route("/token", method="POST")(self._token)
        self.route("/revoke", method="POST")(self._revoke)
        self.route("/subscriptions", method="POST")(self._subscribe)

    def add(self, kind: DataType, days_ago: float, **more: Any) -> str:
        """Add a record of eight hours that ended ``days_ago``; its id."""
        end = self.now - DAY * days_ago
        key = more.pop("id", f"{kind.value}-{days_ago:g}")
        record = {
            "id": key,
            "type": kind.value,
            "start": (end - dt.timedelta(hours=8)).isoformat(),
            "end": end.isoformat(),
            "updated": end.isoformat(),
            "deep_min": 90,
        }
        self.records[kind.value, key] = record | more
        return str(key)

    def credentials(self, **more: Any) -> Credentials:
        """What the vendor accepts at this moment."""
        return Credentials(
            access_token=Secret(self.tokens["access"]), refresh_token=Secret(self.tokens["refresh"]), **more
        )

    def end_access_token(self) -> None:
        """The access token runs out; the refresh token is good."""
        self.tokens["access"] = "expired"

    def asked(self, path: str = "/v1/") -> list[Request]:
        """The requests under a path."""
        return [request for request in self.requests if request.path.startswith(path)]

    def _refused(self, request: Request, kind: str) -> Reply | None:
        if self.token_dies_after is not None:
            self.token_dies_after -= 1
            if self.token_dies_after < 0:
                self.token_dies_after = None
                self.end_access_token()
        if request.headers.get("authorization") != f"Bearer {self.tokens['access']}":
            return Reply.json({"error": "token"}, status=401)
        if kind in self.forbidden:
            return Reply.json({"error": "scope"}, status=403)
        return None

    def _list(self, request: Request, kind: str) -> Reply:
        if refused := self._refused(request, kind):
            return refused
        since, until = (dt.datetime.fromisoformat(request.query[name]) for name in ("since", "until"))
        found = [
            record
            for (other, _), record in self.records.items()
            if other == kind and since <= dt.datetime.fromisoformat(record["end"]) < until
        ]
        found.sort(key=lambda record: str(record["end"]), reverse=True)
        begin = int(request.query.get("cursor", 0))
        following = str(begin + PAGE) if begin + PAGE < len(found) else None
        return Reply.json({"records": found[begin : begin + PAGE], "next": following})

    def _single(self, request: Request, kind: str, key: str) -> Reply:
        if refused := self._refused(request, kind):
            return refused
        record = self.records.get((kind, key))
        return Reply.json(record) if record else Reply.json({"error": "gone"}, status=404)

    def _me(self, request: Request) -> Reply:
        return self._refused(request, "me") or Reply.json({"id": "u1"})

    def _token(self, request: Request) -> Reply:
        self.refreshes += 1
        form = dict(pair.split("=", 1) for pair in request.body.decode().split("&"))
        if form.get("refresh_token") != self.tokens["refresh"] or self.revoked:
            return Reply.json({"error": "invalid_grant"}, status=400)
        self.generation += 1
        self.tokens = {"access": f"a{self.generation}", "refresh": f"r{self.generation}"}
        return Reply.json(
            {
                "access_token": self.tokens["access"],
                "refresh_token": self.tokens["refresh"],
                "expires_in": 3600,
            }
        )

    def _revoke(self, request: Request) -> Reply:
        if refused := self._refused(request, "revoke"):
            return refused
        self.revoked = True
        return Reply(status=204)

    def _subscribe(self, request: Request) -> Reply:
        self.subscriptions.append({"body": request.body})
        return Reply.json({})
