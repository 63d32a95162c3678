"""The small dialogs: a new patient, and the keys."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGridLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

import app
from app.core.entities import Sex
from app.ui.item_view import ITEM_KEYS
from app.ui.shortcuts import KEYS


@dataclass(frozen=True, slots=True)
class NewPatient:
    """What the doctor entered, trimmed."""

    name: str
    sex: Sex
    age: str
    bed: str
    mrn: str
    department: str


class PatientDialog(QDialog):
    """Asks for a new patient; it cannot be accepted without a name and a bed or a 住院号."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("新增患者")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumWidth(380)
        self.name = QLineEdit()
        self.sex = QComboBox()
        self.sex.addItems([Sex.MALE, Sex.FEMALE, Sex.UNKNOWN])
        self.sex.setCurrentText(Sex.UNKNOWN)
        self.age, self.bed, self.mrn, self.department = QLineEdit(), QLineEdit(), QLineEdit(), QLineEdit()
        self.age.setPlaceholderText("如 65岁、3月")
        self.bed.setPlaceholderText("如 3床")
        self._buttons = QDialogButtonBox()
        self.accept_button = self._buttons.addButton("新增", QDialogButtonBox.ButtonRole.AcceptRole)
        self._buttons.addButton("取消", QDialogButtonBox.ButtonRole.RejectRole)
        self._lay_out()

    def entered(self) -> NewPatient:
        """The fields as they are now."""
        age = self.age.text().strip()
        return NewPatient(
            name=self.name.text().strip(),
            sex=Sex(self.sex.currentText()),
            age=f"{age}岁" if age.isdecimal() else age,
            bed=self.bed.text().strip(),
            mrn=self.mrn.text().strip(),
            department=self.department.text().strip(),
        )

    def _lay_out(self) -> None:
        form = QFormLayout()
        fields = {
            "姓名": self.name,
            "性别": self.sex,
            "年龄": self.age,
            "床号": self.bed,
            "住院号": self.mrn,
            "科室": self.department,
        }
        for title, field in fields.items():
            field.setAccessibleName(title)
            form.addRow(title, field)
        for line in (self.name, self.bed, self.mrn):
            line.textChanged.connect(self._check)
        self.accept_button.setObjectName("primary")
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        hint = QLabel("姓名必填；床号、住院号至少填一项，用来核对患者。")
        hint.setObjectName("emptyHint")
        hint.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(hint)
        layout.addWidget(self._buttons)
        self._check()

    def _check(self) -> None:
        new = self.entered()
        self.accept_button.setEnabled(bool(new.name and (new.bed or new.mrn)))


class HelpDialog(QDialog):
    """All keys, from the table that installs them; and what this program is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("快捷键与关于")
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(6)
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
        layout.addLayout(grid)
        layout.addWidget(about)
        layout.addWidget(close)
