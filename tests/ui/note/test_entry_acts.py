"""Orders and results through the real window: chosen by keys, put into the right note, entered and withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, Qt
from pytestqt.qtbot import QtBot

from app.bootstrap import Services, start_services
from app.core.entities import Sex
from app.core.stay import Abnormal, Order, Result
from app.infra.paths import Paths
from app.ui.kit.theme import Appearance
from app.ui.main_window import MainWindow
from app.ui.note.entry_dialogs import EntriesDialog
from app.ui.note.entry_forms import OrderForm, ResultForm, StopForm
from app.ui.note.section_editor import SectionEditor
from tests.helpers.logs import ExpectedLogs
from tests.helpers.storage import allow_pages, ask

POTASSIUM = Result("2026-11-20", "血钾", "3.1", "mmol/L", "3.5-5.3", Abnormal.LOW)
SODIUM = Result("2026-11-21", "血钠", "140", "mmol/L", "135-145")
ASPIRIN = Order("2026-11-19", "阿司匹林", "100mg", "口服", "qd")


@dataclass
class Ward:
    window: MainWindow
    services: Services
    bot: QtBot

    def admit(self, name: str, bed: str) -> str:
        notes = self.services.controllers.notes
        with self.bot.waitSignal(notes.encounters_changed):
            return notes.add_encounter(name=name, sex=Sex.MALE, age="65岁", bed=bed, mrn=bed, department="", ward="")

    def open(self, encounter_id: str) -> None:
        with self.bot.waitSignal(self.services.controllers.notes.opened):
            self.window.patients.chosen.emit(encounter_id)

    def entries(self) -> EntriesDialog:
        self.window.entries.open()
        self.bot.waitUntil(lambda: self.window.entries.dialog is not None)
        dialog = self.window.entries.dialog
        assert dialog is not None
        return dialog

    @property
    def plan(self) -> SectionEditor:
        return self.window.editor.editors["plan"]

    @property
    def notice(self) -> str:
        bar = self.window.area.notice
        return bar.sentence.text() if bar.isVisible() else ""


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


@pytest.fixture
def filled(ward: Ward) -> Ward:
    """张三's note is open, with two results and an order; 李四 has nothing."""
    ward.admit("李四", "5床")
    stay = ward.admit("张三", "3床")
    told: list[object] = []
    ward.services.controllers.ward.add_entries(stay, [ASPIRIN], [POTASSIUM, SODIUM], told.append)
    ward.bot.waitUntil(lambda: bool(told))
    ward.open(stay)
    return ward


def test_what_is_ticked_goes_to_the_cursor_as_one_edit(filled: Ward) -> None:
    filled.plan.setFocus()
    filled.plan.insertPlainText("复查电解质。")
    dialog = filled.entries()
    words = [dialog.list.item(row).text() for row in range(dialog.list.count())]
    assert words == [
        "检查结果 · 2 条",
        "2026-11-21 血钠 140 mmol/L",
        "2026-11-20 血钾 3.1 mmol/L ↓",
        "医嘱 · 1 条",
        "2026-11-19 阿司匹林 100mg 口服 qd",
    ]
    filled.bot.keyClick(dialog.list, Qt.Key.Key_Down)
    filled.bot.keyClick(dialog.list, Qt.Key.Key_Space)
    filled.bot.keyClick(dialog.list, Qt.Key.Key_Down)
    filled.bot.keyClick(dialog.list, Qt.Key.Key_Space)
    filled.bot.keyClick(dialog.list, Qt.Key.Key_Return)
    assert filled.plan.text() == "复查电解质。\n2026-11-19 阿司匹林 100mg 口服 qd\n2026-11-20 血钾 3.1 mmol/L ↓"
    note = filled.services.controllers.notes.open_note
    assert note is not None and note.note.sections["plan"] == filled.plan.text()
    filled.plan.undo()
    assert filled.plan.text() == "复查电解质。"


def test_enter_alone_takes_the_current_line(filled: Ward) -> None:
    filled.plan.setFocus()
    dialog = filled.entries()
    filled.bot.keyClick(dialog.list, Qt.Key.Key_Return)
    assert filled.plan.text() == "2026-11-21 血钠 140 mmol/L"
    assert filled.window.entries.dialog is None


