"""Credentials in the database: versions, locks, rotation, silence about secrets."""

from __future__ import annotations

import asyncio
import logging
import traceback
from pathlib import Path

import pytest
from pydantic import SecretStr

from poise_sdk.errors import Retriable
from poise_sdk.wearable import Credentials, Secret
from storage.connect import rows
from storage.people import athletes, attempts, connections, vault, vendor_apps
from storage.people.keys import KEY_FILE, VaultError, load_keys
from storage.people.rotation import rotate
from storage.people.vault import StaleCredentials
from storage.settings import Settings, settings_in_force
from tests.storage.people.invented import KEYS, authorization, credentials, key


async def connected(name: str = "Ann", user: str = "u1") -> int:
    athlete = await athletes.add(name)
    return (await connections.connect(athlete.id, "whoop", credentials(user=user))).id


def with_keys(settings: Settings, keys: str) -> Settings:
    return settings.model_copy(update={"vault_keys": SecretStr(keys)})


async def test_a_version_is_saved_over_once(db: str) -> None:
    connection = await connected()
    assert await vault.save_credentials(connection, credentials("b"), 1) == 2
    with pytest.raises(StaleCredentials, match="renewed by somebody else"):
        await vault.save_credentials(connection, credentials("c"), 1)
    assert await vault.load_credentials(connection) == (credentials("b"), 2)


async def test_credentials_come_back_as_they_were(db: str) -> None:
    connection = await connected()
    bare = Credentials(access_token=Secret("ä\n\U0001f3c0"))
    await vault.save_credentials(connection, bare, 1)
    assert await vault.load_credentials(connection) == (bare, 2)


class RotatingVendor:
    """A token endpoint that kills the old refresh token, and notes a dead one."""

    def __init__(self, refresh_token: str) -> None:
        self.valid = refresh_token
        self.requests = 0
        self.dead = 0

    async def refresh(self, old: Credentials) -> Credentials:
        self.requests += 1
        await asyncio.sleep(0.05)
        assert old.refresh_token is not None
        if old.refresh_token.reveal() != self.valid:
            self.dead += 1
        self.valid = f"refresh-{self.requests}"
        return Credentials(access_token=Secret(f"access-{self.requests}"), refresh_token=Secret(self.valid))


async def renew(connection: int, refused: int, vendor: RotatingVendor) -> tuple[Credentials, int]:
    """What a worker does whose token of version ``refused`` was refused."""
    async with vault.refresh_lock(connection):
        now, version = await vault.load_credentials(connection)
        if version == refused:
            now = await vendor.refresh(now)
            version = await vault.save_credentials(connection, now, version)
    return now, version


async def test_two_workers_that_refresh_at_once_ask_the_vendor_once(db: str) -> None:
    one, other = await connected(), await connected("Bob", "u2")
    vendors = {one: RotatingVendor("refresh-a-secret"), other: RotatingVendor("refresh-a-secret")}
    # more of them than the pool has connections: those who wait must not starve the one who works
    renewed = await asyncio.gather(
        *(renew(connection, 1, vendors[connection]) for connection in (one, other) for _ in range(8))
    )
    for connection, found in ((one, renewed[:8]), (other, renewed[8:])):
        assert (vendors[connection].requests, vendors[connection].dead) == (1, 0)
        assert {version for _, version in found} == {2}
        assert all(now == found[0][0] for now, _ in found)
        assert await vault.load_credentials(connection) == found[0]


async def test_locks_of_two_connections_do_not_wait_for_each_other(db: str) -> None:
    async with asyncio.timeout(20), vault.refresh_lock(1), vault.refresh_lock(2):
        pass


async def test_a_lock_ends_with_a_body_that_fails_or_is_cancelled(db: str) -> None:
    async def hold(entered: asyncio.Event) -> None:
        async with vault.refresh_lock(1):
            entered.set()
            await asyncio.sleep(3600)

    with pytest.raises(ZeroDivisionError):
        async with vault.refresh_lock(1):
            raise ZeroDivisionError
    entered = asyncio.Event()
    holder = asyncio.create_task(hold(entered))
    await entered.wait()
    waiter = asyncio.create_task(hold(asyncio.Event()))
    await asyncio.sleep(0.05)
    for task in (waiter, holder):
        task.cancel()
    await asyncio.gather(holder, waiter, return_exceptions=True)
    async with asyncio.timeout(20), vault.refresh_lock(1):
        pass


async def test_whoever_waits_too_long_for_a_lock_comes_back_later(
    db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault, "_PATIENCE_S", 0.05)
    async with vault.refresh_lock(1):
        with pytest.raises(Retriable, match="another worker has been renewing connection 1"):
            async with vault.refresh_lock(1):
                pass


