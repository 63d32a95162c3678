"""A dialog that stays until what it asks for is stored."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QWidget

from app.ui.kit.labels import plain_label


class KeptDialog(QDialog):
    """Accepting it only asks: it waits, and closes once all is stored, so that a full disk takes no word of it.

    Signals:
        wanted: the doctor asks for what the fields say; `told` must follow, once.
    """

    wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.trouble = plain_label("dialogWarning")
        self.trouble.setWordWrap(True)
        self.trouble.hide()
        self._busy = False
        self._focused: QWidget | None = None

    def accept(self) -> None:
        """Ask; nothing can be changed or asked twice until the answer is there."""
        if self._busy:
            return
        self._focused = self.focusWidget()
        self._set_busy(True)
        self.wanted.emit()

    def reject(self) -> None:
        """Close without asking; what is being stored cannot be called back."""
        if not self._busy:
            super().reject()

    def told(self, why: str) -> None:
        """All is stored, if `why` is empty: close. Else say why not, over the fields as they were filled."""
        self._set_busy(False)
        self.trouble.setText(why)
        self.trouble.setVisible(bool(why))
        if not why:
            super().accept()
        elif self._focused is not None:
            self._focused.setFocus()

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        self.setEnabled(not busy)
