"""A vote on a whole suggestion: stored, shown, and asked for its reasons."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import QObject

from app.controllers.feedback import FeedbackController
from app.controllers.note import NoteController
from app.core.events import Vote
from app.ui.comparison.pane_area import PaneArea
from app.ui.comparison.run_board import RunBoard


class VoteActs(QObject):
    """The presenter of the thumbs, those of the doctor who works now."""

    def __init__(
        self, area: PaneArea[Any], board: RunBoard, feedback: FeedbackController, notes: NoteController
    ) -> None:
        super().__init__(area)
        self._area = area
        self._board = board
        self._feedback = feedback
        self._notes = notes
        area.vote_wanted.connect(feedback.vote)
        feedback.vote_stored.connect(self._on_stored)
        feedback.actor_changed.connect(self._on_actor_changed)

    def _on_stored(self, run_id: str, vote: Vote) -> None:
        card = self._board.run(run_id)
        before = card.vote if card is not None else None
        self._board.vote(run_id, vote)
        pane = self._area.pane_of(run_id)
        if pane is not None:
            pane.refresh()
            if vote is not before:
                pane.offer_reasons()

    def _on_actor_changed(self) -> None:
        if (note := self._notes.open_note) is not None:
            self._feedback.votes(note.note.note_id, partial(self._on_read, note.note.note_id))

    def _on_read(self, note_id: str, votes: Mapping[str, Vote]) -> None:
        self._board.take_votes(note_id, votes)
        for pane in self._area.panes:
            pane.refresh()
