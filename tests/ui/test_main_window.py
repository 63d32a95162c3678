"""The window on the real controllers, a real database, and engine processes that follow a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QInputMethodEvent, QTextCursor
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.bootstrap import Services, start_services
from app.cli.suggest_case import doctor_name
from app.core.differential import parse_items
from app.core.entities import Sex
from app.core.events import EventKind
from app.core.notes import CASE_FEATURES, CHIEF_COMPLAINT, SECTIONS, NoteKind
from app.core.runs import Comparison
from app.inference.engines.scripted import FaultKind, Script, scripted_model
from app.infra.paths import Paths
from app.storage.repositories import Repositories, open_repositories
from app.ui.comparison.suggestion_pane import SuggestionPane
from app.ui.kit.text_safety import AI_MARK
from app.ui.kit.theme import Appearance
from app.ui.main_window import MainWindow

CONTROL, ALT, SHIFT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
NONE = Qt.KeyboardModifier.NoModifier
LONG_MS = 30_000


def answer(number: int) -> str:
    return (
        f"1. **急性心肌梗死{number}**\n   - 支持点：持续胸痛3小时，肌钙蛋白升高\n   - 建议检查：急诊冠脉造影{number}\n"
    )


def plain(number: int) -> str:
    return f"1. 急性心肌梗死{number}\n   · 支持点：持续胸痛3小时，肌钙蛋白升高\n   · 建议检查：急诊冠脉造影{number}"


@dataclass
class Ward:
    """A window, what is behind it, and a doctor's hands."""

    window: MainWindow
    services: Services
    bot: QtBot
    paths: Paths

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE, on: QWidget | None = None) -> None:
        self.bot.keyClick(on or self.window.focusWidget() or self.window, key, modifiers)

    def admit(self, name: str, bed: str) -> str:
        notes = self.services.controllers.notes
        with self.bot.waitSignal(notes.encounters_changed):
            return notes.add_encounter(
                name=name, sex=Sex.MALE, age="65岁", bed=bed, mrn=f"ZY{bed}", department="心内科", ward=""
            )

    def open(self, encounter_id: str) -> None:
        with self.bot.waitSignal(self.services.controllers.notes.opened):
            self.window.patients.chosen.emit(encounter_id)
        self.wait_until_judged()

    def write(self, key: str, text: str) -> None:
        self.window.editor.editors[key].replace_whole(text)

    def write_input(self, complaint: str = "胸痛3小时", features: str = "持续胸痛3小时，肌钙蛋白升高。") -> None:
        self.write(CHIEF_COMPLAINT.key, complaint)
        self.write(CASE_FEATURES.key, features)

    def run_to_the_end(self) -> None:
        with self.bot.waitSignal(self.services.controllers.comparisons.comparison_finished, timeout=LONG_MS):
            self.press(Qt.Key.Key_Return, CONTROL)
        self.wait_until_judged()

    def wait_until_judged(self) -> None:
        """Until what has ended in the panes is judged; an answer without diagnoses never shows any."""
        ended = [pane for pane in self.panes if pane.card is not None and not pane.card.live]
        wanted = [pane for pane in ended if pane.card is not None and parse_items(pane.card.text)]
        self.bot.waitUntil(lambda: all(pane.body.answer is not None for pane in wanted))

    @property
    def panes(self) -> list[SuggestionPane]:
        return self.window.area.panes

    @property
    def differential(self) -> str:
        return self.window.editor.differential.text()

    @property
    def notice(self) -> str:
        bar = self.window.area.notice
        return bar.sentence.text() if bar.isVisible() else ""

    def stored(self) -> Repositories:
        """The database, after everything was written; the window is closed for it."""
        self.window.close()
        self.services.close()
        return open_repositories(self.paths.database, self.paths.pseudonym_key, "医师")


Open = Callable[..., Ward]


@pytest.fixture
def open_ward(qtbot: QtBot, appearance: Appearance, tmp_path: Path) -> Iterator[Open]:
    """Opens a window on scripted models: `open_ward(Script(...), ...)`."""
    wards: list[Ward] = []

    def open_window(*scripts: Script) -> Ward:
        paths = Paths(tmp_path / "data", tmp_path / "cache")
        paths.data_dir.mkdir(exist_ok=True)
        models = [
            scripted_model(tmp_path / f"model{number}.json", script, name=f"model{number}")
            for number, script in enumerate(scripts, start=1)
        ]
        services = start_services(paths, tuple(models))
        window = MainWindow(services.controllers, appearance, lambda: datetime.now(UTC))
        qtbot.addWidget(window)
        window.resize(1366, 768)
        with qtbot.waitActive(window):
            window.show()
        wards.append(Ward(window, services, qtbot, paths))
        return wards[-1]

    yield open_window
    for ward in wards:
        ward.window.close()
        ward.services.close()


