from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.core.notes import NoteKind, empty_sections
from app.storage.repositories import Repositories
from tests.helpers.records import DOCTOR, NOW, a_patient, a_stay, an_encounter


def test_a_stay_comes_back_as_it_went_in(repositories: Repositories) -> None:
    patient = a_patient()
    encounter = an_encounter(patient)
    repositories.encounters.add(patient, encounter, NOW)
    assert repositories.encounters.get(encounter.encounter_id) == (patient, encounter)


def test_adding_twice_changes_nothing(repositories: Repositories) -> None:
    patient = a_patient()
    encounter = an_encounter(patient)
    repositories.encounters.add(patient, encounter, NOW)
    repositories.encounters.add(patient, replace(encounter, bed="9床"), NOW)
    assert repositories.encounters.get(encounter.encounter_id)[1].bed == encounter.bed
    assert len(repositories.encounters.summaries()) == 1


def test_an_encounter_of_another_patient_is_refused(repositories: Repositories) -> None:
    with pytest.raises(ValueError, match="another patient"):
        repositories.encounters.add(a_patient(), an_encounter(a_patient()), NOW)


def test_an_unknown_encounter_is_told(repositories: Repositories) -> None:
    with pytest.raises(LookupError):
        repositories.encounters.get("nobody")


def test_the_list_is_by_ward_and_bed_number(repositories: Repositories) -> None:
    for bed in ("12床", "走廊", "3床", "加2床", "+12", "19", "2"):
        patient = a_patient()
        repositories.encounters.add(patient, an_encounter(patient, bed), NOW)
    beds = [summary.encounter.bed for summary in repositories.encounters.summaries()]
    assert beds == ["2", "3床", "12床", "19", "加2床", "+12", "走廊"]


def test_the_list_says_whose_note_is_empty(repositories: Repositories) -> None:
    patient = a_patient()
    without = an_encounter(patient, "1床")
    repositories.encounters.add(patient, without, NOW)
    empty = a_stay(repositories, bed="2床")
    written = a_stay(repositories, bed="3床")
    sections = {**empty_sections(NoteKind.FIRST_PROGRESS), "plan": "监护"}
    repositories.notes.save(written.note_id, sections, NOW)
    listed = repositories.encounters.summaries()
    assert [summary.note_id for summary in listed] == [None, empty.note_id, written.note_id]
    assert [summary.empty for summary in listed] == [True, True, False]
    assert listed[2].updated_at == NOW
    assert listed[0].updated_at is None


def test_an_empty_database_says_so(repositories: Repositories) -> None:
    assert repositories.encounters.is_empty()
    a_stay(repositories)
    assert not repositories.encounters.is_empty()


def test_the_list_says_when_the_last_progress_note_was(repositories: Repositories) -> None:
    stay = a_stay(repositories)
    first = repositories.notes.get(stay.note_id)
    assert repositories.encounters.summaries()[0].progress_at is None
    repositories.notes.save(first.note_id, {**first.sections, "plan": "监护"}, NOW)
    assert repositories.encounters.summaries()[0].progress_at == first.recorded_at
    for days, kind, key in (
        (2, NoteKind.DAILY_PROGRESS, "condition"),
        (1, NoteKind.DAILY_PROGRESS, "condition"),
        (3, NoteKind.DAILY_PROGRESS, ""),
        (4, NoteKind.DISCHARGE, "admission_condition"),
    ):
        later = repositories.notes.add(stay.encounter_id, kind, NOW + timedelta(days=days), DOCTOR)
        texts = {**later.sections, key: "平稳"} if key else later.sections
        repositories.notes.save(later.note_id, texts, NOW)
    assert repositories.encounters.summaries()[0].progress_at == NOW + timedelta(days=2)


def test_the_list_says_whose_note_is_complete(repositories: Repositories) -> None:
    filled = dict.fromkeys(empty_sections(NoteKind.FIRST_PROGRESS), "已书写")
    texts = ({}, {"plan": " \n\u3000"}, {"differential": ""})
    for number, changed in enumerate(texts, start=1):
        stay = a_stay(repositories, bed=f"{number}床")
        repositories.notes.save(stay.note_id, {**filled, **changed}, NOW)
    a_stay(repositories, bed="8床")
    patient = a_patient()
    repositories.encounters.add(patient, an_encounter(patient, "9床"), NOW)
    assert [summary.complete for summary in repositories.encounters.summaries()] == [True, False, False, False, False]
