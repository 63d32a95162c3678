"""Whatever is opened, edited, changed, generated and filled in, in whatever order: what a doctor wrote stays.

`pytest -m long tests/ui/discharge/test_never_over_the_doctor.py -s` is the long form: 2,000 interleavings, in parts.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.controllers.autosave import local_now
from app.controllers.comparison import ComparisonController, ComparisonRequest
from app.controllers.discharge import DischargeController
from app.controllers.discharge_plans import discharge_templates
from app.controllers.feedback import FeedbackController
from app.controllers.note import NoteController, OpenNote
from app.controllers.ward import WardController
from app.core.notes import SECTIONS, NoteKind
from app.core.runs import Prompt
from app.core.stay import Order
from app.inference.engines.scripted import Script, scripted_model
from app.inference.prepared import PreparedModel
from app.storage.stay_import import import_stay
from app.ui.comparison.pane_area import AreaModels
from app.ui.comparison.run_board import RunBoard
from app.ui.comparison.suggestion_acts import KEPT
from app.ui.discharge.discharge_acts import DischargeActs
from app.ui.discharge.discharge_area import DischargeArea
from app.ui.discharge.discharge_desk import DischargeDesk
from app.ui.kit.notice_bar import NoticeBar
from app.ui.kit.theme import Appearance
from app.ui.note.note_editor import NoteEditor
from app.ui.note.provenance_acts import ProvenanceActs
from tests.helpers.machines import run_machine
from tests.helpers.records import DOCTOR, repositories_in
from tests.helpers.stays import sample_stays
from tests.helpers.stepwise import StepwiseStorage, StepwiseThread, StepwiseWorker, Tally, copied_database
from tests.helpers.stepwise_program import NEVER
from tests.ui.discharge.conftest import draft

EXAMPLES, STEPS = 25, 40
LONG_PARTS, LONG_EXAMPLES = 20, 100
KEYS = [section.key for section in SECTIONS[NoteKind.DISCHARGE]]
tally = Tally()


class Doctor(RuleBasedStateMachine):
    """A doctor at two discharge records, a model and a disk that take steps in any order."""

    models: tuple[PreparedModel, ...] = ()
    template: Path = Path()
    appearance: Appearance

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="doctor-", dir=self.template.parent))
        copied_database(self.template, self.folder)
        self.own: dict[tuple[str, str], str] = {}
        self.written = 0
        self._start()
        self.stays = [self._import(number) for number in (0, 5)]
        self.open(0)
        self.settle()
        tally["interleavings"] += 1

    def teardown(self) -> None:
        self.settle()
        self.what_the_doctor_wrote_stays()
        self.discharge.close()
        self.comparisons.close()
        self.notes.close()
        self.storage.settle()
        self.storage.repositories.close()
        for thing in (*self._things, self.storage, *self.threads):
            thing.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        shutil.rmtree(self.folder)

    @rule(which=st.integers(0, 1))
    def open(self, which: int) -> None:
        """The record of a stay: made if it is not there, read anew if it is open."""
        encounter_id = self.stays[which]
        self.notes._open(
            lambda repositories: repositories.notes.open(encounter_id, NoteKind.DISCHARGE, local_now(), DOCTOR)
        )
        tally["open"] += 1

    @rule(key=st.sampled_from(KEYS), replaces=st.booleans())
    def edit(self, key: str, replaces: bool) -> None:
        """The doctor writes into a section, or writes it anew."""
        if self.acts.dialog is None and self.note is not None:
            self.written += 1
            editor = self.editor.editors[key]
            editor.replace_whole(f"{'' if replaces else editor.text()}医师第{self.written}次亲笔。")
            self.own[self.note.encounter.encounter_id, key] = editor.text()
            tally["edit"] += 1

    @rule()
    def save(self) -> None:
        self.notes.checkpoint()
        tally["save"] += 1

    @rule(which=st.integers(0, 1))
    def change_input(self, which: int) -> None:
        """Somebody orders another drug."""
        self.written += 1
        order = Order("2026-03-03", f"药物{self.written}片", "5 mg", "口服", "每日1次")
        self.ward.add_entries(self.stays[which], [order], [], lambda _entries: None)
        tally["input changed"] += 1

    @rule()
    def ask(self) -> None:
        self.desk.run()

    @rule()
    def stop(self) -> None:
        self.desk.stop()

    @rule(
        pane=st.integers(0, 1),
        items=st.sampled_from([(), (), (0,), (2,), (4,)]),
        answer=st.sampled_from(["later", "nothing", "proposed", "everything"]),
    )
    def backfill(self, pane: int, items: tuple[int, ...], answer: str) -> None:
        if self.acts.dialog is None and (run_id := self.area.panes[pane].run_id):
            before = self.texts()
            self.acts.backfill(run_id, items)
            tally["filled"] += self.texts() != before
            tally["asked"] += self.acts.dialog is not None
            if answer != "later":
                self.answer(answer != "nothing", answer == "everything")

    @rule(agrees=st.booleans(), ticks=st.booleans())
    def answer(self, agrees: bool, ticks: bool) -> None:
        """The doctor takes what is proposed, or ticks everything, or takes nothing."""
        dialog = self.acts.dialog
        if dialog is None:
            return
        if agrees and ticks:
            before = self.texts()
            for box in dialog.boxes:
                box.setChecked(True)
            dialog.accept()
            self._given_up(before)
            tally["replaced on purpose"] += 1
        elif agrees:
            dialog.accept()
            tally["taken as proposed"] += 1
        else:
            dialog.reject()

    @rule()
    def fill_exact(self) -> None:
        if self.acts.dialog is None:
            self.acts.fill_exact()

    @rule()
    def undo(self) -> None:
        """The doctor's own wish, whatever it takes back."""
        if self.acts.dialog is None:
            before = self.texts()
            self.editor.undo()
            self._given_up(before)
            tally["undo"] += self.texts() != before

    @rule(pieces=st.integers(1, 4))
    def store(self, pieces: int) -> None:
        for _ in range(pieces):
            self.storage.step()

    @rule(pieces=st.integers(1, 8))
    def write(self, pieces: int) -> None:
        """The models go on, and the rules check what they wrote."""
        for _ in range(pieces):
            for thread in self.threads:
                thread.step()
            self.worker.step()

    @rule()
    def pause(self) -> None:
        """Nobody types for a moment."""
        if self.discharge._pause.isActive():
            self.discharge._pause.stop()
            self.discharge._read()

    @rule()
    def settle(self) -> None:
        """Everything that is under way comes to its end."""
        for _ in range(200):
            self.pause()
            self.storage.settle()
            for thread in self.threads:
                thread.step()
            self.worker.step()

    @invariant()
    def what_the_doctor_wrote_stays(self) -> None:
        if self.note is not None:
            encounter_id = self.note.encounter.encounter_id
            for key, text in self.texts().items():
                assert text == self.own.get((encounter_id, key), text), key

    @invariant()
    def what_models_wrote_is_of_this_stay(self) -> None:
        if self.note is not None:
            runs = {run.run.run_id for card in self.desk.cards for run in card.runs}
            assert {span.origin.run_id for span in self.note.note.provenance} <= runs

    @property
    def note(self) -> OpenNote | None:
        """What is open, as the editors have it."""
        return self.notes.open_note

    def texts(self) -> dict[str, str]:
        """The sections as they stand."""
        return {key: editor.text() for key, editor in self.editor.editors.items() if key in KEYS}

    def _given_up(self, before: dict[str, str]) -> None:
        """What the doctor changed on purpose is not the doctor's writing of before any more."""
        assert self.note is not None
        for key, text in self.texts().items():
            if text != before[key]:
                self.own.pop((self.note.encounter.encounter_id, key), None)

    def _start(self) -> None:
        self.storage = StepwiseStorage(partial(repositories_in, self.folder))
        self.threads: list[StepwiseThread] = []
        self.worker = StepwiseWorker()
        self.notes = NoteController(self.storage, DOCTOR, NEVER)
        templates = discharge_templates()
        self.comparisons = ComparisonController(
            self.models, self.storage, _no_prompt, templates.record.decoding, make_thread=self._make_thread
        )
        self.feedback, self.ward = FeedbackController(self.storage, DOCTOR), WardController(self.storage, DOCTOR)
        self.discharge = DischargeController(self.storage, self.notes, self.comparisons, templates, self.worker)
        self.ward.entries_changed.connect(lambda _encounter_id: self.discharge.look_again())
        self.editor, board = NoteEditor(self.appearance), RunBoard()
        models = AreaModels([(model.identity, True) for model in self.models])
        self.area = DischargeArea(models, self.appearance, local_now, NoticeBar(self.appearance))
        self.desk = DischargeDesk(self.area, board, self.comparisons, self.notes, self.discharge, self.feedback)
        sources = ProvenanceActs(self.editor, self.notes, lambda _sentence: None)
        self.acts = DischargeActs(
            self.area,
            self.editor,
            board,
            self.desk,
            self.notes,
            self.discharge,
            self.feedback,
            self.appearance,
            sources,
        )
        self.notes.opened.connect(self.editor.show_note)
        self.notes.opened.connect(self.desk.show_note)
        self.editor.edited.connect(self.notes.edit)
        self.comparisons.run_finished.connect(self._on_finished)
        window = QWidget()
        page = QVBoxLayout(window)
        for widget in (self.editor, self.area, self.area.notice):
            page.addWidget(widget)
        controllers = (self.notes, self.comparisons, self.feedback, self.ward, self.discharge, self.worker)
        self._things = (window, *controllers)

    def _import(self, number: int) -> str:
        return import_stay(self.storage.repositories, sample_stays()[number].stay, DOCTOR, local_now())

    def _make_thread(self, model: PreparedModel) -> Any:
        self.threads.append(StepwiseThread(model, []))
        return self.threads[-1]

    def _on_finished(self, _generation: object) -> None:
        tally["finished"] += 1


