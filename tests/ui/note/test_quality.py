"""The quality list beside the note, and the watch that fills it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.controllers.checks import ChecksController
from app.controllers.note import OpenNote
from app.core.checks.finding import Finding, PastNote, Severity, Span, StayFacts
from app.core.notes import CASE_FEATURES, CHIEF_COMPLAINT, DIFFERENTIAL
from app.core.signing import obstacles
from app.ui.kit.theme import Appearance
from app.ui.kit.wrapped_items import PADDING
from app.ui.note.note_editor import NoteEditor
from app.ui.note.quality_list import words
from app.ui.note.quality_watch import QualityWatch
from app.workers.storage_thread import StorageThread
from tests.helpers.records import ai_span
from tests.helpers.storage import storage
from tests.ui.conftest import NOW

__all__ = ["storage"]


@pytest.fixture
def editor(qtbot: QtBot, appearance: Appearance) -> NoteEditor:
    editor = NoteEditor(appearance)
    qtbot.addWidget(editor)
    editor.resize(1100, 400)
    editor.show()
    return editor


@pytest.fixture
def watch(editor: NoteEditor, now: Callable[[], datetime], make_note: Callable[..., OpenNote]) -> QualityWatch:
    watch = QualityWatch(editor, now)
    editor.show_note(make_note(3, case_features="男，65岁。😀直肠指检：子宫增大。"))
    watch.check()
    return watch


def codes(editor: NoteEditor) -> list[str]:
    return [finding.code for finding in editor.quality.findings]


def test_the_list_says_severity_and_section_in_words(editor: NoteEditor, watch: QualityWatch) -> None:
    assert editor.header.quality.text() == "质控 2 项"
    shown = [editor.quality.view.item(row).text() for row in range(editor.quality.view.count())]
    assert shown == [
        "■ 必须 · 病例特点\n登记性别为男，文中出现“子宫”，请核对是否写错患者。",
        "■ 必须 · 初步诊断\n尚未书写：初步诊断、诊断依据、鉴别诊断、下一步诊治措施分析、诊疗计划。",
    ]
    assert words(Finding("x", Severity.ADVISED, Span(CHIEF_COMPLAINT.key), "甲")) == "□ 建议 · 主诉\n甲"


@pytest.mark.parametrize("by_key", [True, False])
def test_a_finding_leads_to_its_place(editor: NoteEditor, watch: QualityWatch, qtbot: QtBot, by_key: bool) -> None:
    view = editor.quality.view
    if by_key:
        watch.use_list()
        assert QApplication.focusWidget() is view
        qtbot.keyClick(view, Qt.Key.Key_Return)
    else:
        place = view.visualItemRect(view.item(0)).center()
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert QApplication.focusWidget() is editor.editors[CASE_FEATURES.key]
    assert editor.editors[CASE_FEATURES.key].textCursor().selectedText() == "子宫"


def test_findings_follow_the_typing_after_a_pause(editor: NoteEditor, watch: QualityWatch, qtbot: QtBot) -> None:
    features = editor.editors[CASE_FEATURES.key]
    features.selectAll()
    qtbot.keyClicks(features, "abc")
    assert "sex_organ" in codes(editor), "not between two keystrokes"
    qtbot.waitUntil(lambda: "sex_organ" not in codes(editor))


def test_another_note_does_not_keep_the_findings_of_the_last(
    editor: NoteEditor, watch: QualityWatch, make_note: Callable[..., OpenNote], qtbot: QtBot
) -> None:
    editor.show_note(make_note(5, "李某"))
    watch.begin()
    assert (codes(editor), editor.quality.view.count(), editor.header.quality.text()) == ([], 0, "质控 …")
    qtbot.waitUntil(lambda: codes(editor) == ["missing_section"])
    assert editor.header.quality.text() == "质控 1 项"


def test_the_row_in_use_stays(editor: NoteEditor, watch: QualityWatch) -> None:
    editor.quality.view.setCurrentRow(1)
    watch.check()
    assert editor.quality.view.currentRow() == 1
    editor.editors[CASE_FEATURES.key].set_text("男，65岁", "n3")
    watch.check()
    assert editor.quality.view.currentRow() == 0


def test_a_finding_whose_text_is_gone_leads_to_what_is_left(editor: NoteEditor, watch: QualityWatch) -> None:
    editor.editors[CASE_FEATURES.key].set_text("男", "n3")
    editor.show_span(CASE_FEATURES.key, 10, 12)
    assert editor.editors[CASE_FEATURES.key].textCursor().position() == 1


def test_ai_sentences_are_counted_as_they_are_at_the_signature(editor: NoteEditor, watch: QualityWatch) -> None:
    editor.differential.set_text("1. 主动脉夹层：撕裂样疼痛。\n   已除外。", "n3")
    spans = [ai_span(0, 14, "1. 主动脉夹层：撕裂样疼痛。"), ai_span(18, 22, "已除外。")]
    editor.differential.set_ai_spans(spans)
    watch.check()
    (finding,) = [finding for finding in editor.quality.findings if finding.code == "unreviewed_ai"]
    assert finding.reason == "鉴别诊断有 2 句 AI 文字，尚未经医师审核。"
    assert obstacles((), len(spans))[0].startswith("还有 2 句 AI 文字")


def test_ai_sentences_are_told_until_they_are_gone(editor: NoteEditor, watch: QualityWatch) -> None:
    editor.differential.set_text("自写：不支持\n1. 主动脉夹层：不支持", "n3")
    editor.differential.set_ai_spans([ai_span(10, 15, "主动脉夹层")])
    watch.check()
    (finding,) = [finding for finding in editor.quality.findings if finding.code == "unreviewed_ai"]
    assert finding.span == Span(DIFFERENTIAL.key, 10, 15)


def test_the_key_opens_and_closes_and_the_header_too(editor: NoteEditor, watch: QualityWatch, qtbot: QtBot) -> None:
    watch.use_list()
    watch.use_list()
    assert not editor.quality.isVisible()
    assert QApplication.focusWidget() in editor.editors.values()
    qtbot.mouseClick(editor.header.quality, Qt.MouseButton.LeftButton)
    assert editor.quality.isVisible()


def test_the_rest_of_the_stay_counts_as_soon_as_it_is_read(
    editor: NoteEditor, now: Callable[[], datetime], make_note: Callable[..., OpenNote], storage: StorageThread
) -> None:
    checks = ChecksController(storage)
    watch = QualityWatch(editor, now, checks)
    note = make_note(3, plan="今日复查血常规无异常")
    editor.show_note(note)
    watch.begin()
    watch.check()
    assert "stale_today" not in codes(editor)
    yesterday = PastNote(NOW.date() - timedelta(days=1), {"plan": "今日复查血常规无异常"})
    checks.facts_read.emit("n5", StayFacts(previous=yesterday))
    watch.check()
    assert "stale_today" not in codes(editor), "the facts of another note"
    checks.facts_read.emit("n3", StayFacts(previous=yesterday))
    watch.check()
    assert "stale_today" in codes(editor)


def test_a_reason_is_as_high_as_its_text(editor: NoteEditor, watch: QualityWatch) -> None:
    view = editor.quality.view
    view.clear()
    view.addItems(["字" * length for length in range(1, 60)])
    view.doItemsLayout()
    line = view.visualItemRect(view.item(0)).height()
    fits = (view.viewport().width() - PADDING) // view.fontMetrics().horizontalAdvance("字")
    for row in range(view.count()):
        lines = -(-(row + 1) // fits)
        needed = line + (lines - 1) * view.fontMetrics().height()
        assert view.visualItemRect(view.item(row)).height() >= needed, row
