"""The search field of the patient list."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent

from app.ui.kit.composed_line import ComposedLine
from app.ui.kit.keys import Keys, Worded


class SearchField(ComposedLine):
    """The search field: Enter takes the first hit, Down goes into the list, Esc clears.

    Signals:
        entered: Enter was pressed.
        left_down: the Down key was pressed.
    """

    entered = Signal()
    left_down = Signal()

    def __init__(self, keys: Keys) -> None:
        super().__init__()
        Worded(self, keys, "搜索患者  Ctrl+K", self.setPlaceholderText)
        self.setAccessibleName("搜索患者")
        Worded(self, keys, "按床号、姓名、拼音（全拼或首字母）、住院号搜索 Ctrl+K", self.setToolTip)
        self.setClearButtonEnabled(True)
        self.returnPressed.connect(self.entered)

    def event(self, event: QEvent) -> bool:
        """Esc belongs to the search while there is something to clear."""
        if event.type() == QEvent.Type.ShortcutOverride and self._clears(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if self.composition.active:
            super().keyPressEvent(event)
        elif self._clears(event):
            self.clear()
        elif event.key() == Qt.Key.Key_Down:
            self.left_down.emit()
        else:
            super().keyPressEvent(event)

    def _clears(self, event: QEvent) -> bool:
        return isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape and bool(self.text())
