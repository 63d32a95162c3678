from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.core.backfill import Decision, check_backfill
from app.core.entities import Severity
from app.core.errors import UsageFault
from app.core.moves import MoveKind, corrected, discharged, in_bed, with_severity
from app.core.runs import Binding
from app.storage.feedback_source import FeedbackSource
from app.storage.repositories import Repositories
from tests.helpers.records import DOCTOR, NOW, a_full_comparison, a_patient, a_stay, an_encounter

LATER = NOW + timedelta(days=3)


def test_an_admission_is_the_first_move_and_is_kept_once(repositories: Repositories) -> None:
    patient = a_patient()
    encounter = replace(an_encounter(patient), severity=Severity.SERIOUS, diagnoses=("心肌梗死", "高血压"))
    for _ in range(2):
        repositories.encounters.add(patient, encounter, NOW, actor=DOCTOR)
    assert repositories.encounters.get(encounter.encounter_id) == (patient, encounter)
    (move,) = repositories.ward.moves(encounter.encounter_id)
    assert (move.kind, move.actor, move.after["severity"]) == (MoveKind.ADMIT, DOCTOR, "病重")


def test_a_change_is_stored_with_its_move(repositories: Repositories) -> None:
    stay = a_stay(repositories)
    before = repositories.encounters.get(stay.encounter_id)[1]
    repositories.ward.change(before, in_bed(before, "9床"), MoveKind.BED, DOCTOR, LATER)
    moved = repositories.encounters.get(stay.encounter_id)[1]
    repositories.ward.change(moved, discharged(moved, LATER, LATER), MoveKind.DISCHARGE, DOCTOR, LATER)
    after = repositories.encounters.get(stay.encounter_id)[1]
    assert (after.bed, after.discharged_at) == ("9床", LATER)
    kinds = [move.kind for move in repositories.ward.moves(stay.encounter_id)]
    assert kinds == [MoveKind.ADMIT, MoveKind.BED, MoveKind.DISCHARGE]
    assert repositories.database.check().ok


def test_a_change_of_a_stay_that_is_no_longer_as_it_was_seen_is_refused(repositories: Repositories) -> None:
    stay = a_stay(repositories)
    seen = repositories.encounters.get(stay.encounter_id)[1]
    repositories.ward.change(seen, in_bed(seen, "9床"), MoveKind.BED, DOCTOR, NOW)
    with pytest.raises(UsageFault, match="刚才已被改动"):
        repositories.ward.change(seen, with_severity(seen, Severity.CRITICAL), MoveKind.SEVERITY, DOCTOR, NOW)
    assert repositories.encounters.get(stay.encounter_id)[1].severity is Severity.STABLE
    assert len(repositories.ward.moves(stay.encounter_id)) == 2


def test_a_change_cannot_make_one_stay_another(repositories: Repositories) -> None:
    stay, other = a_stay(repositories), a_stay(repositories)
    before = repositories.encounters.get(stay.encounter_id)[1]
    for wrong in (
        replace(before, patient_id=other.patient_id),
        replace(before, encounter_id=other.encounter_id),
    ):
        with pytest.raises(ValueError, match="another"):
            repositories.ward.change(before, wrong, MoveKind.BED, DOCTOR, NOW)


def now_bound(repositories: Repositories, started: Binding) -> Binding:
    """What a backfill into that note must match now."""
    patient = repositories.encounters.get(started.encounter_id)[0]
    return replace(started, patient_id=patient.patient_id)


def test_a_merge_puts_the_stays_under_one_person_and_refuses_what_was_started_before(
    repositories: Repositories,
) -> None:
    kept, other = a_stay(repositories, "张三", "3床"), a_stay(repositories, "无名氏", "5床")
    a_full_comparison(repositories, other)
    note = repositories.notes.get(other.note_id)
    assert repositories.ward.merge(kept.patient_id, other.patient_id, DOCTOR, LATER) == (other.encounter_id,)
    assert repositories.encounters.get(other.encounter_id)[0].name == "张三"
    assert repositories.notes.get(other.note_id) == note
    assert check_backfill(other, now_bound(repositories, other)).decision is Decision.REFUSED
    assert check_backfill(kept, now_bound(repositories, kept)).decision is Decision.ALLOWED
    assert len(repositories.comparisons.of_note(other.note_id)) == 1
    assert repositories.database.check().ok


