"""The ward's acts through the real window: keys, dialogs, database; and what they mean for a suggestion."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from app.bootstrap import Services, start_services
from app.core.backfill import Decision, check_backfill
from app.core.entities import Encounter, Severity, Sex
from app.core.moves import MoveKind
from app.infra.paths import Paths
from app.ui.kit.theme import Appearance
from app.ui.main_window import MainWindow
from app.ui.ward.correction_dialog import CorrectionDialog
from app.ui.ward.patient_dialog import FUTURE, NEW_PERSON, PatientDialog
from app.ui.ward.patient_items import GROUP_ROLE
from app.ui.ward.ward_dialogs import BedDialog, DischargeDialog, MergeDialog, SeverityDialog
from app.ui.ward.ward_history import MovesDialog
from tests.helpers.logs import ExpectedLogs
from tests.helpers.storage import allow_pages, ask

CONTROL = Qt.KeyboardModifier.ControlModifier


@dataclass
class Ward:
    window: MainWindow
    services: Services
    bot: QtBot

    @property
    def open_encounter(self) -> Encounter:
        note = self.services.controllers.notes.open_note
        assert note is not None
        return note.encounter

    def admit(self, name: str, bed: str, mrn: str, ward: str = "") -> str:
        notes = self.services.controllers.notes
        with self.bot.waitSignal(notes.encounters_changed):
            return notes.add_encounter(
                name=name, sex=Sex.MALE, age="65岁", bed=bed, mrn=mrn, department="心内科", ward=ward
            )

    def open(self, encounter_id: str) -> None:
        with self.bot.waitSignal(self.services.controllers.notes.opened):
            self.window.patients.chosen.emit(encounter_id)

    def trigger(self, key: str) -> None:
        """Choose the act of that letter in the patient menu."""
        self.window.editor.header.stays.aboutToShow.emit()
        (action,) = [one for one in self.window.editor.header.stays.actions() if f"(&{key})" in one.text()]
        assert action.isEnabled()
        action.trigger()

    def choose(self, key: str) -> QDialog:
        self.trigger(key)
        dialog = self.window.ward.dialog
        assert dialog is not None
        return dialog

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Until the list was read again and the open stay with it."""
        notes = self.services.controllers.notes
        with self.bot.waitSignals([notes.encounters_changed, notes.stay_changed]):
            yield

    @property
    def notice(self) -> str:
        bar = self.window.area.notice
        return bar.sentence.text() if bar.isVisible() else ""

    def kinds(self, encounter_id: str) -> list[MoveKind]:
        moves = ask(self.bot, self.services.storage, lambda repositories: repositories.ward.moves(encounter_id))
        return [move.kind for move in moves]


@pytest.fixture
def ward(qtbot: QtBot, appearance: Appearance, tmp_path: Path) -> Iterator[Ward]:
    services = start_services(Paths(tmp_path / "data", tmp_path / "cache"), ())
    window = MainWindow(services.controllers, appearance, lambda: datetime.now(UTC))
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
    yield Ward(window, services, qtbot)
    window.close()
    services.close()


def test_another_bed_keeps_the_text_and_its_undo_and_warns_of_who_is_there(ward: Ward) -> None:
    ward.admit("李四", "5床", "ZY2")
    ward.open(stay := ward.admit("张三", "3床", "ZY1"))
    editor = ward.window.editor.editors["plan"]
    editor.insertPlainText("监护")
    dialog = ward.choose("B")
    assert isinstance(dialog, BedDialog)
    dialog.bed.setText("5")
    assert "李四" in dialog.warning.text()
    dialog.bed.setText("9床")
    assert dialog.warning.text() == ""
    with ward.changing():
        dialog.accept()
    assert ward.open_encounter.bed == "9床"
    assert "9床" in ward.window.editor.header.details.text()
    assert editor.text() == "监护"
    editor.undo()
    assert editor.text() == ""
    assert ward.kinds(stay) == [MoveKind.ADMIT, MoveKind.BED]


