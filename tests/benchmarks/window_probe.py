"""The program's real window with a stopwatch in its event loop: when it can be used, and how late its loop runs.

`python -m tests.benchmarks.window_probe DATA_DIR ENGINE BORN OUT.json [stay]`: BORN is the monotonic time at which the
parent started this process. It opens the note of a sample patient by keys, types into it, and waits for the models;
with `stay` it then runs a comparison. A timer is due every 5 ms; how much later it comes is the loop's lateness.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Generator
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app import bootstrap
from app.controllers.model_pool import ModelStatus
from app.inference.prepared import PreparedModel
from app.infra.paths import Paths
from app.ui import desktop
from app.ui.main_window import MainWindow
from app.ui.note.section_editor import SectionEditor

TICK_MS = 5
MRN = "SL0002"

Story = Generator[Callable[[], object], None, None]


class Probe(QObject):
    """Ticks, notes how late each tick was in which stage, and goes on with the story when it can."""

    def __init__(self, application: QApplication, born: float, stay: bool) -> None:
        super().__init__(application)
        self.moments: dict[str, float] = {}
        self.lateness_ms: dict[str, list[float]] = defaultdict(list)
        self._application = application
        self._born = born
        self._states: dict[str, str] = {}
        self._finished = False
        self._stage = "start"
        self._story = self._tell(stay)
        self._awaited: Callable[[], object] = lambda: True
        self._ticked_at = time.monotonic()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_tick)
        self._timer.start(TICK_MS)

    def watch(self, services: bootstrap.Services) -> bootstrap.Services:
        """Follow what the controllers say."""
        services.controllers.comparisons.model_changed.connect(self._on_model_changed)
        services.controllers.comparisons.comparison_finished.connect(self._on_finished)
        return services

    def _tell(self, stay: bool) -> Story:
        yield lambda: (window := _window()) is not None and window.windowHandle().isExposed()
        self._note("exposed_s")
        window = _window()
        assert window is not None
        window.activateWindow()
        yield window.isActiveWindow
        yield window.patients.view.model().rowCount
        self._note("patients_listed_s")
        QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(_focused(), MRN)
        QTest.keyClick(_focused(), Qt.Key.Key_Return)
        yield lambda: window.editor.case_features.strip() and isinstance(_focused(), SectionEditor)
        editor = _focused()
        assert isinstance(editor, SectionEditor)
        before = editor.toPlainText()
        QTest.keyClicks(editor, "x")
        yield lambda: editor.toPlainText() != before
        self._note("typed_s")
        self._stage = "loading"
        editor.undo()
        yield lambda: self._states and set(self._states.values()) == {"ready"}
        self._note("models_ready_s")
        if stay:
            self._stage = "decoding"
            QTest.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
            yield lambda: self._finished
            self._note("answered_s")
        self._timer.stop()
        self._application.quit()

    def _note(self, moment: str) -> None:
        self.moments[moment] = time.monotonic() - self._born

    def _on_tick(self) -> None:
        now = time.monotonic()
        self.lateness_ms[self._stage].append(max(0.0, (now - self._ticked_at) * 1000 - TICK_MS))
        if self._awaited():
            self._awaited = next(self._story, lambda: False)
        # The probe's own work is none of the loop's.
        self._ticked_at = time.monotonic()

    def _on_model_changed(self, status: ModelStatus) -> None:
        self._states[status.model] = status.state

    def _on_finished(self, _: str) -> None:
        self._finished = True


def _window() -> MainWindow | None:
    return next((widget for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow)), None)


def _focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def main(data_dir: str, engine: str, born: str, out: str, *stay: str) -> int:
    """Run the window with the probe in it, and write what it noted."""
    probes: list[Probe] = []
    make_application, start_services = desktop.make_application, bootstrap.start_services

    def make_probed() -> QApplication:
        application = make_application()
        probes.append(Probe(application, float(born), bool(stay)))
        return application

    def start_probed(paths: Paths, models: tuple[PreparedModel, ...]) -> bootstrap.Services:
        return probes[0].watch(start_services(paths, models))

    vars(bootstrap).update(make_application=make_probed, start_services=start_probed)
    code = bootstrap.run_window(Paths.resolve(Path(data_dir)), engine)
    noted = {"moments": probes[0].moments, "lateness_ms": probes[0].lateness_ms}
    Path(out).write_text(json.dumps(noted), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
