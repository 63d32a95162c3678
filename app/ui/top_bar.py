"""The strip along the top of the window: where one is, how the models are, and the buttons of the ward's pages."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from app.ui.kit.keys import Keys, Worded


class TopBar(QFrame):
    """Shows the place on the left, then what it is given, and which key shows all keys."""

    def __init__(self, title: str, keys: Keys, widgets: Sequence[QWidget]) -> None:
        super().__init__()
        self.setObjectName("topBar")
        place = QLabel(title)
        place.setObjectName("productName")
        place.setTextFormat(Qt.TextFormat.PlainText)
        hint = QLabel()
        hint.setObjectName("topHint")
        Worded(hint, keys, "F1 快捷键", hint.setText)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 16, 4)
        row.setSpacing(16)
        row.addWidget(place, 1)
        for widget in (*widgets, hint):
            row.addWidget(widget)