def test_the_main_job_by_keys(open_ward: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.ui.comparison.shown_clock.MINIMUM_MS", 0)
    ward = open_ward(*(Script(answer(number)) for number in (1, 2, 3)))
    ward.open(ward.admit("张某", "3床"))
    ward.write_input()
    ward.run_to_the_end()
    for number, pane in enumerate(ward.panes, start=1):
        assert f"急性心肌梗死{number}" in pane.body.toPlainText()
        assert pane.header.state.text().startswith("完成")
        assert pane.header.title.text() == f"{number}  脚本 model{number}"
        assert pane.acts.backfill_button.text() == f"回填 Ctrl+{number}\n3床 张某 ZY3床"
    ward.press(Qt.Key.Key_2, CONTROL)
    assert ward.differential == plain(2)
    assert ward.window.editor.differential.has_ai_lines()
    assert ward.window.focusWidget() is ward.window.editor.differential
    ward.press(Qt.Key.Key_Z, CONTROL)
    assert ward.differential == ""
    ward.press(Qt.Key.Key_1, ALT)
    assert ward.window.area.focused_pane() is ward.panes[0]
    feedback = ward.services.controllers.feedback
    for modifier, checked in ((CONTROL, True), (CONTROL, False), (CONTROL, True)):
        with ward.bot.waitSignal(feedback.vote_stored):
            ward.press(Qt.Key.Key_Up, modifier)
        assert ward.panes[0].acts.up_button.isChecked() == checked
    ward.press(Qt.Key.Key_3, CONTROL | SHIFT)
    assert QGuiApplication.clipboard().text() == f"{plain(3)}\n【{AI_MARK}】"
    runs = [pane.run_id or "" for pane in ward.panes]
    repositories = ward.stored()
    kinds = [[event.kind for event in repositories.feedback.events(run_id)] for run_id in runs]
    repositories.close()
    assert kinds[0][:3] == [EventKind.VOTE] * 3
    assert kinds[1][0] is EventKind.BACKFILL
    assert kinds[2][0] is EventKind.COPIED
    assert [run[-1] for run in kinds] == [EventKind.SHOWN] * 3


def test_a_section_with_text_is_shown_before_more_is_added(open_ward: Open) -> None:
    ward = open_ward(Script(answer(1)))
    ward.open(ward.admit("张某", "3床"))
    ward.write_input()
    ward.write("differential", "医师自己写的一条")
    ward.run_to_the_end()
    ward.press(Qt.Key.Key_1, CONTROL)
    dialog = ward.window.acts.dialog
    assert dialog is not None
    assert ward.differential == "医师自己写的一条"
    dialog.reject()
    assert ward.window.acts.dialog is None
    assert ward.differential == "医师自己写的一条"
    ward.press(Qt.Key.Key_1, CONTROL)
    assert ward.window.acts.dialog is not None
    ward.window.acts.dialog.accept()
    assert ward.differential == f"医师自己写的一条\n\n{plain(1)}"
    ward.press(Qt.Key.Key_Z, CONTROL)
    assert ward.differential == "医师自己写的一条"


def test_a_changed_input_is_said_and_backfill_then_asks(open_ward: Open) -> None:
    ward = open_ward(Script(answer(1)))
    ward.open(ward.admit("张某", "3床"))
    ward.write_input("胸痛3小时")
    ward.run_to_the_end()
    pane = ward.panes[0]
    assert not pane.header.stale_words.isVisible()
    ward.write(CHIEF_COMPLAINT.key, "胸痛5小时")
    assert pane.header.stale_words.isVisible()
    ward.bot.waitUntil(lambda: "“胸痛3小时” → “胸痛5小时”" in ward.window.area.input_change.text())
    ward.press(Qt.Key.Key_1, CONTROL)
    dialog = ward.window.acts.dialog
    assert dialog is not None
    assert ward.differential == ""
    ward.press(Qt.Key.Key_Return, on=dialog)
    assert ward.window.acts.dialog is None
    assert ward.differential == "", "Enter alone puts nothing in where there is a warning"
    ward.press(Qt.Key.Key_1, CONTROL)
    assert ward.window.acts.dialog is not None
    ward.window.acts.dialog.accept()
    assert ward.differential == plain(1)
    ward.write(CHIEF_COMPLAINT.key, "胸痛3小时")
    assert not pane.header.stale_words.isVisible()


def test_run_again_keeps_the_earlier_comparison(open_ward: Open) -> None:
    ward = open_ward(Script("依据：{prompt}"))
    ward.open(ward.admit("张某", "3床"))
    ward.write_input("胸痛3小时")
    ward.run_to_the_end()
    first = ward.panes[0].run_id
    assert not ward.window.area.history.isVisible()
    ward.write(CHIEF_COMPLAINT.key, "胸痛5小时")
    ward.run_to_the_end()
    assert ward.panes[0].run_id != first
    assert "胸痛5小时" in ward.panes[0].body.toPlainText()
    assert ward.window.area.history.isVisible()
    ward.window.area.history.setCurrentIndex(0)
    assert ward.panes[0].run_id == first
    assert "胸痛3小时" in ward.panes[0].body.toPlainText()
    assert ward.panes[0].header.stale_words.isVisible()


def test_no_text_of_one_patient_is_shown_with_another(open_ward: Open) -> None:
    ward = open_ward(Script("甲患者的建议" * 20, token_ms=20))
    one, other = ward.admit("甲", "3床"), ward.admit("乙", "5床")
    ward.open(one)
    ward.write_input()
    with ward.bot.waitSignal(ward.services.controllers.comparisons.text_arrived, timeout=LONG_MS):
        ward.press(Qt.Key.Key_Return, CONTROL)
    run_id = ward.panes[0].run_id
    ward.open(other)
    assert ward.panes[0].run_id is None
    assert ward.panes[0].body.toPlainText() == ""
    assert ward.panes[0].acts.backfill_button.text() == "回填 Ctrl+1\n5床 乙 ZY5床"
    ward.press(Qt.Key.Key_1, CONTROL)
    ward.window.acts.backfill(run_id or "")
    assert ward.differential == ""
    ward.write_input("咳嗽", "乙患者")
    ward.press(Qt.Key.Key_Return, CONTROL)
    assert "另一份病历的生成还在进行" in ward.notice
    with ward.bot.waitSignal(ward.services.controllers.comparisons.comparison_finished, timeout=LONG_MS):
        pass
    assert ward.panes[0].body.toPlainText() == ""
    ward.window.acts.backfill(run_id or "")
    assert ward.differential == ""
    assert "另一位患者" in ward.notice
    ward.open(one)
    assert "甲患者的建议" in ward.panes[0].body.toPlainText()


def test_keys_start_one_run_and_none_while_composing(open_ward: Open) -> None:
    ward = open_ward(Script(answer(1), token_ms=5))
    started: list[object] = []
    ward.services.controllers.comparisons.comparison_started.connect(started.append)
    ward.open(ward.admit("张某", "3床"))
    ward.write_input()
    complaint = ward.window.editor.editors[CHIEF_COMPLAINT.key]
    complaint.setFocus()
    QApplication.sendEvent(complaint, QInputMethodEvent("xiong", []))
    ward.press(Qt.Key.Key_Return, CONTROL)
    ward.press(Qt.Key.Key_Return)
    assert not ward.services.controllers.comparisons.busy
    commit = QInputMethodEvent("", [])
    QApplication.sendEvent(complaint, commit)
    ward.bot.waitUntil(lambda: not complaint.composition.active)
    comparisons = ward.services.controllers.comparisons
    with ward.bot.assertNotEmitted(comparisons.refused):
        with ward.bot.waitSignal(comparisons.comparison_finished, timeout=LONG_MS):
            for _ in range(3):
                ward.press(Qt.Key.Key_Return, CONTROL)
        assert len(started) == 1


def test_a_comparison_that_starts_late_for_another_note_is_not_shown(
    open_ward: Open, make_comparison: Callable[..., Comparison]
) -> None:
    ward = open_ward(Script(answer(1)))
    ward.open(ward.admit("乙", "5床"))
    ward.services.controllers.comparisons.comparison_started.emit(make_comparison(number=3))
    assert [pane.run_id for pane in ward.panes] == [None]


def test_stop_keeps_the_partial_text(open_ward: Open) -> None:
    ward = open_ward(Script("字" * 400, token_ms=20), Script(answer(2)))
    ward.open(ward.admit("张某", "3床"))
    ward.write_input()
    comparisons = ward.services.controllers.comparisons
    with ward.bot.waitSignal(comparisons.text_arrived, timeout=LONG_MS):
        ward.press(Qt.Key.Key_Return, CONTROL)
    with ward.bot.waitSignal(comparisons.comparison_finished, timeout=LONG_MS):
        ward.press(Qt.Key.Key_Escape)
    assert ward.panes[0].header.state.text().startswith("已取消 · 保留")
    assert "字" in ward.panes[0].body.toPlainText()
    assert ward.panes[1].header.state.text() == "已取消"
    ward.press(Qt.Key.Key_1, CONTROL)
    assert ward.window.acts.dialog is not None, "an unfinished suggestion is asked about"
    ward.window.acts.dialog.reject()


def test_a_text_cut_at_its_greatest_length_is_not_taken_for_done(open_ward: Open) -> None:
    ward = open_ward(Script("字" * 600, token_ms=0))
    ward.open(ward.admit("张某", "3床"))
    ward.write_input()
    ward.run_to_the_end()
    assert ward.panes[0].header.state.text().endswith("已达长度上限，未写完")
    assert ward.panes[0].header.state.property("kind") == "cut"
    ward.press(Qt.Key.Key_1, CONTROL)
    assert ward.differential == ""
    assert ward.window.acts.dialog is not None, "it is asked about"
    ward.window.acts.dialog.reject()


def test_a_crash_fails_one_pane_only(open_ward: Open) -> None:
    ward = open_ward(Script(answer(1), fault=FaultKind.SEGV, fault_at_token=8), Script(answer(2)))
    ward.open(ward.admit("张某", "3床"))
    ward.write_input()
    ward.run_to_the_end()
    assert ward.panes[0].header.state.text().startswith("失败")
    assert ward.panes[0].reason.isVisible()
    assert ward.panes[1].header.state.text().startswith("完成")


def test_a_model_that_cannot_be_loaded_is_said_and_can_be_started_anew(open_ward: Open, tmp_path: Path) -> None:
    ward = open_ward(Script(answer(1)))
    script = tmp_path / "model1.json"
    whole = script.read_bytes()
    script.write_bytes(whole[:-1])
    comparisons, pane = ward.services.controllers.comparisons, ward.panes[0]
    comparisons.preload()
    ward.bot.waitUntil(pane.header.restart_button.isVisible, timeout=LONG_MS)
    assert pane.header.state.text() == "无法使用"
    assert "model1.json" in pane.reason.text()
    assert "1 个无法使用" in ward.window.model_status.text()
    script.write_bytes(whole)
    ward.bot.mouseClick(pane.header.restart_button, Qt.MouseButton.LeftButton)
    ward.bot.waitUntil(lambda: pane.header.state.text() == "就绪", timeout=LONG_MS)
    assert not pane.header.restart_button.isVisible()
    assert not pane.reason.isVisible()


def test_an_empty_field_is_refused_in_words(open_ward: Open) -> None:
    ward = open_ward(Script(answer(1)))
    ward.press(Qt.Key.Key_Return, CONTROL)
    assert "请先在左侧选择一位患者" in ward.notice
    ward.open(ward.admit("张某", "3床"))
    with ward.bot.waitSignal(ward.services.controllers.comparisons.refused):
        ward.press(Qt.Key.Key_Return, CONTROL)
    assert ward.notice
    ward.write_input()
    ward.run_to_the_end()
    assert ward.notice == ""


def test_without_models_the_note_is_written_all_the_same(open_ward: Open) -> None:
    ward = open_ward()
    assert "按 Ctrl+Shift+L 打开“模型”页" in ward.window.area.no_models.text()
    assert ward.window.area.no_models.isVisible()
    assert not ward.window.area.run_button.isEnabled()
    encounter = ward.admit("张某", "3床")
    ward.open(encounter)
    notes = ward.services.controllers.notes
    with ward.bot.waitSignal(notes.saved):
        ward.write_input("胸痛1小时")
    with ward.bot.waitSignal(ward.services.controllers.comparisons.refused):
        ward.press(Qt.Key.Key_Return, CONTROL)
    assert "没有可用的模型" in ward.notice
    with ward.bot.waitSignal(notes.saved):
        ward.press(Qt.Key.Key_S, CONTROL)
    assert ward.window.editor.header.version.text() == "第 1 版"


def test_reopened_ai_text_is_still_marked(open_ward: Open) -> None:
    ward = open_ward(Script(answer(1)))
    one, other = ward.admit("甲", "3床"), ward.admit("乙", "5床")
    ward.open(one)
    ward.write_input()
    ward.run_to_the_end()
    ward.press(Qt.Key.Key_1, CONTROL)
    ward.open(other)
    assert not ward.window.editor.differential.has_ai_lines()
    ward.open(one)
    assert ward.differential == plain(1)
    assert ward.window.editor.differential.has_ai_lines()


def test_f6_goes_round_the_areas(open_ward: Open) -> None:
    ward = open_ward(Script(answer(1)))
    ward.open(ward.admit("张某", "3床"))
    editor = ward.window.editor
    areas = [ward.window.patients, editor.sections, editor.quality, ward.window.area]

    def area_of_focus() -> int:
        focus = ward.window.focusWidget()
        return next(index for index, area in enumerate(areas) if focus is not None and area.isAncestorOf(focus))

    ward.press(Qt.Key.Key_K, CONTROL)
    visited = [area_of_focus()]
    for _ in range(4):
        ward.press(Qt.Key.Key_F6)
        visited.append(area_of_focus())
    ward.press(Qt.Key.Key_F6, SHIFT)
    visited.append(area_of_focus())
    assert visited == [0, 1, 2, 3, 0, 3]
    editor.header.quality.setChecked(False)
    ward.press(Qt.Key.Key_F6, SHIFT)
    assert area_of_focus() == 1, "a closed list is passed over"


def test_everything_fits_a_small_ward_screen_and_has_a_name(open_ward: Open) -> None:
    ward = open_ward(*(Script(answer(number)) for number in (1, 2, 3)))
    hint = ward.window.minimumSizeHint()
    assert (hint.width() <= 1_180, hint.height() <= 700) == (True, True), hint
    ward.open(ward.admit("张某", "3床"))
    ward.write_input()
    ward.run_to_the_end()
    nameless = [
        type(widget).__name__
        for widget in ward.window.findChildren(QWidget)
        if widget.isVisible()
        and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not (widget.accessibleName() or getattr(widget, "text", str)())
    ]
    assert nameless == []


def test_closing_while_models_write_stores_what_they_wrote(open_ward: Open) -> None:
    ward = open_ward(Script("字" * 2_000, token_ms=20))
    ward.open(ward.admit("张某", "3床"))
    ward.write_input()
    with ward.bot.waitSignal(ward.services.controllers.comparisons.text_arrived, timeout=LONG_MS):
        ward.press(Qt.Key.Key_Return, CONTROL)
    note = ward.services.controllers.notes.open_note
    assert note is not None
    repositories = ward.stored()
    ((_, (generation,)),) = repositories.comparisons.of_note(note.note.note_id)
    repositories.close()
    assert generation.outcome.status == "cancelled"
    assert "字" in generation.outcome.text


def test_documents_of_a_stay_by_keys(open_ward: Open) -> None:
    ward = open_ward(Script(answer(1)))
    ward.open(ward.admit("张某", "3床"))
    ward.write_input()
    notes, header = ward.services.controllers.notes, ward.window.editor.header
    new_daily = next(action for action in header.documents.actions() if "新建日常" in action.text())
    with ward.bot.waitSignal(notes.opened):
        new_daily.trigger()
    assert header.document.text().startswith("日常病程记录 ")
    assert list(ward.window.editor.editors) == [section.key for section in SECTIONS[NoteKind.DAILY_PROGRESS]]
    assert not ward.window.area.isVisible()
    ward.press(Qt.Key.Key_Return, CONTROL)
    assert not ward.services.controllers.comparisons.busy
    ward.write("condition", "胸痛缓解")
    with ward.bot.waitSignal(notes.opened):
        ward.press(Qt.Key.Key_PageUp, CONTROL)
    assert header.document.text() == "首次病程记录"
    assert ward.window.area.isVisible()
    assert ward.window.editor.chief_complaint == "胸痛3小时"
    with ward.bot.waitSignal(notes.opened):
        ward.press(Qt.Key.Key_PageDown, CONTROL)
    assert ward.window.editor.editors["condition"].text() == "胸痛缓解"


def test_an_empty_document_can_be_dropped_and_a_date_changed(open_ward: Open) -> None:
    ward = open_ward(Script(answer(1)))
    ward.open(ward.admit("张某", "3床"))
    notes = ward.services.controllers.notes
    with ward.bot.waitSignal(notes.opened):
        notes.add_document(NoteKind.DISCHARGE)
    ward.window.documents.ask_date()
    dialog = ward.window.documents.dialog
    assert dialog is not None
    yesterday = dialog.moment.dateTime().addDays(-1)
    dialog.moment.setDateTime(yesterday)
    with ward.bot.waitSignal(notes.opened):
        dialog.accept()
    assert notes.open_note is not None
    assert notes.open_note.note.recorded_at.day == yesterday.date().day()
    with ward.bot.waitSignal(notes.opened):
        notes.delete_empty_document()
    assert notes.open_note.note.kind is NoteKind.FIRST_PROGRESS
    assert [summary.kind for summary in notes.open_note.documents] == [NoteKind.FIRST_PROGRESS]


def sources(ward: Ward) -> list[tuple[str, bool]]:
    """The sentences of the open note that a model wrote, and whether they were reviewed."""
    note = ward.services.controllers.notes.open_note
    assert note is not None
    return [(note.note.sections[one.section][one.start : one.end], one.reviewed) for one in note.note.provenance]


def test_sentences_keep_their_source_through_edits_undo_review_and_reopening(open_ward: Open) -> None:
    ward = open_ward(Script(answer(1)))
    encounter, other = ward.admit("张某", "3床"), ward.admit("乙", "5床")
    ward.open(encounter)
    ward.write_input()
    ward.run_to_the_end()
    ward.press(Qt.Key.Key_1, CONTROL)
    lines = [line.strip() for line in plain(1).split("\n")]
    assert sources(ward) == [(line, False) for line in lines]
    ward.press(Qt.Key.Key_Z, CONTROL)
    assert sources(ward) == []
    ward.press(Qt.Key.Key_Z, CONTROL | SHIFT)
    assert sources(ward) == [(line, False) for line in lines], "what is put back is the model's still"
    editor = ward.window.editor.differential
    editor.moveCursor(QTextCursor.MoveOperation.End)
    editor.insertPlainText("\n医师自己补充的一行字")
    editor.select(3, 5)
    editor.insertPlainText("急性的")
    assert sources(ward)[0] == ("1. 急性的心肌梗死1", False)
    ward.press(Qt.Key.Key_I, CONTROL)
    assert "脚本 model1" in ward.notice
    assert "改动 9%" in ward.notice
    ward.press(Qt.Key.Key_R, CONTROL)
    assert [done for _, done in sources(ward)] == [True, False, False]
    ward.press(Qt.Key.Key_R, CONTROL | SHIFT)
    assert not editor.has_ai_lines()
    kept = sources(ward)
    ward.open(other)
    assert sources(ward) == []
    ward.open(encounter)
    assert sources(ward) == kept
    editor.selectAll()
    editor.copy()
    assert QGuiApplication.clipboard().text().endswith(f"【{AI_MARK}】"), "until it is signed"
    repositories = ward.stored()
    note = repositories.notes.open(encounter, NoteKind.FIRST_PROGRESS, datetime.now(UTC))
    repositories.close()
    assert {one.reviewed_by for one in note.provenance} == {doctor_name()}


def test_a_backfill_into_a_note_that_became_another_persons_is_taken_back(open_ward: Open) -> None:
    ward = open_ward(Script(answer(1)))
    ward.open(ward.admit("张某", "3床"))
    ward.admit("乙", "5床")
    ward.write_input()
    ward.run_to_the_end()

    def move(repositories: Repositories) -> None:
        with repositories.database.transaction() as sql:
            (other,) = sql.execute("SELECT patient_id FROM patients WHERE name = '乙'").fetchone()
            sql.execute("UPDATE encounters SET patient_id = ? WHERE bed = '3床'", [other])

    moved: list[object] = []
    ward.services.storage.submit(move, moved.append, pytest.fail)
    ward.press(Qt.Key.Key_1, CONTROL)
    ward.window.editor.differential.insertPlainText("\n待查血培养")
    ward.bot.waitUntil(lambda: "合并病案之前" in ward.notice)
    assert ward.differential == "待查血培养", "the suggestion goes, what the doctor wrote since stays"
    notes = ward.services.controllers.notes
    ward.bot.waitUntil(lambda: not notes.unsaved)
    note = notes.open_note
    assert note is not None
    repositories = ward.stored()
    assert repositories.notes.get(note.note.note_id).sections["differential"] == "待查血培养"
    versions = [repositories.notes.version_sections(note.note.note_id, 1)["differential"]]
    repositories.close()
    assert versions == [""]
