"""The program's controllers on a data folder, with storage and engines that take steps when a test says so."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject

from app.controllers.comparison import ComparisonController, ComparisonRequest
from app.controllers.feedback import FeedbackController
from app.controllers.note import NoteController, OpenNote, SaveTiming
from app.controllers.people import PeopleController
from app.controllers.signing import SigningController
from app.controllers.ward import WardController
from app.core.backfill import Decision, check_backfill, merged_text
from app.core.notes import NoteState
from app.core.prompts import PromptTemplate, differential_prompt
from app.core.runs import Binding, Comparison, Generation, Prompt
from app.core.signing import ActKind
from app.inference.engine import GenerationRequest
from app.inference.prepared import PreparedModel
from app.infra.resources import resource_text
from app.ui.comparison.run_board import RunBoard
from app.ui.note.provenance_acts import origin_of
from tests.helpers.records import DOCTOR, repositories_in
from tests.helpers.stepwise import StepwiseStorage, StepwiseThread, Tally

NEVER = SaveTiming(after_last_key=3_600_000, at_most=3_600_000, first_retry=3_600_000, longest_retry=3_600_000)
TEMPLATE = PromptTemplate.parse(resource_text("prompts", "differential.md"))


class Program:
    """The controllers as `bootstrap` wires them, on a data folder; what the window keeps of runs is kept too."""

    def __init__(self, folder: Path, models: tuple[PreparedModel, ...], tally: Tally) -> None:
        self.tally = tally
        self.sent: list[tuple[str, GenerationRequest]] = []
        self.storage = StepwiseStorage(partial(repositories_in, folder))
        self.threads: list[StepwiseThread] = []
        self.notes = NoteController(self.storage, DOCTOR, NEVER)
        self.comparisons = ComparisonController(
            models, self.storage, _prompt, TEMPLATE.decoding, make_thread=self._make_thread
        )
        self.feedback = FeedbackController(self.storage, DOCTOR)
        self.people = PeopleController(self.storage, DOCTOR)
        self.signing = SigningController(self.storage, self.notes, self.people)
        self.ward = WardController(self.storage, DOCTOR)
        self.board = RunBoard()
        self.bindings: dict[str, Binding] = {}
        self.notes.opened.connect(self._on_opened)
        self.comparisons.comparison_started.connect(self._on_started)
        self.comparisons.text_arrived.connect(self.board.append)
        self.comparisons.run_finished.connect(self._on_finished)
        self.signing.done.connect(self._on_signed)
        self.ward.changed.connect(self._on_changed)
        self.people.load()

    def end(self, *, killed: bool) -> None:
        """Close as `bootstrap` does, or not at all."""
        if killed:
            self.storage.crash()
        self.comparisons.close()
        self.notes.close()
        if not killed:
            self.storage.settle()
            self.storage.repositories.close()
        for thing in (*self._controllers(), self.storage, *self.threads):
            thing.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    @property
    def writable(self) -> OpenNote | None:
        """What is open; None where the editors only show it, since it is signed."""
        note = self.notes.open_note
        return None if note is None or note.note.state is NoteState.SIGNED else note

    def backfill(self, run_id: str) -> bool:
        """What the backfill key does, a doctor who always says yes included."""
        card, binding = self.board.run(run_id), self.notes.binding
        if card is None or binding is None or card.live or not card.text.strip():
            return False
        if check_backfill(card.run.binding, binding).decision is Decision.REFUSED:
            return False
        note = self.writable
        if note is None:
            return False
        self.notes.learn(card.text, origin_of(card.run))
        self.notes.edit("differential", merged_text(note.note.sections["differential"], card.text))
        self.feedback.backfilled(run_id, "differential", card.text)
        self.notes.keep_backfill(replace(card.run.binding, input_hash=binding.input_hash), self._on_refused)
        return True

    def _make_thread(self, model: PreparedModel) -> Any:
        self.threads.append(StepwiseThread(model, self.sent))
        return self.threads[-1]

    def _on_opened(self, note: OpenNote) -> None:
        self.board.open_note(note.comparisons, note.votes)
        for _, generations in note.comparisons:
            for generation in generations:
                self.notes.learn(generation.outcome.text, origin_of(generation.run))

    def _on_started(self, comparison: Comparison) -> None:
        self.board.start(comparison)
        self.bindings.update({run.run_id: run.binding for run in comparison.runs})

    def _on_finished(self, generation: Generation) -> None:
        self.board.finish(generation)
        self.tally["finished"] += 1

    def _on_refused(self, _sentence: str) -> None:
        """The record was merged meanwhile: what is stored is no longer what the suggestion was made for."""
        self.tally["refused"] += 1

    def _on_signed(self, kind: ActKind) -> None:
        self.tally[kind] += 1

    def _on_changed(self, told: str) -> None:
        self.tally[told] += 1

    def _controllers(self) -> tuple[QObject, ...]:
        return (self.signing, self.people, self.ward, self.comparisons, self.notes, self.feedback)


def _prompt(request: ComparisonRequest) -> Prompt:
    return differential_prompt(TEMPLATE, request.patient_context, request.chief_complaint, request.case_features)
