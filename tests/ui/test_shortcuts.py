"""The table of keys and its installation; texts that name keys."""

import ast
import re
from pathlib import Path

import pytest
from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QInputMethodEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

import app
from app.core.entities import Sex
from app.core.notes import DIFFERENTIAL
from app.ui.kit.key_map import KeyMap, pane_key, refusal, shown, written
from app.ui.kit.key_table import BY_ACT, KEYS
from app.ui.kit.keys import Keys, Worded
from app.ui.note.section_editor import SectionEditor
from app.ui.shortcuts import Shortcuts
from app.ui.ward.patient_dialog import PatientDialog

CONTROL, ALT, SHIFT, PAD = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.KeypadModifier,
)


def test_no_key_does_two_things_and_none_is_taken_from_typing() -> None:
    assert len({key.default for key in KEYS}) == len(KEYS)
    for key in KEYS:
        assert QKeySequence(key.default).toString(QKeySequence.SequenceFormat.PortableText) == key.default
        assert key.in_pane or key.default == "Esc" or re.match(r"(Ctrl|Alt)\+|(Shift\+)?F\d", key.default)


def test_every_act_has_a_key_and_every_key_an_act(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    acts = {key.act: lambda: None for key in KEYS if not key.in_pane and key.act != "vote_up"}
    with pytest.raises(KeyError, match="vote_up"):
        Shortcuts(window, Keys(), acts)


def test_a_changed_key_works_at_once_and_the_old_one_no_more(qtbot: QtBot) -> None:
    window, keys, done = QWidget(), Keys(), list[str]()
    qtbot.addWidget(window)
    field = QLineEdit(window)
    Shortcuts(window, keys, {key.act: lambda act=key.act: done.append(act) for key in KEYS if not key.in_pane})  # type: ignore[misc]
    with qtbot.waitActive(window):
        window.show()
    field.setFocus()
    keys.use(KeyMap().giving("search", "Ctrl+Alt+F"))
    qtbot.keyClick(field, Qt.Key.Key_K, CONTROL)
    assert done == []
    qtbot.keyClick(field, Qt.Key.Key_F, CONTROL | ALT)
    assert done == ["search"]
    keys.use(KeyMap().giving("save", "Ctrl+Return"))
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        qtbot.keyClick(field, key, CONTROL)
    qtbot.keyClick(field, Qt.Key.Key_S, CONTROL)
    assert done == ["search", "save", "save", "run"]


def test_a_composition_keeps_a_changed_key_too(qtbot: QtBot) -> None:
    window, keys, done = QWidget(), Keys(), list[str]()
    qtbot.addWidget(window)
    editor = SectionEditor(DIFFERENTIAL, 2)
    QVBoxLayout(window).addWidget(editor)
    Shortcuts(window, keys, {key.act: lambda act=key.act: done.append(act) for key in KEYS if not key.in_pane})  # type: ignore[misc]
    keys.use(KeyMap().giving("run", "F9").giving("stop", "F8"))
    with qtbot.waitActive(window):
        window.show()
    editor.setFocus()
    QApplication.sendEvent(editor, QInputMethodEvent("fei", []))
    for key in (Qt.Key.Key_F9, Qt.Key.Key_F8, Qt.Key.Key_Escape, Qt.Key.Key_Return):
        qtbot.keyClick(editor, key)
    assert done == []
    ended = QInputMethodEvent()
    ended.setCommitString("肺")
    QApplication.sendEvent(editor, ended)
    qtbot.waitUntil(lambda: not editor.composition.active)
    qtbot.keyClick(editor, Qt.Key.Key_F9)
    assert done == ["run"]


@pytest.mark.parametrize(
    ("key", "modifiers", "expected"),
    [
        (Qt.Key.Key_Exclam, CONTROL | SHIFT, "Ctrl+Shift+1"),
        (Qt.Key.Key_Enter, CONTROL | PAD, "Ctrl+Return"),
        (Qt.Key.Key_1, CONTROL | PAD, "Ctrl+1"),
        (Qt.Key.Key_PageDown, CONTROL | ALT, "Ctrl+Alt+PgDown"),
        (Qt.Key.Key_Control, CONTROL, ""),
        (Qt.Key.Key_F7, SHIFT, "Shift+F7"),
    ],
)
def test_a_pressed_key_is_written_as_the_table_writes_it(
    key: Qt.Key, modifiers: Qt.KeyboardModifier, expected: str
) -> None:
    assert written(QKeyCombination(modifiers, key)) == expected


def test_plus_is_one_key_with_and_without_shift_in_a_pane() -> None:
    pressed = [(SHIFT, Qt.Key.Key_Plus), (Qt.KeyboardModifier.NoModifier, Qt.Key.Key_Equal), (PAD, Qt.Key.Key_Plus)]
    assert {pane_key(QKeyCombination(modifiers, key)) for modifiers, key in pressed} == {"+"}


@pytest.mark.parametrize(
    ("act", "sequence", "why"),
    [
        ("search", "K", "书写和输入法"),
        ("search", "Return", "书写和输入法"),
        ("search", "Shift+K", "书写和输入法"),
        ("search", "Esc", "不能用作"),
        ("search", "Tab", "不能用作"),
        ("search", "Ctrl+V", "编辑文字"),
        ("search", "Ctrl+Space", "切换输入法"),
        ("search", "Alt+F4", "操作系统"),
        ("search", "Meta+K", "不能用作"),
        ("item_tick", "Esc", "不能用作"),
        ("item_tick", "Ctrl+C", "编辑文字"),
        ("search", "Ctrl+Shift+F", ""),
        ("search", "Alt+K", ""),
        ("search", "F9", ""),
        ("item_tick", "X", ""),
        ("stop", "Esc", ""),
    ],
)
def test_what_may_be_a_key(act: str, sequence: str, why: str) -> None:
    said = refusal(BY_ACT[act], sequence)
    assert (why in said) if why else not said


def test_another_acts_key_is_exchanged() -> None:
    keys = KeyMap().giving("search", "Ctrl+N")
    assert (keys.of("search"), keys.of("add_patient")) == ("Ctrl+N", "Ctrl+K")
    assert keys.giving("search", "Ctrl+K") == KeyMap()


def test_what_was_kept_and_cannot_be_used_falls_back(qtbot: QtBot) -> None:
    keys = Keys()
    kept = {
        "save": "Ctrl+Alt+S",
        "search": "nonsense",
        "board": "Ctrl+K, Ctrl+B",
        "people": "K",
        "documents": "Ctrl+H",
        "gone": "Ctrl+9",
        "item_tick": "X",
    }
    said = keys.restore(kept)
    assert keys.kept() == {"save": "Ctrl+Alt+S", "item_tick": "X"}
    assert "5 项无法使用" in said
    assert "搜索患者（Ctrl+K）" in said
    assert "本次住院的文书（Ctrl+D）" in said
    assert "另有 1 项不认识" in said
    assert Keys().restore(keys.kept()) == ""


def test_two_acts_kept_with_one_key_both_fall_back() -> None:
    keys, refused = KeyMap.read({"save": "Ctrl+Alt+S", "search": "Ctrl+Alt+S"})
    assert keys == KeyMap()
    assert set(refused) == {"save", "search"}
    exchanged, none = KeyMap.read({"save": "Ctrl+K", "search": "Ctrl+S"})
    assert (exchanged.of("save"), none) == ("Ctrl+K", ())


def test_texts_name_the_keys_in_force(qtbot: QtBot) -> None:
    keys, button = Keys(), QPushButton()
    qtbot.addWidget(button)
    Worded(button, keys, "查看 Ctrl+Shift+D，或按Ctrl+D、F6；Ctrl+1", button.setText, button.setToolTip)
    assert button.text() == "查看 Ctrl+Shift+D，或按Ctrl+D、F6；Ctrl+1"
    keys.use(KeyMap().giving("documents", "Ctrl+Shift+D").giving("next_area", "F7").giving("backfill_1", "Ctrl+Alt+1"))
    assert button.text() == button.toolTip() == "查看 Ctrl+D，或按Ctrl+Shift+D、F7；Ctrl+Alt+1"
    keys.use(KeyMap())
    assert button.text() == "查看 Ctrl+Shift+D，或按Ctrl+D、F6；Ctrl+1"


def test_a_text_goes_with_its_widget(qtbot: QtBot) -> None:
    keys, label = Keys(), QLabel()
    Worded(label, keys, "Ctrl+K", label.setText)
    label.deleteLater()
    qtbot.waitUntil(lambda: not label.isVisible())
    qtbot.wait(0)
    keys.use(KeyMap().giving("search", "F9"))


def test_every_key_that_a_sentence_names_is_in_the_table() -> None:
    """A sentence with a key that no act has would go on naming it after a change."""
    known = {shown(key.default) for key in KEYS}
    for file in Path(app.__file__).parent.rglob("*.py"):
        if file.name in ("key_map.py", "key_table.py") or "cli" in file.parts:
            continue
        for text in _chinese_texts(file):
            for name in re.findall(
                r"(?:Ctrl\+(?:Shift\+)?(?:(?!Shift)[A-Z0-9][a-zA-Z0-9]*|[↑↓])|Alt\+(?:\d|[↑↓]))", text
            ):
                assert name in known, (file.name, text)


_KEY_NAME = r"(?:Ctrl\+(?:Shift\+)?(?:(?!Shift)[A-Z0-9][a-zA-Z0-9]*|[↑↓])|Alt\+(?:\d|[↑↓]))"


def _chinese_texts(file: Path) -> list[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [text for text in texts if re.search("[一-鿿]", text)]


def test_a_new_patient_needs_a_name_and_a_bed_or_number(qtbot: QtBot) -> None:
    dialog = PatientDialog()
    qtbot.addWidget(dialog)
    assert not dialog.accept_button.isEnabled()
    dialog.name.setText("  ")
    dialog.bed.setText("3")
    assert not dialog.accept_button.isEnabled()
    dialog.name.setText(" 张某 ")
    assert dialog.accept_button.isEnabled()
    dialog.bed.clear()
    assert not dialog.accept_button.isEnabled()
    dialog.mrn.setText("ZY1")
    dialog.age.setText("65")
    assert dialog.accept_button.isEnabled()
    new = dialog.entered()
    assert (new.name, new.sex, new.age, new.bed, new.mrn) == ("张某", Sex.UNKNOWN, "65岁", "", "ZY1")
