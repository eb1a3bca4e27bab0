"""How a server process is set up, and the one rule about where it may listen."""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

__all__ = ["Limits", "Profile", "PublicBindError", "ServerSettings", "is_loopback", "refuse_public_bind"]


class PublicBindError(ValueError):
    """The server was asked to listen where strangers can reach it, and nobody said they may."""


class Profile(StrEnum):
    """Two ways to run: for people who build clients, and for everybody else."""

    DEVELOPMENT = "development"
    """Introspection, GraphiQL, error messages as they are."""
    PRODUCTION = "production"
    """No introspection, no GraphiQL, unexpected errors masked with a request id."""


class Limits(BaseModel):
    """What one request or one connection may cost."""

    model_config = ConfigDict(frozen=True)

    body_bytes: int = 256 * 1024
    """Largest request body, and largest message of a WebSocket."""
    tokens: int = 2_000
    """Lexical tokens of a document (GraphiQL's introspection query has about 400)."""
    depth: int = 12
    """Levels of nested selections."""
    aliases: int = 30
    directives: int = 30
    cost: int = 10_000
    """Objects an operation may at most produce, counted before it runs (`server.graphql.limits`)."""
    connections: int = 10_000
    """WebSockets of this process."""
    operations: int = 50
    """Operations running at once on one WebSocket."""
    init_timeout_s: float = 10.0
    """Time a client has to send ``connection_init``."""
    backlog_messages: int = 512
    """Messages kept for a client that does not read; one more and it is asked to come back."""
    backlog_bytes: int = 2 * 1024 * 1024
    upload_bytes: int = 4 * 1024**3
    """Largest file of ``POST /uploads`` (an athlete's whole export)."""
    multipart_bytes: int = 256 * 1024**2
    """Largest multipart request of GraphQL, its files included; larger files go to ``/uploads``."""
    multipart_files: int = 5
    """Files of one multipart request."""
    ingest_bytes: int = 64 * 1024**2
    """Largest document posted to ``/ingest``."""
    webhook_bytes: int = 1024**2
    """Largest webhook."""


class ServerSettings(BaseSettings):
    """Settings of one server process; every field can be given by environment as ``POISE_<NAME>``.

    The databases keep their customary names ``DATABASE_URL`` and ``REDIS_URL``.
    """

    model_config = SettingsConfigDict(
        env_prefix="POISE_", env_nested_delimiter="__", frozen=True, extra="ignore", populate_by_name=True
    )

    database_url: SecretStr = Field(validation_alias="DATABASE_URL")
    redis_url: SecretStr = Field(validation_alias="REDIS_URL")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    profile: Profile = Profile.DEVELOPMENT
    allow_anonymous: bool = False
    """Serve whoever can reach the port. Without accounts this is the only way off loopback."""
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """Host names a request may be addressed to, besides loopback ones; empty with `allow_anonymous`: any."""
    public_url: str | None = None
    """The address by which browsers and vendors reach this server (``https://poise.example``): what it
    writes into links. Requests may be addressed to its host name. ``None``: each request's own."""
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins (``https://app.example``) whose pages may call this server; empty: only its own."""
    uploads: bool = True
    """Whether files may be uploaded (into the data folder)."""
    import_root: Path | None = None
    """The folder from which `gamesImport` may read; ``None`` switches the mutation off."""
    replay_root: Path | None = None
    """The folder of recorded games for `gameReplayStart`; ``None`` switches the mutation off."""
    persisted_queries: Path | None = None
    """A JSON object ``{sha256: document}`` of known operations."""
    persisted_only: bool = False
    """Run nothing but the operations of `persisted_queries` (production)."""
    limits: Limits = Limits()

    @field_validator("allowed_hosts", "allowed_origins", mode="before")
    @classmethod
    def _listed(cls, given: object) -> object:
        """The environment gives lists as text, with commas."""
        if isinstance(given, str):
            return tuple(part.strip() for part in given.split(",") if part.strip())
        return given

    @field_validator("public_url", mode="after")
    @classmethod
    def _address(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("a public URL is http:// or https:// with a host, and no query")
        return url.rstrip("/")

    @property
    def hosts(self) -> frozenset[str]:
        """Host names, in lower case, that requests may be addressed to besides loopback ones."""
        named = {name.lower() for name in self.allowed_hosts}
        if self.public_url is not None:
            named.add((urlsplit(self.public_url).hostname or "").lower())
        return frozenset(named)

    @property
    def introspection(self) -> bool:
        """Whether clients may ask for the schema."""
        return self.profile is Profile.DEVELOPMENT


def is_loopback(host: str) -> bool:
    """Tell whether ``host`` (a name or an address, without port) can only be this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def refuse_public_bind(settings: ServerSettings) -> None:
    """Raise `PublicBindError` if the server would listen beyond loopback without leave to do so."""
    if settings.allow_anonymous or is_loopback(settings.host):
        return
    raise PublicBindError(
        f"refusing to listen on {settings.host}: there are no accounts yet, so everybody who reaches "
        f"the port could read and change everything. Listen on 127.0.0.1, or pass --allow-anonymous "
        f"if whatever stands in front of this server decides who may come in."
    )
