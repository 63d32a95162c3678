"""A program that edits a note and records what the models wrote, and says on a pipe what was acknowledged.

`run` is called in a process of its own and runs until it is killed. It uses the real controllers and storage thread.
Lines: `edit N` (the note says text_of(N)), `generation ID`, `event ID`, `order ID`, `result ID`, `bed N` (the patient
lies there), `document ID`, `signed N` and `amended N` (the note that says text_of(N)), and of a second stay, of another
record, `merge N`, `discharge N`, `unmerge N`, `discharge_undone N` (its Nth move); each only after the commit was told.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from uuid import uuid4

from PySide6.QtCore import QCoreApplication

from app.controllers.note import NoteController, OpenNote
from app.controllers.people import PeopleController
from app.controllers.signing import SigningController
from app.controllers.ward import WardController
from app.core.entities import Encounter
from app.core.events import Vote
from app.core.moves import MoveKind, discharge_undone, discharged, in_bed
from app.core.notes import NoteKind, NoteState
from app.core.signing import ActKind
from app.core.stay import Order, Result
from app.storage.repositories import Repositories
from app.workers.storage_thread import StorageThread
from tests.helpers.records import DOCTOR, NOW, a_comparison, a_generation, a_stay, a_vote, repositories_in

_pipe: Connection

CHECKPOINT_EVERY = 3
DOCUMENT_EVERY = 5
# What happens to the second stay after its admission, again and again.
SECOND = (MoveKind.MERGE, MoveKind.DISCHARGE, MoveKind.UNMERGE, MoveKind.DISCHARGE_UNDONE)
FIRST_MRN, SECOND_MRN = "ZY0001", "ZY0002"


def text_of(number: int) -> str:
    """What the plan says at edit N: its number, and enough text to fill some pages."""
    return f"{number}:" + "监护吸氧" * (number * 37 % 5_000)


def number_of(text: str) -> int:
    """The N of a whole `text_of(N)`; raises ValueError for anything else."""
    number = int(text.partition(":")[0] or 0)
    if text not in ("", text_of(number)):
        raise ValueError("half-written")
    return number


class Child:
    """Edit, comparison, generation, vote, order, result, document, bed, the second stay, signature, and again."""

    def __init__(self, storage: StorageThread) -> None:
        self._storage = storage
        self._notes = NoteController(storage, DOCTOR)
        self._people = PeopleController(storage, DOCTOR)
        self._signing = SigningController(storage, self._notes, self._people)
        self._ward = WardController(storage, DOCTOR)
        self._number = self._moves = 0
        self._encounter_id = self._second = ""
        self._notes.opened.connect(self._on_opened)
        self._notes.saved.connect(self._on_saved)
        self._signing.done.connect(self._on_signed)
        self._ward.changed.connect(self._on_second_moved)
        for controller in (self._people, self._signing, self._ward):
            controller.failed.connect(lambda sentence: _fail(RuntimeError(sentence)))
        self._people.load()
        storage.submit(_the_stays, self._begin, _fail)

    def _begin(self, stays: tuple[str, str, int]) -> None:
        self._encounter_id, self._second, self._moves = stays
        self._notes.open(self._encounter_id)

    def _on_opened(self, open_note: OpenNote) -> None:
        if self._number:
            return
        self._number = number_of(open_note.note.sections["plan"])
        if open_note.note.state is NoteState.SIGNED:
            self._signing.perform(ActKind.AMENDED)
        else:
            self._edit()

    def _edit(self) -> None:
        self._number += 1
        self._notes.edit("plan", text_of(self._number))
        if self._number % CHECKPOINT_EVERY:
            self._notes.flush()
        else:
            self._notes.checkpoint()

    def _on_saved(self, *_: object) -> None:
        _say(f"edit {self._number}")
        binding = self._notes.binding
        assert binding is not None
        comparison = a_comparison(binding, runs=1)
        generation = a_generation(comparison.runs[0], text=text_of(self._number))
        vote = a_vote(generation.run.run_id, Vote.UP, uuid4().hex)
        self._storage.record_comparison(comparison, _expect_stored)
        self._storage.record_generation(generation, partial(_stored, f"generation {generation.run.run_id}"))
        self._storage.record(
            lambda repositories: repositories.feedback.append(vote), partial(self._on_vote, vote.event_id)
        )

    def _on_vote(self, event_id: str, error: Exception | None) -> None:
        _stored(f"event {event_id}", error)
        encounter_id = self._encounter_id
        order = Order("2025-03-01", "阿司匹林肠溶片", entry_id=uuid4().hex)
        result = Result("2025-03-01", "血钾", "3.1", entry_id=uuid4().hex)
        self._do(
            lambda repositories: repositories.stays.add_orders(encounter_id, [order], DOCTOR, NOW),
            f"order {order.entry_id}",
        )
        self._do(
            lambda repositories: repositories.stays.add_results(encounter_id, [result], DOCTOR, NOW),
            f"result {result.entry_id}",
        )
        if self._number % DOCUMENT_EVERY == 0:
            self._storage.submit(
                lambda repositories: repositories.notes.add(encounter_id, NoteKind.DAILY_PROGRESS, NOW, DOCTOR),
                lambda note: _say(f"document {note.note_id}"),
                _fail,
            )
        self._storage.submit(partial(_move, encounter_id), self._on_moved, _fail)

    def _on_moved(self, bed: str) -> None:
        _say(f"bed {bed}")
        self._storage.submit(
            lambda repositories: repositories.encounters.get(self._second)[1], self._move_second, _fail
        )

    def _move_second(self, second: Encounter) -> None:
        kind, ward = SECOND[self._moves % len(SECOND)], self._ward
        self._moves += 1
        told = f"{kind} {self._moves}"
        if kind is MoveKind.MERGE:
            binding = self._notes.binding
            assert binding is not None
            ward.merge(binding.patient_id, second.patient_id, told)
        elif kind is MoveKind.UNMERGE:
            ward.unmerge(second.encounter_id, told)
        elif kind is MoveKind.DISCHARGE:
            ward.move(second, discharged(second, NOW, NOW), kind, told)
        else:
            ward.move(second, discharge_undone(second), kind, told)

    def _on_second_moved(self, told: str) -> None:
        _say(told)
        if self._number % CHECKPOINT_EVERY:
            self._edit()
        else:
            self._signing.perform(ActKind.SIGNED)

    def _on_signed(self, kind: ActKind) -> None:
        _say(f"{kind} {self._number}")
        if kind is ActKind.SIGNED:
            self._signing.perform(ActKind.AMENDED)
        else:
            self._edit()

    def _do(self, work: Callable[[Repositories], None], line: str) -> None:
        self._storage.submit(work, lambda _: _say(line), _fail)


def _move(encounter_id: str, repositories: Repositories) -> str:
    """To the next bed; its number."""
    _, before = repositories.encounters.get(encounter_id)
    bed = str(int(before.bed.removesuffix("床")) + 1)
    repositories.ward.change(before, in_bed(before, f"{bed}床"), MoveKind.BED, DOCTOR, NOW)
    return bed


def _the_stays(repositories: Repositories) -> tuple[str, str, int]:
    """The two stays, admitted if they are not there yet, and how often the second was moved."""
    there = {one.encounter.mrn: one.encounter.encounter_id for one in repositories.encounters.summaries()}
    first, second = (there.get(mrn) or a_stay(repositories, mrn=mrn).encounter_id for mrn in (FIRST_MRN, SECOND_MRN))
    return first, second, len(repositories.ward.moves(second)) - 1


def _say(line: str) -> None:
    os.write(_pipe.fileno(), f"{line}\n".encode())


def _stored(line: str, error: Exception | None) -> None:
    _expect_stored(error)
    _say(line)


def _expect_stored(error: Exception | None) -> None:
    if error is not None:
        _fail(error)


def _fail(error: Exception) -> None:
    _say(f"failed {error!r}")
    QCoreApplication.exit(1)


def run(folder: Path, pipe: Connection) -> None:
    """Run until killed."""
    global _pipe
    _pipe = pipe
    application = QCoreApplication([])
    storage = StorageThread(lambda: repositories_in(folder))
    storage.start()
    child = Child(storage)
    sys.exit(application.exec() if child else 1)
