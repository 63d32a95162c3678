"""The statistics page: charts over the whole ward, to be kept as a picture or as a table."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.controllers.statistics import StatisticsController
from app.core.statistics import Statistics
from app.learning.tables import quoted_cell
from app.ui.feedback.statistics_bars import charts, table
from app.ui.kit.bar_chart import BarChart
from app.ui.kit.keys import Worded
from app.ui.kit.theme import Appearance

_COLUMNS = 2


class StatisticsDialog(QDialog):
    """Says that it counts, then shows the charts.

    Signals:
        export_wanted: the feedback is to be exported.
    """

    export_wanted = Signal()

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("统计")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumSize(860, 480)
        self.resize(1180, 680)
        self._appearance = appearance
        self._statistics: Statistics | None = None
        self.charts: dict[str, BarChart] = {}
        self.state = QLabel("正在统计…")
        self.state.setObjectName("diffSummary")
        self._page = QWidget()
        self._page.setObjectName("notePage")
        self._grid = QGridLayout(self._page)
        self._grid.setSpacing(1)
        self.picture, self.table = QPushButton("保存图片(&P)…"), QPushButton("保存表格(&T)…")
        self.export = QPushButton("导出反馈(&E)…")
        self._lay_out()

    def show_statistics(self, statistics: Statistics) -> None:
        """The figures that were counted."""
        self._statistics = statistics
        for number, (title, bars) in enumerate(charts(statistics).items()):
            chart = self.charts[title] = BarChart(title, self._appearance)
            chart.show_bars(bars)
            self._grid.addWidget(chart, number // _COLUMNS, number % _COLUMNS, Qt.AlignmentFlag.AlignTop)
        self._grid.setRowStretch(self._grid.rowCount(), 1)
        self.state.setText("全部科室的汇总，不含患者信息；分子或分母少于 5 的不显示。")
        for button in (self.picture, self.table):
            button.setEnabled(True)

    def show_failure(self, sentence: str) -> None:
        """Why there is nothing to show."""
        self.state.setText(sentence)

    def save_picture(self, path: Path) -> None:
        """All charts as PNG, also those that are scrolled out of view. Raises OSError."""
        if not self._page.grab().save(str(path), "PNG"):
            raise OSError(f"{path} cannot be written")

    def save_table(self, path: Path) -> None:
        """The figures as CSV, for a spreadsheet. Raises OSError."""
        assert self._statistics is not None  # the button works only then
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([quoted_cell(cell) for cell in line] for line in table(self._statistics))

    def _lay_out(self) -> None:
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(self._page)
        close = QPushButton("关闭")
        close.clicked.connect(self.reject)
        self.picture.clicked.connect(lambda: self._save("statistics.png", "图片 (*.png)", self.save_picture))
        self.table.clicked.connect(lambda: self._save("statistics.csv", "表格 (*.csv)", self.save_table))
        row = QHBoxLayout()
        row.addWidget(self.state, 1)
        self.export.clicked.connect(self.export_wanted)
        for button in (self.picture, self.table, self.export, close):
            button.setAutoDefault(False)
            row.addWidget(button)
        for button in (self.picture, self.table):
            button.setEnabled(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(scroll, 1)
        layout.addLayout(row)

    def _save(self, name: str, kind: str, save: Callable[[Path], None]) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, "保存统计", name, kind)
        if not chosen:
            return
        try:
            save(Path(chosen))
        except OSError:
            self.state.setText(f"无法写入 {chosen}：请检查该处的权限和磁盘空间。")
        else:
            self.state.setText(f"已保存到 {chosen}。")


class StatisticsActs(QObject):
    """The presenter of the statistics page; `button` opens it too.

    Signals:
        export_wanted: the page was left for the export.
    """

    export_wanted = Signal()

    def __init__(self, statistics: StatisticsController, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._statistics = statistics
        self._appearance = appearance
        self._window = parent
        self.dialog: StatisticsDialog | None = None
        self.button = QPushButton("统计")
        self.button.setObjectName("tasks")
        Worded(self.button, appearance.keys, "使用率、采纳、投票、改动、错误与速度（Ctrl+T）", self.button.setToolTip)
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.clicked.connect(self.open)
        statistics.counted.connect(self._on_counted)
        statistics.failed.connect(self._on_failed)

    @Slot()
    def open(self) -> None:
        """Open the page and count."""
        if self.dialog is not None:
            return
        self.dialog = StatisticsDialog(self._appearance, self._window)
        self.dialog.finished.connect(lambda _result: self._close())
        self.dialog.export_wanted.connect(self._leave_for_export)
        self.dialog.open()
        self._statistics.count()

    def _on_counted(self, statistics: Statistics) -> None:
        if self.dialog is not None:
            self.dialog.show_statistics(statistics)

    def _on_failed(self, sentence: str) -> None:
        if self.dialog is not None:
            self.dialog.show_failure(sentence)

    def _leave_for_export(self) -> None:
        if self.dialog is not None:
            self.dialog.reject()
        self.export_wanted.emit()

    def _close(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None
