"""What the doctor does with the patients of the ward: admit, move, discharge, merge, and go back to a recent one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QDialog, QMenu

from app.controllers.note import EncounterSummary, NoteController, OpenNote
from app.controllers.ward import WardController
from app.core.checks.deadline import DISCHARGE_DUE
from app.core.entities import Encounter, Patient, Severity
from app.core.errors import UsageFault
from app.core.moves import Move, MoveKind
from app.ui.kit.kept_dialog import KeptDialog
from app.ui.kit.notice_bar import Done
from app.ui.kit.wording import bed_label, minute, whose
from app.ui.note.note_editor import NoteEditor
from app.ui.ward.correction_dialog import CorrectionDialog
from app.ui.ward.patient_dialog import NewPatient, PatientDialog
from app.ui.ward.patient_list import PatientList
from app.ui.ward.ward_dialogs import (
    BedDialog,
    DischargeDialog,
    MergeDialog,
    MoveDialog,
    SeverityDialog,
    UndoDischargeDialog,
)
from app.ui.ward.ward_history import MovesDialog

NO_PATIENT = "请先从左侧选择一位患者。"
ENTERED = "填写的入院信息还在：按 Ctrl+N 继续办理。"
NO_RECENT = "还没有打开过别的患者。"
MOST_RECENT = 9
_RECENT = "recent"


class WardActs(QObject):
    """The presenter of the patient menu in the header, and of the dialogs that it opens."""

    def __init__(
        self,
        editor: NoteEditor,
        patients: PatientList,
        notes: NoteController,
        ward: WardController,
        say: Callable[[str], None],
        now: Callable[[], datetime],
    ) -> None:
        """`say` shows a sentence."""
        super().__init__(editor)
        self._editor = editor
        self._patients = patients
        self._notes = notes
        self._ward = ward
        self._say = say
        self._now = now
        self._recent: list[str] = []
        self._not_admitted: NewPatient | None = None
        self.dialog: QDialog | None = None
        self.recent_menu = QMenu(editor)
        editor.header.stays.aboutToShow.connect(self._fill)
        patients.add_wanted.connect(self.admit)
        notes.opened.connect(self._on_opened)
        notes.stay_changed.connect(self._show_stay)
        patients.listed.connect(self._show_stay)
        ward.changed.connect(self._on_changed)
        ward.failed.connect(self._on_failed)

    def choose(self) -> None:
        """The key: open the patient menu."""
        if self._notes.open_note is None:
            self._say(NO_PATIENT)
        else:
            self._editor.header.stay.showMenu()

    def state(self) -> dict[str, str]:
        """The recent patients, for the settings: ids only."""
        return {_RECENT: " ".join(self._recent)}

    def restore(self, kept: Mapping[str, str]) -> None:
        """The recent patients of the last time; who is no longer there is passed over."""
        earlier = kept.get(_RECENT, "").split()
        self._recent = list(dict.fromkeys([*self._recent, *earlier]))[: MOST_RECENT + 1]

    def choose_recent(self) -> None:
        """The key: offer the patients that were open before, the last one first."""
        known = {one.encounter.encounter_id: one for one in self._patients.items.summaries}
        note = self._notes.open_note
        here = note.encounter.encounter_id if note else ""
        before = [known[one] for one in self._recent if one != here and one in known]
        if not before:
            self._say(NO_RECENT)
            return
        self.recent_menu.clear()
        for summary in before:
            words = whose(summary.patient, summary.encounter).replace("&", "&&")
            self.recent_menu.addAction(words, partial(self._notes.open, summary.encounter.encounter_id))
        self.recent_menu.setActiveAction(self.recent_menu.actions()[0])
        self.recent_menu.popup(self._editor.mapToGlobal(QPoint(0, self._editor.header.height())))

    def admit(self) -> None:
        """Ask for an admission, store it, and open its note; what could not be stored is still in the form."""
        dialog = PatientDialog(self._editor.window(), self._patients.items.summaries)
        again, self._not_admitted = self._not_admitted, None
        if again is not None:
            dialog.fill(again)
        dialog.accepted.connect(partial(self._store_admission, dialog))
        self._open(dialog)

    def _fill(self) -> None:
        menu, note = self._editor.header.stays, self._notes.open_note
        menu.clear()
        if note is None:
            return
        inside = not note.encounter.discharged
        everyone, window = self._patients.items.summaries, self._editor.window()
        acts: tuple[tuple[str, MoveKind, Callable[[], MoveDialog], bool], ...] = (
            ("换床…(&B)", MoveKind.BED, partial(BedDialog, note, everyone, places=False, parent=window), inside),
            ("转科…(&T)", MoveKind.TRANSFER, partial(BedDialog, note, everyone, places=True, parent=window), inside),
            ("病情…(&S)", MoveKind.SEVERITY, partial(SeverityDialog, note, window), inside),
            ("办理出院…(&D)", MoveKind.DISCHARGE, partial(DischargeDialog, note, self._now(), window), inside),
            ("撤销出院…(&U)", MoveKind.DISCHARGE_UNDONE, partial(UndoDischargeDialog, note, window), not inside),
        )
        for words, kind, make, possible in acts:
            menu.addAction(words, partial(self._ask, make, kind)).setEnabled(possible)
        menu.addSeparator()
        menu.addAction("更正患者信息…(&C)", partial(self._ask_correction, note))
        menu.addAction("合并病案…(&M)", partial(self._ask_merge, note))
        menu.addAction("撤销病案合并(&R)", partial(self._unmerge, note))
        menu.addSeparator()
        menu.addAction("入出转记录…(&H)", partial(self._ask_moves, note))

    def _ask(self, make: Callable[[], MoveDialog], kind: MoveKind) -> None:
        dialog = make()
        dialog.wanted.connect(partial(self._move, dialog, kind))
        self._open(dialog)

    def _move(self, dialog: MoveDialog, kind: MoveKind) -> None:
        try:
            after = dialog.after(self._now())
        except UsageFault as fault:
            dialog.told(str(fault))
            return
        left = after.discharged_at
        told = {
            MoveKind.BED: f"已换到 {bed_label(after.bed)}。",
            MoveKind.TRANSFER: f"已转到 {after.ward or after.department} {bed_label(after.bed)}。",
            MoveKind.SEVERITY: f"病情改为{after.severity}。",
            MoveKind.DISCHARGE_UNDONE: "已撤销出院，患者恢复为在院。",
            MoveKind.DISCHARGE: f"已办理出院。出院记录应于 {minute(left + DISCHARGE_DUE) if left else ''} 前完成："
            "按 Ctrl+D 新建或打开。",
        }[kind]
        self._ward.move(dialog.encounter, after, kind, told, partial(self._on_told, dialog))

    def _ask_correction(self, note: OpenNote) -> None:
        dialog = CorrectionDialog(note, self._patients.items.summaries, self._editor.window())
        dialog.wanted.connect(partial(self._correct, dialog))
        self._open(dialog)

    def _correct(self, dialog: CorrectionDialog) -> None:
        try:
            after = dialog.after()
        except UsageFault as fault:
            dialog.told(str(fault))
            return
        words = corrected_words(dialog.before, after)
        self._ward.correct(dialog.before, after, words, partial(self._on_told, dialog))

    def _ask_merge(self, note: OpenNote) -> None:
        dialog = MergeDialog(note, self._patients.items.summaries, self._editor.window())
        dialog.wanted.connect(partial(self._merge, dialog, note))
        self._open(dialog)

    def _merge(self, dialog: MergeDialog, note: OpenNote) -> None:
        other = dialog.chosen()
        if other is None:
            dialog.told("没有选中另一份病案。")
        else:
            told = "两份病案已合并，各次住院的病历仍各归各次；合并前生成的建议不能再回填。"
            self._ward.merge(note.patient.patient_id, other.patient.patient_id, told, partial(self._on_told, dialog))

    def _unmerge(self, note: OpenNote) -> None:
        self._ward.unmerge(note.encounter.encounter_id, "已撤销合并，这次住院归还原来的病案：请核对患者姓名。")

    def _ask_moves(self, note: OpenNote) -> None:
        self._ward.read_moves(note.encounter.encounter_id, partial(self._show_moves, note))

    def _show_moves(self, note: OpenNote, moves: tuple[Move, ...]) -> None:
        now = self._notes.open_note
        if now is not None and now.encounter.encounter_id == note.encounter.encounter_id:
            self._open(MovesDialog(now, moves, self._editor.window()))

    def _store_admission(self, dialog: PatientDialog) -> None:
        new = dialog.entered()
        try:
            self._notes.add_encounter(
                name=new.name,
                sex=new.sex,
                age=new.age,
                bed=new.bed,
                mrn=new.mrn,
                department=new.department,
                ward=new.ward,
                severity=new.severity,
                diagnoses=new.diagnoses,
                admitted_at=new.admitted_at,
                known=new.known,
                refused=partial(self._on_not_admitted, new),
            )
        except UsageFault as fault:
            self._on_not_admitted(new, str(fault))

    def _on_not_admitted(self, new: NewPatient, sentence: str) -> None:
        self._not_admitted = new
        self._say(f"{sentence}{ENTERED}")

    def _open(self, dialog: QDialog) -> None:
        self._close()
        self.dialog = dialog
        dialog.finished.connect(lambda _result: self._close())
        dialog.open()

    def _close(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.hide()
            dialog.deleteLater()

    def _on_opened(self, note: OpenNote) -> None:
        """A dialog about another patient goes with that patient's note."""
        self._close()
        encounter_id = note.encounter.encounter_id
        others = [earlier for earlier in self._recent if earlier != encounter_id]
        self._recent = [encounter_id, *others][: MOST_RECENT + 1]
        self._show_stay()

    def _on_changed(self, told: str) -> None:
        self._say(Done(told))
        self._read_again()

    def _on_failed(self, sentence: str) -> None:
        """What the window shows may be out of date: that may be why."""
        self._say(sentence)
        self._read_again()

    def _on_told(self, dialog: KeptDialog, why: str) -> None:
        """What was refused is still in its dialog, over what the window shows now."""
        if why:
            self._read_again()
        if dialog is self.dialog:
            dialog.told(why)
        elif why:
            self._say(why)

    def _read_again(self) -> None:
        self._notes.refresh()
        self._notes.refresh_stay()

    def _show_stay(self, _note: OpenNote | None = None) -> None:
        note = self._notes.open_note
        if note is not None:
            alike = self._patients.items.index_of_patients.namesakes(note.encounter.encounter_id)
            self._editor.header.show_stay(stay_words(note), [namesake_words(one) for one in alike])


def corrected_words(before: tuple[Patient, Encounter], after: tuple[Patient, Encounter]) -> str:
    """What is said of a correction: a model is told sex and age."""
    (old, stay), (new, stay_now) = before, after
    asked_anew = (old.sex, stay.age) != (new.sex, stay_now.age)
    return "已更正患者信息。" + ("若已有建议，是按原来的性别、年龄生成的，请重新生成。" if asked_anew else "")


def stay_words(note: OpenNote) -> str:
    """Whether the patient is in, and how ill, for the button."""
    if note.encounter.discharged:
        return "已出院"
    severity = note.encounter.severity
    return "在院" if severity is Severity.STABLE else str(severity)


def namesake_words(summary: EncounterSummary) -> str:
    """A namesake in one line."""
    return whose(summary.patient, summary.encounter)
