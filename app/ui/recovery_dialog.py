"""Asks for the recovery code of an encrypted data folder whose key this user has not."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QFontDatabase
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QLineEdit, QVBoxLayout, QWidget

from app.controllers.database_key import DatabaseKeyController
from app.ui.kit.labels import plain_label

SHOWN_AFTER_MS = 800

HEADING = "打开加密的病历"
LOOKING = "正在向系统密钥库取密钥：如果系统要求解锁，请先解锁。"
KEEPING = "正在核对并保存密钥……"
WHY = (
    "病历是加密的，而这个用户在本机没有它的密钥，例如换了电脑或重装过系统。"
    "请输入建立数据文件夹时抄下的恢复码（九组，每组四个字符；大小写、空格和横线都可以）。"
)


class RecoveryDialog(QDialog):
    """Shown only when there is something to wait for or to ask.

    `said` is what the window should say afterwards; `asked` tells whether a code was asked for.
    """

    def __init__(self, keys: DatabaseKeyController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.said = ""
        self.asked = False
        self._keys = keys
        self._waiting = False
        self.setWindowTitle("病程助手")
        self.setMinimumWidth(620)
        self.why = plain_label("", LOOKING)
        self.why.setWordWrap(True)
        self.code = QLineEdit()
        self.code.setAccessibleName("恢复码")
        self.code.setMaxLength(200)
        self.code.setInputMethodHints(Qt.InputMethodHint.ImhLatinOnly | Qt.InputMethodHint.ImhSensitiveData)
        self.code.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.code.setPlaceholderText("XXXX-XXXX-XXXX-XXXX-XXXX-XXXX-XXXX-XXXX-XXXX")
        self.complaint = plain_label("dialogWarning")
        self.complaint.setWordWrap(True)
        self.complaint.setMinimumHeight(self.complaint.fontMetrics().height() * 2)
        buttons = QDialogButtonBox()
        self.open_button = buttons.addButton("打开病历", QDialogButtonBox.ButtonRole.AcceptRole)
        self.open_button.setObjectName("primary")
        self.again_button = buttons.addButton("再找一次密钥", QDialogButtonBox.ButtonRole.ActionRole)
        self.quit_button = buttons.addButton("退出", QDialogButtonBox.ButtonRole.RejectRole)
        for button in (self.open_button, self.again_button, self.quit_button):
            button.setAutoDefault(False)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(plain_label("dialogHeading", HEADING))
        for widget in (self.why, self.code, self.complaint, buttons):
            layout.addWidget(widget)
        self._connect(buttons)

    def run(self) -> bool:
        """Wait until the data folder can be opened; False if the user gave up, or the program was ended."""
        QTimer.singleShot(SHOWN_AFTER_MS, self, self._show_if_waiting)
        self._look()
        self._waiting = True
        quits = QApplication.quitOnLastWindowClosed()
        QApplication.setQuitOnLastWindowClosed(False)
        # The program's own loop: a signal that ends the program ends no other.
        opened = bool(QApplication.exec())
        QApplication.setQuitOnLastWindowClosed(quits)
        self._waiting = False
        self.hide()
        return opened

    def reject(self) -> None:
        """Escape, the close button of the window and 退出 give up."""
        self._end(0)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """As `reject`."""
        self.reject()
        event.accept()

    def _connect(self, buttons: QDialogButtonBox) -> None:
        buttons.accepted.connect(self._give)
        # A default button does not answer Enter again once it was disabled.
        self.code.returnPressed.connect(self.open_button.click)
        buttons.rejected.connect(self.reject)
        self.again_button.clicked.connect(self._look)
        self.code.textChanged.connect(self._on_typed)
        self._keys.opened.connect(self._on_opened)
        self._keys.missing.connect(self._on_missing)
        self._keys.refused.connect(self._on_refused)

    def _end(self, code: int) -> None:
        # Left when no loop runs, it would end the next one.
        if self._waiting:
            QApplication.exit(code)

    def _look(self) -> None:
        self._wait(LOOKING)
        self._keys.look()

    def _give(self) -> None:
        self._wait(KEEPING)
        self._keys.give(self.code.text())

    def _wait(self, why: str) -> None:
        self.why.setText(why)
        self.complaint.clear()
        self._set_asking(False)

    def _set_asking(self, asking: bool) -> None:
        self.code.setEnabled(asking)
        self.again_button.setEnabled(asking)
        self.open_button.setEnabled(asking and bool(self.code.text().strip()))

    def _ask(self, complaint: str) -> None:
        self.why.setText(WHY)
        self.complaint.setText(complaint)
        self._set_asking(True)
        self.asked = True
        self.show()
        self.code.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_if_waiting(self) -> None:
        if self._waiting:
            self.show()

    def _on_typed(self) -> None:
        self.complaint.clear()
        self._set_asking(True)

    def _on_missing(self, _sentence: str) -> None:
        self._ask("")

    def _on_refused(self, sentence: str) -> None:
        self._ask(sentence)
        self.code.selectAll()

    def _on_opened(self, sentence: str) -> None:
        self.said = sentence
        self._end(1)
