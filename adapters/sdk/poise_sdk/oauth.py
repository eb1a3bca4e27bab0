"""OAuth 2 for adapters: state, PKCE, and tokens with their errors by recovery.

The dance (RFC 6749 §4.1, PKCE: RFC 7636)::

    authorization = begin("https://me.example/oauth/callback", ("read:sleep", "offline"))
    url = authorize_url("https://vendor.example/oauth/auth", client, authorization)
    ...                                   # the athlete consents; the vendor calls back with code and state
    check_state(authorization, returned_state)
    credentials = await exchange(http, "oauth/token", client, authorization, code)
    credentials = await refresh(http, "oauth/token", client, credentials)

Where an :class:`~poise_sdk.wearable.Authorization` is kept between the two halves is the host's affair;
it belongs to the session of the person who began it.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import math
import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from poise_sdk.errors import Fatal, NeedsReauth, Retriable, Skippable, from_status
from poise_sdk.http import Answer, HttpKit, parse_json
from poise_sdk.wearable import Authorization, ClientCredentials, Credentials, Secret

__all__ = ["authorize_url", "begin", "challenge", "check_state", "exchange", "refresh"]

#: Bytes of randomness in a state and in a verifier: 43 characters, the least RFC 7636 §4.1 allows.
_ENTROPY: Final = 32
#: Error codes of a token endpoint (RFC 6749 §5.2) that only the athlete can mend; the others are ours.
_REVOKED: Final = frozenset({"invalid_grant", "access_denied", "consent_required", "login_required"})


def begin(redirect_uri: str, scopes: tuple[str, ...], *, pkce: bool = True) -> Authorization:
    """A new consent dance, with a fresh state and, with ``pkce``, a fresh verifier."""
    return Authorization(
        redirect_uri=redirect_uri,
        state=Secret(secrets.token_urlsafe(_ENTROPY)),
        scopes=scopes,
        code_verifier=Secret(secrets.token_urlsafe(_ENTROPY)) if pkce else None,
    )


def challenge(code_verifier: Secret) -> str:
    """PKCE's public half: ``BASE64URL(SHA256(verifier))`` without padding (RFC 7636 §4.2, ``S256``)."""
    digest = hashlib.sha256(code_verifier.reveal().encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def authorize_url(
    endpoint: str,
    client: ClientCredentials,
    authorization: Authorization,
    *,
    extra: Mapping[str, str] | None = None,
) -> str:
    """The address for the athlete's browser; ``extra`` are the vendor's own parameters."""
    query = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": authorization.redirect_uri,
        "scope": " ".join(authorization.scopes),
        "state": authorization.state.reveal(),
        **(extra or {}),
    }
    if authorization.code_verifier is not None:
        query |= {
            "code_challenge": challenge(authorization.code_verifier),
            "code_challenge_method": "S256",
        }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"


def check_state(authorization: Authorization, returned: str | None) -> None:
    """Raise :class:`~poise_sdk.errors.NeedsReauth` unless the vendor gave back our state.

    Anything else is a forged or a stale callback. Compared in constant time.
    """
    if returned is None or not hmac.compare_digest(authorization.state.reveal().encode(), returned.encode()):
        raise NeedsReauth("the answer does not belong to this connection attempt", hint="connect again")


async def exchange(
    http: HttpKit, path: str, client: ClientCredentials, authorization: Authorization, code: str
) -> Credentials:
    """Credentials for ``code``. Raises :class:`~poise_sdk.errors.NeedsReauth` for a code not accepted."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": authorization.redirect_uri,
    }
    if authorization.code_verifier is not None:
        form["code_verifier"] = authorization.code_verifier.reveal()
    return _credentials(await _post(http, path, client, form), None, authorization.scopes)


async def refresh(
    http: HttpKit, path: str, client: ClientCredentials, credentials: Credentials
) -> Credentials:
    """New credentials for old ones; a vendor that sends no new refresh token lets the old one live.

    Where the vendor rotates refresh tokens the old one is dead now: store the new ones before they
    are used, and let one worker at a time do this for a connection. Raises
    :class:`~poise_sdk.errors.NeedsReauth` where there is none or it is not accepted.
    """
    if credentials.refresh_token is None:
        raise NeedsReauth("the connection cannot be refreshed", hint="connect the account again")
    form = {"grant_type": "refresh_token", "refresh_token": credentials.refresh_token.reveal()}
    scopes = tuple(sorted(credentials.scopes))
    return _credentials(await _post(http, path, client, form), credentials, scopes)


async def _post(http: HttpKit, path: str, client: ClientCredentials, form: dict[str, str]) -> Answer:
    form["client_id"] = client.client_id
    if client.client_secret is not None:
        form["client_secret"] = client.client_secret.reveal()
    answer = await http.request(
        "POST", path, data=form, headers={"accept": "application/json"}, expect=(400, 401, 403)
    )
    if answer.status < 400:
        return answer
    error = _object(answer).get("error") if b"{" in answer.content[:64] else None
    if error in _REVOKED:
        raise NeedsReauth(
            f"the vendor does not accept this any more: {error}", hint="connect the account again"
        )
    if error == "temporarily_unavailable":
        raise Retriable("the vendor's token endpoint is unavailable for now")
    if isinstance(error, str):
        raise Fatal(f"the vendor refuses this application: {error}", hint="check client id and client secret")
    raise from_status(answer.status, answer.headers, what=answer.url, body=answer.content)


def _object(answer: Answer) -> dict[str, object]:
    try:
        value = parse_json(answer.document("token endpoint"))
    except Skippable as error:
        raise Retriable(error.message) from None
    return value if isinstance(value, dict) else {}


def _credentials(answer: Answer, old: Credentials | None, scopes: tuple[str, ...]) -> Credentials:
    token = _object(answer)
    access = token.get("access_token")
    if not isinstance(access, str) or not access:
        raise Retriable("the vendor's token endpoint sent no access token")
    fresh = token.get("refresh_token")
    kept = old.refresh_token if old else None
    lifetime = token.get("expires_in")
    granted = token.get("scope")
    return Credentials(
        access_token=Secret(access),
        refresh_token=Secret(fresh) if isinstance(fresh, str) and fresh else kept,
        expires_at=answer.received_at + dt.timedelta(seconds=_lifetime(lifetime)) if lifetime else None,
        scopes=frozenset(granted.split() if isinstance(granted, str) else scopes),
        vendor_user_id=old.vendor_user_id if old else None,
    )


def _lifetime(value: object) -> float:
    """Seconds, from a number or from the text that some vendors send; nonsense is taken for expired."""
    try:
        seconds = float(value) if isinstance(value, int | float | str) else 0.0
    except ValueError:
        return 0.0
    return min(max(seconds, 0.0), 10 * 365 * 86_400.0) if math.isfinite(seconds) else 0.0
