"""The main job without a window: one case, the real controller, the real journal, an event loop of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from PySide6.QtCore import QEventLoop, QObject

from app.cli.event_loop import interrupts, slot_errors
from app.cli.progress import Watcher
from app.controllers.comparison import ComparisonController, ComparisonRequest
from app.controllers.comparison_request import DischargeRequest
from app.core.case import Case
from app.core.entities import Encounter, Patient
from app.core.errors import UsageFault
from app.core.notes import CASE_FEATURES, CHIEF_COMPLAINT, NoteKind, input_hash
from app.core.runs import Binding, Comparison, Generation, RunProgress
from app.storage.notes import VersionReason
from app.storage.repositories import Repositories
from app.workers.storage_thread import StorageThread

NO_NAME = "未提供姓名"


class CaseRun(QObject):
    """Starts one comparison and waits for its end; Ctrl+C cancels the runs and keeps what was written."""

    def __init__(self, controller: ComparisonController, storage: StorageThread, watcher: Watcher) -> None:
        super().__init__()
        self._controller = controller
        self._storage = storage
        self._watcher = watcher
        self._loop = QEventLoop()
        self._error: BaseException | None = None
        self._comparison: Comparison | None = None
        self._generations: list[Generation] = []
        self._storing_faults: list[str] = []
        controller.comparison_started.connect(self._on_started)
        controller.run_progressed.connect(self._on_progressed)
        controller.run_finished.connect(self._on_finished)
        controller.comparison_finished.connect(self._loop.quit)
        controller.refused.connect(self._on_refused)
        controller.storing_failed.connect(self._on_storing_failed)

    @property
    def storing_faults(self) -> tuple[str, ...]:
        """What could not be stored, a sentence each."""
        return tuple(dict.fromkeys(self._storing_faults))

    def run(self, case: Case, actor: str) -> tuple[Comparison, tuple[Generation, ...]]:
        """The comparison of a case and its generations in pane order; raises as `run_request`."""
        return self.run_request(
            lambda repositories: store_case(repositories, case, actor, datetime.now().astimezone()),
            lambda binding: ComparisonRequest(binding, case.chief_complaint, case.case_features, case.patient.context),
        )

    def run_request(
        self,
        store: Callable[[Repositories], Binding],
        make_request: Callable[[Binding], ComparisonRequest | DischargeRequest],
    ) -> tuple[Comparison, tuple[Generation, ...]]:
        """The comparison of a request and its generations in pane order. `store` runs on the storage thread.

        Raises what storing or starting the comparison raised; a run that fails is no exception.
        """
        with interrupts(self._cancel), slot_errors(self._fail):
            self._storage.submit(store, lambda binding: self._controller.start(make_request(binding)), self._fail)
            self._loop.exec()
        if self._error is not None:
            raise self._error
        assert self._comparison is not None  # the loop ends with an error or a finished comparison
        return self._comparison, tuple(sorted(self._generations, key=lambda one: one.run.display_order))

    def _cancel(self) -> None:
        if self._comparison is None:
            self._fail(KeyboardInterrupt())
        self._controller.cancel_all()

    def _fail(self, error: BaseException) -> None:
        self._error = self._error or error
        self._loop.quit()

    def _on_started(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._watcher.started(comparison)

    def _on_progressed(self, progress: RunProgress) -> None:
        self._watcher.progressed(progress)

    def _on_finished(self, generation: Generation) -> None:
        self._generations.append(generation)
        self._watcher.finished(generation)

    def _on_storing_failed(self, sentence: str) -> None:
        self._storing_faults.append(sentence)

    def _on_refused(self, sentence: str) -> None:
        self._fail(UsageFault(sentence))


def store_case(repositories: Repositories, case: Case, actor: str, now: datetime) -> Binding:
    """A stay and a note of their own for this case, so that its runs are bound like any others."""
    patient = Patient(uuid4().hex, case.patient.name or NO_NAME, case.patient.sex)
    encounter = Encounter(
        encounter_id=uuid4().hex,
        patient_id=patient.patient_id,
        mrn=case.patient.mrn,
        age=case.patient.age,
        department=case.department,
        ward=case.ward,
        bed=case.patient.bed,
        admitted_at=now,
    )
    texts = {CHIEF_COMPLAINT.key: case.chief_complaint, CASE_FEATURES.key: case.case_features}
    with repositories.database.transaction():
        repositories.encounters.add(patient, encounter, now, sample=case.sample)
        note = repositories.notes.open(encounter.encounter_id, NoteKind.FIRST_PROGRESS, now)
        sections = {**note.sections, **texts}
        note = repositories.notes.checkpoint(note.note_id, sections, VersionReason.COMPARISON, actor, now)
    return Binding(
        patient_id=patient.patient_id,
        encounter_id=encounter.encounter_id,
        note_id=note.note_id,
        note_version=note.version,
        input_hash=input_hash(case.chief_complaint, case.case_features),
    )
