"""The records that may leave, each to be approved or rejected by one key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidget, QWidget

from app.learning.reviewing import Review

_WORDS: Mapping[bool | None, str] = {None: "待审", True: "通过", False: "不通过"}


class ExportList(QListWidget):
    """Y approves the current record, N rejects it; both go on to the next.

    Signals:
        judged: something was approved or rejected, or the end of the list came into sight.
    """

    judged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("要导出的记录")
        self._reviews: tuple[Review, ...] = ()
        self._approved: dict[str, bool] = {}
        self._end_seen = False
        self.verticalScrollBar().valueChanged.connect(self._look)
        self.verticalScrollBar().rangeChanged.connect(self._look)
        self.currentRowChanged.connect(self._look)

    def show_reviews(self, reviews: Sequence[Review]) -> None:
        """These records, none of them judged."""
        self._reviews, self._approved, self._end_seen = (), {}, False
        self.clear()
        self.addItems([""] * len(reviews))
        self._reviews = tuple(reviews)
        for row in range(len(reviews)):
            self._write(row)
        self.setCurrentRow(0)
        self._look()

    @property
    def current(self) -> Review | None:
        """The record that is looked at."""
        row = self.currentRow()
        return self._reviews[row] if 0 <= row < len(self._reviews) else None

    @property
    def approved(self) -> frozenset[str]:
        """The keys of the approved records."""
        return frozenset(key for key, approved in self._approved.items() if approved)

    @property
    def waiting(self) -> int:
        """How many are not judged yet."""
        return len(self._reviews) - len(self._approved)

    @property
    def seen_to_the_end(self) -> bool:
        """Whether the list was gone through: only then can the rest be approved at once."""
        return self._end_seen

    def judge(self, *, approve: bool) -> None:
        """Approve or reject the current record, and go on."""
        review = self.current
        if review is None:
            return
        self._approved[review.key] = approve
        self._write(self.currentRow())
        self.setCurrentRow(min(self.currentRow() + 1, self.count() - 1))
        self.judged.emit()

    def approve_rest(self) -> None:
        """Approve whatever is not judged yet, if the list was gone through."""
        if not self._end_seen:
            return
        for row, review in enumerate(self._reviews):
            self._approved.setdefault(review.key, True)
            self._write(row)
        self.judged.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Y, Qt.Key.Key_N) and not event.modifiers():
            self.judge(approve=event.key() == Qt.Key.Key_Y)
            return
        super().keyPressEvent(event)

    def _write(self, row: int) -> None:
        review = self._reviews[row]
        changed = sum(text.changed for text in review.texts)
        words = f"{row + 1}. {review.department or '（未填科室）'}　{review.day:%Y-%m-%d}"
        state = f"{_WORDS[self._approved.get(review.key)]}　{f'{changed} 段文字有替换' if changed else '没有替换'}"
        item = self.item(row)
        item.setText(f"{words}\n{state}")
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{words}，{state}")

    def _look(self, *_: int) -> None:
        last = self.count() - 1
        if self._end_seen or not self._reviews or not self.isVisible():
            return
        bottom = self.visualItemRect(self.item(last)).bottom()
        if self.currentRow() == last or bottom <= self.viewport().height():
            self._end_seen = True
            self.judged.emit()
