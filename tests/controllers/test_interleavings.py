"""Whatever happens in whatever order, no text of one stay reaches another's note, prompt, version or cache.

`pytest -m long tests/controllers/test_interleavings.py -s` is the long form: 10,000 interleavings, in parts.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.controllers.autosave import local_now
from app.controllers.comparison import ComparisonRequest
from app.controllers.note import OpenNote
from app.core.entities import Encounter, Sex
from app.core.events import Vote
from app.core.moves import MoveKind
from app.core.notes import NoteKind
from app.core.signing import ActKind
from app.inference.engines.scripted import Script, scripted_model
from app.inference.prepared import PreparedModel
from tests.helpers.machines import run_machine
from tests.helpers.markers import assert_all_at_home, assert_at_home, assert_stored_at_home, marker
from tests.helpers.records import repositories_in
from tests.helpers.stepwise import Tally, copied_database
from tests.helpers.stepwise_program import Program
from tests.helpers.stored_acts import assert_acts_in_order, assert_moves_lead_here, assert_signed_as_kept

EXAMPLES, STEPS = 30, 50
ACTS_BEFORE_RESTART = 15
LONG_PARTS, LONG_EXAMPLES = 20, 500
MOST_STAYS = 4
# The engine says back what it was asked: an answer shows which stay's text the engine was given.
ECHO = Script("1. **诊断甲**\n   - 支持点：{prompt}\n   - 不支持点：无发热")
tally = Tally()


class Ward(RuleBasedStateMachine):
    """A doctor, two models and a disk that take steps in any order."""

    models: tuple[PreparedModel, ...] = ()
    template: Path = Path()

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="ward-", dir=self.template.parent))
        copied_database(self.template, self.folder)
        self.program = Program(self.folder, self.models, tally)
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
        self.move(which, MoveKind.BED, lambda encounter: replace(encounter, bed=f"{bed}床"))

    @rule(which=st.integers(0, MOST_STAYS - 1))
    def discharge(self, which: int) -> None:
        self.move(which, MoveKind.DISCHARGE, lambda encounter: replace(encounter, discharged_at=local_now()))

    @rule(kept=st.integers(0, MOST_STAYS - 1), other=st.integers(0, MOST_STAYS - 1))
    def merge(self, kept: int, other: int) -> None:
        """Two records are said to be of one person; their stays remain two."""
        first, second = self.stored(kept), self.stored(other)
        if first and second and first.patient_id != second.patient_id:
            self.program.ward.merge(first.patient_id, second.patient_id, "merge")

    @rule(which=st.integers(0, MOST_STAYS - 1))
    def unmerge(self, which: int) -> None:
        self.program.ward.unmerge(self.stays[which % len(self.stays)], "unmerge")

    @rule(which=st.integers(0, 9), ending=st.sampled_from(["小时", "天", "\n第二行"]))
    def write(self, which: int, ending: str) -> None:
        if (note := self.program.writable) is None:
            return
        keys = sorted(note.note.sections)
        key = keys[which % len(keys)]
        self.writes += 1
        self.undo.setdefault(note.note.note_id, []).append((key, note.note.sections[key]))
        self.program.notes.edit(key, f"胸痛{self.writes}{ending}{self.own(note)}")
        tally["edit"] += 1

    @rule()
    def undo_last(self) -> None:
        note = self.program.writable
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

    @rule(which=st.integers(0, 11))
    def ask_and_take(self, which: int) -> None:
        """The straight way, which acts in any order seldom find: write, ask, wait, take an answer."""
        self.write(which, "天")
        self.generate()
        self.pause()
        self.backfill(which)

    @rule()
    def review(self) -> None:
        self.program.notes.review()

    @rule(kind=st.sampled_from([ActKind.REVIEWED, ActKind.SIGNED, ActKind.SIGNED, ActKind.AMENDED]))
    def perform(self, kind: ActKind) -> None:
        """What the window asks first is asked here too, then the act goes its way beside everything else."""
        if not self.program.signing.refusal(kind):
            self.program.signing.perform(kind)

    @rule()
    def review_and_sign(self) -> None:
        self.review()
        self.perform(ActKind.SIGNED)

    @rule()
    def cancel(self) -> None:
        self.program.comparisons.cancel_all()
        tally["cancel"] += 1

    @rule(which=st.integers(0, 11))
    def backfill(self, which: int) -> None:
        known = sorted(self.program.bindings)
        note = self.program.writable
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
        self.program = Program(self.folder, self.models, tally)
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

    @invariant()
    def what_was_signed_is_as_it_was(self) -> None:
        """A signed text is the version that was signed, and nothing that a model wrote is in it unreviewed."""
        sql = self.program.storage.repositories.database.sql
        assert_signed_as_kept(sql)
        assert_acts_in_order(sql)

    @invariant()
    def moves_tell_where_every_stay_is(self) -> None:
        """Beds, merges and merges taken back: each once, in order, whatever else went on."""
        assert_moves_lead_here(self.program.storage.repositories.database.sql)

    def move(self, which: int, kind: MoveKind, change: Callable[[Encounter], Encounter]) -> None:
        """A stay changes as somebody sees it now, whoever has it open; the second of two at once is refused."""
        if (before := self.stored(which)) and change(before) != before:
            self.program.ward.move(before, change(before), kind, kind)

    def stored(self, which: int) -> Encounter | None:
        """A stay as a list that was just read shows it; None before its admission is stored."""
        summaries = self.program.storage.repositories.encounters.summaries()
        wanted = self.stays[which % len(self.stays)]
        return next((one.encounter for one in summaries if one.encounter.encounter_id == wanted), None)

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
            run_machine(Ward, examples, STEPS, repeats=examples == EXAMPLES)
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
