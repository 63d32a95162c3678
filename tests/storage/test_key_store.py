from __future__ import annotations

import stat
from pathlib import Path

import pytest

from app.core.errors import EnvironmentFault
from app.core.recovery_code import RecoverySecret
from app.storage.key_store import KeyPlace, KeyStore
from tests.helpers.key_stores import SilentKeyring, WorkingKeyring, key_store_of_the_system
from tests.helpers.logs import ExpectedLogs


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "config" / "keys")


def test_the_systems_key_store_keeps_it_and_no_file(keys: KeyStore, tmp_path: Path) -> None:
    secret, system = RecoverySecret.new(), WorkingKeyring()
    with key_store_of_the_system(system):
        assert keys.save(secret, tmp_path / "data") is KeyPlace.SYSTEM
        assert keys.find(secret.key_id) == (secret, KeyPlace.SYSTEM)
        assert keys.load(RecoverySecret.new().key_id) is None
        assert not list(tmp_path.rglob("*"))
        keys.forget(secret.key_id)
        assert keys.load(secret.key_id) is None and not system.kept


def test_without_a_key_store_a_private_file_keeps_it(keys: KeyStore, tmp_path: Path) -> None:
    secret = RecoverySecret.new()
    assert keys.save(secret, tmp_path / "data") is KeyPlace.FILE
    path = keys.file_of(secret.key_id)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert keys.find(secret.key_id) == (secret, KeyPlace.FILE)
    assert KeyStore(path.parent).load(secret.key_id) == secret
    keys.forget(secret.key_id)
    assert not path.exists() and keys.load(secret.key_id) is None


def test_the_file_goes_once_there_is_a_key_store(keys: KeyStore, tmp_path: Path) -> None:
    secret = RecoverySecret.new()
    keys.save(secret, tmp_path / "data")
    with key_store_of_the_system(WorkingKeyring()):
        assert keys.save(secret, tmp_path / "data") is KeyPlace.SYSTEM
        assert not keys.file_of(secret.key_id).exists()
        assert keys.load(secret.key_id) == secret


class ForgetfulKeyring(WorkingKeyring):
    """Takes everything and keeps nothing, as keyring's null back end does."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


def test_a_key_store_that_keeps_nothing_is_not_trusted(keys: KeyStore, tmp_path: Path) -> None:
    with key_store_of_the_system(ForgetfulKeyring()):
        assert keys.save(RecoverySecret.new(), tmp_path / "data") is KeyPlace.FILE


def test_a_key_store_that_does_not_answer_is_left(tmp_path: Path, expected_logs: ExpectedLogs) -> None:
    expected_logs.expect("the system's key store does not answer")
    keys, secret, system = KeyStore(tmp_path / "keys", timeout_s=0.05), RecoverySecret.new(), SilentKeyring()
    with key_store_of_the_system(system):
        assert keys.load(secret.key_id) is None
        assert keys.save(secret, tmp_path / "data") is KeyPlace.FILE
        system.released.set()


@pytest.mark.parametrize("content", ["", "ABCD", "\x00\xff" * 20, "another's"])
def test_a_damaged_or_strange_file_is_no_key(keys: KeyStore, content: str, expected_logs: ExpectedLogs) -> None:
    expected_logs.tolerate("a kept key is damaged")
    secret = RecoverySecret.new()
    path = keys.file_of(secret.key_id)
    path.parent.mkdir(parents=True)
    path.write_text(RecoverySecret.new().code if content == "another's" else content, encoding="utf-8")
    assert keys.load(secret.key_id) is None


def test_a_key_is_never_put_into_the_data_folder(tmp_path: Path) -> None:
    keys = KeyStore(tmp_path / "data" / "config" / "keys")
    with pytest.raises(EnvironmentFault, match="数据文件夹"):
        keys.save(RecoverySecret.new(), tmp_path / "data")
    assert not list(tmp_path.rglob("*"))


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault, match="无法写入"):
        KeyStore(tmp_path / "file" / "keys").save(RecoverySecret.new(), tmp_path / "data")
