"""Who may speak to the server, and where it may listen."""

from __future__ import annotations

import pytest
from websockets.exceptions import InvalidStatus

from server.serving import configuration
from server.settings import Profile, PublicBindError, ServerSettings, is_loopback, refuse_public_bind
from tests.server.clients import Socket
from tests.server.conftest import Settings, running, serving

QUERY = {"query": "{ __typename }"}


def made(**changes: object) -> ServerSettings:
    return ServerSettings(database_url="postgresql://x", redis_url="redis://x", **changes)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.1.2.3", "LOCALHOST"])
def test_loopback_may_be_listened_on(host: str):
    assert is_loopback(host)
    refuse_public_bind(made(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.org", ""])
def test_beyond_loopback_the_server_refuses_unless_told(host: str):
    with pytest.raises(PublicBindError, match="--allow-anonymous"):
        configuration(made(host=host))
    refuse_public_bind(made(host=host, allow_anonymous=True))


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    for name, value in {
        "DATABASE_URL": "postgresql://u:secret@h/d",
        "REDIS_URL": "redis://h",
        "POISE_PROFILE": "production",
        "POISE_ALLOWED_ORIGINS": "https://a.example, https://b.example",
        "POISE_LIMITS__DEPTH": "7",
    }.items():
        monkeypatch.setenv(name, value)
    settings = ServerSettings()
    assert settings.profile is Profile.PRODUCTION
    assert settings.allowed_origins == ("https://a.example", "https://b.example")
    assert settings.limits.depth == 7
    assert "secret" not in repr(settings)


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "[::1]:8000", "127.0.0.1"])
async def test_a_loopback_name_is_answered(settings: Settings, host: str):
    async with serving(settings()) as api:
        answer = await api.http.post("/graphql", json=QUERY, headers={"host": host})
    assert answer.status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", ""])
async def test_a_name_that_was_rebound_to_us_is_refused(settings: Settings, host: str):
    async with serving(settings()) as api:
        answer = await api.http.post("/graphql", json=QUERY, headers={"host": host})
    assert answer.status_code == 403


async def test_other_names_can_be_allowed_and_anonymous_servers_take_any(settings: Settings):
    for changes in ({"allowed_hosts": ("api.example",)}, {"allow_anonymous": True}):
        async with serving(settings(**changes)) as api:
            answer = await api.http.post("/graphql", json=QUERY, headers={"host": "api.example"})
            assert answer.status_code == 200, changes


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:8000", 200),
        ("http://127.0.0.1:8001", 403),
        ("http://evil.example", 403),
        ("null", 403),
        ("", 403),
        ("http://[", 403),
    ],
)
async def test_pages_of_other_origins_are_refused(settings: Settings, origin: str, status: int):
    async with serving(settings()) as api:
        answer = await api.http.post("/graphql", json=QUERY, headers={"origin": origin})
        assert answer.status_code == status
        assert "access-control-allow-origin" not in answer.headers


async def test_an_allowed_origin_may_ask_and_read(settings: Settings):
    origin = "https://app.example"
    async with serving(settings(allowed_origins=(origin,))) as api:
        asked = {
            "origin": origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type",
        }
        preflight = await api.http.options("/graphql", headers=asked)
        answer = await api.http.post("/graphql", json=QUERY, headers={"origin": origin})
        other = await api.http.post("/graphql", json=QUERY, headers={"origin": "https://evil.example"})
    assert preflight.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert (answer.status_code, other.status_code) == (200, 403)


async def test_a_socket_of_a_foreign_page_is_refused_before_it_opens(settings: Settings):
    async with running(settings()) as server:
        with pytest.raises(InvalidStatus) as refused:
            async with Socket.connected(server.url, origin="http://evil.example"):
                pass
        assert refused.value.response.status_code == 403
        async with Socket.connected(server.url, origin=f"http://127.0.0.1:{server.port}"):
            pass


async def test_health_tells_the_process_from_its_databases(settings: Settings):
    async with serving(settings()) as api:
        assert (await api.http.get("/healthz")).text == "ok\n"
        ready = await api.http.get("/readyz")
        assert (ready.status_code, ready.json()) == (200, {"database": "ok", "redis": "ok"})


async def test_a_server_without_its_databases_lives_but_is_not_ready(settings: Settings):
    lost = settings(redis_url="redis://127.0.0.1:9/0", database_url="postgresql://x:x@127.0.0.1:9/x")
    async with serving(lost) as api:
        assert (await api.http.get("/healthz")).status_code == 200
        ready = await api.http.get("/readyz")
        assert ready.status_code == 503
        assert "ok" not in ready.json().values()