def test_severity_discharge_and_its_undoing(ward: Ward) -> None:
    ward.open(stay := ward.admit("张三", "3床", "ZY1"))
    severity = ward.choose("S")
    assert isinstance(severity, SeverityDialog)
    severity.severity.setCurrentText(Severity.CRITICAL)
    with ward.changing():
        severity.accept()
    assert ward.window.editor.header.stay.text() == "病危"
    discharge = ward.choose("D")
    assert isinstance(discharge, DischargeDialog)
    with ward.changing():
        discharge.accept()
    assert ward.open_encounter.discharged
    assert "出院记录应于" in ward.notice
    assert ward.window.editor.header.stay.text() == "已出院"
    group = ward.window.patients.items.index(0).data(GROUP_ROLE)
    assert (group.title, group.folded) == ("已出院", True)
    with ward.changing():
        ward.choose("U").accept()
    assert not ward.open_encounter.discharged
    kinds = [MoveKind.ADMIT, MoveKind.SEVERITY, MoveKind.DISCHARGE, MoveKind.DISCHARGE_UNDONE]
    assert ward.kinds(stay) == kinds
    ward.trigger("H")
    ward.bot.waitUntil(lambda: isinstance(ward.window.ward.dialog, MovesDialog))
    dialog = ward.window.ward.dialog
    assert isinstance(dialog, MovesDialog)
    assert "稳定 → 病危" in dialog.list.item(1).text()
    dialog.reject()


def test_an_act_that_cannot_be_says_why(ward: Ward) -> None:
    ward.open(stay := ward.admit("张三", "3床", "ZY1"))
    dialog = ward.choose("B")
    assert isinstance(dialog, BedDialog)
    dialog.accept()
    assert "床号" in dialog.trouble.text()
    assert dialog.isVisible() and dialog.isEnabled()
    dialog.bed.setText("9床")
    with ward.changing():
        dialog.accept()
    assert ward.window.ward.dialog is None
    assert ward.kinds(stay) == [MoveKind.ADMIT, MoveKind.BED]


def test_a_discharge_in_the_future_is_refused_in_the_open_dialog(ward: Ward) -> None:
    ward.open(stay := ward.admit("张三", "3床", "ZY1"))
    dialog = ward.choose("D")
    assert isinstance(dialog, DischargeDialog)
    dialog.moment.setDateTime(dialog.moment.dateTime().addDays(1))
    dialog.accept()
    assert dialog.trouble.text()
    assert dialog.isVisible()
    assert ward.kinds(stay) == [MoveKind.ADMIT]


def test_a_merge_is_confirmed_and_refuses_what_was_bound_before(ward: Ward) -> None:
    other = ward.admit("无名氏", "抢救1", "ZY0")
    ward.open(ward.admit("张三", "3床", "ZY1"))
    kept = ward.services.controllers.notes.binding
    ward.open(other)
    bound = ward.services.controllers.notes.binding
    ward.window.editor.editors["plan"].insertPlainText("补液")
    dialog = ward.choose("M")
    assert isinstance(dialog, MergeDialog)
    dialog.search.setText("zhangsan")
    assert dialog.found.count() == 0 or not dialog.accept_button.isEnabled()
    dialog.found.setCurrentRow(0)
    assert not dialog.accept_button.isEnabled()
    dialog.sure.setChecked(True)
    with ward.changing():
        dialog.accept()
    now = ward.services.controllers.notes.binding
    assert now is not None and bound is not None and kept is not None
    assert now == bound, "the open record is the one that is kept"
    merged = ask(ward.bot, ward.services.storage, lambda stored: stored.encounters.get(kept.encounter_id))
    assert merged[0].patient_id == now.patient_id
    ward.open(kept.encounter_id)
    present = ward.services.controllers.notes.binding
    assert present is not None
    assert check_backfill(kept, present).decision is Decision.REFUSED
    assert ward.window.editor.editors["plan"].text() == ""


def test_a_transfer_and_a_merge_taken_back(ward: Ward) -> None:
    other = ward.admit("李四", "5床", "ZY2")
    ward.open(stay := ward.admit("张三", "3床", "ZY1"))
    before = ward.open_encounter.patient_id
    transfer = ward.choose("T")
    assert isinstance(transfer, BedDialog)
    transfer.department.setText("神经内科")
    transfer.ward.setText("神内病区")
    transfer.bed.setText("7床")
    with ward.changing():
        transfer.accept()
    assert (ward.open_encounter.department, ward.open_encounter.bed) == ("神经内科", "7床")
    patient = ask(ward.bot, ward.services.storage, lambda stored: stored.encounters.get(other)[0])
    with ward.changing():
        ward.services.controllers.ward.merge(patient.patient_id, before, "已合并。")
    assert ward.open_encounter.patient_id == patient.patient_id
    assert ward.window.editor.header.name.text() == "李四"
    with ward.changing():
        ward.trigger("R")
    assert ward.open_encounter.patient_id == before
    assert ward.window.editor.header.name.text() == "张三"
    kinds = [MoveKind.ADMIT, MoveKind.TRANSFER, MoveKind.MERGE, MoveKind.UNMERGE]
    assert ward.kinds(stay) == kinds


