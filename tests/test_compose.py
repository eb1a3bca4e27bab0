"""``docker-compose.yml`` cannot be run everywhere, so what it says is checked against what is true.

Its form is held against a schema of the parts of the Compose Specification that it uses; its
variables are given to the real settings, and those to servers that Poise did not start.
"""

from __future__ import annotations

import base64
import contextlib
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from storage.embedded.postgres import EmbeddedPostgres
from storage.embedded.redis import EmbeddedRedis
from storage.embedded.runtime import runtime
from storage.settings import Settings, load_settings

_PROJECT = Path(__file__).parents[1]
_OURS = ("server", "worker")
_PINNED = re.compile(r"^[a-z]+:\d+\.\d+(\.\d+)?(-[a-z0-9.-]+)?$")

_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": "array", "items": _TEXT, "minItems": 1, "uniqueItems": True}
_WORDS = {"type": "array", "items": _TEXT, "minItems": 1}
_DURATION = {"type": "string", "pattern": r"^\d+(ms|s|m|h)$"}


def _exactly(required: tuple[str, ...] = (), **properties: object) -> dict[str, object]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
    }


def _named(item: object) -> dict[str, object]:
    return {
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {r"^[a-zA-Z0-9._-]+$": item},
    }


_HEALTHCHECK = {
    "oneOf": [
        _exactly(("disable",), disable={"const": True}),
        _exactly(
            ("test", "interval", "timeout", "retries"),
            test={**_WORDS, "prefixItems": [{"enum": ["CMD", "CMD-SHELL"]}], "minItems": 2},
            interval=_DURATION,
            timeout=_DURATION,
            start_period=_DURATION,
            retries={"type": "integer", "minimum": 1},
        ),
    ]
}
_SERVICE = _exactly(
    ("image", "command", "environment", "healthcheck", "restart"),
    image=_TEXT,
    build=_exactly(("context",), context=_TEXT),
    restart={"enum": ["no", "always", "on-failure", "unless-stopped"]},
    init={"type": "boolean"},
    environment={"type": "object", "additionalProperties": {"type": ["string", "number"]}},
    volumes={**_TEXTS, "items": {"type": "string", "pattern": r"^[a-z]+:/[a-z/]+$"}},
    depends_on=_named(_exactly(("condition",), condition={"enum": ["service_started", "service_healthy"]})),
    security_opt=_TEXTS,
    cap_drop=_TEXTS,
    command=_WORDS,
    shm_size={"type": "string", "pattern": r"^\d+(kb|mb|gb)$"},
    configs={"type": "array", "items": _exactly(("source", "target"), source=_TEXT, target=_TEXT)},
    ports=_TEXTS,
    healthcheck=_HEALTHCHECK,
    stop_grace_period=_DURATION,
)
# After the Compose Specification (compose-spec.io), narrowed to what this file has use for: there,
# too, an unknown key is an error, and so a misspelt one.
_SCHEMA = {
    **_exactly(
        ("name", "services"),
        name={"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        services=_named(_SERVICE),
        configs=_named(_exactly(("content",), content=_TEXT)),
        volumes=_named({"type": ["null", "object"]}),
    ),
    "patternProperties": {"^x-": {}},
}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((_PROJECT / "docker-compose.yml").read_text())
    return loaded


def _interpolate(text: str, given: dict[str, str]) -> str:
    """As Compose does: ``${NAME:-default}`` and ``${NAME:?error}``."""

    def value(match: re.Match[str]) -> str:
        name, operator, rest = match.groups()
        if name in given:
            return given[name]
        assert operator == ":-", f"{name} is not set: {rest}"
        return rest

    return re.sub(r"\$\{(\w+)(:[-?])([^}]*)\}", value, text)


def test_the_file_follows_the_compose_specification(compose) -> None:
    jsonschema.validate(compose, _SCHEMA, cls=jsonschema.Draft202012Validator)
    assert set(compose["services"]) == {"database", "redis", "server", "worker"}
    for service in compose["services"].values():
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        assert {entry.split(":")[0] for entry in service.get("volumes", [])} <= set(compose["volumes"])
        assert {entry["source"] for entry in service.get("configs", [])} <= set(compose["configs"])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("services", "server", "comand"), ["poise"]),
        (("services", "server", "restart"), "sometimes"),
        (("services", "redis", "healthcheck", "interval"), 5),
        (("services", "worker", "depends_on", "redis", "condition"), "healthy"),
        (("service",), {}),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else "",
)
def test_the_schema_finds_mistakes(path: tuple[str, ...], value: object) -> None:
    broken = yaml.safe_load((_PROJECT / "docker-compose.yml").read_text())
    place = broken
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, _SCHEMA, cls=jsonschema.Draft202012Validator)


