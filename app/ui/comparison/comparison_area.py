"""The differentials side by side, and what the models agree on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtWidgets import QWidget

from app.core.events import EventKind
from app.ui.comparison.consensus_row import ConsensusRow
from app.ui.comparison.pane_area import AreaModels, PaneArea
from app.ui.comparison.suggestion_pane import SuggestionPane
from app.ui.kit.notice_bar import NoticeBar
from app.ui.kit.theme import Appearance

READY_HINT = "写好主诉和病例特点后按 Ctrl+Enter，各模型会并排给出鉴别诊断，供您参考取舍。"


class ComparisonArea(PaneArea[SuggestionPane]):
    """The area of the first note."""

    def __init__(self, models: AreaModels, appearance: Appearance, now: Callable[[], datetime]) -> None:
        super().__init__("鉴别诊断", READY_HINT, models, appearance, now, NoticeBar(appearance))
        self.consensus = ConsensusRow(appearance)
        self._page.addWidget(self.consensus)

    def make_pane(self, number: int) -> SuggestionPane:
        """A pane whose diagnoses can be picked."""
        return SuggestionPane(number, self._appearance)

    def show_judgement(self, kind: EventKind | None) -> None:
        """What the doctor said of all the shown answers."""
        self.consensus.show_judgement(kind)

    def add_cover(self, cover: QWidget, switch: QWidget) -> None:
        """Take what lies in the place of the panes while they are covered, and the switch for it."""
        self._header.insertWidget(self._header.indexOf(self.disclaimer_sign), switch)
        self._page.insertWidget(self._page.indexOf(self.splitter), cover, 1)

    def cover_panes(self) -> None:
        """Hide the panes and what the models agree on."""
        self.splitter.setVisible(False)
        self.consensus.setVisible(False)

    def uncover_panes(self) -> None:
        """Show the panes again."""
        self._show_panes(True)
