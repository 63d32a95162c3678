"""The dialog of the keys."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

import app
from app.ui.comparison.item_view import ITEM_KEYS
from app.ui.shortcuts import KEYS

_REST = 140


class HelpDialog(QDialog):
    """All keys, from the table that installs them; and what this program is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("快捷键与关于")
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(2)
        keys = [*((key.shown, key.words) for key in KEYS), *ITEM_KEYS]
        half = (len(keys) + 1) // 2
        for number, (name, words) in enumerate(keys):
            row, column = number % half, 2 * (number // half)
            shown = QLabel(name)
            shown.setObjectName("keyName")
            grid.addWidget(shown, row, column)
            grid.addWidget(QLabel(words), row, column + 1)
        about = QLabel(
            f"病程助手 WardNote {app.__version__}。建议由本机模型生成，不联网；AI生成，须医师审核，诊疗决定由医师作出。"
        )
        about.setObjectName("emptyHint")
        about.setWordWrap(True)
        close = QDialogButtonBox()
        close.addButton("关闭", QDialogButtonBox.ButtonRole.RejectRole)
        close.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(_scrolled(grid, self.screen().availableGeometry().height() - _REST))
        layout.addWidget(about)
        layout.addWidget(close)


def _scrolled(grid: QGridLayout, most: int) -> QScrollArea:
    """The grid as high as it is, or scrolled where a small screen has no room for it."""
    page = QWidget()
    page.setLayout(grid)
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(page)
    area.setWidgetResizable(True)
    hint = page.sizeHint()
    area.setMinimumSize(hint.width() + area.verticalScrollBar().sizeHint().width(), min(hint.height(), most))
    return area
