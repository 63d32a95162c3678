"""Brings comparisons into the area: starts and stops them, follows them, and keeps them apart by note."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from app.controllers.comparison import ComparisonController, ComparisonRequest, ModelStatus
from app.controllers.note import NoteController, OpenNote
from app.core.notes import CASE_FEATURES, CHIEF_COMPLAINT, NoteKind
from app.core.runs import Binding, Comparison, Generation, RunProgress
from app.ui.comparison.comparison_area import ComparisonArea
from app.ui.comparison.input_change import changes
from app.ui.comparison.model_status import state_words
from app.ui.comparison.run_board import ComparisonCard, RunBoard
from app.ui.kit.wording import bed_label, patient_context
from app.ui.note.note_editor import NoteEditor

CHANGE_TOLD_MS = 300


class ComparisonDesk(QObject):
    """The presenter of the comparison area.

    Signals:
        comparison_begun: its id; before it is shown.
        view_changed: which finished suggestions are in view, or their state, may have changed.
    """

    comparison_begun = Signal(str)
    view_changed = Signal()

    def __init__(
        self,
        area: ComparisonArea,
        editor: NoteEditor,
        board: RunBoard,
        comparisons: ComparisonController,
        notes: NoteController,
    ) -> None:
        super().__init__(area)
        self._area = area
        self._editor = editor
        self._board = board
        self._comparisons = comparisons
        self._notes = notes
        self._shown: ComparisonCard | None = None
        self._starting = False
        self.shuffles = False
        self._statuses: dict[str, ModelStatus] = {}
        self._change_told = QTimer(self)
        self._change_told.setSingleShot(True)
        self._change_told.setInterval(CHANGE_TOLD_MS)
        self._change_told.timeout.connect(self._tell_change)
        self._connect()

    @property
    def shown(self) -> ComparisonCard | None:
        """The comparison in the panes."""
        return self._shown

    @property
    def cards(self) -> list[ComparisonCard]:
        """The comparisons of the open note, newest first."""
        note = self._notes.open_note
        return self._board.of_note(note.note.note_id) if note else []

    def run(self) -> None:
        """Start a comparison of the open first note as it is now; a second call while one starts does nothing."""
        note = self._notes.open_note
        if note is None:
            self._area.notice.say("请先在左侧选择一位患者，再生成鉴别诊断。")
            return
        if self._starting or note.note.kind is not NoteKind.FIRST_PROGRESS:
            return
        if self._comparisons.busy:
            self._area.notice.say(self._busy_sentence())
            return
        self._starting = True
        sections = note.note.sections
        complaint, features = sections[CHIEF_COMPLAINT.key], sections[CASE_FEATURES.key]
        context = patient_context(note.patient, note.encounter)
        self._notes.request_binding(
            lambda binding: self._start(ComparisonRequest(binding, complaint, features, context, self.shuffles)),
        )

    def stop(self) -> None:
        """Stop every run; their partial texts stay."""
        self._comparisons.cancel_all()

    def show_note(self, note: OpenNote) -> None:
        """Another note was opened: its comparisons, and nothing of any other."""
        self._comparisons.drop_ahead()
        self._starting = False
        self._board.open_note(note.comparisons, note.votes)
        cards = self._board.of_note(note.note.note_id)
        self.show_target(note)
        self._show(cards[0] if cards else None)

    def show_target(self, note: OpenNote) -> None:
        """Name the patient and bed on the buttons of the panes."""
        for pane in self._area.panes:
            pane.acts.set_target(bed_label(note.encounter.bed), note.patient.name, note.encounter.mrn)

    def refresh_staleness(self) -> None:
        """Compare the present input with the one of the shown comparison; what changed is told once typing pauses."""
        card = self._shown
        stale = card is not None and card.comparison.binding.input_hash != self._editor.input_hash()
        for pane in self._area.panes:
            pane.set_stale(stale and pane.card is not None)
        if stale:
            self._change_told.start()
        else:
            self._change_told.stop()
            self._area.show_input_change("")

    def _connect(self) -> None:
        area, comparisons = self._area, self._comparisons
        area.run_wanted.connect(self.run)
        area.stop_wanted.connect(self.stop)
        area.stop_run_wanted.connect(comparisons.cancel_run)
        area.restart_wanted.connect(comparisons.restart)
        area.earlier_wanted.connect(self._on_earlier_wanted)
        comparisons.comparison_started.connect(self._on_started)
        comparisons.run_progressed.connect(self._on_progressed)
        comparisons.text_arrived.connect(self._on_text)
        comparisons.run_finished.connect(self._on_run_finished)
        comparisons.comparison_finished.connect(self._on_finished)
        comparisons.model_changed.connect(self._on_model_changed)
        comparisons.refused.connect(self._on_refused)
        comparisons.storing_failed.connect(area.notice.say)
        self._editor.input_changed.connect(self._on_input_changed)
        self._show(None)

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

    def _show(self, card: ComparisonCard | None) -> None:
        self._shown = card
        note = self._notes.open_note
        cards = self._board.of_note(note.note.note_id) if note else []
        self._area.history.replace(cards, card.comparison.comparison_id if card else None)
        if card is None:
            self._area.show_no_comparison([self._model_state(index) for index in range(len(self._comparisons.models))])
        else:
            self._area.show_comparison(card)
        self._area.set_busy(self._comparisons.busy)
        self._offer_restarts()
        self.refresh_staleness()
        self.view_changed.emit()

    def _on_started(self, comparison: Comparison) -> None:
        card = self._board.start(comparison)
        self.comparison_begun.emit(comparison.comparison_id)
        self._starting = False
        if self._is_open(comparison.binding):
            self._area.notice.hide()
            self._show(card)
        self._area.set_busy(True)

    def _on_progressed(self, progress: RunProgress) -> None:
        self._board.progress(progress)
        pane = self._area.pane_of(progress.run_id)
        if pane is not None:
            pane.show_progress(progress.phase)

    def _on_text(self, run_id: str, delta: str) -> None:
        self._board.append(run_id, delta)
        pane = self._area.pane_of(run_id)
        if pane is not None:
            pane.append(delta)

    def _on_run_finished(self, generation: Generation) -> None:
        self._board.finish(generation)
        pane = self._area.pane_of(generation.run.run_id)
        if pane is not None:
            pane.refresh()
            self.view_changed.emit()

    def _on_finished(self, _comparison_id: str) -> None:
        self._area.set_busy(self._comparisons.busy)

    def _on_model_changed(self, status: ModelStatus) -> None:
        self._statuses[status.model] = status
        if self._shown is None:
            for index, pane in enumerate(self._area.panes[: len(self._comparisons.models)]):
                pane.show_model_progress(*self._model_state(index))
        self._offer_restarts()

    def _offer_restarts(self) -> None:
        for pane in self._area.panes:
            status = self._statuses.get(pane.model)
            pane.set_model_failed(status.message if status is not None and status.state == "failed" else None)

    def _on_refused(self, sentence: str) -> None:
        self._starting = False
        self._area.notice.say(sentence)

    def _on_earlier_wanted(self, comparison_id: str) -> None:
        note = self._notes.open_note
        cards = self._board.of_note(note.note.note_id) if note else []
        for card in cards:
            if card.comparison.comparison_id == comparison_id:
                self._show(card)

    def _is_open(self, binding: Binding) -> bool:
        note = self._notes.open_note
        return note is not None and note.note.note_id == binding.note_id

    def _busy_sentence(self) -> str:
        if self._shown is not None and self._shown.live:
            return "正在生成，请等它完成，或按 Esc 停止后再生成。"
        return "另一份病历的生成还在进行，请等它完成，或按 Esc 停止后再生成。"

    def _model_state(self, index: int) -> tuple[str, float | None]:
        status = self._statuses.get(self._comparisons.models[index].identity.model)
        return ("等待加载", None) if status is None else (state_words(status), status.fraction)

    def _tell_change(self) -> None:
        if self._shown is not None:
            self._area.show_input_change(self._input_change(self._shown.comparison))

    def _input_change(self, then: Comparison) -> str:
        parts = (
            changes(CHIEF_COMPLAINT.title, then.chief_complaint, self._editor.chief_complaint),
            changes(CASE_FEATURES.title, then.case_features, self._editor.case_features),
        )
        return "生成之后的修改　" + "　".join(part for part in parts if part)
