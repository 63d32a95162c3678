"""When a discharge record is written by itself, and when not; every step of disk, model and rules is the test's."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from app.controllers.autosave import local_now
from app.controllers.comparison import ComparisonController, ComparisonRequest
from app.controllers.discharge import NO_ADMISSION, UNDER_WAY, DischargeController, StayInput
from app.controllers.discharge_plans import discharge_templates
from app.controllers.note import NoteController
from app.core.discharge.draft import WRITTEN, render
from app.core.entities import Sex
from app.core.notes import ADMISSION_DATE, COURSE, DISCHARGE_ORDERS, NoteKind
from app.core.prompts import differential_prompt
from app.core.runs import Binding, Comparison, Prompt
from app.core.stay import Order
from app.inference.engines.scripted import Script, scripted_model
from app.storage.stay_import import import_stay
from tests.helpers.records import DOCTOR, repositories_in
from tests.helpers.stays import sample_stays
from tests.helpers.stepwise import StepwiseStorage, StepwiseThread, StepwiseWorker
from tests.helpers.stepwise_program import NEVER, TEMPLATE

TEXT = render({section.key: "腰痛好转，门诊复诊。" for section in WRITTEN})


class Program:
    """The controllers as `bootstrap` wires them."""

    def __init__(self, folder: Path) -> None:
        self.threads: list[StepwiseThread] = []
        self.storage = StepwiseStorage(partial(repositories_in, folder))
        self.worker = StepwiseWorker()
        self.notes = NoteController(self.storage, DOCTOR, NEVER)
        models = (scripted_model(folder / "a.json", Script(TEXT), name="a", context_tokens=100_000),)
        self.comparisons = ComparisonController(
            models, self.storage, _prompt, TEMPLATE.decoding, make_thread=self._make_thread
        )
        self.free = True
        self.discharge = DischargeController(
            self.storage, self.notes, self.comparisons, discharge_templates(), self.worker, lambda: self.free
        )
        self.begun: list[Comparison] = []
        self.inputs: list[StayInput] = []
        self.said: list[str] = []
        self.comparisons.comparison_started.connect(self.begun.append)
        self.discharge.input_read.connect(self.inputs.append)
        self.discharge.refused.connect(self.said.append)

    def open(self, encounter_id: str, kind: NoteKind = NoteKind.DISCHARGE) -> None:
        self.notes._open(lambda repositories: repositories.notes.open(encounter_id, kind, local_now(), DOCTOR))
        self.storage.settle()

    def pause(self) -> None:
        """Nobody types for a moment; the stay is read, and what starts is stored."""
        if self.discharge._pause.isActive():
            self.discharge._pause.stop()
            self.discharge._read()
        for _ in range(3):
            self.storage.settle()
            self.worker.step()

    def finish(self) -> None:
        """What runs comes to its end."""
        while self.comparisons.busy:
            self.threads[0].step()
            self.storage.settle()

    def end(self) -> None:
        self.discharge.close()
        self.comparisons.close()
        self.notes.close()
        self.storage.settle()
        self.storage.repositories.close()
        for thing in (self.discharge, self.comparisons, self.notes, self.worker, self.storage, *self.threads):
            thing.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def _make_thread(self, model: Any) -> Any:
        self.threads.append(StepwiseThread(model, []))
        return self.threads[-1]


@pytest.fixture
def program(qapp: object, tmp_path: Path) -> Iterator[Program]:
    opened = Program(tmp_path)
    yield opened
    opened.end()


@pytest.fixture
def stay(program: Program) -> str:
    """The first of the invented stays."""
    return import_stay(program.storage.repositories, sample_stays()[0].stay, DOCTOR, local_now())


def test_opening_reads_the_stay_and_starts_once(program: Program, stay: str) -> None:
    program.open(stay)
    assert not program.inputs
    program.pause()
    assert len(program.begun) == 1 and program.begun[0].binding.input_hash == program.inputs[0].input_hash
    program.finish()
    for _ in range(3):
        program.pause()
    program.open(stay)
    program.pause()
    assert len(program.begun) == 1


def test_what_is_copied_is_known_before_any_model_wrote(program: Program, stay: str) -> None:
    program.open(stay)
    program.pause()
    read = program.inputs[0]
    assert read.exact[ADMISSION_DATE.key] == "2026年3月2日"
    assert read.copied[COURSE.key].startswith("异常检查结果：尿红细胞 286/μL")
    assert read.copied[DISCHARGE_ORDERS.key].startswith("1. 坦索罗辛缓释胶囊 0.2 mg")


def test_a_changed_stay_starts_it_again(program: Program, stay: str) -> None:
    program.open(stay)
    program.pause()
    program.finish()
    order = Order("2026-03-05", "呋塞米片", "20 mg", "口服")
    program.storage.repositories.stays.add_orders(stay, [order], DOCTOR, local_now())
    program.discharge.look_again()
    program.pause()
    assert len(program.begun) == 2


def test_typing_postpones_what_waits(program: Program, stay: str) -> None:
    program.open(stay)
    waited = program.discharge._pause.interval()
    program.discharge.typed()
    assert program.discharge._pause.interval() > waited


@pytest.mark.parametrize("off", ["switched off", "an opinion is being written", "no first note"])
def test_nothing_starts_by_itself(program: Program, stay: str, off: str) -> None:
    program.discharge.automatic = off != "switched off"
    program.free = off != "an opinion is being written"
    program.open(_empty_stay(program) if off == "no first note" else stay)
    program.pause()
    assert program.inputs and not program.begun and not program.said


def test_asked_for_without_a_first_note_it_says_why(program: Program) -> None:
    program.open(_empty_stay(program))
    program.discharge.start()
    program.pause()
    assert program.said == [NO_ADMISSION] and not program.begun


def test_asked_for_again_while_it_runs_nothing_is_lost(program: Program, stay: str) -> None:
    program.open(stay)
    program.pause()
    program.threads[0].step()
    program.discharge.start()
    program.pause()
    assert program.said == [UNDER_WAY] and len(program.begun) == 1


def test_stopped_it_stays_stopped_until_asked(program: Program, stay: str) -> None:
    program.open(stay)
    program.pause()
    program.discharge.stop()
    program.finish()
    program.pause()
    assert len(program.begun) == 1
    program.discharge.start()
    program.pause()
    assert len(program.begun) == 2


def test_it_gives_way_and_comes_back(program: Program, stay: str) -> None:
    program.open(stay)
    program.pause()
    program.threads[0].step()
    repositories = program.storage.repositories
    first = repositories.notes.open(stay, NoteKind.FIRST_PROGRESS, local_now())
    patient, _ = repositories.encounters.get(stay)
    binding = Binding(patient.patient_id, stay, first.note_id, first.version, "h")
    program.comparisons.start(ComparisonRequest(binding, "腰痛", "右腰部绞痛6小时", ""))
    while len(program.begun) < 2:
        program.threads[0].step()
        program.storage.settle()
    assert program.begun[1].runs[0].prompt.template_id == "differential"
    program.finish()
    program.pause()
    assert len(program.begun) == 3 and program.begun[2].binding == program.begun[0].binding


def test_a_stay_that_was_read_for_another_document_is_dropped(program: Program, stay: str) -> None:
    program.open(stay)
    program.discharge._pause.stop()
    program.discharge._read()
    program.open(stay, NoteKind.FIRST_PROGRESS)
    program.pause()
    assert not program.inputs and not program.begun


def _empty_stay(program: Program) -> str:
    encounter_id = program.notes.add_encounter(
        name="测试", sex=Sex.MALE, age="65岁", bed="3床", mrn="ZY9", department="心内科", ward=""
    )
    program.storage.settle()
    return encounter_id


def _prompt(request: ComparisonRequest) -> Prompt:
    return differential_prompt(TEMPLATE, request.patient_context, request.chief_complaint, request.case_features)
