"""Following an input method's composition, so that its keys start nothing."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QEvent
from PySide6.QtGui import QInputMethodEvent

TAIL_MS = 40


class Composition:
    """The state of the composition in one widget, which tells it of its input method events."""

    def __init__(self) -> None:
        self._composing = False
        self._ended = QElapsedTimer()

    @property
    def active(self) -> bool:
        """True during a composition, and for the moment in which the key that ended it may still arrive."""
        return self._composing or (self._ended.isValid() and self._ended.elapsed() < TAIL_MS)

    def follow(self, event: QInputMethodEvent) -> None:
        """Take note of an input method event."""
        was, self._composing = self._composing, bool(event.preeditString())
        if was and not self._composing:
            self._ended.restart()

    def keeps(self, event: QEvent) -> bool:
        """Whether this event asks if a key is a shortcut, while every key belongs to the composition."""
        return event.type() == QEvent.Type.ShortcutOverride and self.active
