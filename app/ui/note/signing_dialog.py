"""What will be signed, what stands against it, and who signs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.core.notes import SECTIONS, Note
from app.core.people import Person, pin_fault
from app.core.provenance import AI_ASSISTED_MARK
from app.ui.kit.composed_line import ComposedLine
from app.ui.kit.labels import plain_label
from app.ui.kit.text_safety import visible_controls
from app.ui.kit.wording import minute

DIFFERENT = "两次输入的签名密码不同。"


class SigningDialog(QDialog):
    """Shows the whole text; asks for the PIN, or for a new one where none was chosen.

    Signals:
        sign_wanted: the PIN; `first` says whether it is chosen with this.
        return_wanted: a comment (only offered to a senior doctor).
    """

    sign_wanted = Signal(str)
    return_wanted = Signal(str)

    def __init__(self, heading: str, note: Note, person: Person, obstacles: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("签名")
        self.setMinimumSize(760, 560)
        self.first = not person.pin
        self._blocked = bool(obstacles)
        self.pin, self.again, self.comment = _secret(), _secret(), ComposedLine()
        self.trouble = plain_label("dialogWarning")
        self.sign_button = QPushButton("签名(&S)")
        self.return_button = QPushButton("退回(&B)")
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(plain_label("dialogHeading", visible_controls(heading)))
        self._add_obstacles(obstacles)
        self._add_text(note)
        self._add_form(person)
        self._add_buttons()

    def offer_return(self) -> None:
        """For a senior doctor: sending it back, with a comment, is the other way."""
        self._form.insertRow(0, "意见", self.comment)
        self.comment.setAccessibleName("意见")
        self.comment.setPlaceholderText("退回时必填：需要修改什么")
        self.comment.textChanged.connect(self._check)
        self.return_button.show()
        self._check()

    def say(self, sentence: str) -> None:
        """Why it was not signed."""
        self.trouble.setText(sentence)
        self.trouble.setVisible(bool(sentence))
        self.pin.selectAll()
        self.pin.setFocus()

    def refuse_return(self, sentence: str) -> None:
        """Why it was not sent back; the comment is still there."""
        self.say(sentence)
        self.comment.setFocus()

    def _add_obstacles(self, obstacles: Sequence[str]) -> None:
        lines = [f"■ {visible_controls(obstacle)}" for obstacle in obstacles]
        label = plain_label("dialogWarning", "\n".join(["先处理以下各项，才能签名：", *lines] if lines else []))
        label.setWordWrap(True)
        label.setVisible(bool(lines))
        self._layout.addWidget(label)

    def _add_text(self, note: Note) -> None:
        view = QPlainTextEdit()
        view.setReadOnly(True)
        view.setTabChangesFocus(True)
        view.setAccessibleName("将要签名的全文")
        written = [(one.title, note.sections[one.key].strip(), one.required) for one in SECTIONS[note.kind]]
        parts = [f"【{title}】\n{text}" for title, text, required in written if text or required]
        marks = [f"【{AI_ASSISTED_MARK}】"] if note.provenance else []
        view.setPlainText(visible_controls("\n\n".join([f"记录时间 {minute(note.recorded_at)}", *parts, *marks])))
        self._layout.addWidget(view, 1)

    def _add_form(self, person: Person) -> None:
        self._form = QFormLayout()
        self._form.addRow("签名人", plain_label("", visible_controls(person.title)))
        self._form.addRow("设定签名密码" if self.first else "签名密码", self.pin)
        self.pin.setAccessibleName("签名密码")
        if self.first:
            self.again.setAccessibleName("再输一次签名密码")
            self._form.addRow("再输一次", self.again)
        self._layout.addLayout(self._form)
        self.trouble.hide()
        self._layout.addWidget(self.trouble)

    def _add_buttons(self) -> None:
        buttons = QDialogButtonBox()
        self.sign_button.setObjectName("primary")
        buttons.addButton(self.return_button, QDialogButtonBox.ButtonRole.ActionRole)
        self.return_button.hide()
        buttons.addButton(self.sign_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton("取消", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.reject)
        self.sign_button.clicked.connect(self._sign)
        self.return_button.clicked.connect(lambda: self.return_wanted.emit(self.comment.text().strip()))
        self.pin.textChanged.connect(self._check)
        self._layout.addWidget(buttons)
        self.return_button.setAutoDefault(False)
        self.sign_button.setDefault(True)
        self._check()
        self.pin.setFocus()

    def _check(self) -> None:
        self.sign_button.setEnabled(not self._blocked and bool(self.pin.text()))
        self.return_button.setEnabled(bool(self.comment.text().strip()))

    def _sign(self) -> None:
        pin = self.pin.text()
        if self.first and self.focusWidget() is self.pin and not self.again.text():
            self.again.setFocus()
            return
        fault = pin_fault(pin) if self.first else ""
        if self.first and not fault and pin != self.again.text():
            fault = DIFFERENT
        if fault:
            self.say(fault)
        else:
            self.sign_wanted.emit(pin)


def _secret() -> QLineEdit:
    line = QLineEdit()
    line.setEchoMode(QLineEdit.EchoMode.Password)
    return line
