"""Each guard is shown to fail a test that leaves something behind, and to leave a clean one alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def outcome(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs the texts of test modules, by name, under the guards in a process of its own; the output."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def run(**modules: str) -> str:
        pytester.makeconftest("from tests.helpers import leaks, qt_leaks; leaks.GRACE_S = qt_leaks.GRACE_S = 0.3")
        pytester.makepyfile(**modules)
        pytester.makeini("[pytest]\nqt_api = pyside6\nqt_log_level_fail = WARNING\nfilterwarnings = error")
        result = pytester.runpytest_subprocess("-p", "tests.helpers.guards", "-p", "no:cacheprovider", "-rfE")
        return result.stdout.str()

    return run


FAILING = {
    "test_log": (
        """
        import logging
        def test_it(): logging.getLogger("app.x").warning("low disk")
        """,
        r"unexpected log records:\s+WARNING app\.x: low disk",
    ),
    "test_log_that_never_comes": (
        """
        def test_it(expected_logs): expected_logs.expect("disk full")
        """,
        r"never logged: disk full",
    ),
    "test_python_warning": (
        """
        import warnings
        def test_it(): warnings.warn("old")
        """,
        r"UserWarning: old",
    ),
    "test_thread": (
        """
        import threading
        gate = threading.Event()
        def test_it():
            threading.Thread(target=gate.wait, name="forgotten").start()
            threading.Timer(1, gate.set).start()
        """,
        r"leaked threads: forgotten",
    ),
    "test_process": (
        """
        import subprocess
        kept = []
        def test_it(): kept.append(subprocess.Popen(["sleep", "1000"]))
        """,
        r"leaked processes: \d+ sleep 1000",
    ),
    "test_qt_thread": (
        """
        from PySide6.QtCore import QThread
        kept = []
        def test_it(qapp):
            kept.append(QThread(objectName="storage"))
            kept[0].start()
        """,
        r"running thread QThread\('storage'\)",
    ),
    "test_timer": (
        """
        from PySide6.QtCore import QTimer
        kept = []
        def test_it(qapp):
            kept.append(QTimer(objectName="autosave", interval=100000))
            kept[0].start()
        """,
        r"active timer QTimer\('autosave'\) of nobody",
    ),
    "test_single_shot": (
        """
        from PySide6.QtCore import QTimer
        def late(): pass
        def test_it(qapp): QTimer.singleShot(100000, late)
        """,
        r"single shot to <function late",
    ),
    "test_widget": (
        """
        from PySide6.QtWidgets import QLabel
        kept = []
        def test_it(qapp): kept.append(QLabel(objectName="pane"))
        """,
        r"widget QLabel\('pane'\)",
    ),
    "test_qt_warning": (
        """
        from PySide6.QtCore import qWarning
        def test_it(qapp): qWarning("no such slot")
        """,
        r"Qt messages with level WARNING or above emitted",
    ),
    "test_qt_warning_during_teardown": (
        """
        import pytest
        from PySide6.QtCore import qWarning
        @pytest.fixture
        def late():
            yield
            qWarning("timer of another thread")
        def test_it(qapp, late): pass
        """,
        r"Qt messages during teardown:\s+QtWarningMsg: timer of another thread",
    ),
}


def test_a_test_that_leaves_something_behind_fails(outcome: Callable[..., str]) -> None:
    output = outcome(**{name: module for name, (module, _) in FAILING.items()})
    for name, (_, complaint) in FAILING.items():
        assert re.search(complaint, output), f"{name}\n{output}"
        assert re.search(rf"^(FAILED|ERROR) {name}\.py", output, re.MULTILINE), f"{name}\n{output}"


def test_the_test_after_a_leak_is_not_blamed(outcome: Callable[..., str]) -> None:
    output = outcome(
        test_it="""
        import subprocess
        from PySide6.QtCore import QThread, QTimer
        from PySide6.QtWidgets import QLabel
        kept = []
        def test_leaky(qapp):
            kept.extend([QLabel(), QThread(), QTimer()])
            kept[0].show(); kept[1].start(); kept[2].start(100000)
            kept.append(subprocess.Popen(["sleep", "1000"]))
        def test_clean(qapp): pass
        """
    )
    assert re.search(r"2 passed, 1 error", output), output
    assert "ERROR at teardown of test_clean" not in output


def test_a_clean_test_passes(outcome: Callable[..., str]) -> None:
    output = outcome(
        test_it="""
        import logging, subprocess, threading
        from PySide6.QtCore import QObject, QThread, QTimer
        from PySide6.QtWidgets import QLabel, QMenu
        def test_it(qtbot, expected_logs):
            expected_logs.expect("WARNING app.x: low (disk|memory)")
            logging.getLogger("app.x").warning("low disk")
            worker = threading.Thread(target=print); worker.start()
            child = subprocess.Popen(["true"]); child.wait()
            thread = QThread(); thread.start(); thread.quit(); thread.wait()
            closed = QLabel(); qtbot.addWidget(closed); closed.show()
            label = QLabel(); menu = QMenu(label); label.show()
            timer = QTimer(label); timer.start(100000)
            QTimer.singleShot(100000, label, label.update)
            with qtbot.waitSignal(timer.destroyed):
                label.deleteLater()
            fired = []
            QTimer.singleShot(0, lambda: fired.append(1))
            qtbot.waitUntil(lambda: bool(fired))
        """
    )
    assert re.search(r"1 passed in", output), output
