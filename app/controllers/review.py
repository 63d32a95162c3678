"""A model's review of a note (病历内涵质控), on the threads that the comparisons use, which go first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import uuid4

from PySide6.QtCore import QObject, Signal

from app.controllers.comparison import ComparisonController
from app.controllers.note import OpenNote
from app.core.case import CasePatient
from app.core.errors import UsageFault
from app.core.notes import NoteKind
from app.core.runs import Comparison, Decoding, Prompt, RunOutcome
from app.inference.engine import GenerationRequest

COMPARISON_FIRST = "正在生成鉴别诊断，请等它完成，再请模型审阅。"
UNDER_WAY = "模型正在审阅另一份病历，请等它完成或按 Esc 停止。"
NO_MODEL = "没有可用的模型，不能请模型审阅。"
EMPTY = "这份病历还没有内容，不能请模型审阅。"


@dataclass(frozen=True, slots=True)
class Review:
    """A review as it stands. `note_id` and `note_version` are what it was asked for; no `outcome` while it runs."""

    run_id: str
    note_id: str
    note_version: int
    model: str
    title: str
    text: str = ""
    outcome: RunOutcome | None = None


class ReviewController(QObject):
    """One review at a time, by one model.

    Signals:
        changed: the Review, as it begins, whenever text came, and once with its outcome, last.
        refused: why a review was not begun, as a sentence.
    """

    changed = Signal(object)
    refused = Signal(str)

    def __init__(
        self,
        comparisons: ComparisonController,
        make_prompt: Callable[[NoteKind, str, dict[str, str]], Prompt],
        decoding: Decoding,
        parent: QObject | None = None,
    ) -> None:
        """`make_prompt` is given the kind, sex and age, and the sections."""
        super().__init__(parent)
        self._comparisons = comparisons
        self._make_prompt = make_prompt
        self._decoding = decoding
        self._live: Review | None = None
        comparisons.comparison_started.connect(self._on_comparison)
        for thread in comparisons.threads.values():
            thread.run_text.connect(self._on_text)
            thread.run_finished.connect(self._on_finished)

    @property
    def models(self) -> dict[str, str]:
        """The models that can be asked, in pane order: name and title."""
        return {model.identity.model: model.identity.title for model in self._comparisons.models}

    @property
    def live(self) -> Review | None:
        """The review under way."""
        return self._live

    def start(self, note: OpenNote, model: str) -> None:
        """Ask this model about the note as it is now, or say in `refused` why not."""
        if refusal := self._refusal(note):
            self.refused.emit(refusal)
            return
        try:
            context = CasePatient(sex=note.patient.sex, age=note.encounter.age).context
            prompt = self._make_prompt(note.note.kind, context, dict(note.note.sections))
        except UsageFault as fault:
            self.refused.emit(str(fault))
            return
        review = Review(uuid4().hex, note.note.note_id, note.note.version, model, self.models[model])
        self._live = review
        self.changed.emit(review)
        self._comparisons.threads[model].generate(review.run_id, GenerationRequest(prompt.messages, self._decoding))

    def cancel(self) -> None:
        """Stop the review; what it wrote stays."""
        if self._live is not None:
            self._comparisons.threads[self._live.model].cancel(self._live.run_id)

    def _refusal(self, note: OpenNote) -> str:
        if not self._comparisons.models:
            return NO_MODEL
        if self._comparisons.busy:
            return COMPARISON_FIRST
        if self._live is not None:
            return UNDER_WAY
        return "" if any(text.strip() for text in note.note.sections.values()) else EMPTY

    def _on_comparison(self, _comparison: Comparison) -> None:
        """The doctor's generation goes first."""
        self.cancel()

    def _on_text(self, run_id: str, delta: str, _tokens: int) -> None:
        if self._live is not None and self._live.run_id == run_id:
            self._live = replace(self._live, text=self._live.text + delta)
            self.changed.emit(self._live)

    def _on_finished(self, outcome: RunOutcome) -> None:
        if self._live is not None and self._live.run_id == outcome.run_id:
            review, self._live = replace(self._live, text=outcome.text, outcome=outcome), None
            self.changed.emit(review)