async def test_a_row_moved_to_another_connection_does_not_open(db: str) -> None:
    one, other = await connected(), await connected("Bob", "u2")
    await rows(
        "UPDATE connection_tokens t SET nonce = s.nonce, sealed = s.sealed FROM connection_tokens s "
        "WHERE t.connection_id = $1 AND s.connection_id = $2",
        one,
        other,
    )
    with pytest.raises(VaultError, match=f"the secret of connection {one} does not open"):
        await vault.load_credentials(one)


async def test_nothing_secret_is_said(db: str, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    connection = await connected()
    await vendor_apps.configure("whoop", client_id="id", client_secret=Secret("app-secret"))
    await attempts.begin(1, "whoop", authorization("secret-state"), "session-secret")
    with pytest.raises(StaleCredentials) as stale:
        await vault.save_credentials(connection, credentials(), 9)
    with settings_in_force(with_keys(settings, f"one:{key('2')}")), pytest.raises(VaultError) as wrong:
        await vault.load_credentials(connection)
    app = await vendor_apps.find("whoop")
    said = [caplog.text, repr(app), repr(await vault.load_credentials(connection))]
    said += ["".join(traceback.format_exception(error.value)) for error in (stale, wrong)]
    said.append(repr(await attempts.of_session("session-secret")))
    for text in said:
        assert "-secret" not in text.replace("test_nothing_secret", "")
        assert "secret-" not in text
        assert key("1") not in text


async def test_rotation_seals_everything_anew_and_changes_nothing(db: str, settings: Settings) -> None:
    connection = await connected()
    await vendor_apps.configure("whoop", client_id="id", client_secret=Secret("word"))
    begun = await attempts.begin(1, "oura", authorization("state"), "session")
    before = await vault.load_credentials(connection)
    with settings_in_force(with_keys(settings, f"two:{key('2')},{KEYS}")):
        done = await rotate()
        assert (done.key_id, done.sealed, done.lost) == ("two", 3, ())
        assert (await rotate()).sealed == 0
    with settings_in_force(with_keys(settings, f"two:{key('2')}")):
        assert await vault.load_credentials(connection) == before
        app = await vendor_apps.find("whoop")
        assert app is not None
        assert app.client.client_secret == Secret("word")
        assert (await attempts.take("state", "session")).authorization == begun.authorization


async def test_rotation_tells_what_it_cannot_open_and_seals_the_rest(db: str, settings: Settings) -> None:
    lost = await connected()
    with settings_in_force(with_keys(settings, f"two:{key('2')}")):
        found = await connected("Bob", "u2")
    with settings_in_force(with_keys(settings, f"three:{key('3')},two:{key('2')}")):
        done = await rotate()
        assert done.sealed == 1
        (said,) = done.lost
        assert f"the secret of connection {lost} is sealed with the key 'one', which is not here" in said
        await vault.load_credentials(found)
    # what did not open is left as it was
    await vault.load_credentials(lost)


async def test_a_key_file_is_rotated_to_a_new_key_and_keeps_the_last(
    db: str, settings: Settings, tmp_path: Path
) -> None:
    embedded = Settings(data=tmp_path / "own", vault_keys=None, database_url=None, vendors={})
    with settings_in_force(embedded):
        connection = await connected()
        before = load_keys(embedded)
        done = await rotate()
        after = load_keys(embedded)
        assert list(after.keys) == [done.key_id, before.newest]
        assert (done.sealed, done.lost) == (1, ())
        assert (await vault.load_credentials(connection))[0] == credentials()
        again = await rotate()
        assert list(load_keys(embedded).keys) == [again.key_id, done.key_id]
        (row,) = await rows("SELECT key_id FROM connection_tokens")
        assert row["key_id"] == again.key_id
    assert (tmp_path / "own" / KEY_FILE).exists()


async def test_a_rotation_beside_a_worker_that_renews_loses_nothing(db: str, settings: Settings) -> None:
    names = [await connected(f"A{n}", f"u{n}") for n in range(12)]
    with settings_in_force(with_keys(settings, f"two:{key('2')},{KEYS}")):

        async def work() -> None:
            for connection in names:
                _, version = await vault.load_credentials(connection)
                await vault.save_credentials(connection, credentials(f"n{connection}"), version)

        await asyncio.gather(rotate(), work())
        for connection in names:
            found, version = await vault.load_credentials(connection)
            assert (found, version) == (credentials(f"n{connection}"), 2)
    assert {row["key_id"] for row in await rows("SELECT key_id FROM connection_tokens")} == {"two"}
