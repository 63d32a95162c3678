"""The dialog of a stay's orders and results: to look at them, and to choose some for the note."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.controllers.note import OpenNote
from app.core.stay import Abnormal, Order, Result
from app.core.stay_lines import entry_line
from app.ui.kit.text_safety import visible_controls
from app.ui.kit.theme import Theme
from app.ui.kit.wording import whose
from app.ui.ward.ward_dialogs import text_label

_ENTRY = Qt.ItemDataRole.UserRole
_MARKS = (("正常", Abnormal.NO), ("↑ 偏高", Abnormal.HIGH), ("↓ 偏低", Abnormal.LOW), ("异常", Abnormal.YES))


class EntryList(QListWidget):
    """Results, then orders, the newest first; Space ticks one, Enter puts what is ticked into the note.

    Signals:
        insert_wanted: Enter was pressed.
        withdraw_wanted: Delete was pressed.
        stop_wanted: S was pressed.
    """

    insert_wanted = Signal()
    withdraw_wanted = Signal()
    stop_wanted = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.insert_wanted.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.withdraw_wanted.emit()
        elif event.key() == Qt.Key.Key_S:
            self.stop_wanted.emit()
        else:
            super().keyPressEvent(event)


class EntriesDialog(QDialog):
    """What a stay has besides notes.

    Signals:
        insert_wanted: tuple of the chosen orders and results, in the order of time.
        withdraw_wanted: the entry that was a mistake.
        stop_wanted: the running order that ended.
        result_wanted, order_wanted: the doctor wants to enter one.
    """

    insert_wanted = Signal(object)
    withdraw_wanted = Signal(object)
    stop_wanted = Signal(object)
    result_wanted = Signal()
    order_wanted = Signal()

    def __init__(self, note: OpenNote, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.encounter_id = note.encounter.encounter_id
        self._theme = theme
        self.setWindowTitle("检查结果与医嘱")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumSize(720, 480)
        self.list = EntryList()
        self.list.setAccessibleName("检查结果与医嘱")
        self._hint = text_label("emptyHint")
        self.insert_button = QPushButton("插入光标处  Enter")
        self.insert_button.setObjectName("primary")
        buttons = QDialogButtonBox()
        buttons.addButton(self.insert_button, QDialogButtonBox.ButtonRole.ActionRole)
        for words, signal in (("录入结果(&R)", self.result_wanted), ("录入医嘱(&O)", self.order_wanted)):
            buttons.addButton(words, QDialogButtonBox.ButtonRole.ActionRole).clicked.connect(signal)
        buttons.addButton("关闭", QDialogButtonBox.ButtonRole.RejectRole)
        for button in buttons.buttons():
            if isinstance(button, QPushButton):
                button.setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        for widget in (
            text_label("dialogHeading", whose(note.patient, note.encounter)),
            self.list,
            self._hint,
            buttons,
        ):
            layout.addWidget(widget)
        self.list.insert_wanted.connect(self._insert)
        self.list.withdraw_wanted.connect(self._withdraw)
        self.list.stop_wanted.connect(self._stop)
        self.insert_button.clicked.connect(self._insert)

    def show_entries(self, orders: Sequence[Order], results: Sequence[Result]) -> None:
        """Show these; the first of them has the keyboard."""
        self.list.clear()
        self._add_group("检查结果", results)
        self._add_group("医嘱", orders)
        there = bool(orders or results)
        self._hint.setText(
            "空格勾选，回车插入病历光标处；S 停止所在的医嘱；Delete 撤回录错的一条（留有记录）。"
            if there
            else "这次住院还没有检查结果和医嘱：按 Alt+R 录入结果，Alt+O 录入医嘱。"
        )
        self.insert_button.setEnabled(there)
        self.list.setCurrentRow(1 if there else -1)
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def chosen(self) -> tuple[Order | Result, ...]:
        """What is ticked, or the current line where nothing is; in the order of time."""
        items = [self.list.item(row) for row in range(self.list.count())]
        ticked = [item for item in items if item.checkState() is Qt.CheckState.Checked and item.data(_ENTRY)]
        current = self.list.currentItem()
        entries = [item.data(_ENTRY) for item in ticked or ([current] if current and current.data(_ENTRY) else [])]
        return tuple(sorted(entries, key=lambda entry: entry.date))

    def _add_group(self, title: str, entries: Sequence[Order | Result]) -> None:
        if entries:
            self._add_heading(f"{title} · {len(entries)} 条")
        for entry in reversed(entries):
            self._add_entry(entry)

    def _add_heading(self, words: str) -> None:
        item = QListWidgetItem(words)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        item.setForeground(QColor(self._theme.secondary))
        self.list.addItem(item)

    def _add_entry(self, entry: Order | Result) -> None:
        item = QListWidgetItem(visible_controls(entry_line(entry)))
        item.setData(_ENTRY, entry)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Unchecked)
        if isinstance(entry, Result):
            item.setToolTip(f"参考范围 {visible_controls(entry.range)}" if entry.range else "没有参考范围")
            if entry.abnormal is not Abnormal.NO:
                item.setForeground(QColor(self._theme.danger))
        self.list.addItem(item)

    def _insert(self) -> None:
        if chosen := self.chosen():
            self.insert_wanted.emit(chosen)

    def _withdraw(self) -> None:
        item = self.list.currentItem()
        if item is not None and item.data(_ENTRY):
            self.withdraw_wanted.emit(item.data(_ENTRY))

    def _stop(self) -> None:
        item = self.list.currentItem()
        entry = item.data(_ENTRY) if item is not None else None
        if isinstance(entry, Order) and not entry.until:
            self.stop_wanted.emit(entry)
