"""One model: what it is, and a table of its engines with what each costs and gives."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.controllers.model_cards import ModelCard
from app.ui.kit.words import Words
from app.ui.models.model_words import COLUMNS, engine_cells, size_words

_TITLES = 3


class ModelDetails(QWidget):
    """The current row of the table is the engine that can be switched to."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self.card: ModelCard | None = None
        self.heading, self.about, self.warning = QLabel(), QLabel(), QLabel()
        self.heading.setObjectName("dialogHeading")
        self.about.setObjectName("diffSummary")
        self.warning.setObjectName("dialogWarning")
        for label in (self.heading, self.about, self.warning):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self.table = QTableWidget(0, len(COLUMNS))
        self._set_up_table()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self.heading, self.about, self.warning, self.table):
            layout.addWidget(widget)

    @property
    def engine(self) -> str:
        """The engine of the current row; empty if there is none."""
        row = self.table.currentRow()
        return self.card.engines[row].engine if self.card and 0 <= row < len(self.card.engines) else ""

    def show_card(self, card: ModelCard | None) -> None:
        """Show this model; nothing without one."""
        row = self.table.currentRow() if card and self.card and card.name == self.card.name else -1
        self.card = card
        self.setEnabled(card is not None)
        self.heading.setText(f"{card.title}  {card.name}" if card else "")
        self.about.setText(self._about(card) if card else "")
        self.warning.setText(self._warning(card) if card else "")
        self.warning.setVisible(bool(self.warning.text()))
        engines = card.engines if card else ()
        self.table.setRowCount(len(engines))
        for number, engine in enumerate(engines):
            for column, text in enumerate(engine_cells(engine, self._words)):
                self.table.setItem(number, column, _cell(text, column))
        used = next((number for number, engine in enumerate(engines) if engine.in_use), 0)
        self.table.setCurrentCell(row if row >= 0 else used, 0)

    def _about(self, card: ModelCard) -> str:
        size = self._words("源文件 {size}", size=size_words(card.source_bytes)) if card.source_bytes else ""
        return "  ·  ".join(part for part in (card.base, card.licence, size) if part)

    def _warning(self, card: ModelCard) -> str:
        if card.server:
            return self._words("使用它时，病历文字会离开本机，发送到 {server}。", server=card.server)
        return self._words("演示模型，不是医学模型，输出不能用于临床。") if card.demonstration else ""

    def _set_up_table(self) -> None:
        table = self.table
        table.setObjectName("engines")
        table.setAccessibleName(self._words("各引擎的状态、占用和速度"))
        for column, (title, meaning) in enumerate(COLUMNS):
            item = QTableWidgetItem(self._words(title))
            item.setToolTip(self._words(meaning))
            item.setTextAlignment(_side(column))
            table.setHorizontalHeaderItem(column, item)
        table.verticalHeader().hide()
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)


def _side(column: int) -> Qt.AlignmentFlag:
    """Words begin on the left, figures end on the right."""
    side = Qt.AlignmentFlag.AlignRight if column >= _TITLES else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _cell(text: str, column: int) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    item.setTextAlignment(_side(column))
    item.setToolTip(text)
    return item
