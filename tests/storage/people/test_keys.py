"""Where the vault's keys come from."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from poise_sdk.wearable import Secret
from storage.embedded.private import write_private
from storage.people.keys import KEY_FILE, VaultError, load_keys
from storage.people.sealing import Vault
from storage.settings import Settings
from tests.storage.people.invented import key


def given(tmp_path: Path, keys: str | None = None, url: str | None = None) -> Settings:
    return Settings(
        data=tmp_path / "data",
        vault_keys=SecretStr(keys) if keys is not None else None,
        database_url=SecretStr(url) if url is not None else None,
    )


def test_the_first_of_the_given_keys_seals_and_all_open(tmp_path: Path) -> None:
    old = Vault(given(tmp_path, f"old:{key('o')}"))
    sealed = old.seal(Secret("word"), purpose="test", owner=1)
    both = Vault(given(tmp_path, f" new:{key('n')} , old:{key('o')},"))
    assert both.ring.newest == "new"
    assert both.open(sealed, purpose="test", owner=1).reveal() == "word"
    assert both.seal(Secret("word"), purpose="test", owner=1).key_id == "new"
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("justakey", "key 1 is not ID:KEY"),
        (f"a:{key('1')},{key('2')}", "key 2 is not ID:KEY"),
        ("a:not/base64!", "key 'a' is not base64"),
        ("a:c2hvcnQ=", "key 'a' has 5 bytes, not 32"),
        (f"a:{key('1')},a:{key('2')}", "two keys are called 'a'"),
        (" , ", "holds no key"),
    ],
)
def test_a_malformed_key_is_refused_without_being_shown(tmp_path: Path, keys: str, said: str) -> None:
    with pytest.raises(VaultError, match=said) as refused:
        load_keys(given(tmp_path, keys))
    assert "openssl rand -base64 32" in (refused.value.hint or "")
    for part in keys.split(","):
        encoded = part.rpartition(":")[2].strip()
        assert not encoded or encoded not in str(refused.value)


def test_an_embedded_database_s_keys_lie_in_a_private_file_of_the_data_folder(tmp_path: Path) -> None:
    settings = given(tmp_path)
    ring = load_keys(settings)
    path = settings.data / KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.data.stat().st_mode) == 0o700
    assert load_keys(settings) == ring
    assert [one.name for one in settings.data.iterdir()] == [KEY_FILE]


def test_all_who_need_the_first_key_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        rings = list(threads.map(load_keys, [given(tmp_path)] * 8))
    assert {ring.newest for ring in rings} == {rings[0].newest}
    assert [one.name for one in (tmp_path / "data").iterdir()] == [KEY_FILE]


def test_the_database_of_poise_up_is_known_as_the_data_folder_s_own(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    write_private(tmp_path / "data" / "postgres.access.json", {"password": "pw", "port": 4711})
    own = load_keys(given(tmp_path, url="postgresql://poise:pw@127.0.0.1:4711/poise"))
    # and once there are keys they are used, whatever the address: the folder may be moved behind a proxy
    assert load_keys(given(tmp_path, url="postgresql://poise:pw@db.example:5432/poise")) == own


@pytest.mark.parametrize("started", [False, True])
def test_a_database_elsewhere_needs_keys_that_are_given(tmp_path: Path, started: bool) -> None:
    if started:
        (tmp_path / "data").mkdir()
        write_private(tmp_path / "data" / "postgres.access.json", {"password": "pw", "port": 4711})
    with pytest.raises(VaultError, match="POISE_VAULT_KEYS is not set") as refused:
        load_keys(given(tmp_path, url="postgresql://poise:word@db.example/poise"))
    assert "same keys for every server and worker" in (refused.value.hint or "")
    assert "word" not in str(refused.value)
    assert not (tmp_path / "data" / KEY_FILE).exists()


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    settings = given(tmp_path)
    load_keys(settings)
    (settings.data / KEY_FILE).chmod(0o644)
    with pytest.raises(VaultError, match=r"can be read by others.*chmod 600"):
        load_keys(settings)


@pytest.mark.parametrize(
    "content", ["", "{}", '{"keys": []}', '{"keys": [{"id": "a"}]}', '{"keys": ["a"]}', "[1]"]
)
def test_a_broken_key_file_is_no_reason_to_make_another(tmp_path: Path, content: str) -> None:
    settings = given(tmp_path)
    settings.data.mkdir()
    path = settings.data / KEY_FILE
    path.touch(mode=0o600)
    path.write_text(content)
    with pytest.raises(VaultError, match="not a key file"):
        load_keys(settings)
    assert path.read_text() == content


def test_neither_a_vault_nor_its_keys_show_themselves(tmp_path: Path) -> None:
    vault = Vault(given(tmp_path, f"one:{key('1')}"))
    sealed = vault.seal(Secret("word"), purpose="test", owner=1)
    shown = f"{vault!r} {vault.ring!r} {sealed!r} {given(tmp_path, 'one:' + key('1'))!r}"
    assert "word" not in shown
    assert key("1") not in shown
    assert "1111" not in shown


def test_a_nonce_is_never_used_twice(tmp_path: Path) -> None:
    vault = Vault(given(tmp_path, f"one:{key('1')}"))
    sealed = [vault.seal(Secret("word"), purpose="test", owner=1) for _ in range(100)]
    assert len({one.nonce for one in sealed}) == 100
    assert len({one.sealed for one in sealed}) == 100
    assert {len(one.nonce) for one in sealed} == {12}


def test_a_secret_opens_for_its_owner_and_purpose_only(tmp_path: Path) -> None:
    vault = Vault(given(tmp_path, f"one:{key('1')}"))
    sealed = vault.seal(Secret("word"), purpose="connection", owner=17)
    assert vault.open(sealed, purpose="connection", owner=17) == Secret("word")
    for purpose, owner in (("connection", 18), ("vendor", 17), ("connection", "17 ")):
        with pytest.raises(VaultError, match=f"the secret of {purpose} {owner}.* does not open"):
            vault.open(sealed, purpose=purpose, owner=owner)


def test_another_key_of_the_same_name_and_a_missing_key_are_told_apart(tmp_path: Path) -> None:
    sealed = Vault(given(tmp_path, f"one:{key('1')}")).seal(Secret("word"), purpose="test", owner=1)
    with pytest.raises(VaultError, match="does not open with the key 'one'"):
        Vault(given(tmp_path, f"one:{key('2')}")).open(sealed, purpose="test", owner=1)
    with pytest.raises(VaultError, match=r"key 'one', which is not here \(add it to POISE_VAULT_KEYS"):
        Vault(given(tmp_path, f"two:{key('1')}")).open(sealed, purpose="test", owner=1)


def test_a_vault_notices_that_another_process_changed_the_key_file(tmp_path: Path) -> None:
    from storage.people.keys import add_key

    settings = given(tmp_path)
    vault = Vault(settings)
    before = vault.ring.newest
    added = add_key(settings)
    assert vault.ring.newest == added.newest != before
    (settings.data / KEY_FILE).unlink()
    assert vault.ring.newest not in (before, added.newest)
