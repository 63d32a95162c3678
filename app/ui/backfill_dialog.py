"""Asks before a backfill that is not plain: a stale suggestion, an unfinished one, or a section that has text."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QPlainTextEdit, QWidget


class BackfillDialog(QDialog):
    """Shows what the section says and what would be added below it."""

    def __init__(self, person: str, warnings: Sequence[str], existing: str, addition: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("回填鉴别诊断")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumSize(820, 440)
        self._grid = QGridLayout(self)
        self._grid.setSpacing(8)
        self._add_heading(person, warnings)
        self._add_text(0, "鉴别诊断现有内容（保留）", existing or "（空）")
        self._add_text(1, "将追加的内容（AI生成，须医师审核）", addition)
        self._add_buttons(careful=bool(warnings))

    def _add_heading(self, person: str, warnings: Sequence[str]) -> None:
        heading = QLabel(f"回填到：{person}")
        heading.setObjectName("dialogHeading")
        heading.setTextFormat(Qt.TextFormat.PlainText)
        self._grid.addWidget(heading, 0, 0, 1, 2)
        reasons = QLabel("\n".join(f"⚠ {warning}" for warning in warnings))
        reasons.setObjectName("dialogWarning")
        reasons.setTextFormat(Qt.TextFormat.PlainText)
        reasons.setWordWrap(True)
        reasons.setVisible(bool(warnings))
        self._grid.addWidget(reasons, 1, 0, 1, 2)

    def _add_text(self, column: int, title: str, text: str) -> None:
        view = QPlainTextEdit(text)
        view.setReadOnly(True)
        view.setAccessibleName(title)
        label = QLabel(title)
        label.setBuddy(view)
        self._grid.addWidget(label, 2, column)
        self._grid.addWidget(view, 3, column)

    def _add_buttons(self, *, careful: bool) -> None:
        """Enter adds the text, unless there is a warning to be read first."""
        buttons = QDialogButtonBox()
        accept = buttons.addButton("追加到鉴别诊断", QDialogButtonBox.ButtonRole.AcceptRole)
        reject = buttons.addButton("不回填", QDialogButtonBox.ButtonRole.RejectRole)
        usual = reject if careful else accept
        usual.setObjectName("primary")
        usual.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._grid.addWidget(buttons, 4, 0, 1, 2)
        usual.setFocus()