def test_a_merge_can_be_taken_back_from_the_record(repositories: Repositories) -> None:
    kept, other = a_stay(repositories, "张三", "3床"), a_stay(repositories, "李四", "5床")
    repositories.ward.merge(kept.patient_id, other.patient_id, DOCTOR, NOW)
    with pytest.raises(UsageFault):
        repositories.ward.merge(kept.patient_id, other.patient_id, DOCTOR, NOW)
    assert repositories.ward.unmerge(other.encounter_id, DOCTOR, LATER) == other.patient_id
    assert repositories.encounters.get(other.encounter_id)[0].name == "李四"
    assert check_backfill(other, now_bound(repositories, other)).decision is Decision.ALLOWED
    kinds = [move.kind for move in repositories.ward.moves(other.encounter_id)]
    assert kinds == [MoveKind.ADMIT, MoveKind.MERGE, MoveKind.UNMERGE]
    for encounter_id in (other.encounter_id, kept.encounter_id):
        with pytest.raises(UsageFault, match="没有可以撤销"):
            repositories.ward.unmerge(encounter_id, DOCTOR, LATER)


def test_a_record_is_merged_with_a_known_other_one(repositories: Repositories) -> None:
    stay = a_stay(repositories)
    with pytest.raises(ValueError, match="itself"):
        repositories.ward.merge(stay.patient_id, stay.patient_id, DOCTOR, NOW)
    with pytest.raises(LookupError):
        repositories.ward.merge("nobody", stay.patient_id, DOCTOR, NOW)


def test_a_correction_reaches_every_stay_of_the_person_and_keeps_what_was_there(repositories: Repositories) -> None:
    stay = a_stay(repositories)
    patient, encounter = repositories.encounters.get(stay.encounter_id)
    earlier = replace(encounter, encounter_id="earlier")
    repositories.encounters.add(patient, earlier, NOW)
    after = corrected(patient, encounter, name="王更正", sex=patient.sex, age="66岁", mrn="新号")
    repositories.ward.correct((patient, encounter), after, DOCTOR, LATER)
    assert repositories.encounters.get(stay.encounter_id) == after
    assert repositories.encounters.get("earlier") == (after[0], earlier)
    here, there = (repositories.ward.moves(one)[-1] for one in (stay.encounter_id, "earlier"))
    assert (here.kind, here.actor, here.occurred_at) == (MoveKind.CORRECTION, DOCTOR, LATER)
    assert here.before == {"name": patient.name, "age": encounter.age, "mrn": encounter.mrn}
    assert here.after == {"name": "王更正", "age": "66岁", "mrn": "新号"}
    assert (there.before, there.after) == ({"name": patient.name}, {"name": "王更正"})
    known = FeedbackSource(repositories.database).identities()
    assert {patient.name, "王更正"} <= set(known.names) and {encounter.mrn, "新号"} <= set(known.numbers)
    assert repositories.database.check().ok
    with pytest.raises(UsageFault, match="刚才已被改动"):
        repositories.ward.correct((patient, encounter), after, DOCTOR, LATER)


@pytest.mark.parametrize(("name", "mrn"), [(" ", "ZY1"), ("", "")])
def test_a_correction_without_a_name_is_refused(repositories: Repositories, name: str, mrn: str) -> None:
    patient, encounter = repositories.encounters.get(a_stay(repositories).encounter_id)
    with pytest.raises(UsageFault, match="姓名"):
        corrected(patient, encounter, name=name, sex=patient.sex, age="", mrn=mrn)
    with pytest.raises(UsageFault, match="没有改动"):
        corrected(patient, encounter, name=patient.name, sex=patient.sex, age=encounter.age, mrn=encounter.mrn)
