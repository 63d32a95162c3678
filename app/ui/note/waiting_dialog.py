"""The documents that wait for somebody: to be countersigned, or returned to be amended."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.controllers.signing import WaitingNote
from app.core.signing import ActKind
from app.ui.kit.text_safety import visible_controls
from app.ui.kit.wording import bed_label, minute


class WaitingDialog(QDialog):
    """The list; Enter opens a document.

    Signals:
        chosen: note_id
    """

    chosen = Signal(str)

    def __init__(self, waiting: Sequence[WaitingNote], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("待我处理")
        self.setMinimumSize(620, 360)
        self.list = QListWidget()
        self.list.setAccessibleName("待我处理的文书")
        for one in waiting:
            item = QListWidgetItem(words(one))
            item.setData(Qt.ItemDataRole.UserRole, one.note.note_id)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.itemActivated.connect(self._choose)
        buttons = QDialogButtonBox()
        close = buttons.addButton("关闭", QDialogButtonBox.ButtonRole.RejectRole)
        close.setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.list, 1)
        layout.addWidget(buttons)

    def _choose(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))
        self.accept()


def words(one: WaitingNote) -> str:
    """A document in two lines: whose and what; who did what last."""
    act = one.last
    whose = f"{bed_label(one.encounter.bed)} {one.patient.name}　{one.note.kind.heading}"
    comment = f"：{act.comment}" if act.kind is ActKind.RETURNED else "，等待上级医师签名"
    return visible_controls(f"{whose}\n{act.person} {minute(act.occurred_at)} {act.kind.words}{comment}")
