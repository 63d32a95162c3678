from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from app.controllers.note import OpenNote
from app.core.notes import CASE_FEATURES, CHIEF_COMPLAINT, DIFFERENTIAL, SECTIONS, NoteKind, input_hash
from app.ui.kit.theme import Appearance
from app.ui.note.note_editor import NoteEditor


@pytest.fixture
def editor(qtbot: QtBot, appearance: Appearance) -> NoteEditor:
    editor = NoteEditor(appearance)
    qtbot.addWidget(editor)
    editor.resize(900, 400)
    editor.show()
    return editor


def test_header_and_sections_show_the_note(editor: NoteEditor, make_note: Callable[..., OpenNote]) -> None:
    editor.show_note(make_note(3, differential="原有"))
    assert editor.header.name.text() == "张某"
    for fact in ("男 65岁", "3床", "住院号 ZY003", "心内科"):
        assert fact in editor.header.details.text()
    assert editor.header.document.text() == "首次病程记录"
    assert editor.header.version.text() == "第 1 版"
    assert editor.header.saved.text() == "已自动保存"
    assert set(editor.editors) == {section.key for section in SECTIONS[NoteKind.FIRST_PROGRESS]}
    assert editor.differential.text() == "原有"
    assert all(one.accessibleName() for one in editor.editors.values())


def test_before_a_note_is_open_nothing_can_be_typed(editor: NoteEditor, make_note: Callable[..., OpenNote]) -> None:
    assert all(one.isReadOnly() and not one.isVisible() for one in editor.editors.values())
    editor.show_note(make_note())
    assert all(not one.isReadOnly() and one.isVisible() for one in editor.editors.values())


def test_typing_tells_the_section_and_a_changed_input(
    editor: NoteEditor, make_note: Callable[..., OpenNote], qtbot: QtBot
) -> None:
    editor.show_note(make_note())
    with qtbot.waitSignals([editor.edited, editor.input_changed]):
        qtbot.keyClicks(editor.editors[CHIEF_COMPLAINT.key], "1")
    assert editor.input_hash() == input_hash(editor.chief_complaint, editor.case_features)
    assert editor.header.saved.text() == "正在保存…"
    with qtbot.waitSignal(editor.edited), qtbot.assertNotEmitted(editor.input_changed):
        qtbot.keyClicks(editor.editors[DIFFERENTIAL.key], "1")


def test_the_chief_complaint_is_counted(editor: NoteEditor, make_note: Callable[..., OpenNote]) -> None:
    editor.show_note(make_note())
    assert editor._page.count.text() == "5 / 20 字"
    editor.editors[CHIEF_COMPLAINT.key].replace_whole("长" * 21)
    assert editor._page.count.text() == "21 / 20 字，偏长"


def test_a_failed_save_is_said(editor: NoteEditor, make_note: Callable[..., OpenNote]) -> None:
    editor.show_note(make_note())
    editor.show_save_failed("磁盘已满，内容仍保留。")
    assert editor.header.saved.text() == "未能保存，将重试"
    assert "磁盘已满" in editor.header.saved.toolTip()


def test_a_note_of_50_000_characters_opens_and_grows(editor: NoteEditor, make_note: Callable[..., OpenNote]) -> None:
    long = "\n".join("体温38.5℃，咳嗽、咳黄痰。" * 3 for _ in range(1_100))[:50_000]
    editor.show_note(make_note(3, **{CASE_FEATURES.key: long}))
    assert len(editor.case_features) == 50_000
    assert editor.editors[CASE_FEATURES.key].height() < 1_000


def test_what_was_inserted_is_brought_up_from_its_first_line(
    editor: NoteEditor, make_note: Callable[..., OpenNote], qtbot: QtBot
) -> None:
    editor.show_note(make_note(3, differential="原有\n" * 12))
    added = editor.differential.text() + "新增\n" * 25
    start = editor.differential.replace_whole(added)
    editor.show_section(editor.differential, start)
    viewport = editor.sections.viewport()

    def first_new_line() -> int:
        return editor.differential.mapTo(viewport, editor.differential.rect().topLeft()).y() + (
            editor.differential.top_of(start)
        )

    qtbot.waitUntil(lambda: 0 < first_new_line() < 60)
    assert editor.differential.hasFocus()


def test_one_undo_takes_a_whole_act_back_wherever_the_cursor_is(
    editor: NoteEditor, make_note: Callable[..., OpenNote]
) -> None:
    editor.show_note(make_note())
    plan, features = editor.editors["plan"], editor.editors[CASE_FEATURES.key]
    before = features.text()
    plan.insertPlainText("监护")
    editor.last_focused = plan
    editor.replace_together({DIFFERENTIAL.key: "主动脉夹层", CASE_FEATURES.key: "胸痛伴大汗"})
    editor.undo()
    assert (editor.differential.text(), features.text(), plan.text()) == ("", before, "监护")
    editor.replace_together({DIFFERENTIAL.key: "主动脉夹层", CASE_FEATURES.key: "胸痛伴大汗"})
    plan.textCursor().insertText("，吸氧")
    editor.undo()
    assert (editor.differential.text(), features.text()) == ("主动脉夹层", "胸痛伴大汗"), (
        "what was typed later goes first"
    )
    assert "吸氧" not in plan.text()
