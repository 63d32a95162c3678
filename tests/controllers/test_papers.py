"""The open document on paper: as it is shown now, of this patient, and whole as a file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import docx
import pytest

from app.controllers.papers import PaperController
from app.core.entities import Sex
from app.core.notes import COURSE, NoteKind
from app.core.paper import Paper
from tests.helpers.stepwise import Tally
from tests.helpers.stepwise_program import Program


@pytest.fixture
def program(qapp: object, tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path, (), Tally())
    yield made
    made.end(killed=False)


@pytest.fixture
def papers(program: Program) -> PaperController:
    return PaperController(program.storage, program.storage, program.notes)


def admit(program: Program, name: str) -> str:
    return program.notes.add_encounter(
        name=name, sex=Sex.MALE, age="65岁", bed="3床", mrn=name, department="心内科", ward=""
    )


def begin_discharge_record(program: Program, name: str) -> None:
    program.notes.open(admit(program, name))
    program.storage.settle()
    program.notes.add_document(NoteKind.DISCHARGE)
    program.storage.settle()


def test_what_was_typed_a_moment_ago_is_on_the_paper(program: Program, papers: PaperController) -> None:
    begin_discharge_record(program, "甲")
    program.notes.edit(COURSE.key, "行碎石术。")
    found: list[Paper] = []
    papers.read(found.append, pytest.fail)
    program.storage.settle()
    (paper,) = found
    assert paper.title == "出院记录" and ("姓名", "甲") in paper.header
    assert any(piece.text == "行碎石术。" for part in paper.sections for line in part.paragraphs for piece in line)


def test_the_paper_of_a_document_that_is_no_longer_open_is_dropped(program: Program, papers: PaperController) -> None:
    begin_discharge_record(program, "甲")
    other = admit(program, "乙")
    program.storage.settle()
    found: list[Paper] = []
    program.notes.open(other)
    papers.read(found.append, pytest.fail)
    program.storage.settle()
    assert found == []


def test_a_file_is_whole_or_there_is_none_and_a_sentence_why(
    program: Program, papers: PaperController, tmp_path: Path
) -> None:
    begin_discharge_record(program, "甲")
    found: list[Paper] = []
    papers.read(found.append, pytest.fail)
    program.storage.settle()
    written: list[Path] = []
    refused: list[str] = []
    for form in ("pdf", "docx"):
        papers.write(found[0], form, tmp_path / f"record.{form}", written.append, refused.append)
    papers.write(found[0], "pdf", tmp_path / "nowhere" / "record.pdf", written.append, refused.append)
    program.storage.settle()
    assert written == [tmp_path / "record.pdf", tmp_path / "record.docx"]
    assert written[0].read_bytes().startswith(b"%PDF")
    assert docx.Document(io.BytesIO(written[1].read_bytes())).paragraphs[0].text == "出院记录"
    assert len(refused) == 1 and "nowhere" in refused[0] and not [*tmp_path.rglob(".*.tmp")]
