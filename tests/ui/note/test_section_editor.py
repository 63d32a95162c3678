import pytest
from PySide6.QtCore import QEvent, QMimeData, Qt
from PySide6.QtGui import QColor, QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.notes import DIFFERENTIAL, MAX_SECTION_CHARACTERS
from app.ui.kit.text_safety import AI_MARK
from app.ui.kit.theme import LIGHT
from app.ui.note.section_editor import SectionEditor
from tests.helpers.records import ai_span


@pytest.fixture
def editor(qtbot: QtBot) -> SectionEditor:
    editor = SectionEditor(DIFFERENTIAL, 2)
    qtbot.addWidget(editor)
    editor.resize(500, 60)
    editor.show()
    return editor


def paste(editor: SectionEditor, text: str) -> None:
    data = QMimeData()
    data.setText(text)
    editor.insertFromMimeData(data)


def test_typing_is_told_and_loading_is_not(editor: SectionEditor, qtbot: QtBot) -> None:
    told: list[tuple[str, str]] = []
    editor.edited.connect(lambda key, text: told.append((key, text)))
    editor.set_text("旧内容", "n1")
    assert told == []
    qtbot.keyClicks(editor, "a")
    assert told == [(DIFFERENTIAL.key, "a旧内容")]


def test_it_grows_with_its_text_up_to_a_limit(editor: SectionEditor) -> None:
    editor.set_text("一行", "n1")
    low = editor.height()
    editor.set_text("\n".join("行" * 10 for _ in range(12)), "n1")
    assert editor.height() > 3 * low
    assert editor.verticalScrollBar().maximum() == 0
    editor.set_text("\n".join("行" for _ in range(2_000)), "n1")
    assert editor.height() < 1_000


@pytest.mark.parametrize("existing", ["", "原有内容", "含𠮷字与😀的内容\n第二行"])
def test_one_undo_takes_a_whole_replacement_back(editor: SectionEditor, existing: str) -> None:
    editor.set_text(existing, "n1")
    merged = f"{existing}\n1. 甲\n2. 乙😀" if existing else "1. 甲\n2. 乙😀"
    editor.replace_whole(merged)
    assert editor.text() == merged
    assert editor.textCursor().atEnd()
    editor.undo()
    assert editor.text() == existing
    assert not editor.document().isUndoAvailable()
    editor.redo()
    assert editor.text() == merged


def test_a_changed_middle_is_one_edit_too(editor: SectionEditor) -> None:
    editor.set_text("甲乙丙", "n1")
    assert editor.replace_whole("甲丁") == 1
    editor.undo()
    assert editor.text() == "甲乙丙"


def test_another_note_begins_with_an_empty_undo_history(editor: SectionEditor, qtbot: QtBot) -> None:
    qtbot.keyClicks(editor, "abc")
    editor.set_text("另一位患者", "n2")
    editor.undo()
    assert editor.text() == "另一位患者"


def test_formatted_text_is_pasted_plain(editor: SectionEditor) -> None:
    data = QMimeData()
    data.setHtml("<b>粗体</b>")
    data.setText("粗体\r\n二")
    editor.insertFromMimeData(data)
    assert editor.text() == "粗体\n二"
    assert "font-weight:7" not in editor.toHtml()


def test_a_paste_that_is_too_long_is_refused_whole(editor: SectionEditor, qtbot: QtBot) -> None:
    editor.set_text("原文", "n1")
    with qtbot.waitSignal(editor.refused) as refused:
        paste(editor, "长" * MAX_SECTION_CHARACTERS)
    assert "未粘贴" in refused.args[0]
    assert editor.text() == "原文"


def test_ai_lines_are_copied_with_the_mark_but_come_back_plain_into_the_same_note(editor: SectionEditor) -> None:
    editor.set_text("医师写的\nAI写的", "n1")
    editor.set_ai_spans([ai_span(5, 9, "AI写的")])
    editor.selectAll()
    data = editor.createMimeDataFromSelection()
    assert data.text() == f"医师写的\nAI写的\n【{AI_MARK}】"
    editor.set_text("", "n1")
    editor.insertFromMimeData(data)
    assert editor.text() == "医师写的\nAI写的"
    editor.set_text("", "n2")
    editor.insertFromMimeData(data)
    assert AI_MARK in editor.text()


def test_the_doctors_own_words_are_copied_as_they_are(editor: SectionEditor) -> None:
    editor.set_text("医师写的", "n1")
    editor.selectAll()
    assert editor.createMimeDataFromSelection().text() == "医师写的"


def compose(editor: SectionEditor, preedit: str, commit: str = "") -> None:
    event = QInputMethodEvent(preedit, [])
    event.setCommitString(commit)
    QApplication.sendEvent(editor, event)


def overrides(editor: SectionEditor, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifiers)
    event.ignore()
    QApplication.sendEvent(editor, event)
    return event.isAccepted()


def test_every_key_of_a_composition_stays_in_the_editor(editor: SectionEditor, qtbot: QtBot) -> None:
    control = Qt.KeyboardModifier.ControlModifier
    assert not overrides(editor, Qt.Key.Key_Return, control)
    compose(editor, "xiongtong")
    assert editor.composition.active
    assert overrides(editor, Qt.Key.Key_Return, control)
    assert overrides(editor, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    compose(editor, "", "胸痛")
    assert editor.composition.active, "the key that ends a composition may arrive after it"
    qtbot.waitUntil(lambda: not editor.composition.active)
    assert editor.text() == "胸痛"
    assert not overrides(editor, Qt.Key.Key_Return, control)


def test_keys_of_the_window_are_not_taken(editor: SectionEditor) -> None:
    control, alt = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
    none = Qt.KeyboardModifier.NoModifier
    taken = [
        (key, modifiers)
        for key, modifiers in [
            (Qt.Key.Key_1, control),
            (Qt.Key.Key_1, alt),
            (Qt.Key.Key_1, control | Qt.KeyboardModifier.ShiftModifier),
            (Qt.Key.Key_Up, control),
            (Qt.Key.Key_Down, control),
            (Qt.Key.Key_K, control),
            (Qt.Key.Key_S, control),
            (Qt.Key.Key_Escape, none),
            (Qt.Key.Key_F6, none),
            (Qt.Key.Key_F1, none),
        ]
        if overrides(editor, key, modifiers)
    ]
    assert taken == []


@pytest.mark.parametrize("composed", ["", "拼写" * 60])
def test_ai_lines_in_sight_are_tinted_after_scrolling_and_while_composing(
    editor: SectionEditor, qtbot: QtBot, composed: str
) -> None:
    editor.set_theme(LIGHT)
    editor.set_text("一\n" * 200, "n1")
    editor.set_ai_spans([ai_span(2 * number, 2 * number + 1, "一") for number in range(200)])
    editor.show()
    bar = editor.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    middle = editor.cursorForPosition(editor.viewport().rect().topLeft())
    editor.setTextCursor(middle)
    compose(editor, composed)
    if composed:
        bar.setValue(bar.value() + 40)
    picture = editor.viewport().grab().toImage()
    height, line = picture.height(), 24
    ruled = [picture.pixelColor(0, y) == QColor(LIGHT.ai_rule) for y in range(height)]
    assert all(any(ruled[y : y + line]) for y in range(0, height - line, line))
