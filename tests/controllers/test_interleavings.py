"""Whatever happens in whatever order, no text of one stay reaches another's note, prompt, version or cache.

`pytest -m long tests/controllers/test_interleavings.py -s` is the long form: 10,000 interleavings, in parts.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from PySide6.QtCore import QCoreApplication, QEvent

from app.controllers.autosave import local_now
from app.controllers.comparison import ComparisonController, ComparisonRequest
from app.controllers.feedback import FeedbackController
from app.controllers.note import NoteController, OpenNote, SaveTiming
from app.core.backfill import Decision, check_backfill, merged_text
from app.core.entities import Encounter, Sex
from app.core.events import Vote
from app.core.moves import MoveKind
from app.core.notes import NoteKind
from app.core.prompts import PromptTemplate, differential_prompt
from app.core.runs import Binding, Comparison, Generation, Prompt
from app.inference.engine import GenerationRequest
from app.inference.engines.scripted import Script, scripted_model
from app.inference.prepared import PreparedModel
from app.infra.resources import resource_text
from app.storage.repositories import Repositories
from app.ui.comparison.run_board import RunBoard
from app.ui.note.provenance_acts import origin_of
from tests.helpers.markers import assert_all_at_home, assert_at_home, assert_stored_at_home, marker
from tests.helpers.records import DOCTOR, repositories_in
from tests.helpers.stepwise import StepwiseStorage, StepwiseThread, Tally, copied_database

EXAMPLES, STEPS = 30, 50
ACTS_BEFORE_RESTART = 15
LONG_PARTS, LONG_EXAMPLES = 20, 500
MOST_STAYS = 4
NEVER = SaveTiming(after_last_key=3_600_000, at_most=3_600_000, first_retry=3_600_000, longest_retry=3_600_000)
TEMPLATE = PromptTemplate.parse(resource_text("prompts", "differential.md"))
# The engine says back what it was asked: an answer shows which stay's text the engine was given.
ECHO = Script("1. **诊断甲**\n   - 支持点：{prompt}\n   - 不支持点：无发热")
tally = Tally()


class Program:
    """The controllers as `bootstrap` wires them, on a data folder; what the window keeps of runs is kept too."""

    def __init__(self, folder: Path, models: tuple[PreparedModel, ...]) -> None:
        self.sent: list[tuple[str, GenerationRequest]] = []
        self.storage = StepwiseStorage(partial(repositories_in, folder))
        self.threads: list[StepwiseThread] = []
        self.notes = NoteController(self.storage, DOCTOR, NEVER)
        self.comparisons = ComparisonController(
            models, self.storage, _prompt, TEMPLATE.decoding, make_thread=self._make_thread
        )
        self.feedback = FeedbackController(self.storage, DOCTOR)
        self.board = RunBoard()
        self.bindings: dict[str, Binding] = {}
        self.notes.opened.connect(self._on_opened)
        self.comparisons.comparison_started.connect(self._on_started)
        self.comparisons.text_arrived.connect(self.board.append)
        self.comparisons.run_finished.connect(self._on_finished)

    def end(self, *, killed: bool) -> None:
        """Close as `bootstrap` does, or not at all."""
        if killed:
            self.storage.crash()
        self.comparisons.close()
        self.notes.close()
        if not killed:
            self.storage.settle()
            self.storage.repositories.close()
        for thing in (self.comparisons, self.notes, self.feedback, self.storage, *self.threads):
            thing.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def backfill(self, run_id: str) -> bool:
        """What the backfill key does, a doctor who always says yes included."""
        card, binding = self.board.run(run_id), self.notes.binding
        if card is None or binding is None or card.live or not card.text.strip():
            return False
        if check_backfill(card.run.binding, binding).decision is Decision.REFUSED:
            return False
        note = self.notes.open_note
        assert note is not None
        self.notes.learn(card.text, origin_of(card.run))
        self.notes.edit("differential", merged_text(note.note.sections["differential"], card.text))
        self.feedback.backfilled(run_id, "differential", card.text)
        self.notes.keep_backfill(replace(card.run.binding, input_hash=binding.input_hash), _count_refusal)
        return True

    def _make_thread(self, model: PreparedModel) -> Any:
        self.threads.append(StepwiseThread(model, self.sent))
        return self.threads[-1]

    def _on_opened(self, note: OpenNote) -> None:
        self.board.open_note(note.comparisons, note.votes)
        for _, generations in note.comparisons:
            for generation in generations:
                self.notes.learn(generation.outcome.text, origin_of(generation.run))

    def _on_started(self, comparison: Comparison) -> None:
        self.board.start(comparison)
        self.bindings.update({run.run_id: run.binding for run in comparison.runs})

    def _on_finished(self, generation: Generation) -> None:
        self.board.finish(generation)
        tally["finished"] += 1


class Ward(RuleBasedStateMachine):
    """A doctor, two models and a disk that take steps in any order."""

    models: tuple[PreparedModel, ...] = ()
    template: Path = Path()

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="ward-", dir=self.template.parent))
        copied_database(self.template, self.folder)
        self.program = Program(self.folder, self.models)
        self.markers: dict[str, str] = {}
        self.stays: list[str] = []
        self.undo: dict[str, list[tuple[str, str]]] = {}
        self.runs: list[str] = []
        self.writes = self.acts = 0
        tally["interleavings"] += 1
        self.admit(same_name=False)
        self.admit(same_name=False)
        self.open(0)
        self.program.storage.settle()

    def teardown(self) -> None:
        self.program.storage.refusing = 0
        self.program.storage.settle()
        self.no_text_of_another()
        self.program.end(killed=False)
        shutil.rmtree(self.folder)

    @rule(same_name=st.booleans())
    @precondition(lambda self: len(self.stays) < MOST_STAYS and not self.program.storage.refusing)
    def admit(self, same_name: bool) -> None:
        number = len(self.stays)
        name = "测试甲" if same_name else f"测试{number}"
        encounter_id = self.program.notes.add_encounter(
            name=name, sex=Sex.MALE, age="65岁", bed="3床", mrn=f"ZY{number}", department="心内科", ward=""
        )
        self.stays.append(encounter_id)
        self.markers[encounter_id] = marker(number)
        tally["admit"] += 1

    @rule(which=st.integers(0, MOST_STAYS - 1))
    def open(self, which: int) -> None:
        self.program.notes.open(self.stays[which % len(self.stays)])
        tally["switch"] += 1

    @rule(kind=st.sampled_from(NoteKind))
    def begin_document(self, kind: NoteKind) -> None:
        self.program.notes.add_document(kind)
        tally["document"] += 1

    @rule(which=st.integers(0, 5))
    def open_document(self, which: int) -> None:
        if note := self.program.notes.open_note:
            ids = [summary.note_id for summary in note.documents]
            self.program.notes.open_document(ids[which % len(ids)])

    @rule(which=st.integers(0, MOST_STAYS - 1), bed=st.integers(1, 3))
    def change_bed(self, which: int, bed: int) -> None:
        self.change(which, MoveKind.BED, lambda encounter: replace(encounter, bed=f"{bed}床"))

    @rule(which=st.integers(0, MOST_STAYS - 1))
    def discharge(self, which: int) -> None:
        self.change(which, MoveKind.DISCHARGE, lambda encounter: replace(encounter, discharged_at=local_now()))

    @rule(kept=st.integers(0, MOST_STAYS - 1), other=st.integers(0, MOST_STAYS - 1))
    def merge(self, kept: int, other: int) -> None:
        """Two records are said to be of one person; their stays remain two."""
        stays = [self.stays[number % len(self.stays)] for number in (kept, other)]

        def work(repositories: Repositories) -> None:
            (first, _), (second, _) = (repositories.encounters.get(stay) for stay in stays)
            if first.patient_id != second.patient_id:
                repositories.ward.merge(first.patient_id, second.patient_id, DOCTOR, local_now())
                tally["merge"] += 1

        self.program.storage.submit(work, lambda _: None, lambda _: None)

    @rule(which=st.integers(0, 9), ending=st.sampled_from(["小时", "天", "\n第二行"]))
    def write(self, which: int, ending: str) -> None:
        if (note := self.program.notes.open_note) is None:
            return
        keys = sorted(note.note.sections)
        key = keys[which % len(keys)]
        self.writes += 1
        self.undo.setdefault(note.note.note_id, []).append((key, note.note.sections[key]))
        self.program.notes.edit(key, f"胸痛{self.writes}{ending}{self.own(note)}")
        tally["edit"] += 1

    @rule()
    def undo_last(self) -> None:
        note = self.program.notes.open_note
        if note is not None and (done := self.undo.get(note.note.note_id)):
            self.program.notes.edit(*done.pop())
            tally["undo"] += 1

    @rule()
    def autosave(self) -> None:
        self.program.notes.flush()

    @rule()
    def save(self) -> None:
        self.program.notes.checkpoint()

    @rule()
    def generate(self) -> None:
        """As the desk does: the texts at the moment of the key, the version once it is stored."""
        note = self.program.notes.open_note
        if note is None or self.program.comparisons.busy or note.note.kind is not NoteKind.FIRST_PROGRESS:
            return
        sections = note.note.sections
        complaint, features = sections["chief_complaint"], sections["case_features"]
        self.program.notes.request_binding(
            lambda binding: self.program.comparisons.start(
                ComparisonRequest(binding, complaint or self.own(note), features or self.own(note), "男，65岁")
            )
        )
        tally["generate"] += 1

    @rule()
    def cancel(self) -> None:
        self.program.comparisons.cancel_all()
        tally["cancel"] += 1

    @rule(which=st.integers(0, 11))
    def backfill(self, which: int) -> None:
        known = sorted(self.program.bindings)
        note = self.program.notes.open_note
        if not known or note is None or "differential" not in note.note.sections:
            return
        before = note.note.sections["differential"]
        if self.program.backfill(known[which % len(known)]):
            self.undo.setdefault(note.note.note_id, []).append(("differential", before))
            tally["backfill"] += 1

    @rule(which=st.integers(0, 11), vote=st.sampled_from([Vote.UP, Vote.WITHDRAWN]))
    def vote(self, which: int, vote: Vote) -> None:
        if known := sorted(self.program.bindings):
            self.program.feedback.vote(known[which % len(known)], vote)

    @rule()
    def pause(self) -> None:
        """The doctor looks away, and everything comes to its end."""
        while self.program.storage.waiting or any(thread.busy for thread in self.program.threads):
            self.program.storage.settle()
            for thread in self.program.threads:
                thread.step()

    @rule(jobs=st.integers(1, 3))
    def disk_full(self, jobs: int) -> None:
        self.program.storage.settle()
        self.program.storage.refusing = jobs
        tally["disk full"] += 1

    @rule(which=st.integers(0, MOST_STAYS - 1))
    def leave_unsaved(self, which: int) -> None:
        """Another note is opened while this one cannot be saved: two hold typed text at once."""
        self.disk_full(1)
        self.write(0, "天")
        self.open(which)
        for _ in range(2):
            self.program.storage.step()

    @rule(steps=st.integers(1, 12))
    def storage_goes_on(self, steps: int) -> None:
        for _ in range(steps):
            self.program.storage.step()

    @rule(which=st.integers(0, 1), steps=st.integers(1, 8))
    def engine_goes_on(self, which: int, steps: int) -> None:
        for _ in range(steps):
            self.program.threads[which].step()

    @rule(killed=st.booleans())
    @precondition(lambda self: self.acts > ACTS_BEFORE_RESTART)
    def restart(self, killed: bool) -> None:
        self.acts = 0
        self.program.end(killed=killed)
        self.program = Program(self.folder, self.models)
        rows = self.program.storage.repositories.database.sql.execute("SELECT encounter_id FROM encounters")
        there = {row[0] for row in rows}
        self.stays = [stay for stay in self.stays if stay in there] or self._first_again()
        self.undo.clear()
        self.open(0)
        self.program.storage.settle()
        tally["kill" if killed else "restart"] += 1

    @invariant()
    def no_text_of_another(self) -> None:
        program = self.program
        self.acts += 1
        assert_stored_at_home(program.storage.repositories.database.sql, self.markers)
        note = program.notes.open_note
        if note is not None:
            own = self.own(note)
            assert_all_at_home("the open note", note.note.sections.values(), own)
            for comparison, generations in note.comparisons:
                assert_at_home("the open note's comparisons", comparison.case_features, own)
                assert_all_at_home("its generations", (item.outcome.text for item in generations), own)
            known = program.notes._saver(note)._known.sentences
            assert_all_at_home("what is known as AI text", known, own)
        for saver in program.notes._savers.values():
            assert_all_at_home(
                "what is to be saved", saver.note.sections.values(), self.markers[saver.note.encounter_id]
            )
        for run_id, request in program.sent:
            own = self.markers[program.bindings[run_id].encounter_id]
            assert_all_at_home("a prompt", (message.content for message in request.messages), own)
        for run_id, binding in program.bindings.items():
            if card := program.board.run(run_id):
                assert_at_home("a pane", card.text, self.markers[binding.encounter_id])

    def change(self, which: int, kind: MoveKind, change: Callable[[Encounter], Encounter]) -> None:
        """A stay changes, whoever has it open."""
        encounter_id = self.stays[which % len(self.stays)]

        def work(repositories: Repositories) -> None:
            _, before = repositories.encounters.get(encounter_id)
            repositories.ward.change(before, change(before), kind, DOCTOR, local_now())

        self.program.storage.submit(work, lambda _: None, lambda _: None)
        tally[kind] += 1

    def own(self, note: OpenNote) -> str:
        """The open note's marker."""
        return self.markers[note.encounter.encounter_id]

    def _first_again(self) -> list[str]:
        """The kill came before the first admission was stored."""
        self.admit(same_name=False)
        self.program.storage.settle()
        return self.stays


