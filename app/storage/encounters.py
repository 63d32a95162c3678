"""Patients and their stays."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlite_utils

from app.core.entities import Encounter, Patient, Severity, Sex
from app.core.moves import MoveKind, move_between
from app.core.notes import SECTIONS, NoteKind
from app.storage.chain import sealed
from app.storage.codec import time_text, to_json
from app.storage.database import Database
from app.storage.moves import append_move
from app.storage.rows import insert, put

LISTED_NOTE = NoteKind.FIRST_PROGRESS

_REQUIRED = tuple(section.key for section in SECTIONS[LISTED_NOTE] if section.required)
_EXTRA_BED = ("加", "+", "＋")
_NUMBER = re.compile(r"\d+")

# Read by position: a list of thousands is built while the window starts.
ENCOUNTER_COLUMNS = """e.encounter_id, e.patient_id, e.mrn, e.age, e.department, e.ward, e.bed, e.admitted_at,
    e.attending, e.severity, e.diagnoses, e.discharged_at, p.name, p.sex"""
BLANKS = "char(32, 9, 10, 13, 12288)"
_WRITTEN_SECTIONS = f"""(SELECT COUNT(*) FROM json_each(n.sections) s
    WHERE s.key IN ({", ".join(f"'{key}'" for key in _REQUIRED)}) AND trim(s.value, {BLANKS}) <> '')"""


@dataclass(frozen=True, slots=True)
class EncounterSummary:
    """One line of the patient list: a stay and its 首次病程记录, if it has one (`empty`: nothing written in it;
    `complete`: every required section has text); `discharge_record`: something is written in its 出院记录;
    `progress_at`: the time of the newest progress note, first or daily, in which something is written."""

    encounter: Encounter
    patient: Patient
    note_id: str | None
    note_title: str
    updated_at: datetime | None
    empty: bool
    complete: bool
    discharge_record: bool = False
    progress_at: datetime | None = None


class EncounterRepository:
    """Stays in the database."""

    def __init__(self, database: Database) -> None:
        """Nothing is read yet."""
        self._database = database

    def add(
        self, patient: Patient, encounter: Encounter, now: datetime, *, sample: bool = False, actor: str = ""
    ) -> None:
        """Store a stay with its admission, and its patient; what is there already stays as it is."""
        if encounter.patient_id != patient.patient_id:
            raise ValueError("the encounter is of another patient")
        with self._database.transaction() as sql:
            insert(sql, "patients", _patient_row(patient, now, sample), unless="patient_id")
            if sql.execute("SELECT 1 FROM encounters WHERE encounter_id = ?", [encounter.encounter_id]).fetchone():
                return
            insert(sql, "encounters", encounter_row(encounter, now))
            admission = f"{encounter.encounter_id}:{MoveKind.ADMIT}"
            append_move(sql, move_between(admission, MoveKind.ADMIT, None, encounter, actor, now))

    def get(self, encounter_id: str) -> tuple[Patient, Encounter]:
        """One stay. Raises LookupError if there is none of this id."""
        with self._database.snapshot() as sql:
            return read_stay(sql, encounter_id)

    def is_sample(self, encounter_id: str) -> bool:
        """The patient of this stay is invented. Raises LookupError if there is no such stay."""
        query = "SELECT p.sample FROM encounters e JOIN patients p USING (patient_id) WHERE e.encounter_id = ?"
        with self._database.snapshot() as sql:
            row = sql.execute(query, [encounter_id]).fetchone()
        if row is None:
            raise LookupError(encounter_id)
        return bool(row[0])

    def summaries(self) -> tuple[EncounterSummary, ...]:
        """All stays by ward and bed (2床 before 19床, 加床 after them)."""
        query = f"""SELECT {ENCOUNTER_COLUMNS}, n.note_id, n.updated_at, n.characters, {_WRITTEN_SECTIONS},
                EXISTS (SELECT 1 FROM notes d WHERE d.encounter_id = e.encounter_id
                    AND d.kind = '{NoteKind.DISCHARGE}' AND d.characters > 0),
                (SELECT d.recorded_at FROM notes d WHERE d.encounter_id = e.encounter_id
                    AND d.kind <> '{NoteKind.DISCHARGE}' AND d.characters > 0
                    ORDER BY julianday(d.recorded_at) DESC LIMIT 1)
            FROM encounters e JOIN patients p USING (patient_id)
            LEFT JOIN notes n ON n.encounter_id = e.encounter_id AND n.kind = '{LISTED_NOTE}'"""
        with self._database.snapshot() as sql:
            unordered = [_summary(row) for row in sql.execute(query)]
        return tuple(sorted(unordered, key=_bed_order))

    def is_empty(self) -> bool:
        """No stay is stored."""
        with self._database.snapshot() as sql:
            return sql.execute("SELECT 1 FROM encounters LIMIT 1").fetchone() is None


def stay_of(row: Sequence[Any]) -> tuple[Patient, Encounter]:
    """The person and the stay of a row of `ENCOUNTER_COLUMNS`."""
    return _patient(row), _encounter(row)


def _patient_row(patient: Patient, now: datetime, sample: bool) -> dict[str, Any]:
    return sealed(
        {
            "patient_id": patient.patient_id,
            "name": patient.name,
            "sex": patient.sex.value,
            "sample": int(sample),
            "created_at": time_text(now),
        }
    )


def read_stay(sql: sqlite_utils.Database, encounter_id: str) -> tuple[Patient, Encounter]:
    """One stay, inside the caller's transaction. Raises LookupError if there is none of this id."""
    query = f"""SELECT {ENCOUNTER_COLUMNS} FROM encounters e JOIN patients p USING (patient_id)
        WHERE e.encounter_id = ?"""
    for row in sql.execute(query, [encounter_id]):
        return stay_of(row)
    raise LookupError("no such encounter")


