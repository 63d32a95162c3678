"""What happened to a stay, as a list: when, what, from where to where, by whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QListWidget, QVBoxLayout, QWidget

from app.controllers.note import OpenNote
from app.core.moves import Move, MoveKind
from app.ui.kit.text_safety import visible_controls
from app.ui.kit.wording import minute, whose
from app.ui.ward.ward_dialogs import text_label

TITLES = {
    MoveKind.ADMIT: "入院",
    MoveKind.TRANSFER: "转科",
    MoveKind.BED: "换床",
    MoveKind.SEVERITY: "病情",
    MoveKind.DISCHARGE: "出院",
    MoveKind.DISCHARGE_UNDONE: "撤销出院",
    MoveKind.MERGE: "合并病案",
    MoveKind.UNMERGE: "撤销合并",
    MoveKind.CORRECTION: "更正",
}
_SHOWN = ("department", "ward", "bed", "severity")
_CORRECTED = ("name", "sex", "age", "mrn")


class MovesDialog(QDialog):
    """The moves of one stay, oldest first."""

    def __init__(self, note: OpenNote, moves: Sequence[Move], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("入出转记录")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumSize(620, 320)
        self.list = QListWidget()
        self.list.setAccessibleName("入出转记录")
        self.list.addItems([move_words(move) for move in moves] or ["这次住院没有留下入出转记录。"])
        close = QDialogButtonBox()
        close.addButton("关闭", QDialogButtonBox.ButtonRole.RejectRole)
        close.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(text_label("dialogHeading", whose(note.patient, note.encounter)))
        layout.addWidget(self.list)
        layout.addWidget(close)
        self.list.setFocus(Qt.FocusReason.PopupFocusReason)


def move_words(move: Move) -> str:
    """One move in a line."""
    shown = _CORRECTED if move.kind is MoveKind.CORRECTION else _SHOWN
    before, after = _words(move.before, shown), _words(move.after, shown)
    change = f"{before} → {after}" if before and after else after
    parts = (minute(move.occurred_at), TITLES[move.kind], change, move.actor)
    return visible_controls("　".join(part for part in parts if part))


def _words(fields: Mapping[str, str], names: Sequence[str]) -> str:
    return " ".join(fields[name] for name in names if fields.get(name))
