from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.controllers.database_key import DatabaseKeyController
from app.core.recovery_code import RecoverySecret
from app.storage.database import Database, create_encrypted
from app.storage.key_store import KeyStore
from tests.helpers.key_stores import SilentKeyring, WorkingKeyring, key_store_of_the_system
from tests.helpers.logs import ExpectedLogs


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "wardnote.sqlite3"


@pytest.fixture
def keys() -> KeyStore:
    return KeyStore.of_user()


@pytest.fixture
def controller(path: Path, keys: KeyStore) -> Iterator[DatabaseKeyController]:
    controller = DatabaseKeyController(path, keys)
    yield controller
    controller.close()


@pytest.fixture
def secret(path: Path, keys: KeyStore) -> RecoverySecret:
    """Of an encrypted database whose key this user has not."""
    secret = RecoverySecret.new()
    create_encrypted(path, secret, keys)
    keys.forget(secret.key_id)
    return secret


@pytest.mark.parametrize("kind", ["absent", "plain", "damaged"])
def test_what_is_not_encrypted_needs_nothing(
    qtbot: QtBot, path: Path, controller: DatabaseKeyController, kind: str
) -> None:
    if kind == "plain":
        Database.open(path).close()
    if kind == "damaged":
        path.parent.mkdir()
        path.write_bytes(b"damaged" * 1000)
    with qtbot.waitSignal(controller.opened) as opened:
        controller.look()
    assert opened.args == [""]


def test_a_key_that_is_there_is_found(
    qtbot: QtBot, path: Path, keys: KeyStore, controller: DatabaseKeyController
) -> None:
    create_encrypted(path, RecoverySecret.new(), keys)
    with qtbot.waitSignal(controller.opened):
        controller.look()


def test_the_code_brings_a_missing_key_back(
    qtbot: QtBot, path: Path, keys: KeyStore, secret: RecoverySecret, controller: DatabaseKeyController
) -> None:
    with qtbot.waitSignal(controller.missing):
        controller.look()
    for text, sentence in (("ABCD", "36"), (RecoverySecret.new().code, "不是这个")):
        with qtbot.waitSignal(controller.refused) as refused:
            controller.give(text)
        assert sentence in refused.args[0]
    with qtbot.waitSignal(controller.opened) as opened:
        controller.give(secret.code.lower())
    assert "没有可用的系统密钥库" in opened.args[0]
    Database.open(path).close()


def test_a_key_in_the_systems_store_needs_no_words(
    qtbot: QtBot, secret: RecoverySecret, controller: DatabaseKeyController
) -> None:
    with key_store_of_the_system(WorkingKeyring()):
        with qtbot.waitSignal(controller.opened) as opened:
            controller.give(secret.code)
        assert opened.args == [""]


def test_a_key_store_that_does_not_answer_keeps_nobody_waiting(
    qtbot: QtBot, path: Path, secret: RecoverySecret, expected_logs: ExpectedLogs
) -> None:
    """The call returns while the key store still waits, and what is missing is told without its answer."""
    expected_logs.expect("the system's key store does not answer")
    system = SilentKeyring()
    controller = DatabaseKeyController(path, KeyStore(path.parent.parent / "keys", timeout_s=0.2))
    with key_store_of_the_system(system):
        with qtbot.waitSignal(controller.missing):
            controller.look()
        system.released.set()
    controller.close()
