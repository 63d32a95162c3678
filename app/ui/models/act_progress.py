"""How far the act on models is, with the button that stops it; afterwards what it did, or why it did not."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.ui.kit.words import Words


class ActProgress(QWidget):
    """A line of words, and below it a thin bar while something is at work.

    Signals:
        stop_wanted: end the act.
    """

    stop_wanted = Signal()

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self.state = QLabel()
        self.state.setObjectName("diffSummary")
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self.state.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(3)
        self.stop = QPushButton(words("停止(&S)"))
        self.stop.setAutoDefault(False)
        self.stop.clicked.connect(self._stop)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.state, 1)
        row.addWidget(self.stop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self.bar)
        for widget in (self.bar, self.stop):
            policy = widget.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            widget.setSizePolicy(policy)
        self._show_busy(False)

    def begin(self) -> None:
        """An act starts."""
        self.bar.setRange(0, 0)
        self.state.setText(self._words("正在开始…"))
        self._show_busy(True)

    def show_progress(self, stage: str, fraction: float) -> None:
        """It is that far; a stage that tells nothing moves to and fro."""
        known = fraction > 0
        self.bar.setRange(0, 1000 if known else 0)
        if known:
            self.bar.setValue(round(min(fraction, 1.0) * 1000))
        self.state.setText(f"{self._words(stage)}… {fraction:.0%}" if known else f"{self._words(stage)}…")
        self._show_busy(True)

    def end(self, sentence: str) -> None:
        """What it did, or why it did not."""
        self.state.setText(sentence)
        self._show_busy(False)

    def _stop(self) -> None:
        self.state.setText(self._words("正在停止…"))
        self.stop.setEnabled(False)
        self.stop_wanted.emit()

    def _show_busy(self, busy: bool) -> None:
        self.bar.setVisible(busy)
        self.stop.setVisible(busy)
        if not busy:
            self.stop.setEnabled(True)
