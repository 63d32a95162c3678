"""A small horizontal bar chart, drawn here: named bars with a text beside each, in the colours of the theme.

Qt's own charts come with PySide6-Addons, many times the size of what the window needs; pyqtgraph plots signals, and
would need as much code for this one form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.kit.theme import Appearance, Theme

_GAP = 8
_BAR = 14


@dataclass(frozen=True, slots=True)
class Bar:
    """One line: its name, its length as a share of the longest (None: too few to be told), and what it says."""

    name: str
    share: float | None
    text: str


class BarChart(QWidget):
    """A title, and a line for each bar; everything it says is in its accessible description too."""

    def __init__(self, title: str, appearance: Appearance) -> None:
        super().__init__()
        self._title = title
        self._bars: tuple[Bar, ...] = ()
        self._appearance = appearance
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        appearance.changed.connect(self.update)

    @property
    def bars(self) -> tuple[Bar, ...]:
        """What is drawn."""
        return self._bars

    def show_bars(self, bars: Sequence[Bar]) -> None:
        """Draw these, from the top."""
        self._bars = tuple(bars)
        self.setAccessibleDescription("；".join(f"{bar.name} {bar.text}" for bar in bars))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(480, self._line() * (max(1, len(self._bars)) + 1) + 3 * _GAP)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(320, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._appearance.theme
        painter.fillRect(self.rect(), QColor(theme.paper))
        self._draw_title(painter, theme)
        if not self._bars:
            painter.setPen(QColor(theme.secondary))
            painter.drawText(self._row(0), Qt.AlignmentFlag.AlignVCenter, "还没有数据。")
        for number, bar in enumerate(self._bars):
            self._draw_bar(painter, theme, self._row(number), bar)
        painter.end()

    def _draw_title(self, painter: QPainter, theme: Theme) -> None:
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(theme.ink))
        painter.drawText(QRectF(16, _GAP, self.width() - 32, self._line()), Qt.AlignmentFlag.AlignVCenter, self._title)
        font.setBold(False)
        painter.setFont(font)

    def _draw_bar(self, painter: QPainter, theme: Theme, row: QRectF, bar: Bar) -> None:
        names, words = row.width() * 0.34, row.width() * 0.3
        metrics = painter.fontMetrics()
        painter.setPen(QColor(theme.ink))
        name = metrics.elidedText(bar.name, Qt.TextElideMode.ElideRight, round(names) - _GAP)
        painter.drawText(QRectF(row.left(), row.top(), names, row.height()), Qt.AlignmentFlag.AlignVCenter, name)
        ground = QRectF(row.left() + names, row.center().y() - _BAR / 2, row.width() - names - words - _GAP, _BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.hover))
        painter.drawRoundedRect(ground, 3, 3)
        if bar.share:
            painter.setBrush(QColor(theme.accent))
            length = max(2.0, ground.width() * min(1.0, bar.share))
            painter.drawRoundedRect(QRectF(ground.left(), ground.top(), length, _BAR), 3, 3)
        painter.setPen(QColor(theme.secondary if bar.share is None else theme.ink))
        said = QRectF(ground.right() + _GAP, row.top(), words, row.height())
        text = metrics.elidedText(bar.text, Qt.TextElideMode.ElideRight, round(words))
        painter.drawText(said, Qt.AlignmentFlag.AlignVCenter, text)

    def _row(self, number: int) -> QRectF:
        return QRectF(16, 2 * _GAP + self._line() * (number + 1), self.width() - 32, self._line())

    def _line(self) -> int:
        return self.fontMetrics().height() + _GAP
