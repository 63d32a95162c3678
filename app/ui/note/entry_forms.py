"""The forms of a stay's orders and results: a new one, and the end of an order."""

from __future__ import annotations

from PySide6.QtCore import QDate
from PySide6.QtWidgets import QComboBox, QDialogButtonBox, QFormLayout, QLineEdit, QVBoxLayout, QWidget

from app.core.stay import Abnormal, Order, Result, against_range
from app.core.stay_lines import entry_line
from app.ui.kit.composed_line import ComposedLine
from app.ui.kit.date_fields import DayField
from app.ui.kit.kept_dialog import KeptDialog
from app.ui.kit.text_safety import visible_controls

_MEASURED = "按参考范围"


class EntryForm(KeptDialog):
    """A new order or result of one stay."""

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(420)
        self.date = DayField(QDate.currentDate())
        self.date.setDisplayFormat("yyyy-MM-dd")
        self.name = ComposedLine()
        self._form = QFormLayout()
        buttons = QDialogButtonBox()
        self.accept_button = buttons.addButton("录入", QDialogButtonBox.ButtonRole.AcceptRole)
        self.accept_button.setObjectName("primary")
        buttons.addButton("取消", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(self._form)
        layout.addWidget(self.trouble)
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
        self.value, self.unit, self.range, self.abnormal = ComposedLine(), ComposedLine(), ComposedLine(), QComboBox()
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


class StopForm(EntryForm):
    """The day on which an order ended."""

    def __init__(self, order: Order, parent: QWidget) -> None:
        super().__init__("停止医嘱", parent)
        self.name.setText(visible_controls(entry_line(order)))
        self.name.setReadOnly(True)
        self.name.setCursorPosition(0)
        self.date.setMinimumDate(QDate.fromString(order.date[:10], "yyyy-MM-dd"))
        self.accept_button.setText("停止")
        self.date.setFocus()


class OrderForm(EntryForm):
    """A new order, as it stands in the ward's order system: this program gives none."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("录入医嘱", parent)
        self.dose, self.route, self.frequency = ComposedLine(), ComposedLine(), ComposedLine()
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
