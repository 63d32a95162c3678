"""Asks why a signed document is amended."""

from __future__ import annotations

from PySide6.QtWidgets import QDialogButtonBox, QFormLayout, QVBoxLayout, QWidget

from app.ui.kit.composed_line import ComposedLine
from app.ui.kit.kept_dialog import KeptDialog
from app.ui.kit.labels import plain_label
from app.ui.kit.text_safety import visible_controls

MOST = 200


class AmendDialog(KeptDialog):
    """Cannot be accepted without a reason, which is kept with the act."""

    def __init__(self, heading: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("修正")
        self.setMinimumWidth(560)
        self.reason = ComposedLine()
        self.reason.setMaxLength(MOST)
        self.reason.setAccessibleName("修正原因")
        self.reason.setPlaceholderText("如：补充检查结果、更正左右侧")
        buttons = QDialogButtonBox()
        self.accept_button = buttons.addButton("开始修正", QDialogButtonBox.ButtonRole.AcceptRole)
        self.accept_button.setObjectName("primary")
        buttons.addButton("取消", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout()
        form.addRow("修正原因", self.reason)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(plain_label("dialogHeading", visible_controls(heading)))
        layout.addLayout(form)
        layout.addWidget(plain_label("emptyHint", "已签名的一版原样保留；原因与修正人、时间一同留存。"))
        layout.addWidget(self.trouble)
        layout.addWidget(buttons)
        self.reason.textChanged.connect(self._check)
        self._check()

    def _check(self) -> None:
        self.accept_button.setEnabled(bool(self.reason.text().strip()))
