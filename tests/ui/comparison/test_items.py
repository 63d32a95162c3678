from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextCharFormat
from PySide6.QtWidgets import QTextEdit

from app.core.events import EventKind, FeedbackEvent, Vote
from app.core.notes import CASE_FEATURES
from app.inference.engines.scripted import Script
from app.ui.comparison.item_text import DANGEROUS, DROPPED, NO_SOURCE, VOTES
from app.ui.comparison.item_view import ItemView
from app.ui.kit.text_safety import AI_MARK
from tests.ui.test_main_window import ALT, CONTROL, Ward, open_ward

__all__ = ["open_ward"]

FEATURES = "男，65岁。持续胸骨后疼痛，无咯血。cTnI 2.8 ng/ml。"
FIRST = (
    "1. **急性心梗**\n   - 支持点：胸骨后疼痛；肌钙蛋白2.8ng/ml；体温39℃\n   - 不支持点：无咯血；无发热\n"
    "2. **肋软骨炎**\n   - 支持点：胸痛\n   - 建议检查：胸片\n"
    "3. **主动脉夹层**\n   - 支持点：胸骨后疼痛\n   - 缺什么：CTA"
)
SECOND = "1. **STEMI**\n   - 支持点：胸痛\n2. **肺栓塞**\n   - 支持点：胸痛"
Open = Callable[..., Ward]


@pytest.fixture
def ward(open_ward: Open) -> Ward:
    """Two finished answers about one case; the keyboard is in the first."""
    ward = open_ward(Script(FIRST, token_ms=0), Script(SECOND, token_ms=0))
    ward.open(ward.admit("张某", "3床"))
    ward.write_input("胸痛3小时", FEATURES)
    ward.run_to_the_end()
    ward.press(Qt.Key.Key_1, ALT)
    return ward


def body(ward: Ward, number: int = 1) -> ItemView:
    return ward.panes[number - 1].body


def quoted(selections: list[QTextEdit.ExtraSelection]) -> list[str]:
    return [selection.cursor.selectedText() for selection in selections]


def evidence(ward: Ward) -> list[str]:
    return quoted(ward.window.editor.editors[CASE_FEATURES.key].extraSelections())


def test_marks_are_words_and_the_unsupported_is_underlined(ward: Ward) -> None:
    text = body(ward).toPlainText()
    assert f"急性心梗 {DANGEROUS}" in text
    assert f"体温39℃{NO_SOURCE}" in text
    assert f"无发热{NO_SOURCE}" in text
    assert f"无咯血{NO_SOURCE}" not in text
    wavy = QTextCharFormat.UnderlineStyle.WaveUnderline
    underlined = [one for one in body(ward).extraSelections() if one.format.underlineStyle() == wavy]
    assert quoted(underlined) == ["39℃", "无发热"]


def test_a_point_leads_to_its_place_and_the_place_to_the_point(ward: Ward) -> None:
    assert body(ward).current == (0, "name", 0)
    ward.bot.waitUntil(lambda: evidence(ward) == ["持续胸骨后疼痛", "cTnI 2.8 ng/ml", "无咯血"])
    ward.press(Qt.Key.Key_Down)
    assert evidence(ward) == ["持续胸骨后疼痛"]
    for _ in range(2):
        ward.press(Qt.Key.Key_Down)
    assert (body(ward).current, evidence(ward)) == ((0, "supporting", 2), [])
    editor = ward.window.editor.editors[CASE_FEATURES.key]
    editor.setFocus()
    editor.select(FEATURES.index("无咯血"), FEATURES.index("无咯血"))
    ward.bot.waitUntil(lambda: "无咯血" in quoted(body(ward).extraSelections()))


