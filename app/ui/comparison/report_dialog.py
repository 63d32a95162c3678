"""识别错误: what is wrong with a piece of a suggestion, how bad it is, and what should stand there."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.core.acts import ErrorReport
from app.core.events import ErrorSeverity, ErrorType
from app.ui.comparison.quote_span import Quote
from app.ui.kit.composed_line import ComposedLine
from app.ui.kit.text_safety import bounded, visible_controls

_MAX_SHOWN = 300


class ReportDialog(QDialog):
    """Every choice has a key: Alt and the digit of the type, Alt and the letter of the severity; Enter reports."""

    def __init__(self, quote: Quote, model: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("识别错误")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumWidth(560)
        self._quote = quote
        self.types = QButtonGroup(self)
        self.severities = QButtonGroup(self)
        self.correction = ComposedLine()
        self.comment = ComposedLine()
        self._lay_out(model)

    def report(self) -> ErrorReport:
        """What was entered."""
        quote = self._quote
        return ErrorReport(
            quote.start,
            quote.end,
            quote.text,
            list(ErrorType)[self.types.checkedId()],
            list(ErrorSeverity)[self.severities.checkedId()],
            self.correction.text().strip(),
            self.comment.text().strip(),
        )

    def _lay_out(self, model: str) -> None:
        quoted = QLabel(bounded(visible_controls(self._quote.text), _MAX_SHOWN))
        quoted.setObjectName("quote")
        quoted.setTextFormat(Qt.TextFormat.PlainText)
        quoted.setWordWrap(True)
        types = [f"{name} &{number}" for number, name in enumerate(ErrorType, 1)]
        severities = [f"{name} &{key}" for name, key in zip(ErrorSeverity, "QWE", strict=True)]
        self.correction.setPlaceholderText("应当写成什么（可不填）")
        self.correction.setAccessibleName("更正")
        self.comment.setPlaceholderText("补充说明（可不填）")
        self.comment.setAccessibleName("说明")
        form = QFormLayout()
        form.addRow("原文", quoted)
        form.addRow("类型", _choices(self.types, types))
        form.addRow("程度", _choices(self.severities, severities))
        form.addRow("更正", self.correction)
        form.addRow("说明", self.comment)
        buttons = QDialogButtonBox()
        report = buttons.addButton("报告 Enter", QDialogButtonBox.ButtonRole.AcceptRole)
        report.setObjectName("primary")
        buttons.addButton("取消 Esc", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        heading = QLabel(visible_controls(model))
        heading.setObjectName("dialogHeading")
        heading.setTextFormat(Qt.TextFormat.PlainText)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(heading)
        layout.addLayout(form)
        layout.addWidget(buttons)


def _choices(group: QButtonGroup, words: list[str]) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    for number, word in enumerate(words):
        button = QRadioButton(word)
        button.setChecked(number == 0)
        group.addButton(button, number)
        layout.addWidget(button)
    layout.addStretch(1)
    return row
