"""The doctor asks again about the same note: the earlier suggestions did not do, or the input has changed since."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.controllers.feedback import FeedbackController
from app.core.notes import CASE_FEATURES, CHIEF_COMPLAINT
from app.core.runs import Comparison
from app.core.text_diff import BUDGET, amounts, difference
from app.ui.comparison.comparison_desk import ComparisonDesk


class AskedAnew(QObject):
    """Tells the feedback how much of the input changed between a comparison and the next one of the same note."""

    def __init__(self, desk: ComparisonDesk, feedback: FeedbackController) -> None:
        super().__init__(desk)
        self._desk = desk
        self._feedback = feedback
        desk.comparison_begun.connect(self._on_begun)

    def _on_begun(self, comparison_id: str) -> None:
        comparisons = [card.comparison for card in self._desk.cards[:2]]
        if len(comparisons) == 2 and comparisons[0].comparison_id == comparison_id:
            now, earlier = comparisons
            self._feedback.asked_anew([run.run_id for run in earlier.runs], _changed(earlier, now))


def _changed(earlier: Comparison, now: Comparison) -> dict[str, tuple[int, int]]:
    """Characters added and struck, of each section of the input that is another one now."""
    texts = {
        CHIEF_COMPLAINT.key: (earlier.chief_complaint, now.chief_complaint),
        CASE_FEATURES.key: (earlier.case_features, now.case_features),
    }
    return {
        key: amounts(difference(before, after, BUDGET // 20))
        for key, (before, after) in texts.items()
        if before != after
    }