def test_ticked_diagnoses_go_into_the_note_in_the_doctors_order(ward: Ward) -> None:
    ward.press(Qt.Key.Key_Space)
    ward.press(Qt.Key.Key_Right)
    ward.press(Qt.Key.Key_Right)
    ward.press(Qt.Key.Key_Space)
    for _ in range(2):
        ward.press(Qt.Key.Key_Up, ALT)
    assert "回填 2 项" in ward.panes[0].acts.backfill_button.text()
    ward.press(Qt.Key.Key_1, CONTROL)
    lines = ward.differential.split("\n")
    assert [line for line in lines if line[0].isdigit()] == ["1. 主动脉夹层", "2. 急性心梗"]
    assert "肋软骨炎" not in ward.differential
    assert ward.window.editor.differential.has_ai_lines()
    (event,) = [one for one in events(ward) if one.kind is EventKind.BACKFILL]
    assert event.data["text"] == "\n".join(lines)


def test_enter_inserts_the_diagnosis_under_the_keyboard_and_delete_drops_one(ward: Ward) -> None:
    ward.press(Qt.Key.Key_Delete)
    assert DROPPED in body(ward).toPlainText()
    assert "无咯血" not in body(ward).toPlainText()
    ward.press(Qt.Key.Key_Right)
    ward.press(Qt.Key.Key_C, CONTROL)
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("1. 肋软骨炎")
    assert AI_MARK in copied
    ward.press(Qt.Key.Key_Return)
    assert ward.differential.startswith("1. 肋软骨炎")
    assert "主动脉夹层" not in ward.differential


def test_one_diagnosis_of_several_is_still_ai_text_after_reopening(ward: Ward) -> None:
    ward.press(Qt.Key.Key_Right)
    ward.press(Qt.Key.Key_Return)
    note = ward.services.controllers.notes.open_note
    assert note is not None
    ward.open(ward.admit("李某", "5床"))
    ward.open(note.encounter.encounter_id)
    assert ward.window.editor.differential.has_ai_lines()


def test_a_vote_on_a_diagnosis_is_taken_back_and_survives_reopening(ward: Ward) -> None:
    feedback = ward.services.controllers.feedback
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Plus, Qt.Key.Key_Minus):
        with ward.bot.waitSignal(feedback.item_vote_stored):
            ward.bot.keyClicks(body(ward), "+" if key is Qt.Key.Key_Plus else "-")
    assert f"急性心梗 {DANGEROUS}{VOTES[Vote.DOWN]}" in body(ward).toPlainText()
    note = ward.services.controllers.notes.open_note
    assert note is not None
    ward.open(ward.admit("李某", "5床"))
    ward.open(note.encounter.encounter_id)
    ward.bot.waitUntil(lambda: VOTES[Vote.DOWN] in body(ward).toPlainText())
    votes = [(one.item, one.data["vote"]) for one in events(ward) if one.kind is EventKind.VOTE]
    assert votes == [("急性心梗", "up"), ("急性心梗", "withdrawn"), ("急性心梗", "down")]


def test_the_row_of_agreement_filters_the_panes(ward: Ward) -> None:
    tabs = ward.window.area.consensus.tabs
    shown = [tabs.tabText(index) for index in range(tabs.count())]
    assert shown == ["全部", "危急 肺栓塞 1/2", "危急 主动脉夹层 1/2", "危急 急性心肌梗死 2/2", "肋软骨炎 1/2"]
    tabs.setFocus()
    ward.press(Qt.Key.Key_Right, on=tabs)
    ward.press(Qt.Key.Key_Right, on=tabs)
    assert "主动脉夹层" in body(ward).toPlainText()
    assert "急性心梗" not in body(ward).toPlainText()
    assert "没有提到" in body(ward, 2).toPlainText()
    tabs.setCurrentIndex(0)
    assert "急性心梗" in body(ward).toPlainText()
    assert body(ward).chosen_text() == FIRST


def events(ward: Ward) -> list[FeedbackEvent]:
    note = ward.services.controllers.notes.open_note
    assert note is not None
    repositories = ward.stored()
    stored = repositories.comparisons.of_note(note.note.note_id)
    found = [
        event
        for _, generations in stored
        for generation in generations
        for event in repositories.feedback.events(generation.run.run_id)
    ]
    repositories.close()
    return found
