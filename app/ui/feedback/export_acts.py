"""The presenter of the export page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from app.controllers.exports import ExportChoices, ExportController
from app.learning.export import ExportResult
from app.learning.filters import Filters
from app.learning.reviewing import Review
from app.ui.feedback.export_dialog import ExportDialog
from app.ui.kit.theme import Appearance


class ExportActs(QObject):
    """Opens the page and connects it to the controller while it is open."""

    def __init__(
        self, exports: ExportController, appearance: Appearance, now: Callable[[], datetime], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._exports = exports
        self._appearance = appearance
        self._now = now
        self._window = parent
        self.dialog: ExportDialog | None = None
        exports.choices_read.connect(self._on_choices)
        exports.progressed.connect(self._on_progress)
        exports.reviewed.connect(self._on_reviewed)
        exports.exported.connect(self._on_exported)
        exports.failed.connect(self._on_failed)

    @Slot()
    def open(self) -> None:
        """Open the page."""
        if self.dialog is not None:
            return
        dialog = self.dialog = ExportDialog(self._appearance, self._now(), self._window)
        dialog.review_wanted.connect(lambda filters, new: self._exports.review(filters, only_new=new))
        dialog.export_wanted.connect(self._export)
        dialog.stop_wanted.connect(self._exports.stop)
        dialog.finished.connect(lambda _result: self._close())
        dialog.open()
        self._exports.read_choices()

    def _export(
        self, formats: Sequence[str], filters: Filters, target: Path, approved: frozenset[str], new: bool
    ) -> None:
        self._exports.export(formats, filters, target, approved, only_new=new)

    @Slot(object)
    def _on_choices(self, choices: ExportChoices) -> None:
        if self.dialog is not None:
            self.dialog.form.offer(choices.departments, choices.models)

    @Slot(int, int)
    def _on_progress(self, done: int, total: int) -> None:
        if self.dialog is not None:
            self.dialog.show_progress(done, total)

    @Slot(object)
    def _on_reviewed(self, reviews: tuple[Review, ...]) -> None:
        if self.dialog is not None:
            self.dialog.show_reviews(reviews)

    @Slot(object)
    def _on_exported(self, result: ExportResult) -> None:
        if self.dialog is not None:
            self.dialog.show_result(result)

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        if self.dialog is not None:
            self.dialog.show_failure(sentence)

    def _close(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None