def test_a_dialog_of_another_stay_goes_with_the_note_and_inserts_nothing(filled: Ward) -> None:
    filled.plan.setFocus()
    dialog = filled.entries()
    other = next(
        one.encounter.encounter_id for one in filled.window.patients.items.summaries if one.patient.name == "李四"
    )
    filled.open(other)
    dialog.insert_wanted.emit((POTASSIUM,))
    assert filled.plan.text() == ""
    assert filled.window.entries.dialog is None


def test_a_late_answer_opens_no_dialog_for_another_stay(filled: Ward) -> None:
    note = filled.services.controllers.notes.open_note
    assert note is not None
    other = next(
        one.encounter.encounter_id for one in filled.window.patients.items.summaries if one.patient.name == "李四"
    )
    filled.open(other)
    filled.window.entries._show(note, ((ASPIRIN,), ()))
    assert filled.window.entries.dialog is None


def test_a_note_that_is_read_only_is_not_changed(filled: Ward) -> None:
    filled.plan.setFocus()
    dialog = filled.entries()
    filled.plan.setReadOnly(True)
    filled.bot.keyClick(dialog.list, Qt.Key.Key_Return)
    assert filled.plan.text() == ""
    assert "不能修改" in filled.notice


def test_results_and_orders_are_entered_and_a_mistake_is_withdrawn(ward: Ward) -> None:
    ward.open(ward.admit("张三", "3床"))
    dialog = ward.entries()
    assert not dialog.insert_button.isEnabled()
    dialog.result_wanted.emit()
    form = ward.window.entries.form
    assert isinstance(form, ResultForm)
    assert not form.accept_button.isEnabled()
    for field, text in ((form.name, "血钾"), (form.value, "3.1"), (form.unit, "mmol/L"), (form.range, "3.5-5.3")):
        field.setText(text)
    form.accept()
    ward.bot.waitUntil(lambda: dialog.list.count() == 2)
    assert dialog.list.item(1).text().endswith("血钾 3.1 mmol/L ↓")
    dialog.order_wanted.emit()
    order = ward.window.entries.form
    assert isinstance(order, OrderForm)
    order.name.setText("氯化钾缓释片")
    order.accept()
    ward.bot.waitUntil(lambda: dialog.list.count() == 4)
    dialog.list.setCurrentRow(1)
    ward.bot.keyClick(dialog.list, Qt.Key.Key_Delete)
    ward.bot.waitUntil(lambda: dialog.list.count() == 2)
    assert "氯化钾" in dialog.list.item(1).text()
    dialog.reject()


def test_a_running_order_is_stopped_on_a_day(filled: Ward) -> None:
    dialog = filled.entries()
    dialog.list.setCurrentRow(1)
    filled.bot.keyClick(dialog.list, Qt.Key.Key_S)
    assert filled.window.entries.form is None, "a result cannot be stopped"
    dialog.list.setCurrentRow(4)
    filled.bot.keyClick(dialog.list, Qt.Key.Key_S)
    form = filled.window.entries.form
    assert isinstance(form, StopForm) and "阿司匹林" in form.name.text()
    form.date.setDate(QDate(2026, 11, 22))
    form.accept()
    filled.bot.waitUntil(lambda: "至 2026-11-22" in dialog.list.item(4).text())


def test_a_result_that_a_full_disk_refused_is_still_in_its_form(filled: Ward, expected_logs: ExpectedLogs) -> None:
    expected_logs.expect("SQLITE_FULL")
    dialog = filled.entries()
    dialog.result_wanted.emit()
    form = filled.window.entries.form
    assert isinstance(form, ResultForm)
    form.name.setText("血培养")
    form.value.setText(long := "阳" * 30_000)
    ask(filled.bot, filled.services.storage, lambda repositories: allow_pages(repositories, 0))
    form.accept()
    filled.bot.waitUntil(lambda: "磁盘已满" in form.trouble.text())
    assert (form.isVisible(), form.value.text(), filled.notice) == (True, long, "")
    ask(filled.bot, filled.services.storage, lambda repositories: allow_pages(repositories, 1000))
    with filled.bot.waitSignal(form.finished):
        form.accept()
    filled.bot.waitUntil(lambda: dialog.list.count() == 6)
