"""Demonstration data, made as a ward makes it: real controllers, processes and database; only the models are scripted.

Everything is marked: the patients as samples with （示例） in their names, the models as demonstrations.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtCore import QCoreApplication

from app.cli import output
from app.cli.case_run import CaseRun
from app.cli.demo_acts import deeds
from app.cli.ward_data import ward_opener
from app.controllers.comparison import ComparisonController, ComparisonRequest
from app.controllers.feedback import FeedbackController
from app.core.backfill import merged_text
from app.core.case import Case
from app.core.errors import EnvironmentFault, UsageFault
from app.core.events import EventKind
from app.core.notes import DIFFERENTIAL
from app.core.prompts import PromptTemplate, differential_prompt
from app.core.runs import Comparison, Generation, Prompt, RunProgress, RunStatus
from app.inference.engines.scripted import Script, scripted_model
from app.inference.prepared import PreparedModel
from app.infra.paths import Paths
from app.infra.resources import resource_path, resource_text
from app.storage.notes import VersionReason
from app.storage.repositories import Repositories
from app.storage.samples import MARK, has_real_patients
from app.workers.storage_thread import StorageThread

DOCTORS = ("示例医师甲", "示例医师乙")
_TOLD_EVERY = 50

_ANSWERS = {
    "demo-a": "1. **感染性疾病**\n   - 支持点：起病急\n   - 建议检查：血培养\n2. **血栓性疾病**\n   - 缺什么：D-二聚体",
    "demo-b": "1. **血栓性疾病**\n   - 支持点：症状突发\n   - 建议检查：增强CT\n2. **肿瘤**\n   - 缺什么：病理",
    "demo-c": "1. **自身免疫性疾病**\n   - 支持点：多系统受累\n   - 建议检查：抗体谱\n2. **感染性疾病**",
}


@dataclass(frozen=True, slots=True)
class Demonstration:
    """How much was made."""

    encounters: int
    generations: int
    events: int


class _Counted:
    """A watcher that says now and then how far it is."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    def started(self, comparison: Comparison) -> None:
        """One more begins."""
        self._done += 1
        if self._done % _TOLD_EVERY == 0:
            output.say(f"正在生成示例：{self._done}/{self._total}")

    def progressed(self, progress: RunProgress) -> None:
        """Too much to tell."""

    def finished(self, generation: Generation) -> None:
        """Too much to tell."""


class _Doctors:
    """What they do with the suggestions, by their feedback controllers; the same in every demonstration."""

    def __init__(self, storage: StorageThread) -> None:
        self._storage = storage
        self._random = random.Random(0)
        self._faults: list[str] = []
        self._controllers = [FeedbackController(storage, doctor) for doctor in DOCTORS]
        for controller in self._controllers:
            controller.failed.connect(self._faults.append)

    def act(self, generations: Sequence[Generation], count: int) -> None:
        """So many events on these suggestions. Raises EnvironmentFault if an earlier one could not be stored."""
        self.raise_fault()
        for generation, act in islice(deeds(generations, self._random), count):
            if act.kind is EventKind.BACKFILL:
                self._backfill(generation)
            self._random.choice(self._controllers).record(generation.run.run_id, act)

    def raise_fault(self) -> None:
        """Raises EnvironmentFault if an event could not be stored."""
        if self._faults:
            raise EnvironmentFault(self._faults[0])

    def _backfill(self, generation: Generation) -> None:
        work = partial(_put_into_note, generation=generation, doctor=DOCTORS[0])
        self._storage.submit(work, lambda _: None, lambda error: self._faults.append(str(error)))


def make_demonstration(paths: Paths, encounters: int, events: int) -> Demonstration:
    """Fill the data folder. Raises UsageFault if real patients are in it, EnvironmentFault if storing fails."""
    application = QCoreApplication.instance() or QCoreApplication([])
    template = PromptTemplate.parse(resource_text("prompts", "differential.md"))
    open_demonstration = ward_opener(paths, DOCTORS[0])
    _refuse_real_patients(open_demonstration())
    made = 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        storage = StorageThread(open_demonstration, application)
        doctors, watcher = _Doctors(storage), _Counted(encounters)
        stack.callback(doctors.raise_fault)
        stack.callback(storage.close)
        storage.start()
        controller = ComparisonController(_models(folder), storage, partial(_prompt, template), template.decoding)
        stack.callback(controller.close)
        for number, case in enumerate(islice(_cases(), encounters)):
            _, generations = CaseRun(controller, storage, watcher).run(case, DOCTORS[0])
            _stop_if_cancelled(generations)
            doctors.act(generations, _share(events, encounters, number))
            made += len(generations)
    return Demonstration(encounters, made, events)


def _refuse_real_patients(repositories: Repositories) -> None:
    try:
        if has_real_patients(repositories.database):
            raise UsageFault("这个数据文件夹中已有真实患者，不能混入示例：请用 --data-dir 另选一个文件夹。")
    finally:
        repositories.close()


def _models(folder: Path) -> list[PreparedModel]:
    return [scripted_model(folder / f"{name}.json", Script(text), name=name) for name, text in _ANSWERS.items()]


def _prompt(template: PromptTemplate, request: ComparisonRequest) -> Prompt:
    return differential_prompt(template, request.patient_context, request.chief_complaint, request.case_features)


def _cases() -> Iterator[Case]:
    """The sample cases over and over, each time as another invented patient."""
    samples = sorted(resource_path("samples").glob("*.json"))
    for number, path in enumerate(cycle(samples), start=1):
        case = Case.parse(path.read_text(encoding="utf-8"))
        name = f"{case.patient.name}{number}{MARK}"
        yield replace(case, sample=True, patient=replace(case.patient, name=name, mrn=f"DEMO{number:07}"))


def _share(events: int, encounters: int, number: int) -> int:
    return events // encounters + (number < events % encounters)


def _stop_if_cancelled(generations: Sequence[Generation]) -> None:
    if any(generation.outcome.status is RunStatus.CANCELLED for generation in generations):
        raise KeyboardInterrupt


def _put_into_note(repositories: Repositories, generation: Generation, doctor: str) -> None:
    note = repositories.notes.get(generation.run.binding.note_id)
    text = merged_text(note.sections[DIFFERENTIAL.key], generation.outcome.text)
    sections = {**note.sections, DIFFERENTIAL.key: text}
    now = datetime.now().astimezone()
    repositories.notes.checkpoint(note.note_id, sections, VersionReason.BACKFILL, doctor, now)
