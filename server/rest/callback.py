"""The browser's way through consent: to the vendor with a cookie, and back with a code.

``GET /connect/V/start?ticket=…`` spends the ticket, begins the attempt and sends the browser to the vendor.
``GET /oauth/V/callback`` is where the vendor sends it back. The attempt's secret is the cookie: a callback
that somebody else's browser is lured to finds none, and nothing happens.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from poise_sdk.errors import PoiseError
from poise_sdk.wearable import Secret
from server.consent import ConsentError, begin_dance, complete_dance, redeem_ticket
from server.graphql.context import Services
from server.rest.answers import address_of, page
from server.settings import ServerSettings
from storage.people import attempts

__all__ = ["callback_url", "returnable", "routes"]

#: Statuses of pages that say why a connection was not made.
_STATUS: Final = {"disabled": 404, "refused": 400, "taken": 409, "gone": 410, "unavailable": 503}
_LONGEST: Final = 4096
_SEPARATOR: Final = "."


def callback_url(address: str, vendor: str) -> str:
    """Where a vendor sends browsers back to; what the operator registers with it."""
    return f"{address}/oauth/{vendor}/callback"


def returnable(url: str, settings: ServerSettings, address: str) -> bool:
    """Whether a browser may be sent on to ``url`` when all is done: our own pages, and those we allow."""
    try:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}".lower()
    except ValueError:
        return False
    allowed = {one.rstrip("/").lower() for one in settings.allowed_origins} | {address.lower()}
    return parts.scheme in ("http", "https") and origin in allowed and "\\" not in url and url.isprintable()


def routes(opened: Callable[[], Services]) -> list[Route]:
    """Both halves."""

    async def start(request: Request) -> Response:
        if request.method != "GET":  # a look ahead, which must not spend the ticket
            return page("Connect", "Open this link to connect.")
        services = opened()
        adapter = services.wearables.get(request.path_params["vendor"])
        if adapter is None:
            return page("No such vendor", "There is no adapter of that name here.", 404)
        try:
            ticket = await redeem_ticket(services.redis, request.query_params.get("ticket", "")[:_LONGEST])
            if ticket is None or ticket.vendor != adapter.name:
                return page(
                    "This link is spent",
                    "It was opened before, or is older than ten minutes. Begin anew.",
                    410,
                )
            address = address_of(request, services.settings)
            begun = await begin_dance(
                adapter, ticket.athlete_id, callback_url(address, adapter.name), _session(ticket.return_to)
            )
        except ConsentError as error:
            return page("Not connected", str(error), _STATUS[error.reason])
        except PoiseError as error:
            return page("Not connected", error.message, 503)
        response = RedirectResponse(
            begun.authorize_url, 303, headers={"cache-control": "no-store", "referrer-policy": "no-referrer"}
        )
        response.set_cookie(
            _cookie(begun.attempt.authorization.state.reveal()),
            begun.session.reveal(),
            max_age=int(attempts.LIFETIME.total_seconds()),
            path=f"/oauth/{adapter.name}/callback",
            secure=address.startswith("https://"),
            httponly=True,
            samesite="lax",
        )
        return response

    async def callback(request: Request) -> Response:
        if request.method != "GET":
            return page("Connect", "The vendor sends browsers here.")
        services = opened()
        adapter = services.wearables.get(request.path_params["vendor"])
        if adapter is None:
            return page("No such vendor", "There is no adapter of that name here.", 404)
        given = request.query_params
        state, code, refusal = (given.get(name, "")[:_LONGEST] for name in ("state", "code", "error"))
        session = request.cookies.get(_cookie(state), "") if state else ""
        if not session:
            # Not looked up at all: without the cookie nobody can spend somebody else's attempt.
            return page(
                "This is not your attempt",
                "It was begun in another browser, or too long ago. Begin anew, and stay in one browser.",
                400,
            )
        return_to = _return_to(session)
        if return_to is not None and not returnable(
            return_to, services.settings, address_of(request, services.settings)
        ):
            return_to = None
        try:
            attempt = await attempts.take(state, session)
            if attempt.vendor != adapter.name:
                raise ConsentError("refused", "this attempt was made with another vendor: begin anew")
            if refusal:
                denied = refusal == "access_denied"
                message = "you did not agree" if denied else "the vendor did not go on with it"
                raise ConsentError("refused", f"{message}: nothing was connected, nothing was stored")
            if not code:
                raise ConsentError("refused", "the vendor sent no code: begin anew")
            await complete_dance(services.redis, adapter, attempt, code)
        except ConsentError as error:
            response = _failed(
                str(error), _STATUS[error.reason], return_to, "denied" if refusal else error.reason
            )
        except PoiseError as error:
            response = _failed(error.message, 400, return_to, "refused")
        else:
            response = (
                _onward(return_to, connected=adapter.name)
                if return_to
                else page(
                    "Connected",
                    f"{adapter.title} is connected. Your data is on its way; you may close this page.",
                )
            )
        response.delete_cookie(_cookie(state), path=f"/oauth/{adapter.name}/callback")
        return response

    return [
        Route("/connect/{vendor}/start", start, methods=["GET"]),
        Route("/oauth/{vendor}/callback", callback, methods=["GET"]),
    ]


def _failed(message: str, status: int, return_to: str | None, reason: str) -> Response:
    if return_to is not None:
        return _onward(return_to, error=reason)
    return page("Not connected", message[:1].upper() + message[1:] + ".", status)


def _onward(url: str, **told: str) -> Response:
    parts = urlsplit(url)
    query = f"{parts.query}&{urlencode(told)}" if parts.query else urlencode(told)
    headers = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
    return RedirectResponse(parts._replace(query=query).geturl(), 303, headers=headers)


def _session(return_to: str | None) -> Secret:
    """A fresh secret for the cookie. Where to go afterwards is part of it, so the attempt vouches for it."""
    secret = secrets.token_urlsafe(32)
    if return_to is None:
        return Secret(secret)
    onward = base64.urlsafe_b64encode(return_to.encode()).decode().rstrip("=")
    return Secret(f"{secret}{_SEPARATOR}{onward}")


def _return_to(session: str) -> str | None:
    _, separator, onward = session.partition(_SEPARATOR)
    if not separator:
        return None
    try:
        return base64.urlsafe_b64decode(onward + "=" * (-len(onward) % 4)).decode()
    except ValueError:
        return None


def _cookie(state: str) -> str:
    """A cookie for each attempt: one browser may have several under way."""
    return f"poise_connect_{hashlib.sha256(state.encode()).hexdigest()[:16]}"
