"""The dialog that corrects who a patient is said to be: name, sex, age, 住院号."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QWidget

from app.controllers.note import EncounterSummary, OpenNote
from app.core.entities import Encounter, Patient, Sex
from app.core.moves import corrected
from app.ui.kit.composed_line import ComposedLine
from app.ui.kit.wording import whose
from app.ui.ward.ward_dialogs import FormDialog

HINT = "只用于更正登记错误；更正留有记录。若打开的是另一位患者，请不要在这里改名。"


class CorrectionDialog(FormDialog):
    """Offers what is written down now; refuses the 住院号 of another person."""

    def __init__(self, note: OpenNote, everyone: Sequence[EncounterSummary], parent: QWidget) -> None:
        super().__init__("更正患者信息", "更正", note, parent)
        self.before = note.patient, note.encounter
        self._others = [one for one in everyone if one.patient.patient_id != note.patient.patient_id]
        self.name, self.age = ComposedLine(note.patient.name), ComposedLine(note.encounter.age)
        self.mrn, self.sex = ComposedLine(note.encounter.mrn), QComboBox()
        self.sex.addItems([str(sex) for sex in Sex])
        self.sex.setCurrentText(note.patient.sex)
        self.add("姓名", self.name)
        self.add("性别", self.sex)
        self.add("年龄", self.age)
        self.add("住院号", self.mrn)
        self.mrn.textChanged.connect(self._check)
        self.name.selectAll()
        self.name.setFocus()
        self._check()

    def after(self) -> tuple[Patient, Encounter]:
        """The patient and the stay as the form says. Raises UsageFault."""
        return corrected(
            *self.before,
            name=self.name.text(),
            sex=Sex(self.sex.currentText()),
            age=self.age.text(),
            mrn=self.mrn.text(),
        )

    def _check(self) -> None:
        number = self.mrn.text().strip()
        asked = number and number != self.before[1].mrn
        taken = [one for one in self._others if asked and one.encounter.mrn == number]
        people = "；".join(whose(one.patient, one.encounter) for one in taken)
        self.warning.setText(f"住院号 {number} 已属于：{people}。" if taken else HINT)
        self.accept_button.setEnabled(not taken)
