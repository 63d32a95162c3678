"""Changing keys by the keyboard alone."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.ui.keys_dialog import KeysDialog
from app.ui.kit.key_map import KeyMap
from app.ui.kit.key_table import KEYS
from app.ui.kit.keys import Keys

CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier


class Hands:
    """A doctor at the dialog: everything by keys, on the widget that has the focus."""

    def __init__(self, qtbot: QtBot) -> None:
        self.bot, self.keys = qtbot, Keys()
        self.dialog = KeysDialog(self.keys)
        self.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        qtbot.addWidget(self.dialog)
        with qtbot.waitActive(self.dialog):
            self.dialog.show()

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        self.bot.keyClick(self.dialog.focusWidget(), key, modifiers)

    def go_to(self, act: str) -> None:
        self.press(Qt.Key.Key_Home, CONTROL)
        for _ in range([key.act for key in KEYS].index(act)):
            self.press(Qt.Key.Key_Down)

    def change(self, act: str, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        self.go_to(act)
        self.press(Qt.Key.Key_Return)
        self.press(key, modifiers)

    def row(self, act: str) -> tuple[str, ...]:
        row = [key.act for key in KEYS].index(act)
        cells = [self.dialog.table.item(row, column) for column in range(3)]
        return tuple(cell.text() for cell in cells if cell is not None)

    @property
    def line(self) -> str:
        return self.dialog.line.text()


@pytest.fixture
def hands(qtbot: QtBot) -> Hands:
    return Hands(qtbot)


def test_every_act_is_shown_with_its_key(hands: Hands) -> None:
    assert hands.row("search") == ("Ctrl+K", "搜索患者：床号、姓名、拼音、住院号", "")
    assert hands.row("item_insert")[0] == "Enter"


def test_a_new_key_is_pressed_and_in_force(hands: Hands) -> None:
    hands.change("search", Qt.Key.Key_F, CONTROL | ALT)
    assert hands.keys.map.of("search") == "Ctrl+Alt+F"
    assert hands.row("search") == ("Ctrl+Alt+F", "搜索患者：床号、姓名、拼音、住院号", "Ctrl+K")
    assert "Ctrl+Alt+F" in hands.line
    hands.change("backfill_1", Qt.Key.Key_F9)
    assert "F9 只回填选中的" in hands.row("item_tick")[1]


def test_while_a_key_is_waited_for_none_is_obeyed(hands: Hands) -> None:
    hands.change("search", Qt.Key.Key_Tab)
    assert "不能用作" in hands.line
    hands.press(Qt.Key.Key_Down)
    assert "书写和输入法" in hands.line
    hands.press(Qt.Key.Key_Return)
    assert "书写和输入法" in hands.line
    hands.press(Qt.Key.Key_Escape)
    assert hands.dialog.isVisible()
    assert hands.keys.map == KeyMap()
    hands.press(Qt.Key.Key_Escape)
    assert not hands.dialog.isVisible()


def test_another_acts_key_is_exchanged_only_when_pressed_twice(hands: Hands) -> None:
    hands.change("search", Qt.Key.Key_N, CONTROL)
    assert hands.line == "Ctrl+N 已用于“办理入院”：再按一次 Ctrl+N 就对调，“办理入院”改用 Ctrl+K；Esc 放弃。"
    assert hands.keys.map == KeyMap()
    hands.press(Qt.Key.Key_N, CONTROL)
    assert hands.row("search")[0] == "Ctrl+N"
    assert hands.row("add_patient")[0] == "Ctrl+K"


def test_a_key_that_the_other_act_could_not_take_is_refused(hands: Hands) -> None:
    hands.change("item_tick", Qt.Key.Key_K, CONTROL)
    assert "不能对调" in hands.line
    hands.press(Qt.Key.Key_K, CONTROL)
    assert hands.keys.map == KeyMap()


def test_the_tables_keys_come_back_one_by_one_and_all_together(hands: Hands) -> None:
    hands.change("search", Qt.Key.Key_F9)
    hands.change("save", Qt.Key.Key_F8)
    hands.change("board", Qt.Key.Key_F7)
    hands.go_to("search")
    hands.press(Qt.Key.Key_Delete)
    assert hands.keys.kept() == {"save": "F8", "board": "F7"}
    hands.press(Qt.Key.Key_A, ALT)
    hands.bot.waitUntil(lambda: "2 项改过" in hands.line)
    assert hands.keys.kept() == {"save": "F8", "board": "F7"}
    hands.press(Qt.Key.Key_A, ALT)
    hands.bot.waitUntil(lambda: hands.keys.kept() == {})


def test_a_default_that_another_act_took_comes_back_by_exchange(hands: Hands) -> None:
    hands.change("search", Qt.Key.Key_F9)
    hands.change("save", Qt.Key.Key_K, CONTROL)
    hands.go_to("search")
    hands.press(Qt.Key.Key_Delete)
    assert "再按一次 Delete" in hands.line
    hands.press(Qt.Key.Key_Delete)
    assert hands.keys.kept() == {"save": "F9"}
