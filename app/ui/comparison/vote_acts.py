"""A vote on a whole suggestion: stored, shown, and asked for its reasons."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject

from app.controllers.feedback import FeedbackController
from app.core.events import Vote
from app.ui.comparison.pane_area import PaneArea
from app.ui.comparison.run_board import RunBoard


class VoteActs(QObject):
    """The presenter of the thumbs."""

    def __init__(self, area: PaneArea[Any], board: RunBoard, feedback: FeedbackController) -> None:
        super().__init__(area)
        self._area = area
        self._board = board
        area.vote_wanted.connect(feedback.vote)
        feedback.vote_stored.connect(self._on_stored)

    def _on_stored(self, run_id: str, vote: Vote) -> None:
        card = self._board.run(run_id)
        before = card.vote if card is not None else None
        self._board.vote(run_id, vote)
        pane = self._area.pane_of(run_id)
        if pane is not None:
            pane.refresh()
            if vote is not before:
                pane.offer_reasons()
