"""A calm strip that says what went wrong and what to do, instead of a pop-up between two keystrokes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton

from app.ui.kit.icons import coloured_icon, icon
from app.ui.kit.theme import Appearance, Theme


class Done(str):
    """A sentence that says what was done."""

    __slots__ = ()


class Told(str):
    """A sentence that answers a question, or says that there is nothing to do."""

    __slots__ = ()


class NoticeBar(QFrame):
    """Shows one sentence at a time until it is closed or another comes; details can be copied.

    A sentence that is neither `Done` nor `Told` says that something is wrong.
    """

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        self.setObjectName("noticeBar")
        self._details = ""
        self._keys = appearance.keys
        self._tone = "warning"
        self._theme = appearance.theme
        self._sign = QLabel()
        self.sentence = QLabel()
        self.details_button = QPushButton("复制详情")
        self.close_button = QToolButton()
        self.setVisible(False)
        self._set_up()
        appearance.changed.connect(self._on_theme)
        self._on_theme(appearance.theme)

    def say(self, sentence: str, details: str = "") -> None:
        """Show a sentence; `details` (never patient text) is what the copy button gives."""
        self._details = details
        self._tone = "done" if isinstance(sentence, Done) else "told" if isinstance(sentence, Told) else "warning"
        self._show_tone()
        worded = self._keys.worded(sentence)
        self.sentence.setText(worded)
        self.setAccessibleName(worded)
        self.details_button.setVisible(bool(details))
        self.setVisible(True)

    def _set_up(self) -> None:
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setWordWrap(True)
        self.details_button.setToolTip("复制技术详情（不含患者信息），供信息科查看")
        self.details_button.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._details))
        self.close_button.setToolTip("关闭提示")
        self.close_button.setAccessibleName("关闭提示")
        self.close_button.setAutoRaise(True)
        self.close_button.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 8, 4)
        layout.setSpacing(8)
        layout.addWidget(self._sign)
        layout.addWidget(self.sentence, 1)
        layout.addWidget(self.details_button)
        layout.addWidget(self.close_button)

    def _show_tone(self) -> None:
        name, colour = {
            "done": ("done", self._theme.done),
            "told": ("help", self._theme.secondary),
            "warning": ("warning", self._theme.warning),
        }[self._tone]
        self._sign.setPixmap(coloured_icon(name, colour).pixmap(18, 18))
        self.setProperty("tone", self._tone)
        self.style().polish(self)

    def _on_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._show_tone()
        self.close_button.setIcon(icon("close", theme))
