"""A whole stay from outside into the database: patient, first note, daily notes, orders, results, discharge."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from app.core.entities import Encounter, Patient
from app.core.errors import UsageFault
from app.core.moves import MoveKind, discharged
from app.core.notes import CASE_FEATURES, CHIEF_COMPLAINT, CONDITION, NoteKind
from app.core.stay import Stay
from app.storage.repositories import Repositories
from app.storage.samples import MARK


def import_stay(repositories: Repositories, stay: Stay, actor: str, now: datetime) -> str:
    """Store a stay, all or nothing; returns the encounter's id.

    Raises UsageFault if nobody could tell whose it is, if a time is in the future, or if the stay is there already
    (same 住院号 and time of admission).
    """
    patient, encounter, sample = _stay_of(stay)
    if not patient.name or not (encounter.mrn or encounter.bed):
        raise UsageFault("病例缺少必填字段：patient.name，以及 patient.mrn 或 patient.bed 之一。")
    if encounter.admitted_at > now:
        raise UsageFault("病例字段 admission.date 晚于现在，请检查。")
    with repositories.database.transaction():
        _refuse_twice(repositories, encounter)
        repositories.encounters.add(patient, encounter, now, sample=sample, actor=actor)
        _write_notes(repositories, encounter, stay, actor, now)
        repositories.stays.add_orders(encounter.encounter_id, stay.orders, actor, now)
        repositories.stays.add_results(encounter.encounter_id, stay.results, actor, now)
        if stay.discharge_date:
            left = discharged(encounter, max(moment_of(stay.discharge_date), encounter.admitted_at), now)
            repositories.ward.change(encounter, left, MoveKind.DISCHARGE, actor, now)
    return encounter.encounter_id


def moment_of(text: str) -> datetime:
    """An ISO date or time as a moment; without an offset it is this machine's time."""
    return datetime.fromisoformat(text).astimezone()


def _stay_of(stay: Stay) -> tuple[Patient, Encounter, bool]:
    about, extra = stay.patient, stay.extra
    sample = extra.get("sample") is True
    name = f"{about.name}{MARK}" if sample and about.name else about.name
    patient = Patient(uuid4().hex, name, about.sex)
    encounter = Encounter(
        uuid4().hex,
        patient.patient_id,
        about.mrn,
        about.age,
        _text(extra.get("department")),
        _text(extra.get("ward")),
        about.bed,
        moment_of(stay.admission.date),
        diagnoses=stay.admission.diagnoses,
    )
    return patient, encounter, sample


def _refuse_twice(repositories: Repositories, encounter: Encounter) -> None:
    for known in repositories.encounters.summaries():
        same = (known.encounter.mrn, known.encounter.admitted_at) == (encounter.mrn, encounter.admitted_at)
        if same and encounter.mrn:
            raise UsageFault("这次住院已在库中（住院号与入院时间相同），没有重复导入。")


def _write_notes(repositories: Repositories, encounter: Encounter, stay: Stay, actor: str, now: datetime) -> None:
    notes = repositories.notes
    first = notes.open(encounter.encounter_id, NoteKind.FIRST_PROGRESS, now, actor)
    texts = {CHIEF_COMPLAINT.key: stay.admission.complaint, CASE_FEATURES.key: stay.admission.case_features}
    notes.save(first.note_id, {**first.sections, **texts}, now)
    for dated in stay.notes:
        note = notes.add(encounter.encounter_id, NoteKind.DAILY_PROGRESS, now, actor)
        notes.set_recorded_at(note.note_id, moment_of(dated.date))
        notes.save(note.note_id, {**note.sections, CONDITION.key: dated.text}, now)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
