"""Who works here: switch to a colleague, add one, give one another role."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.controllers.people import PeopleController
from app.core.people import Person, Role, may_manage
from app.ui.kit.composed_line import ComposedLine
from app.ui.kit.keys import Keys, Worded
from app.ui.kit.labels import plain_label
from app.ui.kit.text_safety import visible_controls

HINT = "签名密码用来在本科室内区分签名人；数据文件夹本身由医院的计算机账户保护。"


class PeopleActs(QObject):
    """The presenter of the person's name in the top bar and of this dialog."""

    def __init__(self, people: PeopleController, keys: Keys, parent: QWidget) -> None:
        super().__init__(parent)
        self._people = people
        self._window = parent
        self.dialog: PeopleDialog | None = None
        self.button = QPushButton()
        self.button.setObjectName("version")
        Worded(self.button, keys, "切换人员  Ctrl+U", self.button.setToolTip)
        self.button.clicked.connect(self.open)
        people.changed.connect(self._show)
        self._show(people.present)

    def open(self) -> None:
        """The key: show everybody."""
        if self.dialog is None:
            self.dialog = PeopleDialog(self._people, self._window)
            self.dialog.finished.connect(lambda _result: self._close())
            self.dialog.open()

    def _show(self, person: Person) -> None:
        self.button.setText(visible_controls(person.title).replace("&", "&&"))

    def _close(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.deleteLater()


class PeopleDialog(QDialog):
    """The people; the chosen one works here after Enter, with the PIN if one was set."""

    def __init__(self, people: PeopleController, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("人员")
        self.setMinimumSize(520, 420)
        self._people = people
        self.list = QListWidget()
        self.pin, self.name, self.role = QLineEdit(), ComposedLine(), QComboBox()
        self.switch_button = QPushButton("切换为此人(&S)")
        self.role_button = QPushButton("改为此角色(&R)")
        self.add_button = QPushButton("增加人员(&A)")
        self.trouble = plain_label("dialogWarning")
        self._lay_out()
        self._connect()
        self.fill(people.people)

    def fill(self, people: Sequence[Person]) -> None:
        """Show these; the one who works here is chosen."""
        self.list.clear()
        for person in people:
            here = "　（当前）" if person.person_id == self._people.present.person_id else ""
            item = QListWidgetItem(f"{visible_controls(person.title)}{here}")
            item.setData(Qt.ItemDataRole.UserRole, person)
            self.list.addItem(item)
            if here:
                self.list.setCurrentItem(item)
        for widget in (self.name, self.role, self.role_button, self.add_button):
            widget.setEnabled(may_manage(self._people.present, tuple(people)))

    def _lay_out(self) -> None:
        self.list.setAccessibleName("人员")
        self.pin.setEchoMode(QLineEdit.EchoMode.Password)
        for field, title in ((self.pin, "签名密码"), (self.name, "姓名"), (self.role, "角色")):
            field.setAccessibleName(title)
        self.pin.setPlaceholderText("此人设过签名密码时填写")
        self.role.addItems([role.words for role in Role])
        self.trouble.hide()
        form = QFormLayout()
        form.addRow("签名密码", _row(self.pin, self.switch_button))
        form.addRow("新人员姓名", _row(self.name, self.add_button))
        form.addRow("角色", _row(self.role, self.role_button))
        hint = plain_label("emptyHint", HINT)
        hint.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.addWidget(self.list, 1)
        layout.addLayout(form)
        layout.addWidget(self.trouble)
        layout.addWidget(hint)
        for button in (self.role_button, self.add_button):
            button.setAutoDefault(False)
        self.switch_button.setDefault(True)

    def _connect(self) -> None:
        self.switch_button.clicked.connect(self._switch)
        self.list.itemActivated.connect(lambda _item: self._switch())
        self.add_button.clicked.connect(self._add)
        self.role_button.clicked.connect(self._change_role)
        self._people.listed.connect(self.fill)
        self._people.failed.connect(self._say)

    def _chosen(self) -> Person | None:
        item = self.list.currentItem()
        return item.data(Qt.ItemDataRole.UserRole) if item else None

    def _switch(self) -> None:
        if person := self._chosen():
            self._people.switch(person, self.pin.text(), self._on_switched)

    def _on_switched(self, why: str) -> None:
        if why:
            self._say(why)
        else:
            self.accept()

    def _add(self) -> None:
        self._say("")
        self._people.add(self.name.text(), self._role())
        self.name.clear()

    def _change_role(self) -> None:
        if person := self._chosen():
            self._people.change_role(person, self._role())

    def _role(self) -> Role:
        return list(Role)[self.role.currentIndex()]

    def _say(self, sentence: str) -> None:
        self.trouble.setText(sentence)
        self.trouble.setVisible(bool(sentence))


def _row(field: QWidget, button: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(field, 1)
    row.addWidget(button)
    return row
