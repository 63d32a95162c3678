"""Threads, timers, widgets and warnings of Qt that outlive their test make that test fail.

Qt cannot list its running threads and timers, so their `start` is watched while a test runs (as napari does).
Without Qt loaded nothing is watched: the Qt-free packages are tested where Qt is absent too.
"""

from __future__ import annotations

import gc
import re
import sys
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any
from weakref import WeakSet

import pytest

GRACE_S = 2.0


@pytest.fixture(autouse=True)
def no_leaked_qt_objects(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """QThreads that run, QTimers that are active and top-level widgets that are alive after the test."""
    if "PySide6.QtCore" not in sys.modules:
        yield
        return
    watch = _QtWatch(monkeypatch)
    yield
    leaked = watch.leaked_after_grace()
    if leaked:
        watch.end_leaked()
        pytest.fail(f"leaked Qt objects: {'; '.join(leaked)}", pytrace=False)


class _QtWatch:
    """Remembers what a test started, and what was there before it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from PySide6.QtCore import QThread, QTimer

        self._threads: WeakSet[Any] = WeakSet()
        self._timers: WeakSet[Any] = WeakSet()
        self._delayed: dict[object, Any] = {}
        self._widgets_before = {_address(widget) for widget in _top_level_widgets()}
        monkeypatch.setattr(QThread, "start", _remembering(QThread.start, self._threads))
        monkeypatch.setattr(QTimer, "start", _remembering(QTimer.start, self._timers))
        monkeypatch.setattr(QTimer, "singleShot", staticmethod(self._watched_single_shot(QTimer.singleShot)))

    def leaked_after_grace(self) -> list[str]:
        """Let Qt finish what it is finishing; what is then left."""
        deadline = time.monotonic() + GRACE_S
        leaked = self._leaked()
        while leaked and time.monotonic() < deadline:
            gc.collect()
            _work_off_events()
            leaked = self._leaked()
        return leaked

    def end_leaked(self) -> None:
        """Keep one test's leak from failing the next ones too."""
        for thread in self._running_threads():
            thread.requestInterruption()
            thread.quit()
            thread.wait(int(GRACE_S * 1000))
        for timer in self._active_timers():
            timer.stop()
        for widget in self._fresh_widgets():
            widget.close()
            widget.deleteLater()
        _work_off_events()

    def _leaked(self) -> list[str]:
        _work_off_events()
        return [
            *(f"running thread {_name(thread)}" for thread in self._running_threads()),
            *(f"active timer {_name(timer)} of {_name(timer.parent())}" for timer in self._active_timers()),
            *(f"single shot to {callback!r}" for callback in self._pending_single_shots()),
            *(f"widget {_name(widget)}" for widget in self._fresh_widgets()),
        ]

    def _running_threads(self) -> list[Any]:
        return [thread for thread in _valid(self._threads) if thread.isRunning()]

    def _active_timers(self) -> list[Any]:
        return [timer for timer in _valid(self._timers) if timer.isActive()]

    def _pending_single_shots(self) -> list[Any]:
        return [callback for context, callback in self._delayed.values() if context is None or _valid([context])]

    def _fresh_widgets(self) -> list[Any]:
        return [widget for widget in _top_level_widgets() if _address(widget) not in self._widgets_before]

    def _watched_single_shot(self, original: Callable[..., None]) -> Callable[..., None]:
        def single_shot(*arguments: Any) -> None:
            *front, callback = arguments
            if not callable(callback):
                original(*arguments)
                return
            token = object()
            context = front[-1] if _is_qobject(front[-1]) else None
            self._delayed[token] = (context, callback)

            def deliver() -> None:
                self._delayed.pop(token, None)
                callback()

            original(*front, deliver)

        return single_shot


def _remembering(original: Callable[..., None], seen: WeakSet[Any]) -> Callable[..., None]:
    def start(self: Any, *arguments: Any, **options: Any) -> None:
        seen.add(self)
        original(self, *arguments, **options)

    return start


def _valid(objects: Any) -> list[Any]:
    from shiboken6 import isValid

    return [each for each in objects if isValid(each)]


def _is_qobject(value: object) -> bool:
    from PySide6.QtCore import QObject

    return isinstance(value, QObject)


def _address(widget: Any) -> int:
    from shiboken6 import getCppPointer

    return int(getCppPointer(widget)[0])


def _name(thing: Any) -> str:
    if thing is None:
        return "nobody"
    return f"{type(thing).__name__}({thing.objectName()!r})"


def _top_level_widgets() -> list[Any]:
    """Top-level widgets that nobody owns; Qt keeps one hidden label for all tool tips."""
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return []
    alive = _valid(widgets.QApplication.topLevelWidgets())
    return [each for each in alive if each.parent() is None and each.metaObject().className() != "QTipLabel"]


def _work_off_events() -> None:
    from PySide6.QtCore import QCoreApplication, QEvent

    if QCoreApplication.instance() is not None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """What Qt warns of while fixtures are taken down; pytest-qt watches only until the test's own end."""
    if "PySide6.QtCore" not in sys.modules:
        return (yield)
    warnings: list[str] = []
    with _qt_messages_into(warnings):
        result = yield
    ignored = item.config.getini("qt_log_ignore")
    complaints = [text for text in warnings if not any(re.search(pattern, text) for pattern in ignored)]
    if complaints:
        pytest.fail("Qt messages during teardown:\n" + "\n".join(complaints), pytrace=False)
    return result


class _qt_messages_into:  # noqa: N801 - reads as a function
    def __init__(self, warnings: list[str]) -> None:
        self._warnings = warnings

    def __enter__(self) -> None:
        from PySide6.QtCore import qInstallMessageHandler

        self._previous = qInstallMessageHandler(self._take)

    def __exit__(self, *_: object) -> None:
        from PySide6.QtCore import qInstallMessageHandler

        qInstallMessageHandler(self._previous)

    def _take(self, kind: Any, _context: Any, message: str | None) -> None:
        if kind.name in {"QtWarningMsg", "QtCriticalMsg", "QtFatalMsg"}:
            self._warnings.append(f"{kind.name}: {message}")
