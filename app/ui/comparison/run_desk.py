"""Brings the runs of one task into its area: follows and stops them, and keeps them apart by note."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, Signal

from app.controllers.comparison import ComparisonController, ModelStatus
from app.controllers.note import NoteController, OpenNote
from app.core.runs import Binding, Comparison, Generation, RunProgress
from app.ui.comparison.model_status import state_words
from app.ui.comparison.pane_area import PaneArea
from app.ui.comparison.run_board import ComparisonCard, RunBoard
from app.ui.kit.wording import bed_label

Area = TypeVar("Area", bound=PaneArea[Any])


class RunDesk(QObject, Generic[Area]):
    """The presenter of an area of panes.

    Signals:
        comparison_begun: its id; before it is shown.
        view_changed: which finished suggestions are in view, or their state, may have changed.
    """

    comparison_begun = Signal(str)
    view_changed = Signal()

    def __init__(
        self, task: str, area: Area, board: RunBoard, comparisons: ComparisonController, notes: NoteController
    ) -> None:
        """`task`: what the ids of its prompts begin with."""
        super().__init__(area)
        self._task = task
        self._area = area
        self._board = board
        self._comparisons = comparisons
        self._notes = notes
        self._shown: ComparisonCard | None = None
        self._starting = False
        self._statuses: dict[str, ModelStatus] = {}
        self._follow_runs()

    @property
    def shown(self) -> ComparisonCard | None:
        """The comparison in the panes."""
        return self._shown

    @property
    def cards(self) -> list[ComparisonCard]:
        """The comparisons of the open note, newest first."""
        note = self._notes.open_note
        return self._board.of_note(note.note.note_id) if note else []

    @abstractmethod
    def run(self) -> None:
        """Start a comparison of the open note as it is now; a second call while one starts does nothing."""

    @abstractmethod
    def input_now(self) -> str:
        """The hash of what a comparison of the open note would be made from now; empty if that is not known yet."""

    def stop(self) -> None:
        """Stop every run; their partial texts stay."""
        self._comparisons.cancel_all()

    def show_note(self, note: OpenNote) -> None:
        """Another note was opened: its comparisons of this task, and nothing of any other."""
        self._starting = False
        self._board.open_note([pair for pair in note.comparisons if self.is_own(pair[0])], note.votes)
        cards = self._board.of_note(note.note.note_id)
        self.show_target(note)
        self._show(cards[0] if cards else None)

    def show_target(self, note: OpenNote) -> None:
        """Name the patient and bed on the buttons of the panes."""
        for pane in self._area.panes:
            pane.acts.set_target(bed_label(note.encounter.bed), note.patient.name, note.encounter.mrn)

    def refresh_staleness(self) -> None:
        """Compare the present input with the one of the shown comparison."""
        card, now = self._shown, self.input_now()
        stale = card is not None and bool(now) and card.comparison.binding.input_hash != now
        for pane in self._area.panes:
            pane.set_stale(stale and pane.card is not None)
        self._on_staleness(stale)

    def is_own(self, comparison: Comparison) -> bool:
        """A comparison of this task."""
        return any(run.prompt.template_id.startswith(self._task) for run in comparison.runs)

    def _on_staleness(self, stale: bool) -> None:
        """The shown comparison is stale, or is not."""

    def _follow_runs(self) -> None:
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

    def _show(self, card: ComparisonCard | None) -> None:
        self._shown = card
        self._area.history.replace(self.cards, card.comparison.comparison_id if card else None)
        if card is None:
            self._area.show_no_comparison([self._model_state(index) for index in range(len(self._comparisons.models))])
        else:
            self._area.show_comparison(card)
        self._area.set_busy(self._comparisons.busy)
        self._offer_restarts()
        self.refresh_staleness()
        self.view_changed.emit()

    def _on_started(self, comparison: Comparison) -> None:
        self._area.set_busy(True)
        if not self.is_own(comparison):
            return
        card = self._board.start(comparison)
        self.comparison_begun.emit(comparison.comparison_id)
        self._starting = False
        if self._is_open(comparison.binding):
            self._area.notice.hide()
            self._show(card)

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

    def _on_earlier_wanted(self, comparison_id: str) -> None:
        for card in self.cards:
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