@pytest.fixture
def ward(qapp: object, tmp_path: Path) -> Iterator[Callable[[int], None]]:
    """Runs the machine over so many interleavings."""
    base = Path("/dev/shm") if Path("/dev/shm").is_dir() else tmp_path
    with tempfile.TemporaryDirectory(dir=base) as folder:
        Ward.template = Path(folder) / "template"
        Ward.template.mkdir()
        repositories_in(Ward.template).close()
        Ward.models = tuple(
            scripted_model(Path(folder) / f"{name}.json", ECHO, name=name, context_tokens=100_000) for name in "ab"
        )

        def run(examples: int) -> None:
            tally.clear()
            run_state_machine_as_test(
                Ward,
                settings=settings(
                    max_examples=examples,
                    stateful_step_count=STEPS,
                    deadline=None,
                    derandomize=examples == EXAMPLES,
                    database=None,
                    phases=[Phase.explicit, Phase.generate, Phase.shrink],
                    suppress_health_check=list(HealthCheck),
                    print_blob=True,
                ),
            )
            print(f"\n{tally}")

        yield run


def test_no_text_of_one_stay_reaches_another(ward: Callable[[int], None]) -> None:
    ward(EXAMPLES)
    assert min(tally[name] for name in ("switch", "edit", "generate", "finished")) > 0


@pytest.mark.long
@pytest.mark.parametrize("part", range(LONG_PARTS))
def test_ten_thousand_interleavings(ward: Callable[[int], None], part: int) -> None:
    ward(LONG_EXAMPLES)
    assert tally["interleavings"] >= LONG_EXAMPLES


def _count_refusal(_sentence: str) -> None:
    """The record was merged meanwhile: what is stored is no longer what the suggestion was made for."""
    tally["refused"] += 1


def _prompt(request: ComparisonRequest) -> Prompt:
    return differential_prompt(TEMPLATE, request.patient_context, request.chief_complaint, request.case_features)
