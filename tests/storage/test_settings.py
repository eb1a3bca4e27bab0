"""The environment decides; what is secret stays so."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import platformdirs
import pytest
from pydantic import ValidationError

from storage.settings import Settings, current_settings, load_settings, settings_in_force

_VARIABLES = (
    "DATABASE_URL",
    "REDIS_URL",
    "POISE_DATA",
    "POISE_ARCHIVE_URL",
    "POISE_LOG_LEVEL",
    "POISE_VAULT_KEYS",
    "POISE_VENDORS",
)


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_with_nothing_set_everything_is_embedded_in_the_user_s_data_folder() -> None:
    settings = load_settings()
    assert (settings.database_url, settings.redis_url, settings.archive_url) == (None, None, None)
    assert settings.data == platformdirs.user_data_path("poise", appauthor=False).resolve()


def test_every_variable_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:word@host/db")
    monkeypatch.setenv("REDIS_URL", "redis://:word@host/1")
    monkeypatch.setenv("POISE_DATA", str(tmp_path))
    monkeypatch.setenv("POISE_ARCHIVE_URL", "s3://bucket/raw")
    monkeypatch.setenv("POISE_LOG_LEVEL", "DEBUG")
    settings = load_settings()
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://me:word@host/db"
    assert settings.redis_url is not None
    assert settings.redis_url.get_secret_value() == "redis://:word@host/1"
    assert (settings.data, settings.archive_url, settings.log_level) == (tmp_path, "s3://bucket/raw", "DEBUG")
    assert "word" not in repr(settings)


def test_the_command_line_goes_before_the_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("POISE_DATA", "/elsewhere")
    assert load_settings(tmp_path).data == tmp_path


def test_a_relative_folder_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(Path("here")).data == tmp_path / "here"


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    assert load_settings().database_url is None


@pytest.mark.parametrize(
    ("name", "value"), [("DATABASE_URL", "mysql://me:word@host/db"), ("REDIS_URL", "http://me:word@host")]
)
def test_a_url_of_another_kind_is_refused_without_showing_it(name, value, monkeypatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=f"{name} must begin with") as refused:
        Settings()
    assert "word" not in str(refused.value)


def test_a_vendor_s_registration_is_read_value_by_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POISE_VENDORS__WHOOP__CLIENT_ID", "id")
    monkeypatch.setenv("POISE_VENDORS__WHOOP__CLIENT_SECRET", "word")
    monkeypatch.setenv("POISE_VENDORS__APPLE_HEALTH__BASE_URL", "http://127.0.0.1:1")
    vendors = load_settings().vendors
    assert sorted(vendors) == ["apple_health", "whoop"]
    assert vendors["whoop"].client_id == "id"
    assert vendors["whoop"].client_secret is not None
    assert vendors["whoop"].client_secret.get_secret_value() == "word"
    assert (vendors["apple_health"].base_url, vendors["apple_health"].client_id) == (
        "http://127.0.0.1:1",
        None,
    )
    assert "word" not in repr(load_settings())


@pytest.mark.parametrize(
    ("name", "said"), [("BASE_URL", "begins with https://"), ("SECRET", "not permitted")]
)
def test_a_vendor_s_setting_that_makes_no_sense_is_refused_without_showing_it(
    name, said, monkeypatch
) -> None:
    monkeypatch.setenv(f"POISE_VENDORS__WHOOP__{name}", "the-word")
    with pytest.raises(ValidationError, match=said) as refused:
        load_settings()
    assert "the-word" not in str(refused.value)


def test_the_vault_s_keys_are_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().vault_keys is None
    monkeypatch.setenv("POISE_VAULT_KEYS", "one:the-key")
    assert load_settings().vault_keys is not None
    assert "the-key" not in repr(load_settings())


def test_the_settings_in_force_are_those_somebody_chose_else_the_environment_s(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("POISE_DATA", str(tmp_path / "environment"))
    outer, inner = load_settings(tmp_path / "outer"), load_settings(tmp_path / "inner")
    with settings_in_force(outer):
        with suppress(ZeroDivisionError), settings_in_force(inner):
            assert current_settings() is inner
            raise ZeroDivisionError
        assert current_settings() is outer
    assert current_settings().data == tmp_path / "environment"
