"""What changed between two comparisons of a note: the input, and each model's answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.core.notes import CASE_FEATURES, CHIEF_COMPLAINT
from app.core.text_diff import BUDGET, difference
from app.ui.comparison.pane_area import PaneArea
from app.ui.comparison.run_board import ComparisonCard
from app.ui.comparison.run_desk import RunDesk
from app.ui.kit.diff_view import DiffView, Part
from app.ui.kit.text_safety import plain_text, visible_controls
from app.ui.kit.theme import Appearance
from app.ui.kit.wording import exact

TOO_FEW = "本病历只生成过一次：依据变化后再生成，就可以比较两次的不同。"


class AnswerHistoryDialog(QDialog):
    """Read-only: an earlier comparison above, a later one below, and how they differ."""

    def __init__(self, cards: Sequence[ComparisonCard], appearance: Appearance, parent: QWidget) -> None:
        """`cards`: at least two, the newest first."""
        super().__init__(parent)
        self.setWindowTitle("两次生成的不同")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.resize(1000, 600)
        self._cards = list(reversed(cards))
        self.earlier, self.later = self._choice("前一次", -2), self._choice("后一次", -1)
        self.view = DiffView(appearance)
        self.view.setAccessibleName("两次生成的不同")
        row = QHBoxLayout()
        for widget in (QLabel("从"), self.earlier, QLabel("到"), self.later):
            row.addWidget(widget)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self.view, 1)
        layout.addWidget(QLabel("删去的有删除线，新增的有下划线。Esc 关闭"))
        self.compare()

    def compare(self) -> None:
        """Show how the chosen two differ."""
        before, after = self._cards[self.earlier.currentIndex()], self._cards[self.later.currentIndex()]
        old, new = before.comparison, after.comparison
        texts = [
            (CHIEF_COMPLAINT.title, old.chief_complaint, new.chief_complaint),
            (CASE_FEATURES.title, old.case_features, new.case_features),
            *_answers(before, after),
        ]
        parts = [
            Part(title, difference(one, other, BUDGET // len(texts))) for title, one, other in texts if one != other
        ]
        self.view.show_parts(parts)

    def _choice(self, name: str, place: int) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        for number, card in enumerate(self._cards, 1):
            box.addItem(f"第 {number} 次　{exact(card.comparison.created_at)}")
        box.setCurrentIndex(len(self._cards) + place)
        box.currentIndexChanged.connect(lambda _index: self.compare())
        return box


def _answers(before: ComparisonCard, after: ComparisonCard) -> list[tuple[str, str, str]]:
    """Title and both answers of every model that answered either time."""
    old = {card.run.identity.model: card for card in before.runs}
    new = {card.run.identity.model: card for card in after.runs}
    both = old | new
    return [
        (
            visible_controls(both[model].run.identity.title),
            plain_text(old[model].text) if model in old else "",
            plain_text(new[model].text) if model in new else "",
        )
        for model in both
    ]


class AnswerHistory(QObject):
    """The presenter of that dialog."""

    def __init__(
        self, area: PaneArea[Any], desk: RunDesk[Any], appearance: Appearance, say: Callable[[str], None]
    ) -> None:
        super().__init__(area)
        self._area = area
        self._desk = desk
        self._appearance = appearance
        self._say = say
        self.dialog: AnswerHistoryDialog | None = None

    def open(self) -> None:
        """Show what changed between the last two comparisons of the open note."""
        cards = self._desk.cards
        if len(cards) < 2:
            self._say(TOO_FEW)
        elif self.dialog is None:
            self.dialog = AnswerHistoryDialog(cards, self._appearance, self._area.window())
            self.dialog.finished.connect(lambda _result: self._close())
            self.dialog.open()

    def _close(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.hide()
            dialog.deleteLater()
