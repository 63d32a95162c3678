"""Whether the database is encrypted, and the recovery code that a person writes down for it."""

from __future__ import annotations

import unicodedata

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QRadioButton

from app.controllers.first_start import FirstStartController
from app.ui.first_start.step_page import StepPage
from app.ui.kit.words import Words

_GROUPS = 2


class RecoveryPage(StepPage):
    """The code is shown once; its last two groups, written again, show that it was written down."""

    def __init__(self, start: FirstStartController, words: Words) -> None:
        super().__init__(
            words("恢复码"),
            words(
                "病历数据库可以加密：密钥保存在这台计算机的这个用户名下，平时不需要输入。"
                "换了计算机、用户或密钥丢失时，只有恢复码能打开它。"
            ),
        )
        self._start = start
        self._words = words
        self.encrypt = QRadioButton(words("加密（推荐）(&Y)"))
        self.plain = QRadioButton(words("不加密：能读到文件的人就能读到病历(&P)"))
        self.encrypt.setChecked(True)
        self.code = QLabel(start.code)
        self.code.setObjectName("recoveryCode")
        self.code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByKeyboard)
        self.code.setTextInteractionFlags(
            self.code.textInteractionFlags() | Qt.TextInteractionFlag.TextSelectableByMouse
        )
        # Qt lets the mouse alone reach what can be selected.
        self.code.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.code.setAccessibleName(words("恢复码"))
        self.keep = QLabel(words("请抄写在纸上，与计算机分开保存（例如交给科主任或信息科）。"))
        self.keep.setWordWrap(True)
        self.confirmation = QLabel(words("抄写后，请对照纸上的恢复码输入最后两组(&C)："))
        self.repeated = QLineEdit()
        self.repeated.setMaximumWidth(220)
        self.repeated.setAccessibleName(words("恢复码的最后两组"))
        self.confirmation.setBuddy(self.repeated)
        for choice in (self.encrypt, self.plain):
            self.rows.addWidget(choice)
            choice.setVisible(not start.must_encrypt)
        for widget in (self.code, self.keep, self.confirmation, self.repeated):
            self.rows.addWidget(widget)
        self.finish_layout()
        self.encrypt.toggled.connect(self._on_chosen)
        self.repeated.textChanged.connect(lambda: self.say(""))
        start.recovery_kept.connect(lambda _place: self.completed.emit())
        start.failed.connect(self._on_failed)

    def enter(self) -> None:
        """The confirmation can be written at once."""
        self.repeated.setFocus()

    def go_on(self) -> None:
        """Make the encrypted database in the background, once the code is written down; or leave it plain."""
        if not self.encrypt.isChecked():
            self.completed.emit()
        elif _letters(self.repeated.text()) != _letters("".join(self._start.code.split("-")[-_GROUPS:])):
            self.say(self._words("与恢复码的最后两组不符：请对照检查，两组共 8 个字符。"))
            self.repeated.setFocus()
        else:
            self.say("")
            self.allow(go_on=False)
            self._start.encrypt()

    def _on_chosen(self, encrypt: bool) -> None:
        for widget in (self.code, self.keep, self.confirmation, self.repeated):
            widget.setVisible(encrypt)
        self.say("")

    def _on_failed(self, sentence: str) -> None:
        if self.isVisible():
            self.allow(go_on=True)
            self.say(sentence)


def _letters(text: str) -> str:
    """As the recovery code is read: any case and width, dashes and spaces, and letters that look alike."""
    plain = unicodedata.normalize("NFKC", text).upper().translate(str.maketrans("ILOU", "110V"))
    return "".join(letter for letter in plain if letter.isalnum())
