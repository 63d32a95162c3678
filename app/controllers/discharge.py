"""The discharge record that writes itself: read the stay, start a run where it changed, check what was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from app.controllers.comparison import ComparisonController
from app.controllers.comparison_request import DischargeRequest
from app.controllers.discharge_plans import plans_of
from app.controllers.note import NoteController, OpenNote
from app.core.discharge.draft import parse_draft
from app.core.discharge.finish import Finisher, Record
from app.core.discharge.record import discharge_drugs, drug_words, exact_sections, key_results, numbered
from app.core.discharge.source import lines_of, source_hash
from app.core.discharge.stages import RecordPlan, Templates
from app.core.notes import (
    ADMISSION_DATE,
    ADMISSION_DIAGNOSIS,
    COURSE,
    DISCHARGE_DATE,
    DISCHARGE_ORDERS,
    NoteKind,
    NoteState,
)
from app.core.runs import Binding, Comparison, RunStatus
from app.core.stay import Stay
from app.inference.prepared import PreparedModel
from app.workers.background import BackgroundWorker
from app.workers.storage_thread import StorageThread

OPENED_MS = 100
PAUSE_MS = 2_000

NOT_READ = "正在读取住院资料，请稍后再试。"
NO_ADMISSION = "首次病程记录的主诉和病例特点还没有写，没有开始生成出院记录：请先写好（Ctrl+PgUp 转到首次病程记录）。"
UNDER_WAY = "正在生成，请等它完成，或按 Esc 停止后再生成。"
UNREADABLE = "住院资料未能读取，没有开始生成：请关闭这份文书后重新打开。"

_EXACT = (ADMISSION_DATE, DISCHARGE_DATE, ADMISSION_DIAGNOSIS)


@dataclass(frozen=True, slots=True)
class StayInput:
    """A stay as the record `note_id` is made from it now.

    `exact`: whole sections that are copied from the stay, and `copied`: what is copied into those that models write,
    both by `Section.key`; `plans`: how each model, by name, comes to the record.
    """

    note_id: str
    stay: Stay
    input_hash: str
    exact: Mapping[str, str]
    copied: Mapping[str, str]
    plans: Mapping[str, RecordPlan]

    @property
    def fault(self) -> str:
        """Why no model can be asked, as a sentence; empty if they can."""
        admission = self.stay.admission
        return "" if admission.complaint.strip() and admission.case_features.strip() else NO_ADMISSION


class DischargeController(QObject):
    """Follows the open discharge record.

    A run starts by itself once the record is open, or was saved, and nothing has been typed for a moment; only if what
    it is made from changed since the last one that ended; and never beside another comparison.

    Signals:
        input_read: StayInput, whenever the stay of the open record was read.
        finished: a run's id and the Record that the rules made of its text.
        refused: why there is nothing to start from, as a sentence; only where somebody asked.
    """

    input_read = Signal(object)
    finished = Signal(str, object)
    refused = Signal(str)

    def __init__(
        self,
        storage: StorageThread,
        notes: NoteController,
        comparisons: ComparisonController,
        templates: Templates,
        worker: BackgroundWorker,
        is_free: Callable[[], bool] = lambda: True,
        parent: QObject | None = None,
    ) -> None:
        """`is_free`: no other work that somebody asked for keeps the models busy."""
        super().__init__(parent)
        self._storage = storage
        self._notes = notes
        self._comparisons = comparisons
        self._templates = templates
        self._worker = worker
        self._is_free = is_free
        self.automatic = True
        self._input: StayInput | None = None
        self._reading = 0
        self._wanted = False
        self._done: set[tuple[str, str]] = set()
        self._live: Binding | None = None
        self._gave_way = self._closed = False
        # Of the stay that was checked last; only the worker's thread makes and reads it.
        self._finisher: Finisher | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self._read)
        notes.opened.connect(self._on_opened)
        notes.stay_changed.connect(lambda _note: self.look_again())
        notes.saved.connect(lambda note_id, _version, _moment: self._on_saved(note_id))
        comparisons.comparison_started.connect(self._on_started)
        comparisons.gave_way.connect(self._on_gave_way)
        comparisons.comparison_finished.connect(self._on_ended)

    @property
    def input(self) -> StayInput | None:
        """What the open record would be made from now; None until that was read."""
        return self._input

    @property
    def binding(self) -> Binding | None:
        """What a backfill into the open record must match now; None until its stay was read."""
        binding = self._notes.binding
        return replace(binding, input_hash=self._input.input_hash) if binding and self._input else None

    def typed(self) -> None:
        """Somebody types: what was about to start waits for a pause."""
        if self._pause.isActive():
            self._wait(PAUSE_MS)

    def look_again(self) -> None:
        """Something of the stay may have changed."""
        if self._record() is not None:
            self._wait(OPENED_MS)

    def start(self) -> None:
        """Somebody asks for a run, changed or not; it starts once the stay was read."""
        if self._record() is not None:
            self._wanted = True
            self._read()

    def stop(self) -> None:
        """Somebody stops the runs: none starts again by itself until the input changes."""
        self._wanted = False
        self._pause.stop()
        if self._live is not None:
            self._done.add(_key(self._live))
        self._comparisons.cancel_all()

    def finish(self, run_id: str, text: str) -> None:
        """Have the rules make a record of what a run wrote; told by `finished` while its note is open."""
        if self._input is not None:
            work = partial(self._finished, self._input.stay, text)
            self._worker.submit(work, partial(self._on_finished, self._input.note_id, run_id))

    def close(self) -> None:
        """Stop; what is under way is not told."""
        self._pause.stop()
        self._closed = True
        self._reading += 1
        self._worker.close()

    def _wait(self, milliseconds: int) -> None:
        """Read the stay once nothing has happened for so long."""
        if not self._closed:
            self._pause.start(milliseconds)

    def _record(self) -> OpenNote | None:
        """The open document, if it is a discharge record that can still change."""
        note = self._notes.open_note
        if note is None or note.note.kind is not NoteKind.DISCHARGE or note.note.state is NoteState.SIGNED:
            return None
        return note

    def _on_opened(self, note: OpenNote) -> None:
        self._pause.stop()
        self._reading += 1
        self._input, self._wanted = None, False
        if note.note.kind is not NoteKind.DISCHARGE:
            return
        for comparison, generations in note.comparisons:
            if any(one.outcome.status is RunStatus.COMPLETED for one in generations):
                self._done.add(_key(comparison.binding))
        self._wait(OPENED_MS)

    def _on_saved(self, note_id: str) -> None:
        note = self._record()
        if note is not None and note.note.note_id == note_id:
            self._wait(PAUSE_MS)

    def _read(self) -> None:
        note = self._notes.open_note
        if note is None or note.note.kind is not NoteKind.DISCHARGE:
            return
        self._reading += 1
        encounter_id, sections = note.encounter.encounter_id, dict(note.note.sections)
        self._storage.submit(
            lambda repositories: repositories.stays.whole(encounter_id, sections),
            partial(self._on_stay, self._reading, note.note.note_id),
            self._on_unreadable,
        )

    def _on_stay(self, reading: int, note_id: str, stay: Stay) -> None:
        if reading == self._reading:
            work = partial(_input_of, note_id, stay, self._comparisons.models, self._templates)
            self._worker.submit(work, partial(self._on_input, reading))

    def _on_input(self, reading: int, read: StayInput) -> None:
        if reading != self._reading:
            return
        self._input = read
        self.input_read.emit(read)
        self._consider()

    def _on_unreadable(self, _error: Exception) -> None:
        if self._wanted:
            self._wanted = False
            self.refused.emit(UNREADABLE)

    def _consider(self) -> None:
        """Start what is wanted, or what changed."""
        read, binding = self._input, self.binding
        if read is None or binding is None or self._record() is None:
            return
        wanted, self._wanted = self._wanted, False
        if wanted and read.fault:
            self.refused.emit(read.fault)
        elif self._live is not None and _key(self._live) == _key(binding):
            if wanted:
                self.refused.emit(UNDER_WAY)
        elif wanted or (self._may_start() and not read.fault and _key(binding) not in self._done):
            admission = read.stay.admission
            self._comparisons.start(
                DischargeRequest(
                    binding, admission.complaint, admission.case_features, read.plans, background=not wanted
                )
            )

    def _may_start(self) -> bool:
        free = not self._comparisons.busy and self._is_free() and not self._pause.isActive()
        return self.automatic and bool(self._comparisons.models) and free

    def _on_started(self, comparison: Comparison) -> None:
        if any(run.prompt.template_id.startswith(NoteKind.DISCHARGE) for run in comparison.runs):
            self._live, self._gave_way = comparison.binding, False

    def _on_gave_way(self, _comparison_id: str) -> None:
        self._gave_way = True

    def _on_ended(self, _comparison_id: str) -> None:
        if self._live is not None and not self._gave_way:
            self._done.add(_key(self._live))
        self._live = None
        if not self._pause.isActive():
            self._wait(OPENED_MS)

    def _finished(self, stay: Stay, text: str) -> Record:
        if self._finisher is None or self._finisher.stay is not stay:
            self._finisher = Finisher(stay)
        return self._finisher.finish(parse_draft(text))

    def _on_finished(self, note_id: str, run_id: str, record: Record) -> None:
        note = self._notes.open_note
        if note is not None and note.note.note_id == note_id:
            self.finished.emit(run_id, record)


def _key(binding: Binding) -> tuple[str, str]:
    return binding.note_id, binding.input_hash


def _input_of(note_id: str, stay: Stay, models: Sequence[PreparedModel], templates: Templates) -> StayInput:
    exact = exact_sections(stay)
    copied = {
        COURSE.key: key_results(stay),
        DISCHARGE_ORDERS.key: numbered(map(drug_words, discharge_drugs(stay))),
    }
    return StayInput(
        note_id=note_id,
        stay=stay,
        input_hash=source_hash(lines_of(stay)),
        exact={section.key: exact[section.title] for section in _EXACT},
        copied={key: text for key, text in copied.items() if text},
        plans=plans_of(stay, models, templates),
    )