def _no_prompt(_request: ComparisonRequest) -> Prompt:
    raise TypeError("a discharge request brings its own prompts")


@pytest.fixture
def doctor(appearance: Appearance, tmp_path: Path) -> Iterator[Callable[[int], None]]:
    """Runs the machine over so many interleavings."""
    base = Path("/dev/shm") if Path("/dev/shm").is_dir() else tmp_path
    with tempfile.TemporaryDirectory(dir=base) as folder:
        Doctor.template, Doctor.appearance = Path(folder) / "template", appearance
        Doctor.template.mkdir()
        repositories_in(Doctor.template).close()
        other = draft(course="3月3日，手术顺利。", discharge_condition="患者出院时无不适。")
        Doctor.models = tuple(
            scripted_model(Path(folder) / f"{name}.json", Script(text), name=name, context_tokens=100_000)
            for name, text in (("a", draft()), ("b", other))
        )

        def run(examples: int) -> None:
            tally.clear()
            run_machine(Doctor, examples, STEPS, repeats=examples == EXAMPLES)
            print(f"\n{tally}")

        yield run


def test_what_a_doctor_wrote_is_never_replaced(doctor: Callable[[int], None]) -> None:
    doctor(EXAMPLES)
    done = ("edit", "input changed", "finished", "filled", "taken as proposed", "replaced on purpose", "undo")
    assert min(tally[name] for name in done) > 0, str(tally)


def test_what_is_taken_back_leaves_what_was_written_into_it(doctor: Callable[[int], None]) -> None:
    """The stay changed while the text came in: the disk refuses it after the doctor wrote on."""
    state: Any = Doctor()
    try:
        state.change_input(which=0)
        state.fill_exact()
        state.edit(key="admission_date", replaces=False)
        state.settle()
        state.what_the_doctor_wrote_stays()
        assert state.texts()["discharge_date"] == ""
    finally:
        state.teardown()


def test_what_was_undone_before_the_disk_refused_it_is_not_said_to_be_still_there(
    doctor: Callable[[int], None],
) -> None:
    state: Any = Doctor()
    try:
        state.change_input(which=0)
        state.fill_exact()
        state.undo()
        state.settle()
        assert state.texts()["discharge_date"] == ""
        assert "已经变化" in state.area.notice.sentence.text()
        assert KEPT not in state.area.notice.sentence.text()
    finally:
        state.teardown()


@pytest.mark.long
@pytest.mark.parametrize("part", range(LONG_PARTS))
def test_two_thousand_interleavings(doctor: Callable[[int], None], part: int) -> None:
    doctor(LONG_EXAMPLES)
