"""The discharge record in the window: real controllers, a real database, engine processes that follow a script."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from app.core.discharge.draft import WRITTEN
from app.core.events import EventKind
from app.core.notes import (
    ADMISSION_DATE,
    ADMISSION_DIAGNOSIS,
    COURSE,
    DISCHARGE_CONDITION,
    DISCHARGE_DATE,
    DISCHARGE_DIAGNOSIS,
    DISCHARGE_ORDERS,
)
from app.core.runs import RunStatus
from app.core.stay import Order
from app.inference.engines.scripted import Script
from app.ui.comparison.report_dialog import ReportDialog
from app.ui.discharge.record_pane import RecordPane
from app.ui.kit.text_safety import AI_MARK
from tests.helpers.long_stay import long_stay
from tests.helpers.stays import sample_stays
from tests.ui.discharge.conftest import OpenRecord, draft
from tests.ui.test_main_window import ALT, CONTROL, LONG_MS, SHIFT, Open, Ward

pytestmark = pytest.mark.usefixtures("open_ward")


def panes(ward: Ward) -> list[RecordPane]:
    return ward.window.record_area.panes


def wait_for_records(ward: Ward) -> None:
    """Until every pane has a checked record."""
    ward.bot.waitUntil(lambda: all(pane.body.record is not None for pane in panes(ward)), timeout=LONG_MS)


def text(ward: Ward, key: str) -> str:
    return ward.window.editor.editors[key].text()


def comparisons(ward: Ward) -> int:
    return len(ward.window.records.cards)


def test_opening_writes_and_one_key_fills_the_record(open_ward: Open, open_record: OpenRecord) -> None:
    ward = open_ward(*(Script(draft()) for _ in range(3)))
    open_record(ward)
    wait_for_records(ward)
    assert not ward.window.area.isVisible()
    for pane in panes(ward):
        assert pane.header.state.text().startswith("完成")
        assert "首段" in pane.header.state.text()
        assert "【" not in pane.body.toPlainText()
    ward.press(Qt.Key.Key_2, CONTROL)
    assert text(ward, ADMISSION_DATE.key) == "2026年3月2日"
    assert text(ward, DISCHARGE_DATE.key) == "2026年3月5日"
    assert text(ward, ADMISSION_DIAGNOSIS.key) == "1. 右输尿管结石\n2. 右肾积水"
    assert text(ward, DISCHARGE_ORDERS.key) == (
        "1. 坦索罗辛缓释胶囊 0.2 mg 口服 每晚1次\n2. 左氧氟沙星片 0.5 g 口服 每日1次\n3. 门诊复诊。"
    )
    assert text(ward, COURSE.key).endswith("异常检查结果：尿红细胞 286/μL（3月2日），62/μL（3月5日）。")
    assert ward.window.editor.editors[COURSE.key].has_ai_lines()
    assert not ward.window.editor.editors[ADMISSION_DATE.key].has_ai_lines()
    ward.press(Qt.Key.Key_Z, CONTROL)
    assert not any(editor.text() for editor in ward.window.editor.editors.values())


def test_what_is_filled_in_is_stored_with_its_events(open_ward: Open, open_record: OpenRecord) -> None:
    ward = open_ward(Script(draft()))
    open_record(ward)
    wait_for_records(ward)
    with ward.bot.waitSignal(ward.services.controllers.notes.saved):
        ward.press(Qt.Key.Key_1, CONTROL)
    run_id, note = panes(ward)[0].run_id or "", ward.services.controllers.notes.open_note
    assert note is not None
    repositories = ward.stored()
    assert repositories.notes.get(note.note.note_id).sections[DISCHARGE_DIAGNOSIS.key] == "1. 右输尿管结石\n2. 右肾积水"
    events = [event for event in repositories.feedback.events(run_id) if event.kind == "backfill"]
    assert len(events) == len(WRITTEN)
    [(comparison, (generation,))] = repositories.comparisons.of_note(note.note.note_id)
    assert generation.outcome.status is RunStatus.COMPLETED
    assert comparison.runs[0].prompt.template_id == "discharge"
    repositories.close()


def test_nothing_starts_twice_for_the_same_stay(open_ward: Open, open_record: OpenRecord) -> None:
    ward = open_ward(Script(draft()))
    open_record(ward)
    wait_for_records(ward)
    notes = ward.services.controllers.notes
    discharge = ward.services.controllers.discharge
    for _ in range(2):
        with ward.bot.waitSignal(notes.opened):
            notes.read_again()
        with ward.bot.waitSignal(discharge.input_read):
            pass
    with ward.bot.waitSignal(notes.saved):
        ward.press(Qt.Key.Key_S, CONTROL)
    with ward.bot.waitSignal(discharge.input_read):
        pass
    assert comparisons(ward) == 1


def test_a_new_order_makes_it_stale_and_starts_it_again(open_ward: Open, open_record: OpenRecord) -> None:
    ward = open_ward(Script(draft()))
    encounter_id = open_record(ward)
    wait_for_records(ward)
    ward_controller = ward.services.controllers.ward
    with ward.bot.waitSignal(ward.services.controllers.comparisons.comparison_finished, timeout=LONG_MS):
        ward_controller.add_entries(
            encounter_id, [Order("2026-03-05", "呋塞米片", "20 mg", "口服")], [], lambda _: None
        )
    wait_for_records(ward)
    assert comparisons(ward) == 2
    assert "呋塞米片 20 mg" in panes(ward)[0].body.toPlainText()


def test_switched_off_it_starts_only_when_asked(open_ward: Open, open_record: OpenRecord) -> None:
    ward = open_ward(Script(draft()))
    ward.press(Qt.Key.Key_A, CONTROL | SHIFT)
    discharge = ward.services.controllers.discharge
    with ward.bot.waitSignal(discharge.input_read):
        open_record(ward)
    assert comparisons(ward) == 0
    # What is copied from the stay is there all the same.
    assert "坦索罗辛缓释胶囊 0.2 mg" in panes(ward)[0].body.toPlainText()
    assert "入院日期 2026年3月2日" in ward.window.record_area.exact.text()
    ward.press(Qt.Key.Key_Return, CONTROL)
    wait_for_records(ward)
    assert comparisons(ward) == 1
    assert ward.window.state()["discharge_automatic"] == "off"


def test_a_section_by_itself(open_ward: Open, open_record: OpenRecord) -> None:
    ward = open_ward(Script(draft()))
    open_record(ward)
    wait_for_records(ward)
    ward.press(Qt.Key.Key_1, ALT)
    for _ in range(3):
        ward.press(Qt.Key.Key_Right)
    ward.press(Qt.Key.Key_Return)
    assert text(ward, DISCHARGE_CONDITION.key) == "患者出院时无腰痛，无发热，尿色清。"
    assert not text(ward, COURSE.key) and not text(ward, ADMISSION_DATE.key)


def test_a_sentence_shows_where_it_comes_from(open_ward: Open, open_record: OpenRecord) -> None:
    ward = open_ward(Script(draft(course="3月3日，全麻下行右侧输尿管镜钬激光碎石术。3月4日，予腹腔镜阑尾切除。")))
    open_record(ward)
    wait_for_records(ward)
    foot = ward.window.record_area.foot
    ward.press(Qt.Key.Key_1, ALT)
    ward.press(Qt.Key.Key_Right)
    ward.press(Qt.Key.Key_Right)
    ward.press(Qt.Key.Key_Down)
    assert "病程3月3日：在全麻下行右侧输尿管镜钬激光碎石术" in foot.source.text()
    ward.press(Qt.Key.Key_Down)
    assert foot.source.text().startswith("〔未见出处〕")
    ward.press(Qt.Key.Key_Down)
    assert foot.source.text() == "由程序照抄自医嘱或检查结果。"
    assert "提到 异常结果 1/1" in foot.coverage.text()
    ward.press(Qt.Key.Key_F, CONTROL | SHIFT)
    dialog = ward.window.records.dialog
    assert dialog is not None
    assert "住院医嘱中没有阿托伐他汀" in dialog.text.toPlainText()
    dialog.reject()


def test_an_edited_section_is_only_offered_the_new_text(open_ward: Open, open_record: OpenRecord) -> None:
    ward = open_ward(Script(draft()))
    open_record(ward)
    wait_for_records(ward)
    ward.press(Qt.Key.Key_1, CONTROL)
    ward.write(COURSE.key, "我自己写的经过。")
    ward.write(DISCHARGE_CONDITION.key, "")
    ward.press(Qt.Key.Key_1, CONTROL)
    dialog = ward.window.record_acts.dialog
    assert dialog is not None
    assert [box.text() for box in dialog.boxes] == ["诊疗经过（您写过或改过）"]
    assert not dialog.boxes[0].isChecked()
    dialog.accept()
    assert text(ward, COURSE.key) == "我自己写的经过。"
    assert text(ward, DISCHARGE_CONDITION.key)
    ward.press(Qt.Key.Key_1, CONTROL)
    dialog = ward.window.record_acts.dialog
    assert dialog is not None
    dialog.boxes[0].setChecked(True)
    dialog.accept()
    assert text(ward, COURSE.key).startswith("3月2日，予双氯芬酸钠栓")


def test_a_differential_that_a_doctor_asks_for_goes_first(open_ward: Open, open_record: OpenRecord) -> None:
    ward = open_ward(Script(draft(), token_ms=40))
    encounter_id = open_record(ward)
    comparisons = ward.services.controllers.comparisons
    ward.bot.waitUntil(lambda: bool(panes(ward)[0].card and panes(ward)[0].card.text), timeout=LONG_MS)
    ward.open(encounter_id)
    with ward.bot.waitSignals([comparisons.gave_way, comparisons.comparison_started], timeout=LONG_MS):
        ward.press(Qt.Key.Key_Return, CONTROL)
    shown = ward.window.desk.shown
    assert shown is not None and shown.comparison.runs[0].prompt.template_id == "differential"
    ward.press(Qt.Key.Key_Escape)
    ward.bot.waitUntil(lambda: not comparisons.busy, timeout=LONG_MS)


def test_a_copy_of_a_section_carries_the_mark(open_ward: Open, open_record: OpenRecord) -> None:
    ward = open_ward(Script(draft()))
    open_record(ward)
    wait_for_records(ward)
    ward.press(Qt.Key.Key_1, ALT)
    ward.press(Qt.Key.Key_C, CONTROL)
    assert QGuiApplication.clipboard().text() == f"出院诊断：\n1. 右输尿管结石\n2. 右肾积水\n【{AI_MARK}】"


def test_votes_and_an_error_are_events_of_this_task(open_ward: Open, open_record: OpenRecord) -> None:
    ward = open_ward(Script(draft()))
    open_record(ward)
    wait_for_records(ward)
    pane, feedback = panes(ward)[0], ward.services.controllers.feedback
    ward.press(Qt.Key.Key_1, ALT)
    with ward.bot.waitSignal(feedback.vote_stored):
        ward.press(Qt.Key.Key_Down, CONTROL)
    assert [chip.text() for chip in pane.acts.chips.chips][:2] == ["与资料不符", "遗漏要点"]
    pane.acts.chips.chips[0].click()
    ward.press(Qt.Key.Key_Right, on=pane.body)
    with ward.bot.waitSignal(feedback.item_vote_stored) as voted:
        ward.press(Qt.Key.Key_Plus, on=pane.body)
    assert voted.args[1] == "入院情况"
    assert "入院情况　〔赞成〕" in pane.body.toPlainText()
    ward.press(Qt.Key.Key_Down, on=pane.body)
    ward.press(Qt.Key.Key_E, CONTROL, on=pane.body)
    dialog = ward.window.workplace.judgements.dialog
    assert isinstance(dialog, ReportDialog)
    dialog.accept()
    run_id, written = pane.run_id or "", pane.body.markdown_source()
    repositories = ward.stored()
    events = {event.kind: event for event in repositories.feedback.events(run_id)}
    reported = events[EventKind.ERROR_REPORTED].data
    start, end = reported["start"], reported["end"]
    assert written[start:end] == reported["quote"] == "患者因突发右腰部绞痛6小时于2026年3月2日入院。"
    repositories.close()


def test_what_the_program_copied_is_no_error_of_the_model(open_ward: Open, open_record: OpenRecord) -> None:
    ward = open_ward(Script(draft()))
    open_record(ward)
    wait_for_records(ward)
    ward.press(Qt.Key.Key_1, ALT)
    for _ in range(4):
        ward.press(Qt.Key.Key_Right)
    ward.press(Qt.Key.Key_Down)
    ward.press(Qt.Key.Key_E, CONTROL)
    assert ward.window.workplace.judgements.dialog is None
    assert ward.notice


def test_another_patients_record_shows_nothing_of_this_one(open_ward: Open, open_record: OpenRecord) -> None:
    ward = open_ward(Script(draft(), token_ms=10))
    open_record(ward)
    ward.bot.waitUntil(lambda: bool(panes(ward)[0].card and panes(ward)[0].card.text), timeout=LONG_MS)
    run_id = panes(ward)[0].run_id
    comparisons = ward.services.controllers.comparisons
    open_record(ward, sample_stays()[5].stay)
    with ward.bot.waitSignal(comparisons.comparison_finished, timeout=LONG_MS):
        assert panes(ward)[0].run_id is None
    ward.bot.waitUntil(lambda: panes(ward)[0].run_id not in (None, run_id), timeout=LONG_MS)
    ward.press(Qt.Key.Key_Escape)
    ward.bot.waitUntil(lambda: not comparisons.busy, timeout=LONG_MS)


def test_a_record_of_an_earlier_stay_is_grey_and_asks(open_ward: Open, open_record: OpenRecord) -> None:
    ward = open_ward(Script(draft()))
    encounter_id = open_record(ward)
    wait_for_records(ward)
    ward.press(Qt.Key.Key_A, CONTROL | SHIFT)
    order = Order("2026-03-05", "呋塞米片", "20 mg", "口服")
    ward.services.controllers.ward.add_entries(encounter_id, [order], [], lambda _: None)
    ward.bot.waitUntil(panes(ward)[0].header.stale_words.isVisible)
    wait_for_records(ward)
    assert comparisons(ward) == 1
    ward.press(Qt.Key.Key_1, CONTROL)
    dialog = ward.window.record_acts.dialog
    assert dialog is not None and not text(ward, COURSE.key)
    ward.press(Qt.Key.Key_Return, on=dialog)
    assert not text(ward, COURSE.key)
    ward.press(Qt.Key.Key_1, CONTROL)
    dialog = ward.window.record_acts.dialog
    assert dialog is not None
    dialog.accept()
    assert "呋塞米片 20 mg" in text(ward, DISCHARGE_ORDERS.key)


def test_a_run_keeps_no_version_and_an_empty_record_with_one_stays(open_ward: Open, open_record: OpenRecord) -> None:
    """Nobody wrote in it, but what a model drafted for it is kept, and so is the document."""
    ward = open_ward(Script(draft()))
    open_record(ward)
    wait_for_records(ward)
    notes = ward.services.controllers.notes
    assert notes.open_note is not None and notes.open_note.note.version == 0
    with ward.bot.waitSignal(notes.load_failed) as refused:
        notes.delete_empty_document()
    assert "不能删除" in refused.args[0]


def test_a_long_stay_goes_in_stages_and_what_was_left_out_is_said(open_ward: Open, open_record: OpenRecord) -> None:
    ward = open_ward(Script(draft(), token_ms=3))
    states: list[str] = []
    comparisons = ward.services.controllers.comparisons
    comparisons.run_progressed.connect(lambda _: states.append(panes(ward)[0].header.state.text()))
    open_record(ward, long_stay(40))
    wait_for_records(ward)
    assert any(state.startswith("第 1/") for state in states) and any(state.startswith("第 2/") for state in states)
    assert "项没有提供给模型" in ward.window.record_area.foot.coverage.text()
    ward.press(Qt.Key.Key_F, CONTROL | SHIFT)
    dialog = ward.window.records.dialog
    assert dialog is not None
    assert "正常结果）" in dialog.text.toPlainText().partition("没有提供给模型的资料")[2]
    dialog.reject()