def test_a_dialog_about_another_patient_goes_with_the_note(ward: Ward) -> None:
    other = ward.admit("李四", "5床", "ZY2")
    ward.open(stay := ward.admit("张三", "3床", "ZY1"))
    dialog = ward.choose("B")
    ward.open(other)
    assert not dialog.isVisible()
    assert ward.window.ward.dialog is None
    assert ward.kinds(stay) == ward.kinds(other) == [MoveKind.ADMIT]


def admission(ward: Ward, name: str, bed: str, mrn: str) -> PatientDialog:
    ward.window.ward.admit()
    dialog = ward.window.ward.dialog
    assert isinstance(dialog, PatientDialog)
    dialog.name.setText(name)
    dialog.bed.setText(bed)
    dialog.mrn.setText(mrn)
    return dialog


def test_an_admission_asks_who_a_namesake_is(ward: Ward) -> None:
    first = ward.admit("张三", "3床", "ZY1")
    dialog = admission(ward, "张三", "5床", "ZY2")
    assert not dialog.accept_button.isEnabled()
    assert "同名" in dialog.warning.text()
    dialog.who.setCurrentIndex(1)
    assert "现在院中" in dialog.warning.text()
    dialog.who.setCurrentText(NEW_PERSON)
    with ward.bot.waitSignal(ward.services.controllers.notes.opened):
        dialog.accept()
    ward.bot.waitUntil(lambda: ward.window.editor.header.namesakes.isVisible())
    assert ward.open_encounter.encounter_id != first


def test_who_was_here_before_is_admitted_again_as_the_same_person(ward: Ward) -> None:
    ward.open(ward.admit("张三", "3床", "ZY1"))
    before = ward.open_encounter
    with ward.changing():
        ward.choose("D").accept()
    dialog = admission(ward, "张三", "7床", "")
    dialog.who.setCurrentIndex(1)
    assert (dialog.mrn.text(), dialog.age.text()) == ("ZY1", "65岁")
    with ward.bot.waitSignal(ward.services.controllers.notes.opened):
        dialog.accept()
    assert ward.open_encounter.patient_id == before.patient_id
    assert ward.open_encounter.encounter_id != before.encounter_id


def test_a_number_that_is_in_use_is_refused(ward: Ward) -> None:
    ward.admit("张三", "3床", "ZY1")
    dialog = admission(ward, "李四", "5床", "ZY1")
    assert not dialog.accept_button.isEnabled()
    assert "正在使用" in dialog.warning.text()
    dialog.reject()


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_the_recent_patients_lead_back(ward: Ward) -> None:
    stays = [ward.admit(name, bed, bed) for name, bed in (("张三", "3床"), ("李四", "5床"), ("王五", "7床"))]
    for stay in stays:
        ward.open(stay)
    ward.window.ward.choose_recent()
    words = [action.text() for action in ward.window.ward.recent_menu.actions()]
    assert ["李四" in words[0], "张三" in words[1], len(words)] == [True, True, 2]
    with ward.bot.waitSignal(ward.services.controllers.notes.opened):
        ward.bot.keyClick(ward.window.ward.recent_menu, Qt.Key.Key_Return)
    assert ward.open_encounter.encounter_id == stays[1]


def test_a_correction_is_shown_everywhere_and_keeps_the_binding(ward: Ward) -> None:
    ward.admit("李四", "5床", "ZY2")
    ward.open(stay := ward.admit("张山", "3床", "ZY1"))
    bound = ward.services.controllers.notes.binding
    dialog = ward.choose("C")
    assert isinstance(dialog, CorrectionDialog)
    dialog.mrn.setText("ZY2")
    assert "李四" in dialog.warning.text() and not dialog.accept_button.isEnabled()
    dialog.mrn.setText("ZY9")
    dialog.name.setText("张三")
    dialog.sex.setCurrentText(Sex.FEMALE)
    with ward.changing():
        dialog.accept()
    header = ward.window.editor.header
    assert header.name.text() == "张三" and "ZY9" in header.details.text()
    assert "请重新生成" in ward.notice
    assert "张三" in [one.patient.name for one in ward.window.patients.items.summaries]
    assert ward.services.controllers.notes.binding == bound
    ward.trigger("H")
    ward.bot.waitUntil(lambda: isinstance(ward.window.ward.dialog, MovesDialog))
    moves = ward.window.ward.dialog
    assert isinstance(moves, MovesDialog)
    assert "张山 男 ZY1 → 张三 女 ZY9" in moves.list.item(1).text()
    moves.reject()
    assert ward.kinds(stay) == [MoveKind.ADMIT, MoveKind.CORRECTION]


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_the_recent_patients_are_known_after_a_restart(ward: Ward, appearance: Appearance) -> None:
    ward.open(first := ward.admit("张三", "3床", "ZY1"))
    ward.open(second := ward.admit("李四", "5床", "ZY2"))
    kept = ward.window.state()
    assert "张三" not in str(kept)
    fresh = MainWindow(ward.services.controllers, appearance, lambda: datetime.now(UTC))
    ward.bot.addWidget(fresh)
    fresh.ward.restore(kept)
    fresh.patients.replace(ward.window.patients.items.summaries)
    fresh.ward.choose_recent()
    assert [action.text()[:5] for action in fresh.ward.recent_menu.actions()] == ["3床 张三"]
    fresh.ward.recent_menu.close()
    assert kept["recent"].split() == [second, first]


