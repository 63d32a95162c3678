"""Brings differentials into their area: starts them, lets models read ahead, and tells what changed in the input."""

from __future__ import annotations

from PySide6.QtCore import QTimer

from app.controllers.comparison import ComparisonController, ComparisonRequest
from app.controllers.note import NoteController, OpenNote
from app.core.notes import CASE_FEATURES, CHIEF_COMPLAINT, NoteKind
from app.core.runs import Binding, Comparison
from app.ui.comparison.comparison_area import ComparisonArea
from app.ui.comparison.input_change import changes
from app.ui.comparison.run_board import RunBoard
from app.ui.comparison.run_desk import RunDesk
from app.ui.kit.wording import patient_context
from app.ui.note.note_editor import NoteEditor

CHANGE_TOLD_MS = 300


class ComparisonDesk(RunDesk[ComparisonArea]):
    """The presenter of the differentials."""

    def __init__(
        self,
        area: ComparisonArea,
        editor: NoteEditor,
        board: RunBoard,
        comparisons: ComparisonController,
        notes: NoteController,
    ) -> None:
        self._editor = editor
        self.shuffles = False
        super().__init__("differential", area, board, comparisons, notes)
        self._change_told = QTimer(self)
        self._change_told.setSingleShot(True)
        self._change_told.setInterval(CHANGE_TOLD_MS)
        self._change_told.timeout.connect(self._tell_change)
        comparisons.refused.connect(self._on_refused)
        comparisons.storing_failed.connect(area.notice.say)
        editor.input_changed.connect(self._on_input_changed)
        self._show(None)

    def run(self) -> None:
        """Start a comparison of the open first note as it is now; a second call while one starts does nothing."""
        note = self._notes.open_note
        if note is None:
            self._area.notice.say("请先在左侧选择一位患者，再生成鉴别诊断。")
            return
        if self._starting or note.note.kind is not NoteKind.FIRST_PROGRESS:
            return
        if self._comparisons.is_taken:
            self._area.notice.say(self._busy_sentence())
            return
        self._starting = True
        sections = note.note.sections
        complaint, features = sections[CHIEF_COMPLAINT.key], sections[CASE_FEATURES.key]
        context = patient_context(note.patient, note.encounter)
        self._notes.request_binding(
            lambda binding: self._start(ComparisonRequest(binding, complaint, features, context, self.shuffles)),
        )

    def input_now(self) -> str:
        """The hash of the present 主诉 and 病例特点."""
        return self._editor.input_hash()

    def show_note(self, note: OpenNote) -> None:
        """Another note was opened: what was to be read ahead for the last one is not wanted any more."""
        self._comparisons.drop_ahead()
        super().show_note(note)

    def _on_staleness(self, stale: bool) -> None:
        """What changed is told once typing pauses."""
        if stale:
            self._change_told.start()
        else:
            self._change_told.stop()
            self._area.show_input_change("")

    def _on_input_changed(self, input_hash: str) -> None:
        self.refresh_staleness()
        note = self._notes.open_note
        if note is None or note.note.kind is not NoteKind.FIRST_PROGRESS:
            return
        opened = note.note
        binding = Binding(
            note.patient.patient_id, note.encounter.encounter_id, opened.note_id, opened.version, input_hash
        )
        context = patient_context(note.patient, note.encounter)
        self._comparisons.read_ahead(
            ComparisonRequest(binding, self._editor.chief_complaint, self._editor.case_features, context)
        )

    def _start(self, request: ComparisonRequest) -> None:
        if self._starting and self._is_open(request.binding):
            self._comparisons.start(request)
        self._starting = False
        self._area.set_busy(self._comparisons.busy)

    def _on_refused(self, sentence: str) -> None:
        self._starting = False
        self._area.notice.say(sentence)

    def _tell_change(self) -> None:
        if self._shown is not None:
            self._area.show_input_change(self._input_change(self._shown.comparison))

    def _input_change(self, then: Comparison) -> str:
        parts = (
            changes(CHIEF_COMPLAINT.title, then.chief_complaint, self._editor.chief_complaint),
            changes(CASE_FEATURES.title, then.case_features, self._editor.case_features),
        )
        return "生成之后的修改　" + "　".join(part for part in parts if part)
