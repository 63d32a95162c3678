import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QTimer, Signal
from pytestqt.qtbot import QtBot

from app.ui.fault_hook import SENTENCE, FaultHook
from tests.helpers.logs import ExpectedLogs

SECRET = "张某的病历"


@pytest.fixture
def hook(qtbot: QtBot, expected_logs: ExpectedLogs) -> Iterator[FaultHook]:
    expected_logs.expect("ERROR app.ui.fault_hook: uncaught exception")
    before = sys.excepthook
    hook = FaultHook()
    hook.install()
    yield hook
    hook.restore()
    assert sys.excepthook is before


class Sender(QObject):
    sent = Signal()


def fail() -> None:
    raise ValueError(SECRET)


def test_a_slot_that_fails_is_shown_without_patient_text_and_survived(hook: FaultHook, qtbot: QtBot) -> None:
    with qtbot.waitSignal(hook.caught) as caught:
        QTimer.singleShot(0, fail)
    assert caught.args is not None
    sentence, details = caught.args
    assert sentence == SENTENCE
    assert "ValueError" in details
    assert "fail" in details
    assert SECRET not in details


def test_a_failing_thread_is_caught_too(hook: FaultHook, qtbot: QtBot) -> None:
    with qtbot.waitSignal(hook.caught) as caught:
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    assert caught.args is not None
    assert SECRET not in caught.args[1]