def test_images_are_pinned_by_version(compose) -> None:
    images = [service["image"] for service in compose["services"].values()]
    images += re.findall(r"^FROM (\S+)", (_PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(images) == 6
    assert [image for image in images if not _PINNED.match(image)] == []
    assert compose["services"]["database"]["image"].startswith("postgres:18.")


def test_only_the_server_is_published_and_only_to_this_machine(compose) -> None:
    published = {
        name: service["ports"] for name, service in compose["services"].items() if "ports" in service
    }
    assert list(published) == ["server"]
    assert all(port.startswith("127.0.0.1:") for port in published["server"])
    command = compose["services"]["server"]["command"]
    assert command[:2] == ["poise", "server"]
    assert "--allow-anonymous" in command  # it binds more than loopback, so it has to be said
    assert compose["services"]["worker"]["command"] == ["poise", "worker"]


def test_every_variable_is_one_that_the_settings_read(compose) -> None:
    # vendors are registered with a command, into the database that all containers share
    known = {field.validation_alias for field in Settings.model_fields.values()} - {"POISE_VENDORS"}
    for name in _OURS:
        assert set(compose["services"][name]["environment"]) == known


def test_secrets_come_from_outside_and_have_no_defaults() -> None:
    text = (_PROJECT / "docker-compose.yml").read_text()
    assert set(re.findall(r"\$\{(\w+):\?", text)) == {
        "POSTGRES_PASSWORD",
        "REDIS_PASSWORD",
        "POISE_VAULT_KEYS",
    }
    assert re.findall(r"\$\{\w*PASSWORD\w*(?!\w|:\?)", text) == []
    users = re.findall(r"://(.*)@", text)
    assert len(users) == 2
    assert all(re.fullmatch(r"\w*:\$\{\w+:\?[^}]*\}", user) for user in users)


def test_the_image_runs_as_nobody_special_and_installs_what_was_tested() -> None:
    text = (_PROJECT / "Dockerfile").read_text()
    users = re.findall(r"^USER (\d+)$", text, re.MULTILINE)
    assert users
    assert int(users[-1]) > 0
    assert "--constraint constraints.txt" in text
    let_through = re.findall(r"^!(\S+)$", (_PROJECT / ".dockerignore").read_text(), re.MULTILINE)
    assert "constraints.txt" in let_through
    assert [name for name in let_through if not (_PROJECT / name).exists()] == []


def test_the_same_variables_work_with_servers_that_are_really_external(
    compose, tmp_path, monkeypatch
) -> None:
    postgres = EmbeddedPostgres(tmp_path / "elsewhere", durable=False)
    with contextlib.ExitStack() as stack:
        stack.callback(postgres.end_and_remove)
        stack.enter_context(postgres)
        carrier = stack.enter_context(EmbeddedRedis(tmp_path / "elsewhere"))
        secrets = {
            "POSTGRES_PASSWORD": postgres.url.split(":")[2].split("@")[0],
            "REDIS_PASSWORD": carrier.url.split(":")[2].split("@")[0],
            "POISE_VAULT_KEYS": f"first:{base64.b64encode(bytes(range(32))).decode()}",
        }
        hosts = {
            "database:5432": postgres.url.split("@")[1].split("/")[0],
            "redis:6379": carrier.url.split("@")[1].split("/")[0],
            "/var/lib/poise": str(tmp_path / "data"),
        }
        for name, text in compose["services"]["server"]["environment"].items():
            value = _interpolate(text, secrets)
            for there, here in hosts.items():
                value = value.replace(there, here)
            monkeypatch.setenv(name, value)
        settings = load_settings()
        with runtime(settings) as endpoints:
            assert (endpoints.database_url, endpoints.redis_url) == (postgres.url, carrier.url)
        assert settings.data == tmp_path / "data"
        assert settings.archive_url == f"file://{tmp_path}/data/archive"
        assert not settings.data.exists()
