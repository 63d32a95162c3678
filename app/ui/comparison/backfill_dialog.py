"""Asks before a backfill that is not plain: a stale suggestion, an unfinished one, or a section that has text."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from app.core.text_diff import difference
from app.ui.kit.diff_view import DiffView, Part
from app.ui.kit.theme import Appearance


class BackfillDialog(QDialog):
    """Shows the section as it would be, with what is added marked."""

    def __init__(
        self, person: str, warnings: Sequence[str], existing: str, merged: str, appearance: Appearance, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("回填鉴别诊断")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumSize(820, 440)
        self.view = DiffView(appearance)
        self._layout = QVBoxLayout(self)
        self._layout.setSpacing(8)
        self._add_heading(person, warnings)
        self._add_difference(existing, merged)
        self._add_buttons(careful=bool(warnings))

    def _add_heading(self, person: str, warnings: Sequence[str]) -> None:
        heading = QLabel(f"回填到：{person}")
        heading.setObjectName("dialogHeading")
        heading.setTextFormat(Qt.TextFormat.PlainText)
        self._layout.addWidget(heading)
        reasons = QLabel("\n".join(f"⚠ {warning}" for warning in warnings))
        reasons.setObjectName("dialogWarning")
        reasons.setTextFormat(Qt.TextFormat.PlainText)
        reasons.setWordWrap(True)
        reasons.setVisible(bool(warnings))
        self._layout.addWidget(reasons)

    def _add_difference(self, existing: str, merged: str) -> None:
        kept = "现有文字保留，" if existing.strip() else ""
        title = QLabel(f"鉴别诊断回填后：{kept}带下划线的为新增（AI生成，须医师审核）")
        title.setBuddy(self.view)
        self.view.setAccessibleName(title.text())
        self.view.show_parts([Part("", difference(existing, merged))])
        self._layout.addWidget(title)
        self._layout.addWidget(self.view, 1)

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
        self._layout.addWidget(buttons)
        usual.setFocus()
