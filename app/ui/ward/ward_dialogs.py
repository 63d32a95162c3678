"""The dialogs of the ward's acts: another bed or ward, severity, discharge, merge; each names whom it is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.controllers.note import EncounterSummary, OpenNote
from app.controllers.patient_index import PatientIndex
from app.core.entities import Encounter, Severity
from app.core.moves import discharge_undone, discharged, in_bed, transferred, with_severity
from app.ui.kit.composed_line import ComposedLine
from app.ui.kit.date_fields import entered_moment, moment_field
from app.ui.kit.kept_dialog import KeptDialog
from app.ui.kit.text_safety import visible_controls
from app.ui.kit.wording import day, whose

MINIMUM_WIDTH = 560


class FormDialog(KeptDialog):
    """A form about one stay, which stands at its head."""

    def __init__(self, title: str, accept: str, note: OpenNote, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(MINIMUM_WIDTH)
        self.warning = warning_label()
        self.form = QFormLayout()
        buttons = QDialogButtonBox()
        self.accept_button = buttons.addButton(accept, QDialogButtonBox.ButtonRole.AcceptRole)
        self.accept_button.setObjectName("primary")
        buttons.addButton("取消", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(text_label("dialogHeading", whose(note.patient, note.encounter)))
        layout.addLayout(self.form)
        layout.addWidget(self.warning)
        layout.addWidget(self.trouble)
        layout.addWidget(buttons)

    def add(self, title: str, field: QWidget) -> None:
        """One line of the form."""
        field.setAccessibleName(title)
        self.form.addRow(title, field)


class MoveDialog(FormDialog):
    """Asks for a move. `after` gives the stay as it will be; it raises UsageFault for what cannot be."""

    def __init__(self, title: str, accept: str, note: OpenNote, parent: QWidget) -> None:
        super().__init__(title, accept, note, parent)
        self.encounter = note.encounter

    def after(self, now: datetime) -> Encounter:
        """The stay as the form says. Raises UsageFault."""
        raise NotImplementedError


class BedDialog(MoveDialog):
    """Another bed, or with `places` another ward: warns of a bed that is taken."""

    def __init__(self, note: OpenNote, present: Sequence[EncounterSummary], *, places: bool, parent: QWidget) -> None:
        super().__init__("转科" if places else "换床", "转科" if places else "换床", note, parent)
        self._present = present
        self._places = places
        encounter = note.encounter
        self.department, self.ward = ComposedLine(encounter.department), ComposedLine(encounter.ward)
        self.bed = ComposedLine()
        self.bed.setPlaceholderText("新床号，如 12床、加3")
        if places:
            self.add("科室", self.department)
            self.add("病区", self.ward)
        self.add("床号", self.bed)
        for field in (self.department, self.ward, self.bed):
            field.textChanged.connect(self._warn)
        first = self.department if places else self.bed
        first.setFocus()
        first.selectAll()
        self._warn()

    def after(self, now: datetime) -> Encounter:
        """See MoveDialog."""
        if self._places:
            return transferred(self.encounter, self.department.text(), self.ward.text(), self.bed.text())
        return in_bed(self.encounter, self.bed.text())

    def _warn(self) -> None:
        taken = in_same_bed(self._present, self.ward.text(), self.department.text(), self.bed.text())
        others = [one for one in taken if one.encounter.encounter_id != self.encounter.encounter_id]
        self.warning.setText(taken_words(others))


class SeverityDialog(MoveDialog):
    """How ill the patient is held to be."""

    def __init__(self, note: OpenNote, parent: QWidget) -> None:
        super().__init__("病情", "更改病情", note, parent)
        self.severity = QComboBox()
        self.severity.addItems([str(severity) for severity in Severity])
        self.severity.setCurrentText(note.encounter.severity)
        self.add("病情", self.severity)
        self.warning.setText("病危每天、病重每 2 天、稳定每 3 天至少一次病程记录。")
        self.warning.setObjectName("emptyHint")

    def after(self, now: datetime) -> Encounter:
        """See MoveDialog."""
        return with_severity(self.encounter, Severity(self.severity.currentText()))


class DischargeDialog(MoveDialog):
    """When the patient leaves."""

    def __init__(self, note: OpenNote, now: datetime, parent: QWidget) -> None:
        super().__init__("办理出院", "办理出院", note, parent)
        self.moment = moment_field(now)
        self.add("出院时间", self.moment)
        self.warning.setText("出院记录应于出院后 24 小时内完成。未结束的长期医嘱请在医嘱系统中停止。")

    def after(self, now: datetime) -> Encounter:
        """See MoveDialog."""
        return discharged(self.encounter, entered_moment(self.moment), now)


class UndoDischargeDialog(MoveDialog):
    """A discharge that was a mistake."""

    def __init__(self, note: OpenNote, parent: QWidget) -> None:
        super().__init__("撤销出院", "撤销出院", note, parent)
        left = note.encounter.discharged_at
        self.warning.setText(f"撤销 {day(left)} 的出院，患者恢复为在院；出院和撤销都留有记录。" if left else "")

    def after(self, now: datetime) -> Encounter:
        """See MoveDialog."""
        return discharge_undone(self.encounter)


class MergeDialog(KeptDialog):
    """Which other record is the same person's: searched, compared side by side, and confirmed."""

    def __init__(self, note: OpenNote, everyone: Sequence[EncounterSummary], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("合并病案")
        self.setMinimumSize(560, 420)
        others = [one for one in everyone if one.patient.patient_id != note.patient.patient_id]
        self._index = PatientIndex(others)
        self.search = ComposedLine(note.patient.name)
        self.search.setPlaceholderText("按姓名、拼音、床号、住院号查找另一份病案")
        self.search.setAccessibleName("查找另一份病案")
        self.found = QListWidget()
        self.found.setAccessibleName("另一份病案")
        self.sure = QCheckBox("已核对姓名、性别、年龄和住院号，确认是同一个人")
        self._result = warning_label()
        self._kept = whose(note.patient, note.encounter)
        buttons = QDialogButtonBox()
        self.accept_button = buttons.addButton("合并", QDialogButtonBox.ButtonRole.AcceptRole)
        self.accept_button.setObjectName("primary")
        buttons.addButton("取消", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        for widget in (
            text_label("dialogHeading", f"保留：{self._kept}"),
            self.search,
            self.found,
            self._result,
            self.sure,
            self.trouble,
            buttons,
        ):
            layout.addWidget(widget)
        self.search.textChanged.connect(self._search)
        self.found.currentRowChanged.connect(self._check)
        self.sure.toggled.connect(self._check)
        self._search(self.search.text())
        self.search.setFocus()
        self.search.selectAll()

    def chosen(self) -> EncounterSummary | None:
        """The other record's stay."""
        item = self.found.currentItem()
        summary: EncounterSummary | None = item.data(Qt.ItemDataRole.UserRole) if item else None
        return summary

    def _search(self, text: str) -> None:
        self.found.clear()
        for summary in self._index.search(text)[:200] if text.strip() else ():
            item = QListWidgetItem(whose(summary.patient, summary.encounter))
            item.setData(Qt.ItemDataRole.UserRole, summary)
            self.found.addItem(item)
        self.sure.setChecked(False)
        self._check()

    def _check(self) -> None:
        other = self.chosen()
        self.accept_button.setEnabled(other is not None and self.sure.isChecked())
        self._result.setText(
            f"“{visible_controls(other.patient.name)}”名下的全部住院将归到“{self._kept.split('　')[0]}”，各次住院的病历"
            "仍各归各次；合并之前生成的建议不能再回填。"
            if other
            else "没有选中另一份病案。"
        )


def in_same_bed(present: Sequence[EncounterSummary], ward: str, department: str, bed: str) -> list[EncounterSummary]:
    """Who lies in that bed of that ward now."""
    wanted = PatientIndex([one for one in present if not one.encounter.discharged]).in_bed(bed)
    return [
        one
        for one in wanted
        if (one.encounter.ward or one.encounter.department) == (ward.strip() or department.strip())
    ]


def taken_words(others: Sequence[EncounterSummary]) -> str:
    """Who is in the way, in a sentence; empty for nobody."""
    people = "；".join(whose(one.patient, one.encounter) for one in others)
    return f"这张床上现有：{people}。请核对床号。" if people else ""


def text_label(name: str, text: str = "") -> QLabel:
    """A wrapped plain-text label."""
    label = QLabel(text)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label


def warning_label() -> QLabel:
    """A label with room for two lines, so that a warning moves nothing and is never cut."""
    label = text_label("dialogWarning")
    label.setMinimumHeight(2 * label.fontMetrics().lineSpacing() + 8)
    label.setAlignment(Qt.AlignmentFlag.AlignTop)
    return label
