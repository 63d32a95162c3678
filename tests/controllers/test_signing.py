"""Signatures beside everything else that goes on at the same time, with storage that takes steps when told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.entities import Sex
from app.core.notes import NoteState
from app.core.signing import ActKind
from tests.helpers.stepwise import Tally
from tests.helpers.stepwise_program import Program


@pytest.fixture
def program(qapp: object, tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path, (), Tally())
    yield made
    made.end(killed=False)


def admitted(program: Program, name: str) -> str:
    return program.notes.add_encounter(
        name=name, sex=Sex.MALE, age="65岁", bed="3床", mrn=name, department="心内科", ward=""
    )


def opened(program: Program) -> str:
    program.storage.settle()
    assert program.notes.open_note is not None
    return program.notes.open_note.encounter.encounter_id


def test_what_was_signed_is_shown_as_signed(program: Program) -> None:
    program.notes.open(admitted(program, "甲"))
    opened(program)
    program.signing.perform(ActKind.SIGNED)
    opened(program)
    assert program.notes.open_note is not None
    assert program.notes.open_note.note.state is NoteState.SIGNED


def test_the_patient_chosen_right_after_the_signature_opens(program: Program) -> None:
    first, second = admitted(program, "甲"), admitted(program, "乙")
    program.notes.open(first)
    assert opened(program) == first
    program.signing.perform(ActKind.SIGNED)
    program.notes.open(second)
    assert opened(program) == second


def test_a_note_that_could_not_be_opened_does_not_hide_the_signature(program: Program) -> None:
    encounter_id = admitted(program, "甲")
    program.notes.open(encounter_id)
    opened(program)
    program.storage.refusing = 1
    program.notes.open(encounter_id)
    opened(program)
    program.signing.perform(ActKind.SIGNED)
    opened(program)
    assert program.notes.open_note is not None
    assert program.notes.open_note.note.state is NoteState.SIGNED
