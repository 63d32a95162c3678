"""The comparisons of one note in the order they were made; the newest, or an earlier one, is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabBar

from app.ui.comparison.run_board import ComparisonCard
from app.ui.kit.text_safety import tool_tip
from app.ui.kit.wording import ago, exact


class HistoryStrip(QTabBar):
    """One tab per comparison, the oldest first; hidden until there are two.

    Signals:
        chosen: the id of the comparison to show.
    """

    chosen = Signal(str)

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.setObjectName("history")
        self._now = now
        self.setAccessibleName("本病历的历次生成")
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(True)
        self.currentChanged.connect(self._on_current_changed)
        self.setVisible(False)

    def replace(self, cards: Sequence[ComparisonCard], shown_id: str | None) -> None:
        """Offer these comparisons (newest first), the shown one selected; no signal comes of it."""
        self.blockSignals(True)
        while self.count():
            self.removeTab(self.count() - 1)
        for number, card in enumerate(reversed(cards), start=1):
            self._add(number, card, shown_id)
        self.blockSignals(False)
        self.setVisible(self.count() > 1)

    def _add(self, number: int, card: ComparisonCard, shown_id: str | None) -> None:
        comparison = card.comparison
        index = self.addTab(f"第 {number} 次 · {ago(comparison.created_at, self._now())}")
        self.setTabData(index, comparison.comparison_id)
        self.setTabToolTip(index, tool_tip(exact(comparison.created_at), f"主诉：{comparison.chief_complaint[:60]}"))
        if comparison.comparison_id == shown_id:
            self.setCurrentIndex(index)

    def _on_current_changed(self, index: int) -> None:
        if index >= 0:
            self.chosen.emit(self.tabData(index))
