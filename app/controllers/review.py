"""A model's review of a note (病历内涵质控), on the threads that the comparisons use, which go first."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import uuid4

from PySide6.QtCore import QObject, QTimer, Signal

from app.controllers.autosave import local_now
from app.controllers.comparison import ComparisonController
from app.controllers.model_pool import ModelStatus
from app.controllers.note import OpenNote
from app.controllers.run_monitor import RunMonitor
from app.core.case import CasePatient
from app.core.errors import UsageFault
from app.core.notes import NoteKind
from app.core.review import review_hash
from app.core.runs import Binding, Comparison, Decoding, Generation, Prompt, Run, RunOutcome, RunProgress
from app.inference.engine import GenerationRequest
from app.workers.storage_thread import StorageThread

COMPARISON_FIRST = "正在生成鉴别诊断，请等它完成，再请模型审阅。"
UNDER_WAY = "模型正在审阅另一份病历，请等它完成或按 Esc 停止。"
NO_MODEL = "没有可用的模型，不能请模型审阅。"
EMPTY = "这份病历还没有内容，不能请模型审阅。"
NOT_KEPT = "模型的审阅意见没有保存下来，关闭程序后不再显示；病历不受影响。"
PROGRESS_MS = 500


@dataclass(frozen=True, slots=True)
class Review:
    """A review as it stands. `run` says which note, at which version, which model and when; `progress` tells how far
    it is while it runs, `outcome` how it ended."""

    run: Run
    text: str = ""
    progress: RunProgress | None = None
    outcome: RunOutcome | None = None

    @property
    def note_id(self) -> str:
        """The note that it is of."""
        return self.run.binding.note_id


class ReviewController(QObject):
    """One review at a time, by one model; each is kept with its note when it has ended.

    Signals:
        changed: the Review, as it begins, whenever it moved on, and once with its outcome, last; or one that was kept.
        refused: why a review was not begun, as a sentence.
    """

    changed = Signal(object)
    refused = Signal(str)

    def __init__(
        self,
        comparisons: ComparisonController,
        storage: StorageThread,
        actor: str,
        make_prompt: Callable[[NoteKind, str, dict[str, str]], Prompt],
        decoding: Decoding,
        parent: QObject | None = None,
    ) -> None:
        """`make_prompt` is given the kind, sex and age, and the sections; `actor` is the doctor who asks."""
        super().__init__(parent)
        self._comparisons = comparisons
        self._storage = storage
        self._actor = actor
        self._make_prompt = make_prompt
        self._decoding = decoding
        self._live: Review | None = None
        self._monitor: RunMonitor | None = None
        self._reading_s: float | None = None
        self._ticker = QTimer(self)
        self._ticker.setInterval(PROGRESS_MS)
        self._ticker.timeout.connect(self._on_tick)
        comparisons.comparison_started.connect(self._on_comparison)
        comparisons.model_changed.connect(self._on_model)
        for thread in comparisons.threads.values():
            thread.run_reading.connect(self._on_reading)
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

    def set_actor(self, actor: str) -> None:
        """Who asks from now on."""
        self._actor = actor

    def start(self, note: OpenNote, model: str) -> None:
        """Ask this model about the note as it is now, or say in `refused` why not."""
        if refusal := self._refusal(note):
            self.refused.emit(refusal)
            return
        try:
            run = self._run(note, model)
        except UsageFault as fault:
            self.refused.emit(str(fault))
            return
        monitor = self._monitor = RunMonitor(run, time.monotonic)
        job = self._comparisons.job_of(run)
        self._reading_s = job.reading_s
        self._ticker.start()
        loading = job.loading_s != 0.0
        self._tell(Review(run, progress=monitor.loading(None) if loading else monitor.reading(0, 0)))
        request = GenerationRequest(run.prompt.messages, run.decoding)
        self._comparisons.threads[model].generate(run.run_id, request)

    def cancel(self) -> None:
        """Stop the review; what it wrote stays."""
        if self._live is not None:
            self._comparisons.threads[self._live.run.identity.model].cancel(self._live.run.run_id)

    def read(self, note_id: str) -> None:
        """Look for the last review of a note; told by `changed` if there is one."""
        self._storage.submit(
            lambda repositories: repositories.reviews.newest(note_id), self._on_read, lambda _error: None
        )

    def _run(self, note: OpenNote, model: str) -> Run:
        identity = next(one.identity for one in self._comparisons.models if one.identity.model == model)
        context = CasePatient(sex=note.patient.sex, age=note.encounter.age).context
        sections = dict(note.note.sections)
        prompt = self._make_prompt(note.note.kind, context, sections)
        where = (note.patient.patient_id, note.encounter.encounter_id, note.note.note_id)
        binding = Binding(*where, note.note.version, review_hash(sections))
        run_id = uuid4().hex
        return Run(run_id, run_id, binding, identity, prompt, self._decoding, 0, local_now())

    def _refusal(self, note: OpenNote) -> str:
        if not self._comparisons.models:
            return NO_MODEL
        if self._comparisons.busy:
            return COMPARISON_FIRST
        if self._live is not None:
            return UNDER_WAY
        return "" if any(text.strip() for text in note.note.sections.values()) else EMPTY

    def _tell(self, review: Review) -> None:
        self._live = review
        self.changed.emit(review)

    def _progressed(self, progress: RunProgress | None, delta: str = "") -> None:
        if self._live is not None and (progress is not None or delta):
            self._tell(replace(self._live, text=self._live.text + delta, progress=progress or self._live.progress))

    def _on_comparison(self, _comparison: Comparison) -> None:
        """The doctor's generation goes first."""
        self.cancel()

    def _on_model(self, status: ModelStatus) -> None:
        if self._monitor and self._monitor.run.identity.model == status.model and status.state == "loading":
            self._progressed(self._monitor.loading(status.fraction))

    def _on_tick(self) -> None:
        if self._monitor is not None:
            self._progressed(self._monitor.reading_estimated(self._reading_s))

    def _on_reading(self, run_id: str, done: int, total: int) -> None:
        if self._monitor is not None and self._monitor.run.run_id == run_id:
            self._progressed(self._monitor.reading(done, total))

    def _on_text(self, run_id: str, delta: str, tokens: int) -> None:
        if self._monitor is not None and self._monitor.run.run_id == run_id:
            self._progressed(self._monitor.writing(delta, tokens), delta)

    def _on_finished(self, outcome: RunOutcome) -> None:
        if self._live is None or self._live.run.run_id != outcome.run_id:
            return
        self._ticker.stop()
        review, self._live, self._monitor = replace(self._live, text=outcome.text, outcome=outcome), None, None
        generation, actor = Generation(review.run, outcome, local_now()), self._actor
        self._storage.submit(
            lambda repositories: repositories.reviews.add(generation, actor),
            lambda _: None,
            lambda _error: self.refused.emit(NOT_KEPT),
        )
        self.changed.emit(review)

    def _on_read(self, kept: Generation | None) -> None:
        if kept is not None and (self._live is None or self._live.note_id != kept.run.binding.note_id):
            self.changed.emit(Review(kept.run, kept.outcome.text, None, kept.outcome))
