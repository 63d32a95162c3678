from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.controllers.database_key import DatabaseKeyController
from app.core.recovery_code import RecoverySecret
from app.storage.database import Database, create_encrypted
from app.storage.key_store import KeyStore
from app.ui.recovery_dialog import RecoveryDialog


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "wardnote.sqlite3"


@pytest.fixture
def secret(path: Path) -> RecoverySecret:
    """Of an encrypted database whose key this user has not."""
    secret = RecoverySecret.new()
    create_encrypted(path, secret, KeyStore.of_user())
    KeyStore.of_user().forget(secret.key_id)
    return secret


@pytest.fixture
def dialog(qtbot: QtBot, path: Path) -> Iterator[RecoveryDialog]:
    keys = DatabaseKeyController(path, KeyStore.of_user())
    dialog = RecoveryDialog(keys)
    qtbot.addWidget(dialog)
    yield dialog
    keys.close()


def when_asked(qtbot: QtBot, dialog: RecoveryDialog, act: Callable[[], None]) -> bool:
    """Run the dialog; do this as soon as it asks."""

    def wait_and_act() -> None:
        try:
            qtbot.waitUntil(lambda: dialog.isVisible() and dialog.code.isEnabled())
            act()
        except BaseException:
            # Otherwise nobody would end the dialog.
            dialog.reject()
            raise

    QTimer.singleShot(0, dialog, wait_and_act)
    return dialog.run()


def test_a_folder_that_opens_shows_nothing(path: Path, dialog: RecoveryDialog) -> None:
    Database.open(path).close()
    assert dialog.run()
    assert not dialog.isVisible() and dialog.said == ""


def test_the_right_code_opens_it(qtbot: QtBot, secret: RecoverySecret, dialog: RecoveryDialog, path: Path) -> None:
    def act() -> None:
        assert not dialog.open_button.isEnabled()
        dialog.code.setText(RecoverySecret.new().code)
        QTest.keyClick(dialog.code, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: "不是这个" in dialog.complaint.text())
        assert dialog.code.hasSelectedText() and dialog.code.isEnabled()
        dialog.code.setText(secret.code[:-1])
        assert dialog.complaint.text() == ""
        dialog.open_button.click()
        assert "35 个" in dialog.complaint.text()
        dialog.code.setText(secret.code)
        QTest.keyClick(dialog.code, Qt.Key.Key_Return)

    assert when_asked(qtbot, dialog, act)
    assert "密钥" in dialog.said and not dialog.isVisible()
    Database.open(path).close()


def test_a_key_that_has_come_meanwhile_is_found(
    qtbot: QtBot, secret: RecoverySecret, dialog: RecoveryDialog, path: Path
) -> None:
    def act() -> None:
        KeyStore.of_user().save(secret, path.parent)
        dialog.again_button.click()

    assert when_asked(qtbot, dialog, act)


@pytest.mark.parametrize("how", ["button", "escape", "close"])
def test_giving_up(qtbot: QtBot, secret: RecoverySecret, dialog: RecoveryDialog, how: str) -> None:
    acts = {
        "button": dialog.quit_button.click,
        "escape": lambda: QTest.keyClick(dialog, Qt.Key.Key_Escape),
        "close": dialog.close,
    }
    assert not when_asked(qtbot, dialog, lambda: acts[how]() and None)
    assert not dialog.isVisible()
