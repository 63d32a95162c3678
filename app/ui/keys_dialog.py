"""F1: all keys, what they do, and changing them by the keyboard alone; and what this program is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

import app
from app.ui.kit.key_map import KeyMap, pane_key, refusal, shown, written
from app.ui.kit.key_table import KEYS, Key
from app.ui.kit.keys import Keys
from app.ui.kit.labels import plain_label

COLUMNS = ("快捷键", "作用", "默认")
HOW_TO = "↑ ↓ 选择，回车改键，Delete 恢复这一项的默认键。"
PRESS = "“{}”：请按新的键，Esc 放弃。"
ABOUT = "病程助手 WardNote {}。建议由本机模型生成，不联网；AI生成，须医师审核，诊疗决定由医师作出。"
_ROOM = 80
_WIDTH, _HEIGHT = 860, 720
_TURNS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_EVERYTHING = ("", "")


class KeyTable(QTableWidget):
    """The rows; while `listening` every key press is a key to choose, not one to obey.

    Signals:
        pressed: a QKeyCombination, while listening.
        left: Esc while listening.
        change_wanted, restore_wanted: Enter and Delete, while not listening.
    """

    key_pressed = Signal(object)
    left = Signal()
    change_wanted = Signal()
    restore_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(len(KEYS), len(COLUMNS))
        self.listening = False

    def event(self, event: QEvent) -> bool:
        """While listening no shortcut and no Tab is followed."""
        if self.listening and isinstance(event, QKeyEvent) and event.type() != QEvent.Type.KeyRelease:
            event.accept()
            if event.type() == QEvent.Type.KeyPress:
                self._hear(event)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in _TURNS:
            self.change_wanted.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.restore_wanted.emit()
        else:
            super().keyPressEvent(event)

    def _hear(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and not event.modifiers():
            self.left.emit()
        elif written(event.keyCombination()):
            self.key_pressed.emit(event.keyCombination())


class KeysDialog(QDialog):
    """Shows and changes the keys; what is changed here is in force at once."""

    def __init__(self, keys: Keys, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("快捷键与关于")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._keys = keys
        # What the doctor was asked about: the act and the key, or all of them; done if they ask again.
        self._asked: tuple[str, str] | None = None
        self.table = KeyTable()
        self.line = plain_label("keyLine", HOW_TO)
        self.change_button = QPushButton("改键(&E)")
        self.restore_button = QPushButton("恢复默认(&D)")
        self.restore_all_button = QPushButton("全部恢复默认(&A)")
        self.close_button = QPushButton("关闭")
        self._set_up()
        self._lay_out()
        self._fill()
        self._connect()
        self.table.setCurrentCell(0, 0)
        self.table.setFocus()

    @property
    def _key(self) -> Key:
        return KEYS[max(0, self.table.currentRow())]

    def change(self) -> None:
        """Wait for the new key of the chosen act."""
        self._ask(None, PRESS.format(_name(self._key)))
        self.table.listening = True
        self.table.setFocus()

    def restore(self) -> None:
        """Give the chosen act the table's key again."""
        self._propose(self._key, self._key.default, "再按一次 Delete")

    def restore_all(self) -> None:
        """Give every act the table's key again, when asked twice."""
        if not self._keys.map.changed:
            self._ask(None, "所有快捷键都是默认的。")
        elif self._asked != _EVERYTHING:
            self._ask(_EVERYTHING, f"有 {len(self._keys.map.changed)} 项改过：再按一次“全部恢复默认”就全部恢复。")
        else:
            self._take(KeyMap(), "全部快捷键已恢复默认。")

    def _on_pressed(self, combination: object) -> None:
        key = self._key
        sequence = (pane_key if key.in_pane else written)(combination)  # type: ignore[arg-type]
        self._propose(key, sequence, f"再按一次 {shown(sequence)}")

    def _propose(self, key: Key, sequence: str, again: str) -> None:
        """Take the key; one that another act has only when asked twice, and then that act gets this one's."""
        keys, old = self._keys.map, self._keys.map.of(key.act)
        holder = keys.holder(sequence)
        if why := refusal(key, sequence):
            self._ask(None, why)
        elif holder is None or holder is key:
            self._take(keys.giving(key.act, sequence), f"“{_name(key)}”的键是 {shown(sequence)}。")
        elif why := refusal(holder, old):
            self._ask(None, f"{shown(sequence)} 已用于“{_name(holder)}”，不能对调：{why}")
        elif self._asked != (key.act, sequence):
            swap = f"{again} 就对调，“{_name(holder)}”改用 {shown(old)}"
            self._ask((key.act, sequence), f"{shown(sequence)} 已用于“{_name(holder)}”：{swap}；Esc 放弃。")
        else:
            self._take(
                keys.giving(key.act, sequence),
                f"已对调：{shown(sequence)} {_name(key)}，{shown(old)} {_name(holder)}。",
            )

    def _take(self, keys: KeyMap, words: str) -> None:
        self._leave(words)
        self._keys.use(keys)
        self._fill()

    def _leave(self, words: str = HOW_TO) -> None:
        self.table.listening = False
        self._ask(None, words)

    def _ask(self, asked: tuple[str, str] | None, words: str) -> None:
        self._asked = asked
        self.line.setText(words)
        self.line.setAccessibleName(words)

    def _fill(self) -> None:
        for row, key in enumerate(KEYS):
            own = key.act in self._keys.map.changed
            cells = (self._keys.shown(key.act), self._keys.worded(key.words), shown(key.default) if own else "")
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                font = item.font()
                font.setBold(own and column == 0)
                item.setFont(font)
                self.table.setItem(row, column, item)

    def _set_up(self) -> None:
        self.table.setObjectName("keyTable")
        self.table.setAccessibleName("快捷键")
        self.table.setHorizontalHeaderLabels(COLUMNS)
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        for button in (self.change_button, self.restore_button, self.restore_all_button, self.close_button):
            button.setAutoDefault(False)
        self.line.setWordWrap(True)
        self.resize(_WIDTH, min(_HEIGHT, self.screen().availableGeometry().height() - _ROOM))

    def _lay_out(self) -> None:
        about = plain_label("emptyHint", ABOUT.format(app.__version__))
        about.setWordWrap(True)
        buttons = QHBoxLayout()
        for button in (self.change_button, self.restore_button, self.restore_all_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.line)
        layout.addLayout(buttons)
        layout.addWidget(about)

    def _connect(self) -> None:
        self.table.change_wanted.connect(self.change)
        self.table.restore_wanted.connect(self.restore)
        self.table.key_pressed.connect(self._on_pressed)
        self.table.left.connect(self._leave)
        self.table.currentCellChanged.connect(lambda *_cells: self._leave())
        self.table.itemDoubleClicked.connect(lambda _item: self.change())
        self.change_button.clicked.connect(self.change)
        self.restore_button.clicked.connect(self.restore)
        self.restore_all_button.clicked.connect(self.restore_all)
        self.close_button.clicked.connect(self.reject)


def _name(key: Key) -> str:
    """The act in few words."""
    return key.words.removeprefix("在一栏中：").split("：")[0].split("；")[0]