def put_patient(sql: sqlite_utils.Database, patient: Patient) -> None:
    """Store a known person's name and sex anew, inside the caller's transaction."""
    query = "SELECT * FROM patients WHERE patient_id = ?"
    for row in sql.query(query, [patient.patient_id]):
        put(sql, "patients", "patient_id", sealed({**row, "name": patient.name, "sex": patient.sex.value}))


def encounter_row(encounter: Encounter, created_at: datetime) -> dict[str, Any]:
    """A stay as it is stored."""
    return sealed(
        {
            "encounter_id": encounter.encounter_id,
            "patient_id": encounter.patient_id,
            "mrn": encounter.mrn,
            "age": encounter.age,
            "department": encounter.department,
            "ward": encounter.ward,
            "bed": encounter.bed,
            "admitted_at": time_text(encounter.admitted_at),
            "attending": encounter.attending,
            "created_at": time_text(created_at),
            "severity": encounter.severity.value,
            "diagnoses": to_json(encounter.diagnoses),
            "discharged_at": time_text(encounter.discharged_at) if encounter.discharged_at else None,
        }
    )


def _encounter(row: Sequence[Any]) -> Encounter:
    encounter_id, patient_id, mrn, age, department, ward, bed, admitted_at, attending = row[:9]
    severity, diagnoses, discharged_at = row[9:12]
    return Encounter(
        encounter_id,
        patient_id,
        mrn,
        age,
        department,
        ward,
        bed,
        admitted_at=datetime.fromisoformat(admitted_at),
        attending=attending,
        severity=Severity(severity),
        diagnoses=() if diagnoses == "[]" else tuple(json.loads(diagnoses)),
        discharged_at=datetime.fromisoformat(discharged_at) if discharged_at else None,
    )


def _patient(row: Sequence[Any]) -> Patient:
    return Patient(row[1], row[12], Sex(row[13]))


def _summary(row: Sequence[Any]) -> EncounterSummary:
    note_id, updated_at, characters, written, discharge_record, progress_at = row[14:]
    return EncounterSummary(
        encounter=_encounter(row),
        patient=_patient(row),
        note_id=note_id,
        note_title=LISTED_NOTE.heading,
        updated_at=datetime.fromisoformat(updated_at) if updated_at else None,
        empty=not characters,
        complete=written == len(_REQUIRED),
        discharge_record=bool(discharge_record),
        progress_at=datetime.fromisoformat(progress_at) if progress_at else None,
    )


def _bed_order(summary: EncounterSummary) -> tuple[object, ...]:
    encounter = summary.encounter
    return encounter.department, encounter.ward, *_natural(encounter.bed), encounter.admitted_at


def _natural(bed: str) -> tuple[int, str]:
    """By number; extra beds (加3床, +3) after the others, beds without a number last."""
    number = _NUMBER.search(bed)
    if number is None:
        return 1_000_000, bed
    extra = bed.strip().startswith(_EXTRA_BED)
    return int(number.group()) + (500_000 if extra else 0), bed
