"""Why a vote was given: chips that can be pressed or left alone, and a line for words; no vote asks for them."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QInputDialog, QToolButton, QWidget

from app.core.events import Vote

Reasons = Mapping[Vote, tuple[str, ...]]
REASONS: Reasons = {
    Vote.UP: ("诊断准确", "依据充分", "提示遗漏", "检查合适"),
    Vote.DOWN: ("诊断有误", "依据不实", "遗漏要点", "过于笼统"),
}


class ReasonChips(QWidget):
    """Shown below an answer that has just been voted on.

    Signals:
        changed: the reasons that are pressed, and the doctor's words.
    """

    changed = Signal(object, str)

    def __init__(self, reasons: Reasons = REASONS) -> None:
        super().__init__()
        self._reasons = reasons
        self._words = ""
        self.chips: list[QToolButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)
        self.setAccessibleName("评价的理由")
        self.setVisible(False)

    def offer(self, vote: Vote | None) -> None:
        """Offer the reasons for this vote, none pressed; without a vote offer nothing."""
        while item := self._row.takeAt(0):
            if widget := item.widget():
                widget.deleteLater()
        self.chips, self._words = [], ""
        self.setVisible(vote in self._reasons)
        if vote is None or vote not in self._reasons:
            return
        self.chips = [self._chip(words) for words in self._reasons[vote]]
        more = _button("…")
        more.setToolTip("补充理由")
        more.setAccessibleName("补充理由")
        more.clicked.connect(self._ask)
        self._row.addWidget(more)
        self._row.addStretch(1)

    def _chip(self, words: str) -> QToolButton:
        chip = _button(words)
        chip.setCheckable(True)
        chip.toggled.connect(lambda _on: self._tell())
        self._row.addWidget(chip)
        return chip

    def _ask(self) -> None:
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("补充理由")
        dialog.setLabelText("这份建议好在哪里、错在哪里（不写患者姓名）：")
        dialog.setOkButtonText("记录")
        dialog.setCancelButtonText("取消")
        dialog.textValueSelected.connect(self._on_words)
        dialog.open()

    def _on_words(self, words: str) -> None:
        self._words = words.strip()
        self._tell()

    def _tell(self) -> None:
        self.changed.emit([chip.text() for chip in self.chips if chip.isChecked()], self._words)


def _button(words: str) -> QToolButton:
    button = QToolButton()
    button.setText(words)
    button.setObjectName("chip")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
