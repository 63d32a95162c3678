"""The dialogs of a stay's orders and results: to look at them, choose some for the note, and enter new ones."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QDate, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDateEdit,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.controllers.note import OpenNote
from app.core.stay import Abnormal, Order, Result, against_range
from app.core.stay_lines import entry_line
from app.ui.kit.text_safety import visible_controls
from app.ui.kit.theme import Theme
from app.ui.kit.wording import whose
from app.ui.ward.ward_dialogs import text_label

_ENTRY = Qt.ItemDataRole.UserRole
_MEASURED = "按参考范围"
_MARKS = (("正常", Abnormal.NO), ("↑ 偏高", Abnormal.HIGH), ("↓ 偏低", Abnormal.LOW), ("异常", Abnormal.YES))


class EntryList(QListWidget):
    """Results, then orders, the newest first; Space ticks one, Enter puts what is ticked into the note.

    Signals:
        insert_wanted: Enter was pressed.
        withdraw_wanted: Delete was pressed.
    """

    insert_wanted = Signal()
    withdraw_wanted = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.insert_wanted.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.withdraw_wanted.emit()
        else:
            super().keyPressEvent(event)


class EntriesDialog(QDialog):
    """What a stay has besides notes.

    Signals:
        insert_wanted: tuple of the chosen orders and results, in the order of time.
        withdraw_wanted: the entry that was a mistake.
        result_wanted, order_wanted: the doctor wants to enter one.
    """

    insert_wanted = Signal(object)
    withdraw_wanted = Signal(object)
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
        self.insert_button.clicked.connect(self._insert)

    def show_entries(self, orders: Sequence[Order], results: Sequence[Result]) -> None:
        """Show these; the first of them has the keyboard."""
        self.list.clear()
        self._add_group("检查结果", results)
        self._add_group("医嘱", orders)
        there = bool(orders or results)
        self._hint.setText(
            "空格勾选，回车插入病历光标处；Delete 撤回录错的一条（留有记录）。"
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


class EntryForm(QDialog):
    """A new order or result of one stay."""

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumWidth(420)
        self.date = QDateEdit(QDate.currentDate())
        self.date.setDisplayFormat("yyyy-MM-dd")
        self.name = QLineEdit()
        self._form = QFormLayout()
        buttons = QDialogButtonBox()
        self.accept_button = buttons.addButton("录入", QDialogButtonBox.ButtonRole.AcceptRole)
        self.accept_button.setObjectName("primary")
        buttons.addButton("取消", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(self._form)
        layout.addWidget(buttons)
        self.add("名称", self.name)
        self.add("日期", self.date)
        self.name.setFocus()

    def add(self, title: str, field: QWidget) -> None:
        """One line of the form."""
        field.setAccessibleName(title)
        self._form.addRow(title, field)

    def need(self, *fields: QLineEdit) -> None:
        """The form cannot be accepted while one of these is empty."""

        def check() -> None:
            self.accept_button.setEnabled(all(field.text().strip() for field in fields))

        for field in fields:
            field.textChanged.connect(check)
        check()

    def day(self) -> str:
        """The date as ISO text."""
        return self.date.date().toString("yyyy-MM-dd")


class ResultForm(EntryForm):
    """A new result."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("录入检查结果", parent)
        self.value, self.unit, self.range, self.abnormal = QLineEdit(), QLineEdit(), QLineEdit(), QComboBox()
        self.range.setPlaceholderText("如 3.5-5.3、<0.5")
        self.abnormal.addItem(_MEASURED, None)
        for words, mark in (
            ("正常", Abnormal.NO),
            ("↑ 偏高", Abnormal.HIGH),
            ("↓ 偏低", Abnormal.LOW),
            ("异常", Abnormal.YES),
        ):
            self.abnormal.addItem(words, mark)
        self.add("结果", self.value)
        self.add("单位", self.unit)
        self.add("参考范围", self.range)
        self.add("是否异常", self.abnormal)
        self.need(self.name, self.value)

    def entered(self) -> Result:
        """The fields as they are now."""
        value, limits = self.value.text().strip(), self.range.text().strip()
        mark = self.abnormal.currentData()
        abnormal = against_range(value, limits) if mark is None else Abnormal(mark)
        return Result(self.day(), self.name.text().strip(), value, self.unit.text().strip(), limits, abnormal)


class OrderForm(EntryForm):
    """A new order, as it stands in the ward's order system: this program gives none."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("录入医嘱", parent)
        self.dose, self.route, self.frequency = QLineEdit(), QLineEdit(), QLineEdit()
        self.dose.setPlaceholderText("如 100mg")
        self.route.setPlaceholderText("如 口服")
        self.frequency.setPlaceholderText("如 qd")
        self.add("剂量", self.dose)
        self.add("用法", self.route)
        self.add("频次", self.frequency)
        self.need(self.name)

    def entered(self) -> Order:
        """The fields as they are now."""
        return Order(
            self.day(),
            self.name.text().strip(),
            self.dose.text().strip(),
            self.route.text().strip(),
            self.frequency.text().strip(),
        )
