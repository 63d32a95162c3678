from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from app.core.moves import MoveKind, discharged
from app.core.notes import NoteKind
from app.core.provenance import AiSpan, Origin, reviewed
from app.core.signing import ActKind
from app.storage.board import read_board
from app.storage.repositories import Repositories
from tests.helpers.records import DOCTOR, NOW, a_stay, repositories_in

WRITTEN = {"chief_complaint": "胸痛3小时", "case_features": "突发", "preliminary_diagnosis": "心梗"}


def test_the_board_reads_how_far_every_document_is(tmp_path: Path) -> None:
    repositories = repositories_in(tmp_path)
    empty, started, whole = (a_stay(repositories, name) for name in ("测试甲", "测试乙", "测试丙"))
    sections = repositories.notes.get(whole.note_id).sections
    repositories.notes.save(started.note_id, {**sections, **WRITTEN}, NOW)
    repositories.notes.save(whole.note_id, dict.fromkeys(sections, "已写"), NOW)
    stays = {stay.encounter.encounter_id: stay for stay in read_board(repositories.database)}
    states = [
        (document.empty, document.complete, document.unreviewed_ai)
        for binding in (empty, started, whole)
        for document in stays[binding.encounter_id].documents
    ]
    assert states == [(True, False, False), (False, False, False), (False, True, False)]
    assert stays[whole.encounter_id].patient.name == "测试丙"
    repositories.close()


def test_a_models_sentence_counts_until_it_is_reviewed(repositories: Repositories) -> None:
    note_id = a_stay(repositories).note_id
    note = repositories.notes.get(note_id)
    sections = {**note.sections, "plan": "监护"}
    span = AiSpan("plan", 0, 2, "监护", Origin("r", "模型", "1", NOW))
    seen = []
    for spans in ((span,), reviewed((span,), DOCTOR, NOW)):
        repositories.notes.save(note_id, sections, NOW, spans)
        (stay,) = read_board(repositories.database)
        seen += [document.unreviewed_ai for document in stay.documents]
    assert seen == [True, False]


def test_a_stay_that_is_done_with_is_not_read(tmp_path: Path) -> None:
    repositories = repositories_in(tmp_path)
    binding = a_stay(repositories)
    _, encounter = repositories.encounters.get(binding.encounter_id)
    left = discharged(encounter, NOW + timedelta(days=3), NOW + timedelta(days=3))
    repositories.ward.change(encounter, left, MoveKind.DISCHARGE, DOCTOR, NOW + timedelta(days=3))
    record = repositories.notes.add(binding.encounter_id, NoteKind.DISCHARGE, NOW + timedelta(days=3), DOCTOR)
    (stay,) = read_board(repositories.database)
    assert stay.encounter == replace(encounter, discharged_at=NOW + timedelta(days=3))
    assert {document.kind for document in stay.documents} == {NoteKind.FIRST_PROGRESS, NoteKind.DISCHARGE}
    repositories.signing.perform(ActKind.SIGNED, record, repositories.people.known_as(DOCTOR, NOW), NOW)
    assert read_board(repositories.database) == ()
    repositories.close()