def test_tab_leaves_a_date_at_once(ward: Ward) -> None:
    ward.window.ward.admit()
    dialog = ward.window.ward.dialog
    assert isinstance(dialog, PatientDialog)
    dialog.admitted_at.setFocus()
    ward.bot.keyClick(dialog.admitted_at, Qt.Key.Key_Tab)
    assert dialog.focusWidget() is dialog.diagnoses


def test_a_move_that_was_refused_does_not_look_done(ward: Ward) -> None:
    ward.open(ward.admit("张三", "3床", "ZY1"))
    with ward.bot.waitSignal(ward.services.controllers.ward.failed), ward.changing():
        ward.trigger("R")
    assert ward.notice
    assert ward.window.area.notice.property("tone") == "warning"


def test_an_admission_in_the_future_is_refused_while_the_form_is_there(ward: Ward) -> None:
    dialog = admission(ward, "张三", "3床", "ZY1")
    assert dialog.accept_button.isEnabled()
    dialog.admitted_at.setDateTime(dialog.admitted_at.dateTime().addDays(1))
    assert FUTURE in dialog.warning.text()
    assert not dialog.accept_button.isEnabled()


def test_an_admission_that_a_full_disk_refused_is_told_and_its_form_is_still_filled(
    ward: Ward, expected_logs: ExpectedLogs
) -> None:
    expected_logs.expect("SQLITE_FULL")
    long = "长" * 30_000
    dialog = admission(ward, "张三", "3床", "ZY1")
    dialog.diagnoses.setText(f"肺炎；{long}")
    dialog.severity.setCurrentText(Severity.CRITICAL)
    entered = dialog.entered()
    ask(ward.bot, ward.services.storage, lambda repositories: allow_pages(repositories, 0))
    with ward.bot.waitSignal(ward.services.controllers.notes.encounters_changed):
        dialog.accept()
    assert "磁盘已满" in ward.notice
    assert "Ctrl+N" in ward.notice
    ask(ward.bot, ward.services.storage, lambda repositories: allow_pages(repositories, 1000))
    ward.window.ward.admit()
    again = ward.window.ward.dialog
    assert isinstance(again, PatientDialog)
    assert again.entered() == entered
    with ward.bot.waitSignal(ward.services.controllers.notes.opened):
        again.accept()
    assert ward.open_encounter.diagnoses == ("肺炎", long)


def test_a_correction_that_a_full_disk_refused_is_still_in_its_dialog(ward: Ward, expected_logs: ExpectedLogs) -> None:
    expected_logs.expect("SQLITE_FULL")
    ward.open(ward.admit("张三", "3床", "ZY1"))
    dialog = ward.choose("C")
    assert isinstance(dialog, CorrectionDialog)
    dialog.name.setText(long := "张" * 30_000)
    ask(ward.bot, ward.services.storage, lambda repositories: allow_pages(repositories, 0))
    dialog.accept()
    assert not dialog.isEnabled(), "nothing is changed while it is stored"
    dialog.reject()
    assert dialog.isVisible()
    ward.bot.waitUntil(lambda: "磁盘已满" in dialog.trouble.text())
    assert (ward.notice, dialog.isVisible(), dialog.name.text()) == ("", True, long)
    ask(ward.bot, ward.services.storage, lambda repositories: allow_pages(repositories, 1000))
    with ward.changing():
        dialog.accept()
    assert ward.window.ward.dialog is None
