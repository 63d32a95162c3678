"""A line of text into which an input method may write: its keys are no keys of the dialog or of the window."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit

from app.ui.kit.composition import Composition

_ENDING = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)


class ComposedLine(QLineEdit):
    """A QLineEdit of which Enter and Esc end a composition first, and only then do what they do elsewhere."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.composition = Composition()

    def event(self, event: QEvent) -> bool:
        """Every key belongs to a composition."""
        if self.composition.keeps(event):
            event.accept()
            return True
        return super().event(event)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:  # noqa: N802
        """Follow whether a composition is under way."""
        self.composition.follow(event)
        super().inputMethodEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if self.composition.active and event.key() in _ENDING:
            event.accept()
        else:
            super().keyPressEvent(event)
