"""Where Poise keeps its data and which servers it uses: the environment's variables, typed.

========================  =====================================================================
``DATABASE_URL``          an external PostgreSQL; absent: the embedded one
``REDIS_URL``             an external Redis; absent: the embedded one
``POISE_DATA``            the data folder; absent: the user's data folder of this system
``POISE_ARCHIVE_URL``     the raw archive (a folder, ``file://`` or ``s3://``); absent: in the data folder
``POISE_LOG_LEVEL``       ``DEBUG``, ``INFO``, ``WARNING`` or ``ERROR``
``POISE_VAULT_KEYS``      the keys that seal vendors' tokens: ``id:base64,…``, 32 bytes each, the first
                          one seals; absent: a key file in the data folder
``POISE_VENDORS__V__…``   the registration with vendor V, in place of what is stored:
                          ``CLIENT_ID``, ``CLIENT_SECRET``, ``BASE_URL``, ``CALLBACK_URL``
========================  =====================================================================

URLs of databases carry passwords, so they are secrets: their ``repr`` hides them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["Settings", "VendorSettings", "current_settings", "load_settings", "settings_in_force"]


def _user_data() -> Path:
    return Path(platformdirs.user_data_path("poise", appauthor=False))


class VendorSettings(BaseModel):
    """A vendor's registration as the environment gives it; what is absent is looked up in the database."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, extra="forbid")

    client_id: str | None = None
    client_secret: SecretStr | None = None
    base_url: str | None = None
    callback_url: str | None = None

    @field_validator("base_url", "callback_url")
    @classmethod
    def _address(cls, url: str | None) -> str | None:
        if url is not None and not re.match(r"https?://[^\s/]", url):
            raise ValueError("an address begins with https:// or http://")
        return url


class Settings(BaseSettings):
    """The settings of one Poise process, read from the environment when it is made."""

    model_config = SettingsConfigDict(
        populate_by_name=True,
        env_ignore_empty=True,
        env_nested_delimiter="__",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    database_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_URL")
    redis_url: SecretStr | None = Field(default=None, validation_alias="REDIS_URL")
    data: Path = Field(default_factory=_user_data, validation_alias="POISE_DATA")
    archive_url: str | None = Field(default=None, validation_alias="POISE_ARCHIVE_URL")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", validation_alias="POISE_LOG_LEVEL"
    )
    vault_keys: SecretStr | None = Field(default=None, validation_alias="POISE_VAULT_KEYS")
    vendors: Mapping[str, VendorSettings] = Field(default_factory=dict, validation_alias="POISE_VENDORS")
    """By the adapter's name."""

    @field_validator("data")
    @classmethod
    def _absolute(cls, data: Path) -> Path:
        # A relative folder must mean the same to every process we start, wherever that one stands.
        return data.expanduser().resolve()

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("DATABASE_URL must begin with postgresql://")
        return url

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, url: SecretStr | None) -> SecretStr | None:
        schemes = ("redis://", "rediss://", "unix://", "fakeredis://")
        if url is not None and not url.get_secret_value().startswith(schemes):
            raise ValueError("REDIS_URL must begin with redis:// or rediss://")
        return url


def load_settings(data: Path | None = None) -> Settings:
    """Read the environment; ``data`` (the command line's ``--data``) wins over ``POISE_DATA``.

    Raises ``pydantic.ValidationError`` for a URL of another kind; its text does not show the value.
    """
    return Settings() if data is None else Settings(data=data)


_in_force: Settings | None = None


@contextmanager
def settings_in_force(settings: Settings) -> Iterator[None]:
    """Make ``settings`` what :func:`current_settings` gives to this process for the body's duration."""
    global _in_force  # it belongs to the process, as the open database does
    before, _in_force = _in_force, settings
    try:
        yield
    finally:
        _in_force = before


def current_settings() -> Settings:
    """The settings this process runs under; where nobody has chosen any, those of the environment."""
    return _in_force if _in_force is not None else load_settings()
