"""The sentences that models wrote: tinted until the doctor marks them reviewed, and what is known of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject

from app.controllers.autosave import local_now
from app.controllers.note import NoteController, OpenNote
from app.core.notes import NoteState
from app.core.provenance import AI_ASSISTED_MARK, AiSpan, Origin
from app.core.runs import Generation, Run
from app.ui.kit.notice_bar import Done, Told
from app.ui.kit.text_safety import AI_MARK, plain_text
from app.ui.note.note_editor import NoteEditor
from app.ui.note.sources import describe

NOTHING_HERE = "光标处没有 AI 生成的文字。"
NOTHING_LEFT = "没有待审核的 AI 文字。"


class ProvenanceActs(QObject):
    """The presenter of the tint and of the review keys."""

    def __init__(self, editor: NoteEditor, notes: NoteController, say: Callable[[str], None]) -> None:
        """`say` shows a sentence."""
        super().__init__(editor)
        self._editor = editor
        self._notes = notes
        self._say = say
        notes.opened.connect(self._on_opened)
        notes.provenance_changed.connect(self.show)

    def learn(self, generation: Generation) -> None:
        """A run of the open note ended: its sentences are known from now on, however they come into the note."""
        note = self._notes.open_note
        if note is not None and generation.run.binding.note_id == note.note.note_id:
            self.learn_text(generation.run, plain_text(generation.outcome.text))

    def learn_text(self, run: Run, text: str) -> None:
        """This plain text of a run of the open note is about to come into it."""
        self._notes.learn(text, origin_of(run))

    def show(self) -> None:
        """Tint what stands in the editors now."""
        note = self._notes.open_note
        if note is None:
            return
        mark = AI_ASSISTED_MARK if note.note.state is NoteState.SIGNED else AI_MARK
        for key, editor in self._editor.editors.items():
            spans = [span for span in note.note.provenance if span.section == key]
            editor.set_ai_spans(spans, mark)

    def review_here(self) -> None:
        """The key: the paragraph at the cursor, or what is selected, was checked."""
        editor = self._editor.last_focused
        if editor is None:
            self._say(NOTHING_HERE)
            return
        start, end, _ = editor.stretch()
        if not _waiting(editor.ai_spans, start, end):
            self._say(NOTHING_HERE)
            return
        self._notes.review(editor.section.key, start, end)
        self._say_left()

    def review_all(self) -> None:
        """The key: the whole note was checked."""
        note = self._notes.open_note
        if note is None or all(span.reviewed for span in note.note.provenance):
            self._say(NOTHING_LEFT)
            return
        self._notes.review()
        self._say_left()

    def tell(self) -> None:
        """The key: say what is known of the sentence at the cursor."""
        editor = self._editor.last_focused
        span = editor.ai_span_at(editor.stretch()[2]) if editor is not None else None
        self._say(Told(describe(span, editor.text())) if span and editor else NOTHING_HERE)

    def _say_left(self) -> None:
        note = self._notes.open_note
        left = sum(not span.reviewed for span in note.note.provenance) if note else 0
        words = f"已标为审核；还有 {left} 句 AI 文字待审核。" if left else "AI 文字已全部标为审核，来源记录保留。"
        self._say(Done(words))

    def _on_opened(self, note: OpenNote) -> None:
        for _, generations in reversed(note.comparisons):
            for generation in generations:
                self.learn(generation)
        self._notes.find_known()


def origin_of(run: Run) -> Origin:
    """Who wrote a run's text, for what comes into the note now."""
    identity = run.identity
    version = f"{identity.engine} {identity.engine_version} · {identity.quantisation} · {identity.model_sha256[:8]}"
    return Origin(run.run_id, identity.title, version, local_now())


def _waiting(spans: Iterable[AiSpan], start: int, end: int) -> bool:
    return any(not span.reviewed and span.end > start and span.start < max(end, start + 1) for span in spans)
