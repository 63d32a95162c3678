"""Asks a model to review the open note, and shows its opinion with that note and no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject

from app.controllers.autosave import local_now
from app.controllers.note import NoteController, OpenNote
from app.controllers.review import Review, ReviewController
from app.core.checks.finding import Span
from app.core.review import locate, parse_review, review_hash
from app.core.runs import RunPhase, RunStatus
from app.ui.kit.wording import clock_time, progress_line
from app.ui.note.note_editor import NoteEditor
from app.ui.note.review_list import MARK, Opinion

CHANGED = "之后病历有改动"
NO_NOTE = "请先从左侧选择一位患者，再请模型审阅。"


class ReviewActs(QObject):
    """The presenter of the opinions; of each note the last."""

    def __init__(
        self, editor: NoteEditor, notes: NoteController, reviews: ReviewController, say: Callable[[str], None]
    ) -> None:
        """`say` shows a sentence."""
        super().__init__(editor)
        self._editor = editor
        self._notes = notes
        self._reviews = reviews
        self._say = say
        self._list = editor.quality.review
        self._model = next(iter(reviews.models), "")
        self._known: dict[str, Review] = {}
        self._list.set_models(reviews.models)
        self._list.wanted.connect(self.ask)
        self._list.model_chosen.connect(self._on_model)
        self._list.chosen.connect(self._on_chosen)
        reviews.changed.connect(self._on_changed)
        reviews.refused.connect(say)
        notes.opened.connect(self._on_opened)

    def ask(self) -> None:
        """The key: a review of the open note as it is now; while it runs, stop it."""
        note = self._notes.open_note
        if note is None:
            self._say(NO_NOTE)
        elif self._reviews.live is not None and self._reviews.live.note_id == note.note.note_id:
            self._reviews.cancel()
        else:
            self._editor.header.quality.setChecked(True)
            self._reviews.start(note, self._model)

    def stop(self) -> None:
        """Stop the review, whichever note it is of."""
        self._reviews.cancel()

    def _on_model(self, model: str) -> None:
        self._model = model
        self.ask()

    def _on_changed(self, review: Review) -> None:
        self._known[review.note_id] = review
        note = self._notes.open_note
        if note is not None and note.note.note_id == review.note_id:
            self._show(review, {key: editor.text() for key, editor in self._editor.editors.items()})

    def _on_opened(self, note: OpenNote) -> None:
        review = self._known.get(note.note.note_id)
        if review is None:
            self._list.show_nothing()
            self._reviews.read(note.note.note_id)
        else:
            self._show(review, note.note.sections)

    def _show(self, review: Review, texts: Mapping[str, str]) -> None:
        opinions = [Opinion(point, locate(point.quote, texts)) for point in parse_review(review.text)]
        changed = f"，{CHANGED}" if review_hash(texts) != review.run.binding.input_hash else ""
        self._list.show_opinions(f"{state_words(review, len(opinions))}{changed}\n{MARK}", opinions)

    def _on_chosen(self, place: Span) -> None:
        self._editor.show_span(place.section, place.start, place.end)


def state_words(review: Review, points: int) -> str:
    """How far a review is, by whom, and of which version at what time it was asked for."""
    title, outcome = review.run.identity.title, review.outcome
    if outcome is None:
        return f"{title} {_progress_words(review, points)}"
    if outcome.status is RunStatus.FAILED:
        return outcome.error or f"{title}未能完成审阅。"
    version = review.run.binding.note_version
    asked = f"（{f'第 {version} 版，' if version else ''}{clock_time(review.run.started_at, local_now())}）"
    if outcome.status is RunStatus.CANCELLED:
        return f"{title} 的审阅已停止，保留 {points} 条{asked}"
    return f"{title} {f'提出 {points} 条' if points else '没有提出问题'}{asked}"


def _progress_words(review: Review, points: int) -> str:
    if review.progress is None or review.progress.phase is RunPhase.WRITING:
        return f"正在审阅，已有 {points} 条" if points else "正在审阅…"
    return progress_line(review.progress)
