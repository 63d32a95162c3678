"""The dialog of an admission: a new patient, or one who was here before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QVBoxLayout, QWidget

from app.controllers.autosave import local_now
from app.controllers.note import EncounterSummary
from app.controllers.patient_index import PatientIndex
from app.core.entities import Patient, Severity, Sex
from app.ui.kit.composed_line import ComposedLine
from app.ui.kit.date_fields import entered_moment, local_minute, moment_field
from app.ui.kit.wording import whose
from app.ui.ward.ward_dialogs import in_same_bed, taken_words, text_label, warning_label

FUTURE = "入院时间晚于现在，请检查。"
NEW_PERSON = "新患者（与上面各位都不是同一人）"
_SEPARATORS = re.compile(r"[；;\n]")


@dataclass(frozen=True, slots=True)
class NewPatient:
    """What the doctor entered, trimmed. `known`: who it is, for someone who was here before."""

    name: str
    sex: Sex
    age: str
    bed: str
    mrn: str
    department: str
    ward: str
    severity: Severity
    diagnoses: tuple[str, ...]
    admitted_at: datetime
    known: Patient | None


class PatientDialog(QDialog):
    """Asks for an admission. It cannot be accepted without a name and a bed or a 住院号, nor with the 住院号 of another
    patient who is in, nor while a namesake is there and nobody has said who this is."""

    def __init__(self, parent: QWidget | None = None, everyone: Sequence[EncounterSummary] = ()) -> None:
        super().__init__(parent)
        self._everyone = everyone
        self._index = PatientIndex(everyone)
        self.setWindowTitle("办理入院")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumWidth(620)
        self.name, self.sex, self.who = ComposedLine(), QComboBox(), QComboBox()
        self.sex.addItems([Sex.MALE, Sex.FEMALE, Sex.UNKNOWN])
        self.sex.setCurrentText(Sex.UNKNOWN)
        self.age, self.bed, self.mrn, self.department = ComposedLine(), ComposedLine(), ComposedLine(), ComposedLine()
        self.ward, self.diagnoses, self.severity = ComposedLine(), ComposedLine(), QComboBox()
        self.severity.addItems([str(severity) for severity in Severity])
        self.severity.setCurrentText(Severity.STABLE)
        self.admitted_at = moment_field(local_now())
        self.age.setPlaceholderText("如 65岁、3月")
        self.bed.setPlaceholderText("如 3床、加2")
        self.diagnoses.setPlaceholderText("可不填；多个用分号隔开")
        self.warning = warning_label()
        self._buttons = QDialogButtonBox()
        self.accept_button = self._buttons.addButton("入院", QDialogButtonBox.ButtonRole.AcceptRole)
        self._buttons.addButton("取消", QDialogButtonBox.ButtonRole.RejectRole)
        self._lay_out()

    def entered(self) -> NewPatient:
        """The fields as they are now."""
        age = self.age.text().strip()
        diagnoses = (text.strip() for text in _SEPARATORS.split(self.diagnoses.text()))
        known = self._known()
        return NewPatient(
            name=self.name.text().strip(),
            sex=Sex(self.sex.currentText()),
            age=f"{age}岁" if age.isdecimal() else age,
            bed=self.bed.text().strip(),
            mrn=self.mrn.text().strip(),
            department=self.department.text().strip(),
            ward=self.ward.text().strip(),
            severity=Severity(self.severity.currentText()),
            diagnoses=tuple(text for text in diagnoses if text),
            admitted_at=entered_moment(self.admitted_at),
            known=known.patient if known else None,
        )

    def fill(self, new: NewPatient) -> None:
        """Show what was entered before."""
        lines = (self.name, self.age, self.bed, self.mrn, self.department, self.ward, self.diagnoses)
        texts = (new.name, new.age, new.bed, new.mrn, new.department, new.ward, "；".join(new.diagnoses))
        for line, text in zip(lines, texts, strict=True):
            line.setText(text)
        people = [self.who.itemData(index) for index in range(self.who.count())]
        same = [i for i, one in enumerate(people) if isinstance(one, EncounterSummary) and one.patient == new.known]
        self.who.setCurrentIndex(same[0] if same else 0)
        self.sex.setCurrentText(new.sex)
        self.severity.setCurrentText(new.severity)
        self.admitted_at.setDateTime(local_minute(new.admitted_at))

    def _lay_out(self) -> None:
        self._form = form = QFormLayout()
        fields: dict[str, QWidget] = {
            "姓名": self.name,
            "身份核对": self.who,
            "性别": self.sex,
            "年龄": self.age,
            "住院号": self.mrn,
            "科室": self.department,
            "病区": self.ward,
            "床号": self.bed,
            "病情": self.severity,
            "入院时间": self.admitted_at,
            "入院诊断": self.diagnoses,
        }
        for title, field in fields.items():
            field.setAccessibleName(title)
            form.addRow(title, field)
        form.setRowVisible(self.who, False)
        self.name.textChanged.connect(self._on_name)
        self.who.currentIndexChanged.connect(self._on_who)
        for line in (self.bed, self.mrn, self.department, self.ward):
            line.textChanged.connect(self._check)
        self.admitted_at.dateTimeChanged.connect(self._check)
        self.accept_button.setObjectName("primary")
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(text_label("emptyHint", "姓名必填；床号、住院号至少填一项，用来核对患者。"))
        layout.addWidget(self.warning)
        layout.addWidget(self._buttons)
        self._check()

    def _on_name(self, name: str) -> None:
        """Namesakes are offered, the newest stay of each person; none is chosen before the doctor chooses."""
        people: dict[str, EncounterSummary] = {}
        for summary in sorted(self._index.named(name), key=lambda one: one.encounter.admitted_at, reverse=True):
            people.setdefault(summary.patient.patient_id, summary)
        self.who.blockSignals(True)
        self.who.clear()
        self.who.addItem("请选择…", None)
        for summary in people.values():
            self.who.addItem(f"是：{whose(summary.patient, summary.encounter)}", summary)
        self.who.addItem(NEW_PERSON, NEW_PERSON)
        self.who.blockSignals(False)
        self._form.setRowVisible(self.who, bool(people))
        self._check()

    def _on_who(self) -> None:
        known = self._known()
        if known is not None:
            self.sex.setCurrentText(known.patient.sex)
            self.age.setText(self.age.text() or known.encounter.age)
            self.mrn.setText(self.mrn.text() or known.encounter.mrn)
        self._check()

    def _known(self) -> EncounterSummary | None:
        chosen = self.who.currentData()
        return chosen if isinstance(chosen, EncounterSummary) else None

    def _check(self) -> None:
        new = self.entered()
        refusal = self._refusal(new)
        taken = in_same_bed(self._everyone, new.ward, new.department, new.bed)
        words = [refusal, taken_words(taken)]
        self.warning.setText("\n".join(word for word in words if word))
        self.accept_button.setEnabled(bool(new.name and (new.bed or new.mrn)) and not refusal)

    def _refusal(self, new: NewPatient) -> str:
        for one in self._everyone:
            if new.mrn and one.encounter.mrn == new.mrn and not one.encounter.discharged:
                return f"住院号 {new.mrn} 正在使用：{whose(one.patient, one.encounter)}。"
        present = [
            one
            for one in self._everyone
            if new.known and one.patient.patient_id == new.known.patient_id and not one.encounter.discharged
        ]
        if present:
            return f"该患者现在院中：{whose(present[0].patient, present[0].encounter)}，不能再次入院。"
        if self._index.named(new.name) and self.who.currentData() is None:
            return "已有同名患者：请在“身份核对”中选择，再办理入院。"
        return FUTURE if new.admitted_at > local_now() else ""
